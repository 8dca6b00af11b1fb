/* main.c - efi_main: the boot as a list of steps.
 *
 * Each step says on the firmware's console what it did, or why it cannot; then the loader
 * stops, waits for a key (or ten seconds) and returns to the firmware.  Nothing is left
 * hanging and nothing is half done: only the last step cannot be undone.
 */
#include "loader.h"
#include "pe.h"

#if defined(__x86_64__)
#define LOADER_NAME L"BOOTX64"
#else
#define LOADER_NAME L"BOOTIA32"
#endif

#define COM1        0x3F8
#define LINE_STATUS 5
#define KEY_SECONDS 10

static int ConsoleIsSerial; /* the firmware's console goes to the serial line by itself */

static UINT8 in8(UINT16 port)
{
    UINT8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out8(UINT16 port, UINT8 value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

/* Does any path in the variable ConOut pass a UART (messaging device path, subtype 14)? */
static int console_is_serial(void)
{
    UINTN size;
    EFI_GUID global = EFI_GLOBAL_VARIABLE;
    UINT8 *path = LibGetVariableAndSize(L"ConOut", &global, &size);
    int found = 0;
    for (UINTN at = 0; path && at + 4 <= size && !found;) {
        UINTN length = path[at + 2] | (UINTN)path[at + 3] << 8;
        found = path[at] == MESSAGING_DEVICE_PATH && path[at + 1] == MSG_UART_DP;
        at += length < 4 ? size : length;
    }
    if (path)
        FreePool(path);
    return found;
}

static void serial_put(UINT8 c)
{
    for (int i = 0; i < 100000 && !(in8(COM1 + LINE_STATUS) & 0x20); i++)
        ;
    out8(COM1, c);
}

static void say(const CHAR16 *format, va_list arguments)
{
    CHAR16 text[256], *to = text, raw[200];
    UnicodeVSPrint(raw, sizeof raw, format, arguments);
    for (const CHAR16 *from = raw; *from; from++) {
        if (*from == '\n')
            *to++ = '\r';
        *to++ = *from;
        if (to - text > 250)
            break;
    }
    *to = 0;
    ST->ConOut->OutputString(ST->ConOut, text);
    int present = in8(COM1 + LINE_STATUS) != 0xFF;
    for (to = text; present && !ConsoleIsSerial && *to; to++)
        serial_put((UINT8)*to);
}

void BootSay(const CHAR16 *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

EFI_STATUS BootFail(EFI_STATUS status, const CHAR16 *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    BootSay(L"\nfathom: ");
    say(format, arguments);
    BootSay(L" (%r)\n", status);
    va_end(arguments);
    return status;
}

/* ---- the steps ---- */

static EFI_STATUS make_handover(BOOT *boot)
{
    EFI_PHYSICAL_ADDRESS at = BOOT_LOW_LIMIT;
    EFI_STATUS status = BS->AllocatePages(AllocateMaxAddress, EfiLoaderData,
                                          (sizeof(HANDOVER) + 4095) / 4096, &at);
    if (EFI_ERROR(status))
        return BootFail(status, L"too little memory below 512 MiB");
    HANDOVER *handover = (HANDOVER *)(UINTN)at;
    ZeroMem(handover, sizeof *handover);
    CopyMem(handover->LoaderName, "Fathom UEFI loader", 19);
    CopyMem(handover->ModuleName, "archive.tar", 12);
    handover->Info.Flags = MULTIBOOT_HAS_LOADER;
    handover->Info.LoaderName = (UINT32)(UINTN)handover->LoaderName;
    boot->Handover = handover;
    return EFI_SUCCESS;
}

static EFI_STATUS load_kernel(BOOT *boot)
{
    UINT8 *file;
    UINTN size;
    PE_FACTS facts;
    CHAR16 *path = L"\\fathom\\ntoskrnl.exe";
    EFI_STATUS status = FileLoad(boot, path, 0xFFFFFFFF, &file, &size);
    if (EFI_ERROR(status))
        return status;
    const char *wrong = PeCheck(file, size, &facts);
    if (wrong)
        return BootFail(EFI_LOAD_ERROR, L"%s: damaged: %a", path, wrong);
    boot->KernelPlace = facts.Base - KERNEL_HALF;
    boot->KernelSize = facts.Size;
    status = PlaceKernel(boot);
    if (EFI_ERROR(status))
        return status;
    PeLayOut(file, &facts, (uint8_t *)(UINTN)boot->KernelWaits);
    FileForget(file, size); /* with little memory the archive needs the room */
    boot->KernelEntry = facts.Entry;
    BootSay(L"  kernel        %s, %d KiB at %08x\n", path, (UINTN)facts.Size / 1024,
            boot->KernelPlace);
    if (boot->KernelWaits != boot->KernelPlace)
        BootSay(L"                which the firmware still uses; it waits at %08x\n",
                boot->KernelWaits);
    return EFI_SUCCESS;
}

static EFI_STATUS load_archive(BOOT *boot)
{
    UINT8 *file;
    UINTN size;
    CHAR16 *path = L"\\fathom\\archive.tar";
    HANDOVER *handover = boot->Handover;
    EFI_STATUS status = FileLoad(boot, path, BOOT_LOW_LIMIT, &file, &size);
    if (EFI_ERROR(status))
        return status;
    handover->Module.Start = (UINT32)(UINTN)file;
    handover->Module.End = (UINT32)((UINTN)file + size);
    handover->Module.CommandLine = (UINT32)(UINTN)handover->ModuleName;
    handover->Info.Flags |= MULTIBOOT_HAS_MODULES;
    handover->Info.ModuleCount = 1;
    handover->Info.Modules = (UINT32)(UINTN)&handover->Module;
    BootSay(L"  user files    %s, %d KiB at %08x\n", path, size / 1024,
            handover->Module.Start);
    return EFI_SUCCESS;
}

static EFI_STATUS copy_trampoline(BOOT *boot)
{
    EFI_PHYSICAL_ADDRESS at = BOOT_LOW_LIMIT;
    EFI_STATUS status = BS->AllocatePages(AllocateMaxAddress, EfiLoaderCode, 1, &at);
    if (EFI_ERROR(status))
        return BootFail(status, L"too little memory for the way out");
    boot->Trampoline = (UINT8 *)(UINTN)at;
    CopyMem(boot->Trampoline, (void *)HandoffStart, HandoffEnd - HandoffStart);
    return EFI_SUCCESS;
}

static EFI_STATUS enter_kernel(BOOT *boot)
{
    BootSay(L"  leaving the firmware\n");
    EFI_STATUS status = MemoryLeaveFirmware(boot);
    if (EFI_ERROR(status))
        return status;
    const UINTN move = boot->KernelWaits != boot->KernelPlace ? boot->KernelSize : 0;
    ((HANDOFF *)(UINTN)boot->Trampoline)(boot->KernelEntry, (UINTN)&boot->Handover->Info,
                                         boot->KernelWaits, boot->KernelPlace, move);
    return EFI_ABORTED; /* never */
}

/* The kernel's place is claimed before anything else is allocated that stays. */
static EFI_STATUS (*const Steps[])(BOOT *) = {
    FileOpenVolume, load_kernel,   make_handover,   OptionsRead,  load_archive,
    ScreenFind,     MemoryPrepare, copy_trampoline, enter_kernel,
};

/* Give someone at the screen the time to read, but never wait for ever. */
static void wait_for_key(void)
{
    EFI_EVENT events[2] = {NULL, ST->ConIn->WaitForKey};
    UINTN which;
    BootSay(L"fathom: boot stopped; a key, or %d s, leads back to the firmware\n",
            KEY_SECONDS);
    if (EFI_ERROR(BS->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[0])))
        return;
    BS->SetTimer(events[0], TimerRelative, KEY_SECONDS * 10000000ull);
    BS->WaitForEvent(2, events, &which);
    BS->CloseEvent(events[0]);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    BOOT boot = {.Image = image};
    EFI_STATUS status = EFI_SUCCESS;
    InitializeLib(image, table);
    ConsoleIsSerial = console_is_serial();
    BS->SetWatchdogTimer(0, 0, 0, NULL);
    BootSay(L"\nFathom: " LOADER_NAME L"\n");
    for (UINTN i = 0; i < sizeof Steps / sizeof *Steps && !EFI_ERROR(status); i++)
        status = Steps[i](&boot);
    wait_for_key();
    return status;
}

/* state.c - an EFI program that plays firmware: it makes a state, then starts Fathom's loader.
 *
 *   \EFI\BOOT\BOOTX64.EFI   this program          \state.txt   one word and its value a line
 *   \EFI\FATHOM.EFI         the loader
 *
 *   timer VECTOR       when boot services end, the local APIC's timer runs, with this vector
 *   lint0 masked       ... and LINT0 is masked, so that the PIC reaches nothing
 *   rtc 12 | binary    ... and the battery clock counts hours to 12, or in binary
 *   pixels rgb | 565 | blt   what firmware says of a pixel of its screen
 *   frame ADDRESS      where firmware says that its screen is: memory, taken for it
 *   place TYPE         a page of the kernel's place is in use, as memory of this type
 *   crop COUNT         lines of the screen's memory are longer than it shows, by so many pixels
 *   fragments COUNT    so many holes in the memory below 256 MiB, each of one page
 *   refuse COUNT       boot services do not end at the first so many tries; the map changes
 *   options TEXT       the loader's options; `options #` for bytes that are no text
 *
 * Numbers are hexadecimal.  Source: UEFI Specification 2.10, sections 7 and 12.9.
 */
#include <efi.h>
#include <efilib.h>

#define PAGE_IN_PLACE 0x110000u
#define FRAME_PAGES   2048u

static struct {
    UINT32 Vector, Lint0Masked, Rtc12, RtcBinary;
} After;
static EFI_EXIT_BOOT_SERVICES RealExit;
static UINT32 Refusals;
static CHAR16 Options[128];
static UINTN OptionsSize;

static UINT64 read_msr(UINT32 number)
{
    UINT32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return low | (UINT64)high << 32;
}

static UINT8 rtc_b(int write, UINT8 value)
{
    __asm__ volatile("outb %0, $0x70" : : "a"((UINT8)0x0B));
    if (write)
        __asm__ volatile("outb %0, $0x71" : : "a"(value));
    else
        __asm__ volatile("inb $0x71, %0" : "=a"(value));
    return value;
}

/* What firmware leaves behind: the loader has called ExitBootServices. */
static void leave_behind(void)
{
    volatile UINT32 *apic = (void *)(UINTN)(read_msr(0x1B) & 0xFFFFF000);
    __asm__ volatile("cli");
    apic[0xF0 / 4] = 0x1FF;
    apic[0x80 / 4] = 0;
    if (After.Vector) {
        apic[0x3E0 / 4] = 0xB;
        apic[0x320 / 4] = 0x20000 | After.Vector;
        apic[0x380 / 4] = 1000000;
    }
    if (After.Lint0Masked)
        apic[0x350 / 4] = 0x10700;
    if (After.Rtc12)
        rtc_b(1, rtc_b(0, 0) & ~2);
    if (After.RtcBinary)
        rtc_b(1, rtc_b(0, 0) | 4);
}

static EFI_STATUS EFIAPI our_exit(EFI_HANDLE image, UINTN key)
{
    EFI_PHYSICAL_ADDRESS at;
    if (Refusals) {
        Refusals--;
        for (int i = 0; i < 6; i++)
            BS->AllocatePages(AllocateAnyPages,
                              i & 1 ? EfiReservedMemoryType : EfiLoaderData, 1, &at);
        return EFI_INVALID_PARAMETER;
    }
    EFI_STATUS status = RealExit(image, key);
    if (!EFI_ERROR(status))
        leave_behind();
    return status;
}

static UINT64 hex(const char *text)
{
    UINT64 value = 0;
    for (; *text > ' '; text++)
        value = value * 16 + (*text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10);
    return value;
}

static int begins(const char *text, const char *with)
{
    while (*with)
        if (*text++ != *with++)
            return 0;
    return 1;
}

static void claim(UINT64 address, UINTN pages, UINT32 type)
{
    EFI_PHYSICAL_ADDRESS at = address;
    EFI_STATUS status = BS->AllocatePages(AllocateAddress, type, pages, &at);
    Print(L"state: %d pages at %lx as type %d: %r\n", pages, at, (UINTN)type, status);
}

/* Firmware shows one screen by several handles: the device's and the console splitter's. */
static void set_pixels(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, const char *what)
{
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = gop->Mode->Info;
    if (begins(what, "rgb"))
        info->PixelFormat = PixelRedGreenBlueReserved8BitPerColor;
    else if (begins(what, "blt"))
        info->PixelFormat = PixelBltOnly;
    else
        info->PixelFormat = PixelBitMask;
    info->PixelInformation = (EFI_PIXEL_BITMASK){0xF800, 0x07E0, 0x001F, 0};
}

static void set_screens(const char *pixels, UINT64 frame)
{
    EFI_HANDLE *handles;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    UINTN count = 0;
    LibLocateHandle(ByProtocol, &GraphicsOutputProtocol, NULL, &count, &handles);
    for (UINTN i = 0; i < count; i++) {
        BS->HandleProtocol(handles[i], &GraphicsOutputProtocol, (void **)&gop);
        if (pixels)
            set_pixels(gop, pixels);
        else
            gop->Mode->FrameBufferBase = frame;
    }
}

static void crop(UINT32 count)
{
    EFI_HANDLE *handles;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    UINTN screens = 0;
    LibLocateHandle(ByProtocol, &GraphicsOutputProtocol, NULL, &screens, &handles);
    for (UINTN i = 0; i < screens; i++) {
        BS->HandleProtocol(handles[i], &GraphicsOutputProtocol, (void **)&gop);
        gop->Mode->Info->HorizontalResolution -= count;
    }
}

/* Every second page goes back; the others stay in use, of a kind that stays. */
static void make_fragments(UINT32 count)
{
    static EFI_PHYSICAL_ADDRESS pages[2 * 1024];
    for (UINT32 i = 0; i < 2 * count && i < 2 * 1024; i++) {
        pages[i] = 0x0FFFFFFF;
        if (EFI_ERROR(BS->AllocatePages(AllocateMaxAddress,
                                        i & 1 ? EfiRuntimeServicesData : EfiLoaderData, 1,
                                        &pages[i])))
            pages[i] = 0;
    }
    for (UINT32 i = 0; i < 2 * count && i < 2 * 1024; i += 2)
        if (pages[i])
            BS->FreePages(pages[i], 1);
}

static void set_options(const char *text)
{
    for (; text[OptionsSize / 2] >= ' ' && OptionsSize < sizeof Options - 2;
         OptionsSize += 2)
        Options[OptionsSize / 2] =
            text[OptionsSize / 2] == '#' ? 0xFFFE : text[OptionsSize / 2];
}

static void do_line(const char *line)
{
    if (begins(line, "timer "))
        After.Vector = (UINT32)hex(line + 6);
    else if (begins(line, "lint0 masked"))
        After.Lint0Masked = 1;
    else if (begins(line, "rtc 12"))
        After.Rtc12 = 1;
    else if (begins(line, "rtc binary"))
        After.RtcBinary = 1;
    else if (begins(line, "pixels "))
        set_screens(line + 7, 0);
    else if (begins(line, "frame ")) {
        claim(hex(line + 6), FRAME_PAGES, EfiReservedMemoryType);
        set_screens(NULL, hex(line + 6));
    } else if (begins(line, "place "))
        claim(PAGE_IN_PLACE, 1, (UINT32)hex(line + 6));
    else if (begins(line, "crop "))
        crop((UINT32)hex(line + 5));
    else if (begins(line, "fragments "))
        make_fragments((UINT32)hex(line + 10));
    else if (begins(line, "refuse "))
        Refusals = (UINT32)hex(line + 7);
    else if (begins(line, "options "))
        set_options(line + 8);
}

static EFI_STATUS read_state(EFI_HANDLE device, char *text, UINTN size)
{
    EFI_FILE_IO_INTERFACE *volume;
    EFI_FILE_HANDLE root, file;
    EFI_STATUS status = BS->HandleProtocol(device, &FileSystemProtocol, (void **)&volume);
    if (!EFI_ERROR(status))
        status = volume->OpenVolume(volume, &root);
    if (!EFI_ERROR(status))
        status = root->Open(root, &file, L"\\state.txt", EFI_FILE_MODE_READ, 0);
    if (!EFI_ERROR(status))
        status = file->Read(file, &size, text);
    text[EFI_ERROR(status) ? 0 : size] = 0;
    return status;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    static char text[1024];
    EFI_LOADED_IMAGE *self, *loader;
    EFI_HANDLE started;
    InitializeLib(image, table);
    BS->HandleProtocol(image, &LoadedImageProtocol, (void **)&self);
    EFI_STATUS status = read_state(self->DeviceHandle, text, sizeof text - 1);
    Print(L"state: %r\n", status);
    for (const char *line = text; *line; line++) {
        do_line(line);
        while (line[1] && *line != '\n')
            line++;
    }
    RealExit = BS->ExitBootServices;
    BS->ExitBootServices = our_exit;
    EFI_DEVICE_PATH *path = FileDevicePath(self->DeviceHandle, L"\\EFI\\FATHOM.EFI");
    status = BS->LoadImage(FALSE, image, path, NULL, 0, &started);
    if (!EFI_ERROR(status))
        status = BS->HandleProtocol(started, &LoadedImageProtocol, (void **)&loader);
    if (!EFI_ERROR(status)) {
        loader->LoadOptions = OptionsSize ? Options : NULL;
        loader->LoadOptionsSize = (UINT32)OptionsSize;
        status = BS->StartImage(started, NULL, NULL);
    }
    Print(L"state: back: %r\n", status);
    return status;
}

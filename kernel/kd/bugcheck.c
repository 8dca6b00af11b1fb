/* bugcheck.c - the last words of a kernel that found itself wrong.
 *
 * A bug check names its code, shows every register and the stack with symbols: on the
 * screen, on COM1, and as a 'B' frame to the host, then ends the machine (isa-debug-exit
 * 11h, so the host tells it from a hang and from a triple fault).  It allocates nothing
 * and trusts nothing: a second bug check inside the first stops at once.  Windows:
 * KeBugCheckEx, !analyze.
 */
#include "kd/kd.h"
#include "kd/port.h"

#define FRAMES         40
#define ISA_DEBUG_EXIT 0x501
#define ACPI_SLEEP_S5  0x2000

ULONG KdTraceMask;
static char KdpReport[6144];
static ULONG KdpReportLength;
static LONG KdpStopping;

static void KdpAppend(void *context, const char *text, ULONG length)
{
    (void)context;
    for (ULONG i = 0; i < length && KdpReportLength < sizeof KdpReport; i++)
        KdpReport[KdpReportLength++] = text[i];
}

void KdpSay(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    RtlFormat(KdpAppend, NULL, format, arguments);
    va_end(arguments);
}

static const char *KdpCodeName(ULONG code)
{
    switch (code) {
#define KD_BUG_CODE(code, name)                                                          \
    case code:                                                                           \
        return #name;
        KD_BUG_CODES(KD_BUG_CODE)
#undef KD_BUG_CODE
    }
    return "UNKNOWN";
}

static void KdpSayRegisters(const KTRAP_FRAME *f)
{
    const BOOLEAN user = f->SegCs & 3;
    KdpSay("eax=%08x ebx=%08x ecx=%08x edx=%08x esi=%08x edi=%08x\n", f->Eax, f->Ebx,
           f->Ecx, f->Edx, f->Esi, f->Edi);
    KdpSay("eip=%08x esp=%08x ebp=%08x efl=%08x error=%08x\n", f->Eip,
           user ? f->HardwareEsp : (ULONG)&f->HardwareEsp, f->Ebp, f->EFlags, f->ErrCode);
    KdpSay("cs=%04x ss=%04x ds=%04x es=%04x fs=%04x gs=%04x\n", f->SegCs & 0xFFFF,
           user ? f->HardwareSegSs & 0xFFFF : KGDT_R0_DATA, f->SegDs & 0xFFFF,
           f->SegEs & 0xFFFF, f->SegFs & 0xFFFF, f->SegGs & 0xFFFF);
    KdpSay("cr0=%08x cr2=%08x cr3=%08x cr4=%08x\n", KD_READ_CR(0), KD_READ_CR(2),
           KD_READ_CR(3), KD_READ_CR(4));
}

static void KdpSayStack(const KTRAP_FRAME *frame)
{
    static FATHOM_FRAME frames[FRAMES];
    const ULONG count = KdHooks.CaptureTrap(frame, frames, FRAMES);
    for (ULONG i = 0; i < count; i++) {
        char name[96];
        KdHooks.NameAddress(frames[i].Address, name, sizeof name);
        KdpSay("  %08x %s%s\n", frames[i].Address, name,
               frames[i].Flags & FATHOM_FRAME_GUESSED ? " (guessed)" : "");
    }
}

void KdBugCheckTrap(ULONG code, const KTRAP_FRAME *frame, ULONG_PTR p1, ULONG_PTR p2)
{
    const ULONG_PTR parameters[4] = {p1, p2, 0, 0};
    KdpReportAndStop(code, frame, parameters);
}

void KdpReportAndStop(ULONG code, const KTRAP_FRAME *frame, const ULONG_PTR p[4])
{
    __asm__ volatile("cli");
    if (KdpStopping++ == 0) {
        KdpSay("\n*** Fathom bug check %08x %s (%08x, %08x, %08x, %08x)", code,
               KdpCodeName(code), p[0], p[1], p[2], p[3]);
        KdHooks.SayWhere(frame);
        KdpSay("\n");
        KdpSayRegisters(frame);
        KdPrintEverywhere(KdpReport, KdpReportLength); /* in case the walk fails */
        const ULONG said = KdpReportLength;
        KdpSayStack(frame);
        KdPrintEverywhere(KdpReport + said, KdpReportLength - said);
    }
    KdHooks.HostSend('B', KdpReport, KdpReportLength);
    KdPowerOff(KD_POWEROFF_BUGCHECK);
}

void KdPowerOff(ULONG value)
{
    __asm__ volatile("cli");
    KdOut8(ISA_DEBUG_EXIT, value);
    if (value != KD_POWEROFF_BUGCHECK) { /* last words stay on the screen */
        KdOut16(0x604, ACPI_SLEEP_S5); /* PM1a control as SeaBIOS places it, pc and q35 */
        KdOut16(0xB004, ACPI_SLEEP_S5); /* as OVMF places it on pc */
        KdPrintEverywhere("It is now safe to turn off the machine.\n", 40);
    }
    for (;;)
        __asm__ volatile("cli; hlt");
}

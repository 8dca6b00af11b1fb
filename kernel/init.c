/* init.c - the boot as a table of phases.
 *
 * Each phase needs only what is above it.  A machine on which we cannot run is told
 * so in one line and stopped; after that a phase that fails is a bug check.
 */
#include "dispatch/dispatch.h"
#include "ex/ex.h"
#include "io/io.h"
#include "ke/ki.h"
#include "mm/mm.h"
#include "observe/observe.h"
#include "ps/ps.h"

#define LEAST_MEMORY 0x01800000u /* 24 MiB: OVMF32 leaves 28 of a 64 MiB machine */

static const MULTIBOOT_INFO *KiBootInfo;

static const void *KiPhysical(ULONG physical)
{
    return (const void *)(physical + MM_SYSTEM_RANGE_START);
}

/* ---- the phases ---- */

static DECLSPEC_NORETURN void KiCannotRun(const char *why)
{
    DbgPrint("Fathom: %s\n", why);
    if (KdHostPresent)
        KdPrintEverywhere(why, strlen(why));
    KdPowerOff(KD_POWEROFF_BUGCHECK);
}

static void KiStartSpeaking(void)
{
    KdConnectObserver();
    KdInitializeSerial();
    if (KiBootInfo->Flags & MULTIBOOT_HAS_CMDLINE)
        KeReadBootOptions(KiPhysical(KiBootInfo->CommandLine));
    const char *token = KeBootOption("token");
    KdHostPresent = token != NULL;
    if (token != NULL)
        KdHostSend('H', token, strlen(token));
    if (token != NULL && KeBootOption("icount") == NULL)
        KdHostOfferWindow();
}

/* End of the highest usable or reclaimable memory below 4 GiB. */
static ULONGLONG KiTopOfMemory(void)
{
    ULONGLONG top = 0;
    const UCHAR *p = KiPhysical(KiBootInfo->Mmap);
    for (const UCHAR *end = p + KiBootInfo->MmapLength; p < end;) {
        const MULTIBOOT_MMAP *map = (const void *)p;
        const ULONGLONG last = map->Base + map->Length;
        if ((map->Type == 1 || map->Type == 3) && last <= 0x100000000ull && last > top)
            top = last;
        p += map->Size + sizeof map->Size;
    }
    return top;
}

static void KiCheckMachine(void)
{
    if (!(KiBootInfo->Flags & MULTIBOOT_HAS_MMAP))
        KiCannotRun("the loader gave no memory map.");
    if (KiTopOfMemory() < LEAST_MEMORY)
        KiCannotRun("at least 32 MiB of memory are needed, by UEFI 64.");
    if (!(KiBootInfo->Flags & MULTIBOOT_HAS_MODULES) || KiBootInfo->ModuleCount == 0)
        KiCannotRun("the loader gave no archive of programs (one module is needed).");
}

static void KiStartMemory(void)
{
    MmInitializeSystem(KiBootInfo);
    MmInitializeSharedData();
    KdReadMemory = MmReadMemorySafe;
    KdEnterSpace = MmAttachSpace;
    KeActivateSpace = MmActivateSpace;
    KeIdleWork = MmZeroOnePage;
    KeSharedUserData = MmSharedUserData;
    KeSetTaskCr3();
}

/* The host is heard at each tick and when COM3 raises its line. */
static void KiStartClock(void)
{
    IoInitializeScreen(KiBootInfo); /* for what is to be said of the clock */
    KeSetBootTime(IoReadBatteryClock());
    KeInitializeClock();
    IoStartTicker();
    KeConnectInterrupt(0, KdPollHost);
    KeConnectInterrupt(4, KdPollHost);
    KdSerialEnableInterrupt(2);
}

static void KiStartIo(void)
{
    IoInitialize(KiBootInfo);
}

static const struct {
    const char *Name;
    void (*Run)(void);
} KiPhases[] = {
    {"serial lines, command line", KiStartSpeaking},
    {"processor", KeInitializeProcessor},
    {"idle thread", KeInitializeThreads},
    {"vectors", KeInitializeTraps},
    {"machine", KiCheckMachine},
    {"memory", KiStartMemory},
    {"screen, clock", KiStartClock},
    {"input and output", KiStartIo},
    {"processes", PsInitialize},
    {"trace", ExInitializeTrace},
    {"first thread", ExStart},
};

/* From multiboot.asm, on the boot stack, interrupts off; becomes the idle thread. */
DECLSPEC_NORETURN void KiInitializeSystem(ULONG information)
{
    KiBootInfo = KiPhysical(information);
    for (ULONG i = 0; i < sizeof KiPhases / sizeof *KiPhases; i++)
        KiPhases[i].Run();
    KeIdleLoop();
}

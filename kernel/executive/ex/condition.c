/* condition.c - \KernelObjects\LowMemoryCondition and HighMemoryCondition: is memory scarce?
 *
 *      available pages         0 ........ low ............... high ........ all
 *      LowMemoryCondition      signalled  |
 *      HighMemoryCondition                                  |  signalled
 *
 * Low is 32 MiB for each 4 GiB of memory, at most 64 MiB; high is three times that
 * (CreateMemoryResourceNotification).  Available is what can still be committed, if that is less
 * than the free pages: without a page file it runs out first.  The kernel alone sets the two
 * events.  Once a program has opened one they are looked at on every tick and every query, so a
 * wait ends at most one tick late, and while no program asks, they cost nothing.
 */
#include "exp.h"

#define LOW_SHARE 128u                      /* low is a 128th of memory ... */
#define MOST_LOW  ((64u << 20) / PAGE_SIZE) /* ... at most so many pages */

static const WCHAR ExpLow[] = L"\\KernelObjects\\LowMemoryCondition",
                   ExpHigh[] = L"\\KernelObjects\\HighMemoryCondition";
static KEVENT *ExpEvents[2]; /* low, high; NULL: there was no memory for it */
static BOOLEAN ExpWatched;   /* a program has opened one */

static void ExpSignal(KEVENT *event, BOOLEAN signalled)
{
    if (event != NULL)
        signalled ? KeSetEvent(event) : KeResetEvent(event);
}

void ExLookAtMemory(void)
{
    FATHOM_MEMORY memory;
    if (!ExpWatched)
        return;
    MmQueryMemory(&memory);
    const ULONG available = min(memory.Free + memory.Zeroed,
                                memory.CommitLimit - memory.Committed),
                low = min(memory.Total / LOW_SHARE, MOST_LOW);
    ExpSignal(ExpEvents[0], available <= low);
    ExpSignal(ExpEvents[1], available >= 3 * low);
}

void ExInitializeConditions(void)
{
    for (ULONG i = 0; i < 2; i++)
        if (NT_SUCCESS(
                ObCreateObject(&ExEventType, sizeof(KEVENT), (void **)&ExpEvents[i])))
            KeInitializeEvent(ExpEvents[i], EventNotificationObject, FALSE);
}

KEVENT *ExFindCondition(const WCHAR *name, ULONG length)
{
    KEVENT *event = NULL;
    if (length == sizeof ExpLow / sizeof(WCHAR) - 1 &&
        memcmp(name, ExpLow, sizeof ExpLow) == 0)
        event = ExpEvents[0];
    if (length == sizeof ExpHigh / sizeof(WCHAR) - 1 &&
        memcmp(name, ExpHigh, sizeof ExpHigh) == 0)
        event = ExpEvents[1];
    if (event != NULL && !ExpWatched) {
        ExpWatched = TRUE;
        KeConnectInterrupt(0, ExLookAtMemory);
    }
    return event;
}

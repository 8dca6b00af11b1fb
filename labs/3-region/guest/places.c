/* places.c - the same rules in the running system, by VirtualAlloc and VirtualQuery.
 *
 * The services, the page tables and the audit after the program are the system's; the regions are
 * kept by the student's vad.c.
 */
#include "lab.h"

#define BYTES 0x10000u
enum { ROUNDS = 100 };

static DWORD StateOf(const void *address)
{
    MEMORY_BASIC_INFORMATION info;
    VirtualQuery(address, &info, sizeof info);
    return info.State;
}

static void AskState(const char *function, const void *address, DWORD right)
{
    DWORD seen = StateOf(address);
    LAB_EXPECT(seen == right, function, "address %08X in state %X", "state %X",
               (ULONG)address, right, seen);
}

/* A seed may ask for n free granules after a region (LAB_SPACE), and for another gap. */
LAB_CASE(programs)
{
    char *first = VirtualAlloc(NULL, 3 * BYTES, MEM_RESERVE, PAGE_READWRITE);
    char *second = VirtualAlloc(NULL, BYTES, MEM_RESERVE, PAGE_READWRITE);
    LAB_EXPECT(first && second && !((ULONG)first % BYTES) && !((ULONG)second % BYTES),
               "MiFindGap", "two places at multiples of 64 KiB", "%X and %X",
               (ULONG)first, (ULONG)second);
    AskState("MiDescribe", first + 3 * BYTES - 1, MEM_RESERVE);
    if (LAB_PLACE != 1 && second > first)
        LAB_EXPECT(second >= first + (3 + LAB_SPACE) * BYTES, "MiFindGap",
                   "a place from %X on", "%X", (ULONG)first + (3 + LAB_SPACE) * BYTES,
                   (ULONG)second);
    LAB_EXPECT(!VirtualAlloc(first + BYTES, BYTES, MEM_RESERVE, PAGE_READWRITE),
               "MiReserve", "no second region at %X", "one", (ULONG)first + BYTES);
    char *top = VirtualAlloc(NULL, BYTES, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
    LAB_EXPECT(top > second || LAB_PLACE, "MiFindGap", "a place above %X", "%X",
               (ULONG)second, (ULONG)top);
    VirtualFree(first, 0, MEM_RELEASE);
    VirtualFree(second, 0, MEM_RELEASE);
    VirtualFree(top, 0, MEM_RELEASE);
    AskState("MiRelease", first, MEM_FREE);
}

static ULONGLONG Ticks(void)
{
    return __builtin_ia32_rdtsc();
}

/* A reserve, a query and a release among 800 regions, of which every second one was released
 * again.  (Under a rule of another seed at a place that is named: that rule may cost a walk.)  A
 * list costs some ten times as much as a tree.  At each lab_mark outside/places.py may look; it
 * goes through some rounds step by step. */
LAB_CASE(logarithmic)
{
    static char *region[1600];
    static unsigned took[ROUNDS];
    for (int i = 0; i < 1600; i++)
        region[i] = VirtualAlloc(NULL, BYTES, MEM_RESERVE, PAGE_READWRITE);
    for (int i = 0; i < 1600; i += 2)
        VirtualFree(region[i], 0, MEM_RELEASE);
    lab_stepped[0] = 0;
    lab_mark(1, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        const int i = 1 + 16 * round;
        MEMORY_BASIC_INFORMATION info;
        const ULONGLONG begin = Ticks();
        char *fresh = VirtualAlloc(LAB_PLACE || LAB_SPACE ? region[i - 1] : NULL, BYTES,
                                   MEM_RESERVE, PAGE_READWRITE);
        for (int n = 0; n < 4; n++)
            VirtualQuery(region[(i * 7 + n * 401) % 1600 | 1], &info, sizeof info);
        VirtualFree(fresh, 0, MEM_RELEASE);
        took[round] = (unsigned)(Ticks() - begin);
        lab_mark(2, fresh);
    }
    ULONGLONG cost = 0;
    unsigned counted = 0;
    for (int round = 0; round < ROUNDS; round++)
        if (!lab_stepped[round])
            cost += took[round], counted++;
    LAB_COST(cost / counted);
}

/* services.c - the same rules in the running system, by VirtualAlloc, VirtualFree, VirtualQuery.
 *
 * At each lab_mark outside/regions.py reads regions, charges and entries from outside.
 * Page tables, charges and the audit after the program are the system's; region.c is the student's.
 */
#include "lab.h"

#define BYTES 0x10000u

typedef LONG(WINAPI *FREEVIRTUAL)(HANDLE, PVOID *, SIZE_T *, ULONG);

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

static void AskCommit(void)
{
    char *base = VirtualAlloc(NULL, 4 * BYTES, MEM_RESERVE, PAGE_READWRITE);
    DWORD before;
    lab_mark(1, base);
    LAB_EXPECT(VirtualAlloc(base + 0x3000, 0x2000, MEM_COMMIT, PAGE_READWRITE) != NULL,
               "MiCommit", "two pages committed", "NULL");
    lab_mark(2, base);
    base[0x4FFF] = 7;
    lab_mark(3, base);
    AskState("MiCommit", base + 0x2FFF, MEM_RESERVE);
    AskState("MiCommit", base + 0x5000, MEM_RESERVE);
    LAB_EXPECT(VirtualAlloc(base + 0x4000, 0x1000, MEM_COMMIT, PAGE_READONLY) != NULL,
               "MiCommit", "a page committed again", "NULL");
    LAB_EXPECT(VirtualProtect(base + 0x4000, 0x1000, PAGE_READWRITE, &before), "MiCommit",
               "a page that can be protected", "none");
    LAB_EXPECT(before == (LAB_RECOMMIT ? PAGE_READWRITE : PAGE_READONLY), "MiCommit",
               "protection %X after a second commit", "%X",
               LAB_RECOMMIT ? PAGE_READWRITE : PAGE_READONLY, before);
    LAB_EXPECT(base[0x4FFF] == 7, "MiCommit", "the page to keep its bytes", "%u",
               base[0x4FFF]);
    lab_mark(4, base);
    VirtualFree(base + 0x3000, 0x1000, MEM_DECOMMIT);
    lab_mark(5, base);
    AskState("MiDecommit", base + 0x3000, MEM_RESERVE);
    AskState("MiDecommit", base + 0x4000, MEM_COMMIT);
    BOOL again = VirtualFree(base + 0x3000, 0x2000, MEM_DECOMMIT);
    LAB_EXPECT(again == !LAB_DECOMMIT, "MiDecommit",
               "VirtualFree of a reserved page to return %u", "%u", !LAB_DECOMMIT,
               (ULONG)again);
    lab_mark(6, base);
    VirtualFree(base, 0, MEM_RELEASE);
    lab_mark(7, base);
    AskState("MiRelease", base + 0x4000, MEM_FREE);
}

static void AskParts(void)
{
    FREEVIRTUAL release = (FREEVIRTUAL)(PVOID)GetProcAddress(
        GetModuleHandleA("ntdll.dll"), "NtFreeVirtualMemory");
    char *base = VirtualAlloc(NULL, 8 * BYTES, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID middle = base + 2 * BYTES;
    SIZE_T size = 3 * BYTES;
    base[0] = base[7 * BYTES] = 1;
    lab_mark(8, base);
    LONG status = release(GetCurrentProcess(), &middle, &size, MEM_RELEASE);
    LAB_EXPECT(status == ((LAB_RELEASE != 0) ? (LONG)0xC000001A : 0), "MiRelease",
               "status %X for the middle of a region", "%X",
               (LAB_RELEASE != 0) ? 0xC000001A : 0u, (ULONG)status);
    lab_mark(9, base);
    AskState("MiRelease", base + 3 * BYTES, (LAB_RELEASE != 0) ? MEM_COMMIT : MEM_FREE);
    AskState("MiRelease", base + 5 * BYTES, MEM_COMMIT);
    LAB_EXPECT(base[0] == 1 && base[7 * BYTES] == 1, "MiRelease",
               "the other pages untouched", "other bytes");
    VirtualFree(base, 0, MEM_RELEASE);
    if (!(LAB_RELEASE != 0))
        VirtualFree(base + 5 * BYTES, 0, MEM_RELEASE);
    lab_mark(10, base);
    AskState("MiRelease", base + 7 * BYTES, MEM_FREE);
}

LAB_CASE(programs)
{
    AskCommit();
    AskParts();
}

static ULONGLONG Ticks(void)
{
    return __builtin_ia32_rdtsc();
}

/* Reserve, commit a part, decommit it, ask, release: 80 times, of which the last 64 count.  The
 * judge looks in each round, while nothing is counted, and goes through two step by step. */
LAB_CASE(cost)
{
    MEMORY_BASIC_INFORMATION info;
    static unsigned took[80];
    ULONGLONG cost = 0;
    unsigned counted = 0;
    lab_stepped[0] = 0;
    lab_mark(1, NULL);
    for (int i = 0; i < 80; i++) {
        ULONGLONG begin = Ticks();
        char *base = VirtualAlloc(NULL, 16 * BYTES, MEM_RESERVE, PAGE_READWRITE);
        VirtualAlloc(base + BYTES, 2 * BYTES, MEM_COMMIT, PAGE_READWRITE);
        VirtualQuery(base, &info, sizeof info);
        VirtualFree(base + BYTES, BYTES, MEM_DECOMMIT);
        took[i] = (unsigned)(Ticks() - begin);
        lab_mark(2, base);
        begin = Ticks();
        VirtualFree(base, 0, MEM_RELEASE);
        took[i] += (unsigned)(Ticks() - begin);
    }
    for (int i = 16; i < 80; i++)
        if (!lab_stepped[i])
            cost += took[i], counted++;
    LAB_COST(cost / counted);
    lab_mark(3, NULL);
}

/* touch.c - the same rules in the running system.
 *
 * At each lab_mark outside/pages.py reads page tables and pages from the machine's memory. */
#include "lab.h"

static volatile LONG Guards, Violations;
static volatile char *Base;

/* Ends each access violation by making the page writable. */
static LONG CALLBACK Handler(EXCEPTION_POINTERS *pointers)
{
    DWORD old;
    switch (pointers->ExceptionRecord->ExceptionCode) {
    case STATUS_GUARD_PAGE_VIOLATION:
        Guards++;
        return EXCEPTION_CONTINUE_EXECUTION;
    case STATUS_ACCESS_VIOLATION:
        Violations++;
        VirtualProtect((char *)Base, 0x8000, PAGE_READWRITE, &old);
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

LAB_CASE(programs)
{
    DWORD old;
    AddVectoredExceptionHandler(1, Handler);
    Base = VirtualAlloc(NULL, 0x8000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    lab_mark(1, Base);
    (void)Base[0];
    lab_mark(2, Base);
    for (int i = 0; i < 0x8000; i++)
        LAB_EXPECT(Base[i] == 0, "MmAccessFault", "zero at byte %X of fresh memory", "%X",
                   i, (BYTE)Base[i]);
    lab_mark(3, Base);
    Base[0x1000] = 1;
    VirtualProtect((char *)Base + 0x1000, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old);
    lab_mark(4, Base);
    Base[0x1001] = 2;
    lab_mark(5, Base);
    LAB_EXPECT(Guards == 1 && Base[0x1000] == 1 && Base[0x1001] == 2, "MmAccessFault",
               "one guard page exception", "%u", (ULONG)Guards);
    VirtualProtect((char *)Base, 0x8000, PAGE_READONLY, &old);
    Base[0x3000] = 3;
    lab_mark(6, Base);
    LAB_EXPECT(Violations == 1 && Base[0x3000] == 3, "MmAccessFault",
               "one access violation", "%u", (ULONG)Violations);
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x4000, NULL);
    volatile char *shared = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    volatile char *copy = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    shared[0] = 5;
    LAB_EXPECT(copy[0] == 5, "MmAccessFault", "a view to show the section's page", "%u",
               (BYTE)copy[0]);
    lab_mark(7, shared);
    lab_mark(8, copy);
    copy[0] = 6;
    lab_mark(9, copy);
    LAB_EXPECT(shared[0] == 5 && copy[0] == 6, "MmAccessFault",
               "a copy of its own after a write", "%u in the section", (BYTE)shared[0]);
}

/* A first touch, on average of 128.  The judge looks after each, while nothing is counted, and
 * goes through some of them step by step. */
LAB_CASE(cost)
{
    static unsigned took[192];
    ULONGLONG cost = 0;
    unsigned counted = 0;
    char *base = VirtualAlloc(NULL, 0xC0000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    lab_stepped[0] = 0;
    for (int i = 0; i < 64; i++)
        base[i * 0x1000] = 1;
    for (int i = 64; i < 192; i++) {
        ULONGLONG begin = __builtin_ia32_rdtsc();
        base[i * 0x1000] = 1;
        took[i] = (unsigned)(__builtin_ia32_rdtsc() - begin);
        lab_mark(1, base);
    }
    for (int i = 64; i < 192; i++)
        if (!lab_stepped[i])
            cost += took[i], counted++;
    LAB_COST(cost / counted);
    lab_mark(2, base);
}

/* link: -lntdll */
/* edges.c - the ends of a heap's sizes, heaps without a lock, calls on many blocks, and
 * what a look at a heap leaves alone. */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include "check.h"

/* A heap, or the end: NULL is no heap, and the heap says so of each use. */
static HANDLE new_heap(DWORD options, SIZE_T initial, SIZE_T maximum)
{
    HANDLE heap = HeapCreate(options, initial, maximum);
    if (!heap) {
        printf("no memory for a heap\n");
        exit(1);
    }
    return heap;
}

static int in_wine;

/* A fixed-size heap serves one block of nearly its size (or of the 508 KiB that any fixed
 * heap is limited to), also after smaller ones that came and went. */
static void fixed(void)
{
    static const SIZE_T sizes[] = {0x10000, 0x40000, 0x80000, 0x200000};
    for (int i = 0; i < 4; i++) {
        HANDLE heap = new_heap(0, 0, sizes[i]);
        SIZE_T most = sizes[i] < 0x7EFF8 ? sizes[i] - 0x1000 : 0x7EFF8, taken = 0;
        if (in_wine) /* which keeps more of it to itself */
            most -= 0x2000;
        void *block;
        CHECK(heap);
        for (SIZE_T size = 0x1000; size < most; size *= 2) {
            CHECK((block = HeapAlloc(heap, 0, size)) != NULL);
            CHECK(HeapFree(heap, 0, block));
        }
        CHECK((block = HeapAlloc(heap, 0, most)) != NULL);
        memset(block, 1, most);
        CHECK(HeapFree(heap, 0, block));
        SetLastError(0);
        CHECK(!HeapAlloc(heap, 0, 0x7FFF8)); /* the documented limit */
        CHECK_EQUAL(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        while (HeapAlloc(heap, 0, 1000))
            taken += 1008;
        CHECK(taken > sizes[i] * 7 / 8);
        CHECK(HeapValidate(heap, 0, NULL) && HeapDestroy(heap));
    }
}

/* In a full fixed-size heap the one free block that is large enough is found among many
 * that are nearly so. */
static void scraped(void)
{
    HANDLE heap = new_heap(0, 0, 0x40000);
    void *blocks[300], *wanted = NULL;
    int count = 0;
    while (count < 300) {
        SIZE_T size = count == 7 ? 2040 : 2000;
        if (!(blocks[count] = HeapAlloc(heap, 0, size)))
            break;
        count++;
    }
    CHECK(count > 100 && count < 300);
    while (HeapAlloc(heap, 0, 400))
        ;
    while (HeapAlloc(heap, 0, 8))
        ;
    for (int i = 1; i < count; i += 2)
        CHECK(HeapFree(heap, 0, blocks[i]));
    wanted = HeapAlloc(heap, 0, 2040);
    CHECK(wanted == blocks[7] || in_wine);
    CHECK(HeapValidate(heap, 0, NULL) && HeapDestroy(heap));
}

static unsigned seed;

static unsigned any(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 7) % below;
}

/* Free stretches of more than 508 KiB are cut into entries; those stay joined with what is
 * free after them: the heap is sound after each step. */
static void long_stretches(void)
{
    for (unsigned round = 1; round <= 12; round++) {
        HANDLE heap = new_heap(0, 0, 0);
        void *blocks[64] = {NULL};
        seed = round;
        for (int step = 0; step < 500; step++) {
            void **block = &blocks[any(64)];
            if (*block) {
                CHECK(HeapFree(heap, 0, *block));
                *block = NULL;
            } else {
                *block = HeapAlloc(heap, 0, any(3) ? any(0x7F000) : 1000 + any(60000));
            }
            CHECK(HeapValidate(heap, 0, NULL));
        }
        CHECK(HeapDestroy(heap));
    }
}

/* Whether no byte of Size bytes from At on can be touched; whole pages are looked at. */
static int guarded(char *at, SIZE_T size)
{
    MEMORY_BASIC_INFORMATION info;
    for (char *end = at + size; at < end; at = (char *)info.BaseAddress + info.RegionSize)
        if (VirtualQuery(at, &info, sizeof info) != sizeof info ||
            info.State != MEM_RESERVE)
            return 0;
    return 1;
}

/* Whether the reservation that at lies in begins at base; null: at is free. */
static int starts_at(void *at, void *base)
{
    MEMORY_BASIC_INFORMATION info;
    return VirtualQuery(at, &info, sizeof info) == sizeof info &&
           (base ? info.AllocationBase == base : info.State == MEM_FREE);
}

/* What lies before the first block, the lock among it, is out of an underrun's reach, and so is it
 * for an overrun that comes from before the heap. */
static void guards(void)
{
    for (int i = 0; i < 20; i++) {
        HANDLE heap = new_heap(0, 0, i % 2 ? 0x20000 : 0);
        char *first = HeapAlloc(heap, 0, 100);
        CHECK(heap && first && ((ULONG_PTR)first & 0xFFF) == 8);
        CHECK(guarded(first - 8 - 0x10000, 0x10000));
        CHECK(guarded((char *)heap - 0x10000, 0x10000));
        CHECK(starts_at(heap, heap));
    }
    CHECK(starts_at(GetProcessHeap(), GetProcessHeap()));
}

/* The same where the lowest room for a guard has none for the heap after it; both go together. */
static void guard_apart(void)
{
    char *hole = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_NOACCESS);
    CHECK(VirtualFree(hole, 0, MEM_RELEASE));
    char *wall =
        VirtualAlloc(hole + 0x10000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE heap = new_heap(0, 0, 0);
    char *guard = (char *)heap - 0x10000;
    CHECK(wall == hole + 0x10000 && guard != hole);
    CHECK(starts_at(heap, heap) && guarded(guard, 0x10000) && starts_at(guard, guard));
    CHECK(starts_at(hole, NULL));
    CHECK(HeapDestroy(heap) && starts_at(guard, NULL) && starts_at(heap, NULL));
    CHECK(VirtualFree(wall, 0, MEM_RELEASE));
}

/* What was asked to be committed from the start stays so, whatever comes and goes. */
static void initial(void)
{
    HANDLE heap = new_heap(0, 0x40000, 0);
    MEMORY_BASIC_INFORMATION info;
    void *block;
    CHECK(heap);
    for (SIZE_T size = 100; size < 0x70000; size *= 3) {
        CHECK((block = HeapAlloc(heap, 0, size)) != NULL);
        CHECK(HeapFree(heap, 0, block));
    }
    /* the heap's own page, then pages that nothing can touch, then the blocks */
    SIZE_T committed = 0;
    for (char *at = (char *)heap; at < (char *)heap + 0x60000; at += info.RegionSize) {
        CHECK(VirtualQuery(at, &info, sizeof info) == sizeof info);
        committed += info.State == MEM_COMMIT ? info.RegionSize : 0;
    }
    CHECK(committed >= 0x40000);
    CHECK(HeapValidate(heap, 0, NULL) && HeapDestroy(heap));
}

static void impossible(void)
{
    static const SIZE_T sizes[] = {0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF};
    for (int i = 0; i < 4; i++) {
        SetLastError(0);
        CHECK(!HeapCreate(0, sizes[i], 0));
        CHECK_EQUAL(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        CHECK(!HeapCreate(0, 0, sizes[i]));
        CHECK(!HeapCreate(0, sizes[i], 0x10000));
    }
    HANDLE heap = new_heap(0, 0, 0);
    SetLastError(1234);
    CHECK(!HeapReAlloc(heap, 0, NULL, 10));
    CHECK_EQUAL(GetLastError(), 1234); /* "it does not call SetLastError" */
    CHECK(HeapDestroy(heap));
}

/* A heap without a lock can be locked, walked and summed up; nothing is done. */
static void lockless(void)
{
    HANDLE heap = new_heap(HEAP_NO_SERIALIZE, 0, 0);
    PROCESS_HEAP_ENTRY entry = {0};
    int busy = 0;
    CHECK(HeapAlloc(heap, 0, 10) && HeapLock(heap));
    while (HeapWalk(heap, &entry))
        busy += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_ITEMS);
    CHECK(busy == 1 && HeapUnlock(heap) && HeapDestroy(heap));
}

static void walked(void)
{
    HGLOBAL shared = GlobalAlloc(GMEM_MOVEABLE | GMEM_DDESHARE, 333);
    PROCESS_HEAP_ENTRY entry = {0};
    int seen = 0;
    if (in_wine) /* its walk does not know handles */
        return;
    while (HeapWalk(GetProcessHeap(), &entry))
        if (entry.wFlags & PROCESS_HEAP_ENTRY_MOVEABLE && entry.Block.hMem == shared) {
            CHECK(entry.wFlags & PROCESS_HEAP_ENTRY_DDESHARE && entry.cbData == 333);
            seen++;
        }
    CHECK(seen == 1 && !GlobalFree(shared));
    entry = (PROCESS_HEAP_ENTRY){.lpData = &entry, .wFlags = PROCESS_HEAP_REGION};
    SetLastError(0);
    CHECK(!HeapWalk(GetProcessHeap(), &entry)); /* no region of its */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

typedef ULONG NTAPI multiple_allocate(PVOID, ULONG, SIZE_T, ULONG, PVOID *);
typedef ULONG NTAPI multiple_free(PVOID, ULONG, ULONG, PVOID *);
typedef NTSTATUS NTAPI heap_routine(PVOID, PVOID);
typedef NTSTATUS NTAPI enumerate(heap_routine *, PVOID);

static NTSTATUS NTAPI count_heap(PVOID heap, PVOID count)
{
    CHECK(HeapValidate(heap, 0, NULL));
    return ++*(DWORD *)count == 3 ? 0xC0000001 : 0;
}

static void several(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    multiple_allocate *take = (void *)GetProcAddress(ntdll, "RtlMultipleAllocateHeap");
    multiple_free *give = (void *)GetProcAddress(ntdll, "RtlMultipleFreeHeap");
    enumerate *all = (void *)GetProcAddress(ntdll, "RtlEnumProcessHeaps");
    HANDLE heaps[2] = {new_heap(0, 0, 0), new_heap(0, 0, 0)};
    PVOID blocks[40];
    DWORD count = 0;
    if (in_wine && !take)
        return;
    CHECK_EQUAL(take(heaps[0], HEAP_ZERO_MEMORY, 24, 40, blocks), 40);
    for (int i = 0; i < 40; i++)
        CHECK(HeapSize(heaps[0], 0, blocks[i]) == 24 && !*(char *)blocks[i]);
    CHECK_EQUAL(give(heaps[0], 0, 40, blocks), 40);
    CHECK(HeapValidate(heaps[0], 0, NULL));
    CHECK_EQUAL(all(count_heap, &count), 0xC0000001);
    CHECK_EQUAL(count, 3);
    CHECK(HeapDestroy(heaps[0]) && HeapDestroy(heaps[1]));
}

/* Printing and asking what a handle is leave the last error of a call before alone. */
static void last_error(void)
{
    SetLastError(1234);
    fprintf(stderr, "\n");
    CHECK_EQUAL(GetLastError(), 1234);
    GetFileType(GetStdHandle(STD_OUTPUT_HANDLE));
    CHECK_EQUAL(GetLastError(), 1234);
}

int main(void)
{
    in_wine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
    fixed();
    scraped();
    long_stretches();
    guards();
    guard_apart();
    initial();
    impossible();
    lockless();
    walked();
    several();
    last_error();
    return 0;
}

/* runs.c - ntdll's functions on runs of bits, its fiber slots, its relocation blocks. */
#include "check.h"
#include <windows.h>

typedef struct {
    ULONG size;
    PULONG words;
} bitmap;
typedef struct {
    ULONG start, length;
} run;

static HMODULE ntdll;
#define FROM_NTDLL(type, name, ...)                                                      \
    type(NTAPI *name)(__VA_ARGS__) = (void *)GetProcAddress(ntdll, #name);               \
    CHECK(name != NULL)

static void longest(void)
{
    FROM_NTDLL(ULONG, RtlFindLongestRunClear, bitmap *, PULONG);
    FROM_NTDLL(ULONG, RtlFindLongestRunSet, bitmap *, PULONG);
    ULONG words[3] = {0x0FF0F003, 0, 0xFFFFFFFF}, at = 0;
    bitmap map = {96, words}, ones = {32, words + 2}, none = {32, words + 1};
    CHECK_EQUAL(RtlFindLongestRunClear(&map, &at), 36); /* over the word's end */
    CHECK_EQUAL(at, 28);
    CHECK_EQUAL(RtlFindLongestRunSet(&map, &at), 32);
    CHECK_EQUAL(at, 64);
    CHECK_EQUAL(RtlFindLongestRunClear(&ones, &at), 0);
    CHECK_EQUAL(RtlFindLongestRunSet(&none, &at), 0);
    map.size = 20; /* of two runs as long the first */
    CHECK_EQUAL(RtlFindLongestRunClear(&map, &at), 10);
    CHECK_EQUAL(at, 2);
    CHECK_EQUAL(RtlFindLongestRunSet(&map, &at), 4);
    CHECK_EQUAL(at, 12);
}

static void neighbours(void)
{
    FROM_NTDLL(ULONG, RtlFindNextForwardRunClear, bitmap *, ULONG, PULONG);
    FROM_NTDLL(ULONG, RtlFindLastBackwardRunClear, bitmap *, ULONG, PULONG);
    ULONG words[2] = {0xFF0000F1, 0xFFFFFFF0}, at = 0; /* clear: 1..3, 8..23, 32..35 */
    bitmap map = {64, words};
    CHECK_EQUAL(RtlFindNextForwardRunClear(&map, 0, &at), 3);
    CHECK_EQUAL(at, 1);
    CHECK_EQUAL(RtlFindNextForwardRunClear(&map, 4, &at), 16);
    CHECK_EQUAL(at, 8);
    CHECK_EQUAL(RtlFindNextForwardRunClear(&map, 20, &at), 4);
    CHECK_EQUAL(at, 20);
    CHECK_EQUAL(RtlFindNextForwardRunClear(&map, 36, &at), 0);
    CHECK_EQUAL(RtlFindLastBackwardRunClear(&map, 63, &at), 4);
    CHECK_EQUAL(at, 32);
    CHECK_EQUAL(RtlFindLastBackwardRunClear(&map, 10, &at), 3);
    CHECK_EQUAL(at, 8);
    CHECK_EQUAL(RtlFindLastBackwardRunClear(&map, 0, &at), 0);
}

static void all_runs(void)
{
    FROM_NTDLL(ULONG, RtlFindClearRuns, bitmap *, run *, ULONG, BOOLEAN);
    ULONG words[2] = {0xFF0000F1, 0xFFFFFFF0};
    bitmap map = {64, words};
    run runs[4] = {{0, 0}, {0, 0}, {0, 0}, {77, 77}};
    CHECK_EQUAL(RtlFindClearRuns(&map, runs, 3, FALSE), 3);
    CHECK(runs[0].start == 1 && runs[1].start == 8 && runs[2].start == 32);
    CHECK(runs[0].length == 3 && runs[1].length == 16 && runs[2].length == 4);
    CHECK_EQUAL(RtlFindClearRuns(&map, runs, 2, FALSE), 2);
    CHECK_EQUAL(RtlFindClearRuns(&map, runs, 3, TRUE), 3);
    CHECK(runs[0].length == 16 && runs[1].length == 4 && runs[2].length == 3);
    runs[1].length = 99;
    CHECK_EQUAL(RtlFindClearRuns(&map, runs, 1, TRUE), 1);
    CHECK(runs[0].start == 8 && runs[1].length == 99 && runs[3].start == 77);
    CHECK_EQUAL(RtlFindClearRuns(&map, runs, 0, TRUE), 0);
}

static int called;
static void *given;
static VOID NTAPI callback(PVOID value)
{
    called++;
    given = value;
}
static void slots(void)
{
    FROM_NTDLL(LONG, RtlFlsAlloc, PVOID, PULONG);
    FROM_NTDLL(LONG, RtlFlsFree, ULONG);
    ULONG index = 0, more[130], count = 0;
    CHECK_EQUAL(RtlFlsAlloc(callback, &index), 0);
    CHECK(index && FlsSetValue(index, (void *)7) && FlsGetValue(index) == (void *)7);
    CHECK_EQUAL(RtlFlsFree(index), 0);
    CHECK(called == 1 && given == (void *)7);
    CHECK_EQUAL(RtlFlsFree(index), 0xC000000D);
    CHECK_EQUAL(RtlFlsFree(0), 0xC000000D);
    while (count < 130 && RtlFlsAlloc(NULL, &more[count]) == 0)
        count++;
    CHECK(count > 100 && count < 128);
    SetLastError(0);
    CHECK_EQUAL(FlsAlloc(NULL), FLS_OUT_OF_INDEXES);
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_ITEMS);
    while (count)
        CHECK_EQUAL(RtlFlsFree(more[--count]), 0);
}

static void relocations(void)
{
    FROM_NTDLL(void *, LdrProcessRelocationBlock, void *, ULONG, USHORT *, LONG_PTR);
    ULONG page[4] = {0x00401000, 0x11112222, 0x33334444, 5};
    USHORT items[5] = {0x3000, 0x1006, 0x2008, 0, 0x700C};
    CHECK(LdrProcessRelocationBlock(page, 4, items, 0x00120034) == items + 4);
    CHECK_EQUAL(page[0], 0x00521034); /* HIGHLOW */
    CHECK_EQUAL(page[1], 0x11232222); /* HIGH: of two bytes, here the upper two */
    CHECK_EQUAL(page[2], 0x33334478); /* LOW */
    CHECK(LdrProcessRelocationBlock(page, 1, items + 4, 1) == NULL);
    CHECK_EQUAL(page[3], 5);
}

int main(void)
{
    ntdll = GetModuleHandleA("ntdll.dll");
    longest();
    neighbours();
    all_runs();
    slots();
    relocations();
    return 0;
}

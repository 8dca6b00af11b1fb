/* heapinformation.c - what HeapWalk tells, and the calls that ask or bound a heap.
 *
 * HeapWalk's cbData of a region: the page of PROCESS_HEAP_ENTRY says the reserved size, programs
 * see the size of the region's header on Windows 7.  The latter is followed (docs/caveats.md).
 */
#include <windows.h>
#include <string.h>
#include "documented.h"

#define UNIT    0x20000 /* 128 KiB */
#define WILD    ((void *)0xDEADBEE0)
#define ENTRIES 64

static PROCESS_HEAP_ENTRY walked[ENTRIES];

/* Every step of a walk, in walked; how many. */
static int walk(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry;
    int count = 0;

    memset(&entry, 0xCD, sizeof entry);
    entry.lpData = NULL;
    while (HeapWalk(heap, &entry) && count < ENTRIES)
        walked[count++] = entry;
    CHECK(GetLastError() == ERROR_NO_MORE_ITEMS || count == ENTRIES);
    return count;
}

/* The first step with these flags; NULL: there is none. */
static const PROCESS_HEAP_ENTRY *first(int count, WORD flags)
{
    for (int i = 0; i < count; i++)
        if (walked[i].wFlags == flags)
            return &walked[i];
    return NULL;
}

static void regions(HANDLE heap)
{
    const int count = walk(heap);
    const PROCESS_HEAP_ENTRY *region = &walked[0], *unused = &walked[1],
                             *range = &walked[2];

    documented(
        "HeapWalk", "an empty heap: its region, a free block, an uncommitted range", SAME,
        count == 3 && region->wFlags == PROCESS_HEAP_REGION && unused->wFlags == 0 &&
            range->wFlags == PROCESS_HEAP_UNCOMMITTED_RANGE);
    documented("HeapWalk", "a region begins at the heap, cbData is its header's size",
               SAME,
               region->lpData == heap && region->cbData > 0 && region->cbData <= 0x1000 &&
                   region->cbOverhead == 0 && region->iRegionIndex == 0);
    documented("HeapWalk", "lpFirstBlock is the first block, lpLastBlock the end", SAME,
               (char *)region->Region.lpFirstBlock == (char *)unused->lpData - 8 &&
                   (char *)region->Region.lpLastBlock ==
                       (char *)range->lpData + range->cbData);
    documented("HeapWalk", "dwCommittedSize and dwUnCommittedSize are the region's pages",
               SAME,
               region->Region.dwCommittedSize + region->Region.dwUnCommittedSize ==
                       (SIZE_T)((char *)region->Region.lpLastBlock - (char *)heap) &&
                   region->Region.dwUnCommittedSize >= range->cbData);
    documented("HeapWalk", "a free block's data follows its links: overhead 10h", SAME,
               unused->cbOverhead == 0x10 &&
                   (char *)unused->lpData + unused->cbData + 2 * unused->cbOverhead ==
                       (char *)range->lpData);
}

static void blocks(HANDLE heap)
{
    char *large = HeapAlloc(heap, 0, 5 * UNIT), *small = HeapAlloc(heap, 0, 123);
    const int count = walk(heap);
    const PROCESS_HEAP_ENTRY *busy = first(count, PROCESS_HEAP_ENTRY_BUSY),
                             *unused = first(count, 0), *last = &walked[count - 1];

    documented("HeapWalk",
               "a block has the size asked for; header and rounding are overhead", SAME,
               busy && busy->lpData == small && busy->cbData == 123 &&
                   busy->cbOverhead == 8 + 5);
    documented("HeapWalk", "the next begins after both", SAME,
               busy && unused &&
                   (char *)unused->lpData == small + busy->cbData + busy->cbOverhead + 8);
    documented("HeapWalk", "a large block: region index 64, overhead 20h", SAME,
               last->lpData == large && last->cbData == 5 * UNIT &&
                   last->cbOverhead == 0x20 && last->iRegionIndex == 64 &&
                   last->wFlags == PROCESS_HEAP_ENTRY_BUSY);
    CHECK(HeapFree(heap, 0, small) && HeapFree(heap, 0, large) && walk(heap) == 3);
}

static void refusals(HANDLE heap)
{
    ULONG value = 7;
    SIZE_T size = 0;

    SetLastError(0xBEEF);
    documented("HeapReAlloc", "a null block: NULL, and the last error stays", SAME,
               !HeapReAlloc(heap, 0, NULL, 10) && GetLastError() == 0xBEEF);
    SetLastError(0);
    documented("HeapValidate", "a block that cannot be read: ERROR_NOACCESS", SAME,
               !HeapValidate(heap, 0, WILD) && GetLastError() == ERROR_NOACCESS);
    SetLastError(0);
    documented("HeapQueryInformation", "a null heap: ERROR_NOACCESS, nothing is written",
               SAME,
               !HeapQueryInformation(NULL, HeapCompatibilityInformation, &value,
                                     sizeof value, &size) &&
                   GetLastError() == ERROR_NOACCESS && size == 0 && value == 7);
    SetLastError(0);
    documented(
        "HeapSetInformation", "a null heap: ERROR_NOACCESS", SAME,
        !HeapSetInformation(NULL, HeapCompatibilityInformation, &value, sizeof value) &&
            GetLastError() == ERROR_NOACCESS);
    SetLastError(0);
    documented(
        "HeapQueryInformation", "a short buffer: the size, ERROR_INSUFFICIENT_BUFFER",
        SAME,
        !HeapQueryInformation(heap, HeapCompatibilityInformation, NULL, 0, &size) &&
            GetLastError() == ERROR_INSUFFICIENT_BUFFER && size == sizeof(ULONG));
}

static void growing_back(HANDLE heap)
{
    char *block = HeapAlloc(heap, 0, 3 * UNIT);
    documented(
        "HeapReAlloc", "what was given up in place can be had back in place", SAME,
        HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, UNIT * 3 / 2) == block &&
            HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 2 * UNIT) == block);
    CHECK(HeapFree(heap, 0, block));
}

static void fixed_size(void)
{
    HANDLE heap = HeapCreate(0, UNIT, UNIT);
    CHECK(heap != NULL);

    char *block = HeapAlloc(heap, 0, 0x1F800);
    documented("HeapCreate", "a fixed heap of 128 KiB serves a block of 1F800h bytes",
               SAME,
               block && HeapSize(heap, 0, block) == 0x1F800 && HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

static BOOL of_front_end(const void *block)
{
    return (((const BYTE *)block)[-1] & 0x80) != 0; /* UnusedBytes */
}

/* Which of so many allocations of a size is the first that the front end serves; 0: none. */
static int first_served(HANDLE heap, SIZE_T size)
{
    int first = 0;
    for (int i = 1; i <= 40; i++)
        if (of_front_end(HeapAlloc(heap, 0, size)) && !first)
            first = i;
    return first;
}

static void front_end(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG kind = 2;
    CHECK(heap != NULL);

    CHECK(HeapSetInformation(heap, HeapCompatibilityInformation, &kind, sizeof kind));
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &kind, sizeof kind,
                               NULL));
    documented("HeapSetInformation", "the LFH, once set, is told", SAME, kind == 2);
    documented("HeapSetInformation", "it serves a size from its 18th allocation on", SAME,
               first_served(heap, 0x20) == 18);
    documented("HeapSetInformation", "one more size from its 17th", SIMPLIFIED,
               first_served(heap, 0x58) == 17);
    CHECK(HeapLock(heap));
    documented("HeapLock", "the owner's allocations are the front end's as before", SAME,
               of_front_end(HeapAlloc(heap, 0, 0x20)) &&
                   HeapFree(heap, 0, HeapAlloc(heap, 0, 0x20)));
    CHECK(HeapUnlock(heap));
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(heap != NULL);
    regions(heap);
    blocks(heap);
    refusals(heap);
    growing_back(heap);
    fixed_size();
    front_end();
    CHECK(HeapDestroy(heap));
    return undocumented();
}

/* windbg.c - a heap read by hand, as a WinDbg user of Windows 7 SP1 x86 reads it: `dt
 * _HEAP`, `dt _HEAP_SEGMENT`, `dt _HEAP_ENTRY` after XOR with Encoding, `!peb`.
 *
 * The offsets are those that dt prints there; published in C. Valasek, "Understanding the
 * Low Fragmentation Heap" (2010), and in the debugger's own output. */
#include <windows.h>
#include <string.h>
#include "check.h"

typedef struct {
    USHORT Size;
    UCHAR Flags, SmallTagIndex;
    USHORT PreviousSize;
    UCHAR SegmentOffset, UnusedBytes;
} ENTRY;

#define AT(base, offset, type) (*(type *)((char *)(base) + (offset)))
#define ULONG_AT(base, offset) AT(base, offset, ULONG)

static ENTRY decoded(HANDLE heap, const void *entry)
{
    ULONG raw[2];
    ENTRY result;
    memcpy(raw, entry, sizeof raw);
    if (ULONG_AT(heap, 0x4C)) { /* EncodeFlagMask: headers are encoded */
        raw[0] ^= ULONG_AT(heap, 0x50);
        raw[1] ^= ULONG_AT(heap, 0x54);
    }
    memcpy(&result, raw, sizeof result);
    CHECK_EQUAL((UCHAR)(result.Size ^ result.Size >> 8 ^ result.Flags),
                result.SmallTagIndex);
    return result;
}

static void peb(void)
{
    char *peb;
    __asm__("movl %%fs:0x30, %0" : "=r"(peb));
    HANDLE first = HeapCreate(0, 0, 0), list[64];
    DWORD count = GetProcessHeaps(64, list);
    CHECK(AT(peb, 0x18, HANDLE) == GetProcessHeap());
    CHECK(ULONG_AT(peb, 0x88) == count && ULONG_AT(peb, 0x8C) >= count);
    CHECK(!memcmp(AT(peb, 0x90, HANDLE *), list, count * sizeof(HANDLE)));
    CHECK(list[0] == GetProcessHeap() && list[count - 1] == first);
    CHECK(AT(first, 0x80, USHORT) == count);    /* ProcessHeapsListIndex */
    CHECK_EQUAL(ULONG_AT(peb, 0x78), 0x100000); /* HeapSegmentReserve, Commit */
    CHECK_EQUAL(ULONG_AT(peb, 0x7C), 0x2000);
    CHECK_EQUAL(ULONG_AT(peb, 0x80), 0x10000); /* HeapDeCommitTotalFreeThreshold */
    CHECK_EQUAL(ULONG_AT(peb, 0x84), 0x1000);
    CHECK(HeapDestroy(first) && ULONG_AT(peb, 0x88) == count - 1);
}

static void fresh_heap(HANDLE heap)
{
    CHECK_EQUAL(ULONG_AT(heap, 0x08), 0xFFEEFFEE);           /* SegmentSignature */
    CHECK_EQUAL(ULONG_AT(heap, 0x64), 0xEEFFEEFF);           /* Signature */
    CHECK(AT(heap, 0x18, HANDLE) == heap);                   /* Heap */
    CHECK(AT(heap, 0x1C, HANDLE) == heap);                   /* BaseAddress */
    CHECK_EQUAL(ULONG_AT(heap, 0x20), 0x40);                 /* NumberOfPages: 256 KiB */
    CHECK(AT(heap, 0x28, char *) == (char *)heap + 0x40000); /* LastValidEntry */
    CHECK_EQUAL(ULONG_AT(heap, 0x40), 0x1002);   /* Flags: growable, private class */
    CHECK_EQUAL(ULONG_AT(heap, 0x44), 0);        /* ForceFlags */
    CHECK_EQUAL(ULONG_AT(heap, 0x4C), 0x100000); /* EncodeFlagMask */
    CHECK_EQUAL(ULONG_AT(heap, 0x60), 0xFE00);   /* VirtualMemoryThreshold */
    CHECK_EQUAL(ULONG_AT(heap, 0x68), 0x100000); /* SegmentReserve, SegmentCommit */
    CHECK_EQUAL(ULONG_AT(heap, 0x6C), 0x2000);
    CHECK_EQUAL(ULONG_AT(heap, 0x70), 0x200);      /* DeCommitFreeBlockThreshold */
    CHECK_EQUAL(ULONG_AT(heap, 0x74), 0x2000);     /* DeCommitTotalFreeThreshold */
    CHECK_EQUAL(ULONG_AT(heap, 0x7C), 0x7FFDEFFF); /* MaximumAllocationSize */
    CHECK_EQUAL(ULONG_AT(heap, 0x98), 0xF);        /* AlignRound, AlignMask */
    CHECK_EQUAL(ULONG_AT(heap, 0x9C), 0xFFFFFFF8);
    CHECK(ULONG_AT(heap, 0xCC) != 0);                               /* LockVariable */
    CHECK(ULONG_AT(heap, 0xD4) == 0 && AT(heap, 0xDA, UCHAR) == 0); /* FrontEndHeap */
    CHECK(AT(heap, 0xA8, char *) == (char *)heap + 0x10);           /* SegmentList */
    CHECK_EQUAL(ULONG_AT(GetProcessHeap(), 0x40), 2);
}

/* FreeLists has freed once, and all that is free; another index than ours leaves it zero
 * (freelist.h). */
static void free_list(HANDLE heap, const char *freed)
{
    LIST_ENTRY *head = (LIST_ENTRY *)((char *)heap + 0xC4);
    ULONG found = 0, total = 0, last = 0;
    if (!head->Flink && !head->Blink)
        return;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        ENTRY entry = decoded(heap, (char *)link - 8);
        CHECK(!(entry.Flags & 1) && link->Flink->Blink == link && entry.Size >= last);
        last = entry.Size;
        total += last;
        found += (char *)link == freed;
    }
    CHECK(found == 1 && total == ULONG_AT(heap, 0x78)); /* TotalFreeSize */
}

/* Three blocks, back to back; the middle one freed. */
static void blocks(HANDLE heap)
{
    char *a = HeapAlloc(heap, 0, 100), *b = HeapAlloc(heap, 0, 60);
    char *c = HeapAlloc(heap, 0, 1);
    ENTRY entry = decoded(heap, a - 8);
    CHECK(entry.Size == 14 && entry.Flags == 1 && entry.UnusedBytes == 12);
    CHECK_EQUAL(entry.SegmentOffset, 0);
    entry = decoded(heap, b - 8);
    CHECK(b == a + 14 * 8 && entry.Size == 9 && entry.PreviousSize == 14);
    entry = decoded(heap, c - 8);
    CHECK(c == b + 9 * 8 && entry.PreviousSize == 9 && entry.UnusedBytes == 15);
    CHECK(HeapFree(heap, 0, b));
    entry = decoded(heap, b - 8);
    CHECK(entry.Flags == 0 && entry.Size == 9);
    free_list(heap, b);
    CHECK(HeapAlloc(heap, 0, 60) == b);
}

/* From FirstEntry to the entry that ends the committed run. */
static void tiling(HANDLE heap)
{
    char *at = AT(heap, 0x24, char *), *end = AT(heap, 0x28, char *);
    ULONG busy = 0, before = 0;
    for (;;) {
        ENTRY entry = decoded(heap, at);
        CHECK(before == 0 || entry.PreviousSize == before);
        if (entry.Flags & 0x10) /* HEAP_ENTRY_LAST_ENTRY */
            break;
        busy += entry.Flags & 1;
        before = entry.Size;
        at += entry.Size * 8;
        CHECK(at < end);
    }
    CHECK_EQUAL(busy, 3);
}

static void large_block(HANDLE heap)
{
    char *block = HeapAlloc(heap, 0, 0x100000);
    LIST_ENTRY *head = (LIST_ENTRY *)((char *)heap + 0xA0); /* VirtualAllocdBlocks */
    ENTRY entry = decoded(heap, block - 8);
    CHECK(head->Flink == (LIST_ENTRY *)(block - 0x20));
    CHECK(entry.Flags & 1 && entry.Flags & 8);
    CHECK_EQUAL(entry.Size, 0x1000);                     /* unused bytes, not granules */
    CHECK_EQUAL(ULONG_AT(block - 0x20, 0x10), 0x101000); /* CommitSize */
    CHECK(HeapFree(heap, 0, block) && head->Flink == head);
}

static void front_end(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    int first = 0, second = 0;
    for (int i = 1; i <= 40; i++)
        if (((char *)HeapAlloc(heap, 0, 40))[-1] & 0x80 && !first)
            first = i;
    for (int i = 1; i <= 40; i++)
        if (((char *)HeapAlloc(heap, 0, 100))[-1] & 0x80 && !second)
            second = i;
    CHECK(first == 18 && second == 17);
    CHECK(ULONG_AT(heap, 0xD4) != 0 && AT(heap, 0xDA, UCHAR) == 2);
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    HANDLE heap;
    if (GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version"))
        return 0; /* its heap has a structure of its own */
    peb();
    heap = HeapCreate(0, 0, 0);
    fresh_heap(heap);
    blocks(heap);
    tiling(heap);
    large_block(heap);
    CHECK(HeapDestroy(heap));
    front_end();
    return 0;
}

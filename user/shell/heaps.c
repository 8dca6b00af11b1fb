/* heaps.c - heap: the heaps of a process, each segment as a strip.
 *
 *     00320000  ##.##..#.--.#.....   # busy  . free  - reserved, not committed
 *
 * The blocks are read from the process's memory.  The first four bytes of a header are
 * stored under the heap's key (HEAP.Encoding), as in Windows 7; a header whose check byte
 * is wrong ends the strip and is named.  A character is the same number of bytes
 * all along, and shows what most of them are; the range that is reserved after the last block
 * is left out.  Blocks of the front end lie in regions of their own, which begin with a
 * HEAP_USERDATA_HEADER; which of them are free is in bits of a descriptor elsewhere
 * (ntdll/heap/front/groups.h, which holds the offsets below to their fields).
 * WinDbg: !heap -a; the structures: dt _HEAP, dt _HEAP_SEGMENT, dt _HEAP_ENTRY.
 */
#include "shell.h"

enum {
    GRANULE = 8,
    STRIP = 64,
    MOST_HEAPS = 64,
    MOST_SEGMENTS = 64,
    MOST_BLOCKS = 1 << 16,
    BUSY = 0x01,
    LAST = 0x10, /* it ends a committed run: a range that is reserved follows */
    HEAP_MASK = 0x4C,
    HEAP_KEY = 0x50,
    HEAP_SEGMENTS = 0xA8,
    SEGMENT_LINKS = 0x10,
    SEGMENT_FIRST = 0x24, /* FirstEntry, then LastValidEntry */
    UCR_ADDRESS = 0x18,   /* of a LAST block: the range after it, its size 4 bytes on */
    HEAP_FRONT = 0xD4,
    GROUP_BLOCKS = 31,
    GROUP_BYTES = 32,
    MOST_GROUPS = 32,
    REGION_GROUPS = 0x40
};
#define USERDATA_SIGNATURE 0xF0E0D0C0

/* The head of a FRONT_REGION. */
struct front_region {
    ULONG front, links[4], blocks, committed, reserved, block_size;
    USHORT count;
};

static struct {
    HANDLE process;
    ULONG key[2], mask;        /* of the heap */
    ULONG base, end;           /* of the segment */
    ULONG strip[3][STRIP];     /* bytes of each sign */
    ULONG blocks[2], bytes[2]; /* free, busy */
    ULONG reserved;            /* bytes, not committed */
} look;

static const char signs[] = "#.-";

static void mark(ULONG from, ULONG to, char sign)
{
    ULONG *const bytes = look.strip[strchr(signs, sign) - signs];
    const ULONG size = (look.end - look.base + STRIP - 1) / STRIP;
    for (ULONG i = (from - look.base) / size; i < STRIP && look.base + i * size < to;
         i++) {
        const ULONG low = look.base + i * size, high = low + size;
        bytes[i] += (to < high ? to : high) - (from > low ? from : low);
    }
}

static char sign_at(ULONG i)
{
    int most = 0;
    for (int sign = 1; sign < 3; sign++)
        if (look.strip[sign][i] > look.strip[most][i])
            most = sign;
    return look.strip[most][i] ? signs[most] : ' ';
}

/* The header at this address; FALSE: unreadable, or its check byte is wrong. */
static BOOL header_at(ULONG at, ULONG *header)
{
    if (!peek(look.process, at, header, 8))
        return FALSE;
    if (look.mask)
        header[0] ^= look.key[0];
    const UCHAR *byte = (const UCHAR *)header;
    return !look.mask || byte[3] == (byte[0] ^ byte[1] ^ byte[2]);
}

/* Where the entry after this one lies; 0: there is none, or it cannot be said. */
static ULONG after(ULONG at, const ULONG *header)
{
    const ULONG size = (header[0] & 0xFFFF) * GRANULE;
    ULONG range[2];
    if (!(header[0] >> 16 & LAST))
        return size ? at + size : 0;
    if (!peek(look.process, at + UCR_ADDRESS, range, sizeof range) || !range[1])
        return 0;
    if (range[0] < look.end)
        mark(range[0], range[0] + range[1], '-');
    look.reserved += range[1];
    return range[0] + range[1];
}

/* Where the last committed run ends. */
static ULONG end_of_runs(ULONG first, ULONG end)
{
    ULONG header[2], range[2], found = end;
    for (ULONG at = first, n = 0;
         at && at < end && n < MOST_BLOCKS && header_at(at, header);
         at = after(at, header), n++)
        if (header[0] >> 16 & LAST && peek(look.process, at + UCR_ADDRESS, range, 8))
            found = range[0];
    return found;
}

static void look_at_blocks(ULONG first)
{
    ULONG header[2], next;
    for (ULONG at = first, n = 0; at && at < look.end && n < MOST_BLOCKS;
         at = next, n++) {
        if (!header_at(at, header)) {
            printf("  %08lX: its header is damaged, or not there\n", at);
            return;
        }
        const ULONG size = (header[0] & 0xFFFF) * GRANULE;
        const BOOL busy = (header[0] >> 16 & BUSY) != 0;
        if (!(header[0] >> 16 & LAST)) {
            mark(at, at + size, busy ? '#' : '.');
            look.blocks[busy]++;
            look.bytes[busy] += size;
        }
        next = after(at, header);
    }
}

static void show_segment(ULONG segment)
{
    ULONG ends[2];
    if (!peek(look.process, segment + SEGMENT_FIRST, ends, sizeof ends) ||
        ends[1] <= segment)
        return;
    const ULONG before = look.reserved;
    look.base = ends[0]; /* what lies before is the heap's own */
    look.end = 0;        /* nothing is marked yet */
    look.end = end_of_runs(ends[0], ends[1]);
    look.reserved = before;
    memset(look.strip, 0, sizeof look.strip);
    look_at_blocks(ends[0]);
    printf("%08lX  ", ends[0]);
    for (ULONG i = 0; i < STRIP; i++)
        putchar(sign_at(i));
    printf("\n");
}

/* One region of the front end: at its memory, described at descriptor. */
static void show_front_region(ULONG descriptor, const struct front_region *region)
{
    ULONG group[3],
        busy = 0; /* Mask: a bit is a free block; BlockSize; First: its data */
    look.base = region->blocks;
    look.end = region->blocks + region->committed;
    memset(look.strip, 0, sizeof look.strip);
    for (ULONG i = 0; i < region->count; i++) {
        const ULONG bit = i % GROUP_BLOCKS;
        if (bit == 0 && !peek(look.process,
                              descriptor + REGION_GROUPS + i / GROUP_BLOCKS * GROUP_BYTES,
                              group, sizeof group))
            return;
        const BOOL taken = !(group[0] >> bit & 1);
        const ULONG at = group[2] - GRANULE + bit * group[1];
        mark(at, at + group[1], taken ? '#' : '.');
        busy += taken;
    }
    look.blocks[1] += busy;
    look.blocks[0] += region->count - busy;
    look.bytes[1] += busy * region->block_size;
    look.bytes[0] += (region->count - busy) * region->block_size;
    look.reserved += region->reserved - region->committed;
    printf("  front end, blocks of %lu bytes: %lu of %u busy\n%08lX  ",
           region->block_size, busy, region->count, region->blocks);
    for (ULONG i = 0; i < STRIP; i++)
        putchar(sign_at(i));
    printf("\n");
}

/* The regions of a front end, wherever they lie in the process. */
static void show_front_end(ULONG front)
{
    MEMORY_BASIC_INFORMATION memory;
    struct front_region region;
    ULONG header[4]; /* SubSegment, then Reserved, SizeIndex, Signature */
    for (ULONG at = 0; VirtualQueryEx(look.process, (void *)at, &memory, sizeof memory);
         at += memory.RegionSize)
        if (memory.State == MEM_COMMIT && memory.BaseAddress == memory.AllocationBase &&
            peek(look.process, at, header, sizeof header) &&
            header[3] == USERDATA_SIGNATURE &&
            peek(look.process, header[0], &region, sizeof region) &&
            region.front == front && region.blocks == at &&
            region.count <= GROUP_BLOCKS * MOST_GROUPS)
            show_front_region(header[0], &region);
}

static void show_heap(ULONG heap, BOOL first)
{
    ULONG link = heap + HEAP_SEGMENTS;
    if (!peek(look.process, heap + HEAP_MASK, &look.mask, sizeof look.mask) ||
        !peek(look.process, heap + HEAP_KEY, look.key, sizeof look.key)) {
        printf("heap %08lX cannot be read\n", heap);
        return;
    }
    memset(look.blocks, 0, sizeof look.blocks);
    memset(look.bytes, 0, sizeof look.bytes);
    look.reserved = 0;
    printf("heap %08lX%s\n", heap, first ? ", the default heap" : "");
    for (int i = 0; i < MOST_SEGMENTS && peek(look.process, link, &link, sizeof link) &&
                    link != heap + HEAP_SEGMENTS;
         i++)
        show_segment(link - SEGMENT_LINKS);
    ULONG front;
    if (peek(look.process, heap + HEAP_FRONT, &front, sizeof front) && front)
        show_front_end(front);
    printf("  busy %lu block%s, %lu bytes; free %lu block%s, %lu bytes; reserved %lu "
           "bytes\n",
           look.blocks[1], look.blocks[1] == 1 ? "" : "s", look.bytes[1], look.blocks[0],
           look.blocks[0] == 1 ? "" : "s", look.bytes[0], look.reserved);
}

void show_heaps(const char *arguments)
{
    ULONG heaps[MOST_HEAPS], id;
    look.process = open_process(arguments, &id);
    if (!look.process)
        return;
    const ULONG number = heaps_of(look.process, heaps, MOST_HEAPS);
    printf("process %lu: %lu heaps   # busy  . free  - reserved, not committed\n", id,
           number);
    for (ULONG i = 0; i < number; i++)
        show_heap(heaps[i], i == 0);
    CloseHandle(look.process);
}

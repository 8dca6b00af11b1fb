/* heap.c - a second malloc for cw3220.dll, written from crt/borland/heap.h alone: regions of
 * equal cells.
 *
 * The idea: nothing is split and nothing joined.  A region of 64 KiB, which the system
 * aligns to as much, is cut into equal cells for one size class; a block is a cell.  The
 * free cells of a region are a chain; the regions of a class that have any, a list.
 *
 *   lists[class] --> region <--> region           region of a block: its address, rounded
 *                   | next, free .. | cell | cell | cell | .. |         down to 64 KiB
 *                                   /       \
 *     in use:  | room, check |    room    | ~room, check |  the rest of the cell  |
 *     free:    |    0, check | next, check |  nothing of the heap's               |
 *
 * So a cell has two tags: a head that says its room, and a tail after so many bytes.  A
 * check is a hash of the tag's word, its address and the process's key: no other place
 * looks like a tag, and what a program writes over one is seen at the next use (M7).
 * A block too large for a class has a region of its own, which goes back with it (M6).
 * One of small cells goes back when all are free and its class has another (M4).
 *
 * Invariants
 *   - cells up to `cells` are committed, and used or in the chain; the rest is reserved only
 *   - a bit in `starts` for each 64 KiB at which a region begins, and for no other
 *   - a region is in its class's list if and only if fewer than `most` cells are used
 *   - between calls lists[0], of regions with one cell, is empty
 *
 * LAB_GRAIN and LAB_WALK are the rules of lab 7 that a seed changes (labs/7-malloc/lab.toml).
 */
#include "borland/heap.h"

#ifndef LAB_GRAIN
#define LAB_GRAIN 0
#define LAB_WALK  0
#endif

enum { TAGS = 16, CLASSES = 41, CELL_MOST = 0x4000 };
enum { REGION = 0x10000, PAGE = 0x1000, SIZE_MOST = 0x7FFF0000 };

struct tag {
    uint32_t word, check; /* a head's word: bytes of room; 0: the cell is free */
};
struct region {
    struct region *next, **link; /* in the list of its class; what points here */
    struct tag *free;            /* the first free cell */
    uint32_t class, cell, cells; /* cell: bytes of one */
    uint32_t used, most;         /* most: cells that it has room for */
};

#define TAIL(head)     ((struct tag *)((char *)((head) + 1) + (head)->word))
#define REGION_OF(at)  ((struct region *)((uintptr_t)(at) & ~(uintptr_t)(REGION - 1)))
#define END_OF(region) ((char *)((region) + 1) + (region)->cells * (region)->cell)
#define CHUNK_OF(at)   ((uint32_t)(uintptr_t)(at) / REGION)

static uint32_t secret;
static struct region *lists[CLASSES];
static uint32_t starts[0x10000 / 32];

static uint32_t hash(const struct tag *tag)
{
    uint32_t x = ((uint32_t)(uintptr_t)tag ^ secret) * 0x9E3779B1u + tag->word;
    x = (x ^ x >> 15) * 0x85EBCA6Bu;
    return x ^ x >> 13;
}

static void put_tags(struct tag *head, uint32_t room, uint32_t tail)
{
    head->word = room;
    head->check = hash(head);
    TAIL(head)->word = tail;
    TAIL(head)->check = ~hash(TAIL(head)); /* no head's, whatever is freed */
}

static int is_whole(const struct tag *head)
{
    uint32_t chunk = CHUNK_OF(head);
    return starts[chunk / 32] >> chunk % 32 & 1 && (uintptr_t)head % 8 == 0 &&
           (char *)head < END_OF(REGION_OF(head)) && head->check == hash(head) &&
           TAIL(head)->check == ~hash(TAIL(head));
}

static struct tag *need_used(void *block)
{
    struct tag *head = (struct tag *)block - 1;
    if (!is_whole(head) || !head->word)
        heap_abort("not in use, or written beyond its end", block);
    return head;
}

static uint32_t room_for(size_t size)
{
    const uint32_t grain = LAB_GRAIN ? LAB_GRAIN : 8;
    if (LAB_GRAIN)
        return size < grain ? grain : ((uint32_t)size + grain - 1) / grain * grain;
    return size < 16 ? 16 : ((uint32_t)size + 7) & ~7u;
}

/* Classes are a quarter of a power of two apart, at least 8 bytes.  0: too large. */
static uint32_t class_of(uint32_t total, uint32_t *cell)
{
    uint32_t shift = total < 64 ? 0 : 29 - __builtin_clz(total / 8), step = 8u << shift;
    *cell = (total + step - 1) & ~(step - 1);
    return *cell > CELL_MOST ? 0 : *cell / step + shift * 4;
}

static void list_add(struct region *region)
{
    region->link = &lists[region->class];
    region->next = *region->link;
    if (region->next)
        region->next->link = &region->next;
    *region->link = region;
}

static void list_remove(struct region *region)
{
    *region->link = region->next;
    if (region->next)
        region->next->link = region->link;
}

static void free_cell(struct region *region, struct tag *head)
{
    put_tags(head, 0, (uint32_t)(uintptr_t)region->free);
    region->free = head;
}

static void flip_start(struct region *region)
{
    starts[CHUNK_OF(region) / 32] ^= 1u << CHUNK_OF(region) % 32;
}

/* Makes cells of what is committed, up to `end`. */
static void add_cells(struct region *region, char *end)
{
    while (region->cells < region->most && END_OF(region) + region->cell <= end) {
        struct tag *head = (struct tag *)END_OF(region);
        region->cells++;
        free_cell(region, head);
    }
}

/* Commits what one more cell needs.  0: no memory. */
static int widen(struct region *region)
{
    char *from = (char *)(((uintptr_t)END_OF(region) + PAGE - 1) & -(uintptr_t)PAGE);
    char *to = (char *)(((uintptr_t)END_OF(region) + region->cell + PAGE - 1) &
                        -(uintptr_t)PAGE);
    if (to > from && !VirtualAlloc(from, (size_t)(to - from), MEM_COMMIT, PAGE_READWRITE))
        return 0;
    add_cells(region, to);
    return 1;
}

/* A new region in the list of its class, with one free cell or more; NULL: no memory. */
static struct region *grow(uint32_t total)
{
    uint32_t cell, class = class_of(total, &cell);
    uint32_t first = (sizeof(struct region) + (class ? cell : total) + PAGE - 1) & -PAGE;
    uint32_t bytes = class ? REGION : first;
    struct region *region = VirtualAlloc(NULL, bytes, MEM_RESERVE, PAGE_READWRITE);
    if (!region)
        return NULL;
    if (!VirtualAlloc(region, first, MEM_COMMIT, PAGE_READWRITE)) {
        VirtualFree(region, 0, MEM_RELEASE);
        return NULL;
    }
    bytes -= sizeof *region;
    region->class = class;
    region->cell = class ? cell : bytes;
    region->most = class ? bytes / cell : 1;
    flip_start(region);
    list_add(region);
    add_cells(region, (char *)region + first);
    return region;
}

static void give(struct tag *head)
{
    struct region *region = REGION_OF(head);
    free_cell(region, head);
    if (region->used-- == region->most)
        list_add(region);
    int alone = !region->next && lists[region->class] == region;
    if (region->used || (region->class && alone))
        return;
    list_remove(region);
    flip_start(region);
    VirtualFree(region, 0, MEM_RELEASE);
}

static void *take(size_t size)
{
    uint32_t room = room_for(size), cell;
    if (size > SIZE_MOST)
        return NULL;
    struct region *region = lists[class_of(room + TAGS, &cell)];
    if (!region && !(region = grow(room + TAGS)))
        return NULL;
    if (!region->free && !widen(region))
        return NULL;
    struct tag *head = region->free;
    if (!is_whole(head) || head->word)
        heap_abort("written to while it was free", head + 1);
    region->free = (struct tag *)(uintptr_t)TAIL(head)->word;
    if (++region->used == region->most)
        list_remove(region);
    put_tags(head, room, ~room);
    return head + 1;
}

void heap_start(uint32_t key)
{
    secret = key;
}

/* size bytes in block's own cell, or in another if it may move.  It does move when it
 * needs less than half of its cell, unless there is no other. */
static void *serve(void *block, size_t size, int move)
{
    heap_enter();
    struct tag *head = block ? need_used(block) : NULL;
    uint32_t room = room_for(size), cell = head ? REGION_OF(head)->cell : 0;
    int fits = size <= SIZE_MOST && room + TAGS <= cell;
    void *result = move && (!fits || room + TAGS < cell / 2) ? take(size) : NULL;
    if (result && head) {
        memcpy(result, block, size < head->word ? size : head->word);
        give(head);
    } else if (!result && fits) {
        put_tags(head, room, ~room);
        result = block;
    }
    if (!result)
        *errno_place() = BORLAND_ENOMEM;
    heap_leave();
    return result;
}

void *__cdecl malloc(size_t size)
{
    return size ? serve(NULL, size, 1) : NULL;
}

/* It does not call malloc: of that and memset a compiler may make a call of calloc. */
void *__cdecl calloc(size_t count, size_t size)
{
    size_t bytes = size && count > SIZE_MOST / size ? (size_t)-1 : count * size;
    void *block = bytes ? serve(NULL, bytes, 1) : NULL;
    return block ? memset(block, 0, bytes) : NULL;
}

void __cdecl free(void *block)
{
    if (!block)
        return;
    heap_enter();
    give(need_used(block));
    heap_leave();
}

void *__cdecl heap_new(size_t size)
{
    void *block;
    while (!(block = serve(NULL, size + !size, 1)))
        if (!heap_new_handler())
            heap_throw();
    return block;
}

void *__cdecl realloc(void *block, size_t size)
{
    if (size)
        return serve(block, size, 1);
    free(block);
    return NULL;
}

void *__cdecl expand(void *block, size_t size)
{
    if (block)
        return serve(block, size, 0);
    *errno_place() = BORLAND_EINVAL;
    return NULL;
}

size_t __cdecl msize(void *block)
{
    heap_enter();
    struct tag *head = (struct tag *)block - 1;
    size_t room = is_whole(head) && head->word ? head->word : (size_t)-1;
    heap_leave();
    return room;
}

/* The walk is by address: rising, or falling.  The first region at or after a chunk; NULL: none. */
static struct region *region_from(uint32_t chunk)
{
    for (; chunk < 0x10000; chunk++)
        if (!starts[chunk / 32])
            chunk |= 31;
        else if (starts[chunk / 32] >> chunk % 32 & 1)
            return (struct region *)(uintptr_t)(chunk * REGION);
    return NULL;
}

void heap_end(void)
{
    for (struct region *region; (region = region_from(0)); flip_start(region))
        VirtualFree(region, 0, MEM_RELEASE);
}

/* The last region before a chunk. */
static struct region *region_before(uint32_t chunk)
{
    while (chunk-- > 0)
        if (starts[chunk / 32] >> chunk % 32 & 1)
            return (struct region *)(uintptr_t)(chunk * REGION);
    return NULL;
}

static struct tag *cell_before(struct tag *head)
{
    if (head && head != (struct tag *)(REGION_OF(head) + 1))
        return (struct tag *)((char *)head - REGION_OF(head)->cell);
    struct region *region = region_before(head ? CHUNK_OF(head) : 0x10000);
    return region ? (struct tag *)(END_OF(region) - region->cell) : NULL;
}

/* The cell after head, from NULL to the first; NULL: none. */
static struct tag *cell_after(struct tag *head)
{
    char *next = head ? (char *)head + REGION_OF(head)->cell : NULL;
    if (next && next < END_OF(REGION_OF(head)))
        return (struct tag *)next;
    struct region *region = region_from(head ? CHUNK_OF(head) + 1 : 0);
    return region ? (struct tag *)(region + 1) : NULL;
}

int heap_next(struct heap_node *node)
{
    struct tag *head = node->block ? (struct tag *)node->block - 1 : NULL;
    if (head && !is_whole(head))
        return HEAP_CORRUPT;
    struct tag *next = LAB_WALK == 2 ? cell_before(head) : cell_after(head);
    if (!next)
        return head ? HEAP_END : HEAP_EMPTY;
    if (!is_whole(next))
        return HEAP_CORRUPT;
    uint32_t cell = REGION_OF(next)->cell;
    *node = (struct heap_node){.block = next + 1,
                               .size = next->word ? next->word : cell - TAGS,
                               .used = next->word != 0,
                               .spare = (uint32_t *)(TAIL(next) + 1),
                               .spare_end = (uint32_t *)((char *)next + cell)};
    return HEAP_OK;
}

int heap_sound(void)
{
    heap_enter();
    struct tag *head = cell_after(NULL);
    int result = head ? HEAP_OK : HEAP_EMPTY;
    while (head && is_whole(head))
        head = cell_after(head);
    heap_leave();
    return head ? HEAP_CORRUPT : result;
}

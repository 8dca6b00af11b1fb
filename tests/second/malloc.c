/* malloc.c - a second malloc for cw3220.dll, by the binary buddy system, written from
 * crt/borland/heap.h alone.  (Knuth, TAOCP 1, 2.5, algorithms R and S.)
 *
 *     region, from VirtualAlloc:
 *
 *     | REGION, state[UNITS] ......... | units of 32 bytes, 1 MiB of them ............. |
 *
 * Nothing is kept in a block: state[n] says what begins at unit n.  A block of order k is
 * 32 << k bytes at a multiple of its size; a free one joins with its buddy, the block at its
 * unit ^ 1 << k.  The bytes from the requested size to the block's end (at most GUARD of them)
 * hold a pattern, and so do the first GUARD bytes of a free block: both are looked at before
 * the block changes hands.  A request that no region can hold has a region of its own.
 *
 *     U1  the blocks of a region tile it, each at a multiple of its size
 *     U2  no two buddies are both free
 *     U3  a free block is once in the list of its order
 *     U4  the patterns are whole
 */
#include "borland/heap.h"

#define UNIT         32u
#define ORDERS       16u /* of order 15 is a whole region */
#define UNITS        (1u << (ORDERS - 1))
#define GUARD        16u
#define REQUEST_MOST 0x7FFF0000u
#define NONE         0xFFFFFFFFu

enum { INSIDE, USED, FREE };
struct state {
    uint32_t kind : 2;
    uint32_t order : 6;
    uint32_t less : 24;      /* used: bytes of the block that were not requested */
    uint32_t next, previous; /* free: units in the list of the order, or NONE */
};
struct region {
    struct region *next;
    char *memory;
    size_t large; /* not 0: one block of this many requested bytes, `room` in all */
    size_t room;
    uint32_t first[ORDERS];
    struct state state[UNITS];
};
static struct region *regions;
static uint32_t pattern;

void heap_start(uint32_t key)
{
    pattern = key * 2654435761u | 0x01010101u;
}

void heap_end(void)
{
    while (regions != NULL) {
        struct region *gone = regions;
        regions = gone->next;
        VirtualFree(gone, 0, MEM_RELEASE);
    }
}

/* ---- patterns ---- */

static unsigned char pattern_at(const char *at)
{
    return (unsigned char)(pattern >> ((uintptr_t)at & 3) * 8) ^
           (unsigned char)((uintptr_t)at >> 5);
}

static void mark(char *from, const char *to)
{
    for (unsigned n = 0; from < to && n < GUARD; from++, n++)
        *from = (char)pattern_at(from);
}

static int is_marked(const char *from, const char *to)
{
    for (unsigned n = 0; from < to && n < GUARD; from++, n++)
        if ((unsigned char)*from != pattern_at(from))
            return 0;
    return 1;
}

/* ---- regions ---- */

static char *unit_memory(const struct region *region, uint32_t unit)
{
    return region->memory + unit * UNIT;
}

static size_t bytes_of(uint32_t order)
{
    return (size_t)UNIT << order;
}

static struct region *region_of(const void *block)
{
    const char *at = block;
    struct region *region = regions;
    while (region != NULL && (at < region->memory || at >= region->memory + region->room))
        region = region->next;
    return region;
}

static void list_insert(struct region *region, uint32_t unit, uint32_t order)
{
    uint32_t head = region->first[order];
    region->state[unit] = (struct state){FREE, order, 0, head, NONE};
    if (head != NONE)
        region->state[head].previous = unit;
    region->first[order] = unit;
    mark(unit_memory(region, unit), unit_memory(region, unit) + GUARD);
}

static void list_remove(struct region *region, uint32_t unit)
{
    struct state *state = &region->state[unit];
    char *memory = unit_memory(region, unit);
    if (!is_marked(memory, memory + GUARD))
        heap_abort("a free block was written to", memory);
    if (state->next != NONE)
        region->state[state->next].previous = state->previous;
    if (state->previous != NONE)
        region->state[state->previous].next = state->next;
    else
        region->first[state->order] = state->next;
    state->kind = INSIDE;
}

/* A region with `room` bytes for blocks, in no state yet; NULL: no memory. */
static struct region *region_make(size_t room)
{
    size_t head = (sizeof(struct region) + 0xFFFF) & ~(size_t)0xFFFF;
    char *memory =
        VirtualAlloc(NULL, head + room, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (memory == NULL)
        return NULL;
    struct region *region = (struct region *)memory;
    region->memory = memory + head;
    region->room = room;
    region->next = regions;
    regions = region;
    return region;
}

static void region_drop(struct region *region)
{
    struct region **link = &regions;
    while (*link != region)
        link = &(*link)->next;
    *link = region->next;
    VirtualFree(region, 0, MEM_RELEASE);
}

/* ---- take and give ---- */

static uint32_t order_for(size_t size)
{
    uint32_t order = 0;
    size_t whole = ((size + 7) & ~(size_t)7) + 8;
    while (order < ORDERS && bytes_of(order) < whole)
        order++;
    return order;
}

static void set_used(struct region *region, uint32_t unit, uint32_t order, size_t size)
{
    char *memory = unit_memory(region, unit);
    region->state[unit] =
        (struct state){USED, order, (uint32_t)(bytes_of(order) - size), NONE, NONE};
    mark(memory + size, memory + bytes_of(order));
}

/* Algorithm R: the smallest free block that is large enough, halved until it fits. */
static void *take(struct region *region, uint32_t order, size_t size)
{
    uint32_t have = order;
    while (have < ORDERS && region->first[have] == NONE)
        have++;
    if (have == ORDERS || region->large != 0)
        return NULL;
    uint32_t unit = region->first[have];
    list_remove(region, unit);
    while (have > order) {
        have--;
        list_insert(region, unit + (1u << have), have);
    }
    set_used(region, unit, order, size);
    return unit_memory(region, unit);
}

static void *take_large(size_t size)
{
    struct region *region = region_make((size + 8 + 0xFFF) & ~(size_t)0xFFF);
    if (region == NULL)
        return NULL;
    region->large = size;
    mark(region->memory + size, region->memory + region->room);
    return region->memory;
}

static void *take_any(size_t size)
{
    uint32_t order = order_for(size);
    if (order >= ORDERS)
        return take_large(size);
    for (struct region *region = regions; region != NULL; region = region->next) {
        void *block = take(region, order, size);
        if (block != NULL)
            return block;
    }
    struct region *region = region_make(bytes_of(ORDERS - 1));
    if (region == NULL)
        return NULL;
    for (uint32_t i = 0; i < ORDERS; i++)
        region->first[i] = NONE;
    list_insert(region, 0, ORDERS - 1);
    return take(region, order, size);
}

/* Algorithm S: join with the buddy as long as it is free. */
static void give(struct region *region, uint32_t unit)
{
    uint32_t order = region->state[unit].order;
    region->state[unit].kind = INSIDE;
    while (order < ORDERS - 1) {
        uint32_t buddy = unit ^ 1u << order;
        struct state *state = &region->state[buddy];
        if (state->kind != FREE || state->order != order)
            break;
        list_remove(region, buddy);
        unit &= ~(1u << order);
        order++;
    }
    list_insert(region, unit, order);
    if (order == ORDERS - 1 && (regions != region || region->next != NULL))
        region_drop(region);
}

static size_t requested(const struct region *region, uint32_t unit)
{
    const struct state *state = &region->state[unit];
    return region->large != 0 ? region->large : bytes_of(state->order) - state->less;
}

static size_t whole(const struct region *region, uint32_t unit)
{
    return region->large != 0 ? region->room : bytes_of(region->state[unit].order);
}

/* Refuses what is no block in use.  *unit is its first. */
static struct region *checked(const void *block, uint32_t *unit)
{
    struct region *region = region_of(block);
    if (region == NULL)
        heap_abort("not a block of this heap", block);
    *unit = (uint32_t)((const char *)block - region->memory) / UNIT;
    const struct state *state = &region->state[*unit];
    if (unit_memory(region, *unit) != block || (region->large != 0 && *unit != 0))
        heap_abort("not the start of a block", block);
    if (region->large == 0 && state->kind != USED)
        heap_abort(state->kind == FREE ? "the block is free already" : "it is no block",
                   block);
    const char *end = (const char *)block + whole(region, *unit);
    if (!is_marked((const char *)block + requested(region, *unit), end))
        heap_abort("written past the end of the block", block);
    return region;
}

/* ---- the functions ---- */

static void *fail(int error)
{
    *errno_place() = error;
    return NULL;
}

void *__cdecl malloc(size_t size)
{
    if (size == 0)
        return NULL;
    if (size > REQUEST_MOST)
        return fail(BORLAND_ENOMEM);
    heap_enter();
    void *block = take_any(size);
    heap_leave();
    return block != NULL ? block : fail(BORLAND_ENOMEM);
}

void *__cdecl calloc(size_t count, size_t size)
{
    if (size != 0 && count > REQUEST_MOST / size)
        return fail(BORLAND_ENOMEM);
    void *block = malloc(count * size);
    return block != NULL ? memset(block, 0, count * size) : NULL;
}

void __cdecl free(void *block)
{
    uint32_t unit;
    if (block == NULL)
        return;
    heap_enter();
    struct region *region = checked(block, &unit);
    if (region->large == 0)
        give(region, unit);
    else
        region_drop(region);
    heap_leave();
}

/* The block at `size` bytes where it lies; 0: it is too small, or would waste half. */
static int resize(struct region *region, uint32_t unit, size_t size)
{
    char *memory = unit_memory(region, unit);
    size_t room = whole(region, unit);
    if (((size + 7) & ~(size_t)7) + 8 > room)
        return 0;
    if (region->large != 0) {
        region->large = size;
        mark(memory + size, memory + room);
    } else {
        set_used(region, unit, region->state[unit].order, size);
    }
    return 1;
}

void *__cdecl realloc(void *block, size_t size)
{
    uint32_t unit;
    if (block == NULL)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (size > REQUEST_MOST)
        return fail(BORLAND_ENOMEM);
    heap_enter();
    struct region *region = checked(block, &unit);
    size_t old = requested(region, unit);
    int stays = size * 2 > whole(region, unit) && resize(region, unit, size);
    void *moved = stays ? block : take_any(size);
    heap_leave();
    if (moved == NULL)
        return fail(BORLAND_ENOMEM);
    if (moved != block) {
        memcpy(moved, block, old < size ? old : size);
        free(block);
    }
    return moved;
}

void *__cdecl expand(void *block, size_t size)
{
    uint32_t unit;
    if (block == NULL)
        return fail(BORLAND_EINVAL);
    if (size > REQUEST_MOST)
        return fail(BORLAND_ENOMEM);
    heap_enter();
    struct region *region = checked(block, &unit);
    int stays = resize(region, unit, size);
    heap_leave();
    return stays ? block : fail(BORLAND_ENOMEM);
}

size_t __cdecl msize(void *block)
{
    heap_enter();
    struct region *region = region_of(block);
    size_t size = (size_t)-1;
    if (region != NULL)
        size = requested(region, (uint32_t)((char *)block - region->memory) / UNIT);
    heap_leave();
    return size;
}

/* ---- the walk and the check ---- */

static void show(struct region *region, uint32_t unit, struct heap_node *node)
{
    char *memory = unit_memory(region, unit);
    node->block = memory;
    node->used = region->large != 0 || region->state[unit].kind == USED;
    node->size = node->used ? requested(region, unit) : whole(region, unit) - 8;
    node->spare = (uint32_t *)(memory + GUARD);
    node->spare_end =
        node->used ? node->spare : (uint32_t *)(memory + whole(region, unit));
}

int heap_next(struct heap_node *node)
{
    struct region *region = node->block != NULL ? region_of(node->block) : regions;
    uint32_t unit = 0;
    if (region == NULL)
        return node->block != NULL ? HEAP_CORRUPT : HEAP_EMPTY;
    if (node->block != NULL) {
        unit = (uint32_t)((char *)node->block - region->memory) / UNIT;
        if (region->large == 0 && region->state[unit].kind == INSIDE)
            return HEAP_CORRUPT;
        unit = region->large != 0 ? UNITS : unit + (1u << region->state[unit].order);
    }
    if (unit >= UNITS) {
        region = region->next;
        unit = 0;
    }
    if (region == NULL)
        return HEAP_END;
    show(region, unit, node);
    return HEAP_OK;
}

/* U1, U2, U4 for one block; *free_blocks counts it if it is free. */
static int block_sound(const struct region *region, uint32_t unit, uint32_t *free_blocks)
{
    const struct state *state = &region->state[unit];
    const char *memory = unit_memory(region, unit);
    if (state->kind == INSIDE || state->order >= ORDERS ||
        unit & ((1u << state->order) - 1))
        return 0;
    if (state->kind == USED)
        return is_marked(memory + requested(region, unit),
                         memory + bytes_of(state->order));
    const struct state *buddy = &region->state[(unit ^ 1u << state->order) & (UNITS - 1)];
    ++*free_blocks;
    return is_marked(memory, memory + GUARD) &&
           (state->order == ORDERS - 1 || buddy->kind != FREE ||
            buddy->order != state->order);
}

static int region_sound(const struct region *region)
{
    uint32_t free_blocks = 0, listed = 0;
    if (region->large != 0)
        return is_marked(region->memory + region->large, region->memory + region->room);
    for (uint32_t unit = 0; unit < UNITS; unit += 1u << region->state[unit].order)
        if (!block_sound(region, unit, &free_blocks))
            return 0;
    for (uint32_t order = 0; order < ORDERS; order++)
        for (uint32_t unit = region->first[order]; unit != NONE;
             unit = region->state[unit].next, listed++)
            if (region->state[unit].kind != FREE || region->state[unit].order != order ||
                listed > free_blocks)
                return 0;
    return listed == free_blocks;
}

int heap_sound(void)
{
    heap_enter();
    int result = regions == NULL ? HEAP_EMPTY : HEAP_OK;
    for (struct region *region = regions; region != NULL && result == HEAP_OK;
         region = region->next)
        if (!region_sound(region))
            result = HEAP_CORRUPT;
    heap_leave();
    return result;
}

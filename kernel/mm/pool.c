/* pool.c - the kernel's own memory: small blocks and runs of pages.
 *
 * Small blocks (up to 2 KiB) come in eight sizes.  Each size cuts pages into equal
 * blocks; the page begins with a MISLAB, so a block's page tells its size.  Larger ones
 * are runs of whole pages; such an address is page aligned, which a small block never is.
 *
 *   page: | MISLAB | block | block | block | ... |    block: | tag | size | the user's |
 *
 * A page whose blocks are all free goes back.  Everything is charged to commit and comes
 * zeroed.
 *
 * Q1  slab->Used + blocks in slab->Free = blocks of the page
 * Q2  a slab is in its size's list exactly when it has a free block
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"

typedef struct _MIBLOCK {
    ULONG Tag, Size; /* Size: bytes asked for, + MIBLOCK_LIVE */
} MIBLOCK;
#define MIBLOCK_LIVE 0xA5000000u

typedef struct _MISLAB {
    LIST_ENTRY Links;  /* of the size's list, when it has a free block */
    void *Free;        /* chain through the blocks */
    USHORT Used, Size; /* Size: bytes of a block with its MIBLOCK */
} MISLAB;

static const USHORT MiBlockSizes[] = {32, 64, 96, 128, 256, 512, 1024, 2032};
#define SIZES (sizeof MiBlockSizes / sizeof *MiBlockSizes)
#define EMPTY(size)                                                                      \
    {                                                                                    \
        &MiSlabs[size], &MiSlabs[size]                                                   \
    }
static LIST_ENTRY MiSlabs[SIZES] = {EMPTY(0), EMPTY(1), EMPTY(2), EMPTY(3),
                                    EMPTY(4), EMPTY(5), EMPTY(6), EMPTY(7)};

/* ---- addresses: a bit for each page from MI_POOL_BASE ---- */
#define POOL_PAGES ((MI_POOL_END - MI_POOL_BASE) >> PAGE_SHIFT)
static ULONG MiPoolBits[MI_BITS(POOL_PAGES)], MiPoolHint;
static ULONG MiSlabBits[MI_BITS(POOL_PAGES)]; /* pages that are slabs, for the audit */

static BOOLEAN MiBit(const ULONG *bits, ULONG n)
{
    return bits[n / 32] >> (n % 32) & 1;
}

void MiFlipBits(ULONG *bits, ULONG first, ULONG count)
{
    for (ULONG n = first; n < first + count; n++)
        bits[n / 32] ^= 1u << (n % 32);
}

/* First run of count clear bits at or after start, set; or PFN_NONE. */
static ULONG MiTakeBits(ULONG *bits, ULONG start, ULONG limit, ULONG count)
{
    ULONG run = 0;
    for (ULONG n = start; n < limit; n++) {
        run = MiBit(bits, n) ? 0 : run + 1;
        if (run == count) {
            MiFlipBits(bits, n + 1 - count, count);
            return n + 1 - count;
        }
    }
    return PFN_NONE;
}

ULONG MiTakeRun(ULONG *bits, ULONG *hint, ULONG limit, ULONG count)
{
    ULONG first = MiTakeBits(bits, *hint, limit, count);
    if (first == PFN_NONE)
        first = MiTakeBits(bits, 0, limit, count);
    if (first != PFN_NONE)
        *hint = first + count;
    return first;
}

/* ---- pages ---- */
void MiUnmapPages(ULONG_PTR va, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        PageFree(MiUnmapKernel(va + i * PAGE_SIZE));
    MiReturnCommit(count);
}

BOOLEAN MiMapPages(ULONG_PTR va, ULONG count)
{
    if (!MiChargeCommit(count))
        return FALSE;
    for (ULONG i = 0; i < count; i++) {
        ULONG_PTR at = va + i * PAGE_SIZE;
        PFN_NUMBER pfn = PageAlloc(MmPageKernel, MM_PAGE_ZEROED, at);
        if (pfn != PFN_NONE && MiMapKernel(at, pfn, 0))
            continue;
        if (pfn != PFN_NONE)
            PageFree(pfn);
        MiReturnCommit(count - i);
        MiUnmapPages(va, i);
        return FALSE;
    }
    return TRUE;
}

ULONG_PTR MiTakePoolRange(ULONG count)
{
    ULONG first = MiTakeRun(MiPoolBits, &MiPoolHint, POOL_PAGES, count);
    return first == PFN_NONE ? 0 : MI_POOL_BASE + first * PAGE_SIZE;
}

static void *MiAllocatePages(ULONG count)
{
    ULONG_PTR va = MiTakePoolRange(count);
    if (!va)
        return NULL;
    if (!MiMapPages(va, count)) {
        MiFlipBits(MiPoolBits, (va - MI_POOL_BASE) >> PAGE_SHIFT, count);
        return NULL;
    }
    MiPfn(MiPtePfn(*MiPteOf(va)))->RunPages = (USHORT)count;
    return (void *)va;
}

static void MiFreePagesAt(ULONG_PTR va)
{
    ULONG count = MiPfn(MiPtePfn(*MiPteOf(va)))->RunPages;
    ULONG first = (va - MI_POOL_BASE) >> PAGE_SHIFT;
    if (POISON)
        memset((void *)va, 0xFE, count * PAGE_SIZE);
    MiUnmapPages(va, count);
    MiFlipBits(MiPoolBits, first, count);
    if (first < MiPoolHint)
        MiPoolHint = first;
}

/* ---- blocks ---- */
static BOOLEAN MiNewSlab(ULONG size)
{
    MISLAB *slab = MiAllocatePages(1);
    if (!slab)
        return FALSE;
    slab->Size = MiBlockSizes[size];
    for (ULONG at = sizeof *slab; at + slab->Size <= PAGE_SIZE; at += slab->Size) {
        void **block = (void **)((UCHAR *)slab + at);
        *block = slab->Free;
        slab->Free = block;
    }
    InsertHeadList(&MiSlabs[size], &slab->Links);
    MiFlipBits(MiSlabBits, ((ULONG_PTR)slab - MI_POOL_BASE) >> PAGE_SHIFT, 1);
    return TRUE;
}

static void *MiAllocateBlock(ULONG size, SIZE_T bytes, ULONG tag)
{
    if (IsListEmpty(&MiSlabs[size]) && !MiNewSlab(size))
        return NULL;
    MISLAB *slab = CONTAINING_RECORD(MiSlabs[size].Flink, MISLAB, Links);
    MIBLOCK *block = slab->Free;
    slab->Free = *(void **)block;
    slab->Used++;
    if (!slab->Free)
        RemoveEntryList(&slab->Links);
    ULONGLONG *at = (ULONGLONG *)block, *end = at + slab->Size / sizeof *at;
    for (; at < end; at += 2) /* sizes are multiples of 16 */
        at[0] = at[1] = 0;
    *block = (MIBLOCK){tag, bytes | MIBLOCK_LIVE};
    return block + 1;
}

static ULONG MiSizeIndex(SIZE_T bytes)
{
    ULONG size = 0;
    while (size < SIZES && MiBlockSizes[size] < bytes + sizeof(MIBLOCK))
        size++;
    return size;
}

static void MiFreeBlock(void *p)
{
    MISLAB *slab = (MISLAB *)ALIGN_DOWN(p, PAGE_SIZE);
    MIBLOCK *block = (MIBLOCK *)p - 1;
    ASSERT((block->Size & 0xFF000000u) ==
           MIBLOCK_LIVE); /* else freed twice, or never ours */
    ULONG size = MiSizeIndex(slab->Size - sizeof(MIBLOCK));
    if (POISON)
        memset(block, 0xFE, slab->Size);
    block->Size = 0;
    if (!slab->Free)
        InsertHeadList(&MiSlabs[size], &slab->Links);
    *(void **)block = slab->Free;
    slab->Free = block;
    if (--slab->Used == 0) {
        RemoveEntryList(&slab->Links);
        MiFlipBits(MiSlabBits, ((ULONG_PTR)slab - MI_POOL_BASE) >> PAGE_SHIFT, 1);
        MiFreePagesAt((ULONG_PTR)slab);
    }
}

/* Calls visit with the tag of each small block in use.  It reads every slab: for the audit. */
void MiVisitBlocks(void (*visit)(ULONG tag, void *context), void *context)
{
    for (ULONG n = 0; n < POOL_PAGES; n += MiSlabBits[n / 32] ? 1 : 32 - n % 32) {
        const UCHAR *page = (const UCHAR *)(MI_POOL_BASE + n * PAGE_SIZE);
        if (!MiBit(MiSlabBits, n))
            continue;
        const ULONG size = ((const MISLAB *)page)->Size;
        for (ULONG at = sizeof(MISLAB); at + size <= PAGE_SIZE; at += size) {
            const MIBLOCK *block = (const MIBLOCK *)(page + at);
            if ((block->Size & 0xFF000000u) == MIBLOCK_LIVE)
                visit(block->Tag, context);
        }
    }
}

/* size bytes, zeroed, 8-byte aligned; NULL: no memory (or no commit left). */
void *ExAllocatePool(SIZE_T size, ULONG tag)
{
    if (MiFailNow() || size > MI_POOL_END - MI_POOL_BASE)
        return NULL;
    ULONG index = MiSizeIndex(size);
    if (index < SIZES)
        return MiAllocateBlock(index, size, tag);
    return MiAllocatePages(MiPages(size));
}

void ExFreePool(void *p)
{
    if ((ULONG_PTR)p & (PAGE_SIZE - 1))
        MiFreeBlock(p);
    else if (p)
        MiFreePagesAt((ULONG_PTR)p);
}

/* pfn.c - from the boot's memory map to the PFN database.
 *
 * Until there is a database, pages are taken upwards from the kernel's end (MiBootPage),
 * always below 512 MiB, never one that is reserved: the kernel, the modules, the
 * Multiboot tables. Then each page that the map calls usable, that is not reserved and
 * was not taken, is free. What the map does not name has no MMPFN at all: the database is
 * mapped only where there is memory.  More than 4 GiB of memory is left alone.
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"

ULONG MiTotalPages, MiFixedPages;

#define MAX_PAGES  0x100000u /* 4 GiB of memory, wherever it lies */
#define MAX_RANGES 32

typedef struct _MIRANGE {
    PFN_NUMBER First, End;
} MIRANGE;
static MIRANGE MiUsable[MAX_RANGES], MiReserved[MAX_RANGES];
static ULONG MiUsableCount, MiReservedCount;
static PFN_NUMBER MiBootNext;
extern char _kernel_end[];

#define PHYSICAL(p) ((void *)((p) + MI_LINEAR_BASE))

static void MiAddRange(MIRANGE *ranges, ULONG *count, PFN_NUMBER first, PFN_NUMBER end)
{
    if (first < end && *count < MAX_RANGES)
        ranges[(*count)++] = (MIRANGE){first, end};
}

static void MiReserve(ULONG start, ULONG bytes)
{
    MiAddRange(MiReserved, &MiReservedCount, start >> 12, (start + bytes + 0xFFF) >> 12);
}

static void MiAddUsable(ULONGLONG start, ULONGLONG end)
{
    start = (start + 0xFFF) >> 12;
    end >>= 12;
    if (start < 0x100)
        start = 0x100; /* below 1 MiB: firmware's tables, real mode */
    if (end > MI_MAX_PFN)
        end = MI_MAX_PFN;
    if (start >= end)
        return;
    if (end - start > MAX_PAGES - MiTotalPages)
        end = start + (MAX_PAGES - MiTotalPages);
    MiTotalPages += end - start;
    MiAddRange(MiUsable, &MiUsableCount, start, end);
    if (end > MiEndPfn)
        MiEndPfn = end;
}

static void MiReadMap(const MULTIBOOT_INFO *info)
{
    if (!(info->Flags & MULTIBOOT_HAS_MMAP)) {
        MiAddUsable(0x100000, 0x100000 + (ULONGLONG)info->MemUpper * 1024);
        return;
    }
    for (ULONG at = 0; at + sizeof(MULTIBOOT_MMAP) <= info->MmapLength;) {
        const MULTIBOOT_MMAP *entry = PHYSICAL(info->Mmap + at);
        if (entry->Type == 1)
            MiAddUsable(entry->Base, entry->Base + entry->Length);
        at += entry->Size + sizeof entry->Size;
    }
}

static void MiReserveBootData(const MULTIBOOT_INFO *info)
{
    MiReserve(0x100000, (ULONG)_kernel_end - MI_KERNEL_BASE);
    MiReserve((ULONG)info - MI_LINEAR_BASE, sizeof *info);
    if (info->Flags & MULTIBOOT_HAS_CMDLINE)
        MiReserve(info->CommandLine, PAGE_SIZE);
    if (info->Flags & MULTIBOOT_HAS_MMAP)
        MiReserve(info->Mmap, info->MmapLength);
    if (info->Flags & MULTIBOOT_HAS_MODULES) {
        const MULTIBOOT_MODULE *module = PHYSICAL(info->Modules);
        MiReserve(info->Modules, info->ModuleCount * sizeof *module);
        for (ULONG i = 0; i < info->ModuleCount; i++) {
            MiReserve(module[i].Start, module[i].End - module[i].Start);
            if (module[i].CommandLine)
                MiReserve(module[i].CommandLine, PAGE_SIZE);
        }
    }
}

static BOOLEAN MiInRanges(const MIRANGE *ranges, ULONG count, PFN_NUMBER pfn)
{
    for (ULONG i = 0; i < count; i++)
        if (pfn >= ranges[i].First && pfn < ranges[i].End)
            return TRUE;
    return FALSE;
}

/* A zeroed page, before there is a database.  It is never given back. */
PFN_NUMBER MiBootPage(void)
{
    for (; MiBootNext < MI_LINEAR_SIZE >> 12; MiBootNext++) {
        if (MiInRanges(MiUsable, MiUsableCount, MiBootNext) &&
            !MiInRanges(MiReserved, MiReservedCount, MiBootNext)) {
            ULONG *page = PHYSICAL(MiBootNext << 12);
            for (ULONG i = 0; i < PAGE_SIZE / 4; i++)
                page[i] = 0;
            return MiBootNext++;
        }
    }
    KeBugCheckEx(INSTALL_MORE_MEMORY, MiTotalPages, 0, 0, 0);
}

/* info: the kernel's address of it.  Afterwards MiBootPage works. */
void MiReadBootMap(const MULTIBOOT_INFO *info)
{
    MiReadMap(info);
    MiReserveBootData(info);
    MiBootNext = ((ULONG)_kernel_end - MI_LINEAR_BASE + 0xFFF) >> 12;
    MiLinearPages = MiEndPfn < MI_LINEAR_SIZE >> 12 ? MiEndPfn : MI_LINEAR_SIZE >> 12;
}

static void MiMapDatabase(const MIRANGE *range)
{
    ULONG_PTR va = ALIGN_DOWN(MiPfn(range->First), PAGE_SIZE);
    for (; va < (ULONG_PTR)MiPfn(range->End); va += PAGE_SIZE) {
        if (!MiHasTable(va)) {
            MiStorePte(MiPdeOf(va), MiFrame(MiBootPage(), PTE_VALID | PTE_WRITE));
            MiFlushPage((ULONG_PTR)MiPteOf(va));
        }
        if (!(MiPteOf(va)->Low & PTE_VALID))
            MiStorePte(MiPteOf(va),
                       MiFrame(MiBootPage(), PTE_VALID | PTE_WRITE | PTE_GLOBAL));
    }
}

/* Of one range of memory: each page is fixed, or given to the page allocator in runs. */
static void MiSortPages(const MIRANGE *range, PFN_NUMBER reservedEnd)
{
    PFN_NUMBER end = range->End; /* of the run of free pages */
    for (PFN_NUMBER pfn = end; pfn-- > range->First;) {
        BOOLEAN taken = pfn < MiBootNext; /* by MiBootPage, or lies before the kernel */
        if (!taken &&
            (pfn >= reservedEnd || !MiInRanges(MiReserved, MiReservedCount, pfn)))
            continue;
        if (end > pfn + 1)
            MiAddPages(pfn + 1, end - pfn - 1);
        MiPfn(pfn)->State = MiPageFixed;
        MiFixedPages++;
        end = pfn;
    }
    if (end > range->First)
        MiAddPages(range->First, end - range->First);
}

/* The kernel's tables are loaded. */
void MiBuildPfnDatabase(void)
{
    PFN_NUMBER reservedEnd = 0;
    for (ULONG i = 0; i < MiReservedCount; i++)
        if (MiReserved[i].End > reservedEnd)
            reservedEnd = MiReserved[i].End;
    for (ULONG i = 0; i < MiUsableCount; i++)
        MiMapDatabase(&MiUsable[i]);
    for (ULONG i = MiUsableCount; i-- > 0;)
        MiSortPages(&MiUsable[i], reservedEnd);
}

BOOLEAN MiIsMemory(PFN_NUMBER pfn)
{
    return MiInRanges(MiUsable, MiUsableCount, pfn);
}

/* bootmap.c - the loader's memory map, read where the loader left it.
 *
 * A map may have any number of entries, in any order, and they may overlap: memory is what
 * an entry of type 1 names and no entry of another type.  The kernel, the modules and the
 * loader's tables lie in memory too.  Each search goes over all of these, so nothing is
 * copied and nothing can be cut off:
 *
 *      map      |====1====|--2--|====1====|     |==1==|
 *      taken      |kernel|         |archive|
 *      free     |=|      |=|    |==|            |=====|     MiNextRun(&run, TRUE)
 *
 * Source: Multiboot Specification 0.6.96, section 3.3.
 */
#include "mm/mmp.h"

#define MAX_PAGES   0x100000u /* 4 GiB of memory, wherever it lies */
#define LEAST_PAGES 2112u     /* for programs, and 64 for the first tables */

static const MULTIBOOT_INFO *MiBootInfo;
ULONG MiTotalPages;
extern char _kernel_end[];

#define PHYSICAL(p)   ((const void *)((p) + MI_LINEAR_BASE))
#define MAP_ENTRY(at) ((const MULTIBOOT_MMAP *)PHYSICAL(MiBootInfo->Mmap + (at)))
#define EACH_ENTRY(at)                                                                   \
    ULONG at = 0;                                                                        \
    at + sizeof(MULTIBOOT_MMAP) <= MiBootInfo->MmapLength;                               \
    at += MAP_ENTRY(at)->Size + sizeof MAP_ENTRY(at)->Size

/* A search has come to the run; what lies at its start or in it is left out. */
static void MiCut(MIPAGERUN *run, ULONGLONG start, ULONGLONG size)
{
    ULONGLONG first = start >> PAGE_SHIFT, end = (start + size + 0xFFF) >> PAGE_SHIFT;
    if (first <= run->First && run->First < end)
        run->First = end < MI_MAX_PFN ? (PFN_NUMBER)end : MI_MAX_PFN;
    else if (first > run->First && first < run->End)
        run->End = (PFN_NUMBER)first;
}

/* The run ends after it, at the earliest. */
static void MiCover(MIPAGERUN *run, ULONGLONG start, ULONGLONG size)
{
    PFN_NUMBER end = (PFN_NUMBER)((start + size + 0xFFF) >> PAGE_SHIFT);
    run->End = end > run->End ? end : run->End;
}

/* What the loader filled, in bytes. */
static void MiVisitTaken(void (*visit)(MIPAGERUN *, ULONGLONG, ULONGLONG), MIPAGERUN *run)
{
    const MULTIBOOT_INFO *info = MiBootInfo;
    const MULTIBOOT_MODULE *module = PHYSICAL(info->Modules);
    visit(run, 0x100000, (ULONG)_kernel_end - MI_KERNEL_BASE);
    visit(run, (ULONG)info - MI_LINEAR_BASE, sizeof *info);
    visit(run, info->Mmap, info->MmapLength);
    if (info->Flags & MULTIBOOT_HAS_CMDLINE)
        visit(run, info->CommandLine, PAGE_SIZE);
    if (!(info->Flags & MULTIBOOT_HAS_MODULES))
        return;
    visit(run, info->Modules, info->ModuleCount * sizeof *module);
    for (ULONG i = 0; i < info->ModuleCount; i++) {
        visit(run, module[i].Start, module[i].End - module[i].Start);
        if (module[i].CommandLine)
            visit(run, module[i].CommandLine, PAGE_SIZE);
    }
}

/* The memory of one entry that begins first, not before from: whole pages. */
static MIPAGERUN MiFirstMemory(PFN_NUMBER from)
{
    MIPAGERUN best = {MI_MAX_PFN, MI_MAX_PFN};
    for (EACH_ENTRY(at)) {
        const MULTIBOOT_MMAP *entry = MAP_ENTRY(at);
        ULONGLONG first = (entry->Base + 0xFFF) >> PAGE_SHIFT;
        ULONGLONG end = (entry->Base + entry->Length) >> PAGE_SHIFT;
        if (first < from)
            first = from;
        if (entry->Type == 1 && first < end && first < best.First)
            best = (MIPAGERUN){(PFN_NUMBER)first,
                               end < MiEndPfn ? (PFN_NUMBER)end : MiEndPfn};
    }
    return best;
}

BOOLEAN MiNextRun(MIPAGERUN *run, BOOLEAN free)
{
    PFN_NUMBER from = run->End;
    for (;;) {
        *run = MiFirstMemory(from);
        if (run->First >= run->End)
            return FALSE;
        from = run->First;
        for (EACH_ENTRY(at))
            if (MAP_ENTRY(at)->Type != 1)
                MiCut(run, MAP_ENTRY(at)->Base, MAP_ENTRY(at)->Length);
        if (free)
            MiVisitTaken(MiCut, run);
        if (run->First == from)
            return TRUE;
        from = run->First;
    }
}

/* There must be room beside what was loaded; a loader may not have had it even for that. */
static void MiCheckRoom(void)
{
    const MULTIBOOT_MODULE *archive = PHYSICAL(MiBootInfo->Modules);
    MIPAGERUN run = {0, MI_FIRST_PFN};
    ULONG left = 0, needed = LEAST_PAGES + MiEndPfn / (PAGE_SIZE / sizeof(MMPFN));
    while (MiNextRun(&run, TRUE))
        left += run.End - run.First;
    if ((archive->End - 1) >> PAGE_SHIFT >= MiEndPfn)
        left = 0;
    if (left >= needed)
        return;
    DbgPrint("mm: too little memory: of %lu KiB the kernel and an archive of %lu KiB "
             "leave %lu KiB; %lu KiB are needed\n",
             MiTotalPages * 4, (ULONG)(archive->End - archive->Start) >> 10, left * 4,
             needed * 4);
    KeBugCheckEx(INSTALL_MORE_MEMORY, MiTotalPages, left, needed, 0);
}

/* info: the kernel's address of it.  The linear map covers the memory and what was loaded. */
void MiReadBootMap(const MULTIBOOT_INFO *info)
{
    MIPAGERUN run = {0, MI_FIRST_PFN};
    PFN_NUMBER end = 0;
    ULONG left = 0;
    MiBootInfo = info;
    MiEndPfn = MI_MAX_PFN;
    while (MiNextRun(&run, FALSE)) {
        ULONG count = run.End - run.First, room = MAX_PAGES - MiTotalPages;
        left += count > room ? count - room : 0;
        count = count < room ? count : room;
        MiTotalPages += count;
        end = count ? run.First + count : end;
    }
    if (left)
        DbgPrint("mm: %lu MiB beyond 4 GiB of memory are left alone\n", left >> 8);
    MiEndPfn = run.End = end;
    MiCheckRoom();
    MiVisitTaken(MiCover, &run);
    MiLinearPages = run.End < MI_LINEAR_SIZE >> 12 ? run.End : MI_LINEAR_SIZE >> 12;
}

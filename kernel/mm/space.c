/* space.c - address spaces: entered, emptied, freed.  section/space.c creates them.
 *
 * A space is one page that begins with the four PDPT entries (CR3 points at it) and goes
 * on as MMSPACE, and three page directories: two for the user's half and the fourth,
 * which shows all four as page tables at C0000000.  The third is the kernel's, shared by
 * all.
 *
 *      CR3 -> Pdpt[0] -> directory 00000000-3FFFFFFF   own
 *             Pdpt[1] -> directory 40000000-7FFFFFFF   own
 *             Pdpt[2] -> directory 80000000-BFFFFFFF   the kernel's
 *             Pdpt[3] -> directory C0000000-FFFFFFFF   own; entries 0..3 = these four
 * */
#include "kd/port.h"
#include "mm/mmp.h"
#include "mm/pagealloc.h"
#include "mm/user.h"

MMSPACE *MiSystemSpace;
LIST_ENTRY MiSpaces = {&MiSpaces, &MiSpaces};
NTSTATUS (*MmReferenceSpaceByHandle)(HANDLE process, ACCESS_MASK, MMSPACE **);

void MiInitializeSpace(MMSPACE *space, const PFN_NUMBER directory[4])
{
    for (int i = 0; i < 4; i++)
        space->Directory[i] = directory[i];
    space->References = 1;
    space->MinimumPages = 50; /* SetProcessWorkingSetSize: the defaults */
    space->MaximumPages = 345;
    InsertTailList(&MiSpaces, &space->Links);
}

void MiInitializeSpaces(const PFN_NUMBER directory[4], MMSPACE *first)
{
    MiInitializeSpace(first, directory);
    MiSystemSpace = MiCurrentSpace = first;
}

/* The machine has too few pages to start, or the page allocator says so. */
void MiStopWithoutPages(const char *why)
{
    MIPAGECOUNTS pages;
    MiCountPages(&pages);
    DbgPrint("mm: no page at boot: %s; pages: %lu of memory, %lu free, %lu zeroed\n", why,
             MiTotalPages, pages.Free, pages.Zeroed);
    KeBugCheckEx(INSTALL_MORE_MEMORY, MiTotalPages, pages.Free, pages.Zeroed, 0);
}

/* NULL: a system thread, which any space suits.  CR3 itself is compared: the tasks for NMI
 * and double fault load another one. */
void MmActivateSpace(MMSPACE *space)
{
    if (!space)
        return;
    MiCurrentSpace = space;
    if (KD_READ_CR(3) != space->Cr3)
        __asm__ volatile("movl %0, %%cr3" ::"r"(space->Cr3) : "memory");
}

MMSPACE *MmAttachSpace(MMSPACE *space)
{
    MMSPACE *before = MiCurrentSpace;
    MmActivateSpace(space);
    return before;
}

/* Every region goes, the kernel's own in it too; nothing new can be made. */
void MmCleanSpace(MMSPACE *space)
{
    MMSPACE *back = MmAttachSpace(space);
    space->Closed = TRUE;
    for (MMVAD *vad; (vad = MiFindVadFrom(&space->Vads, 0)) != NULL;)
        MiDeleteVad(space, vad);
    MmAttachSpace(back);
}

void MiFreeSpace(MMSPACE *space)
{
    MmCleanSpace(space);
    ASSERT(!space->TablePages && !space->PrivatePages && !space->CommitPages);
    if (MiCurrentSpace == space)
        MmActivateSpace(MiSystemSpace);
    RemoveEntryList(&space->Links);
    PFN_NUMBER own = space->Cr3 >> PAGE_SHIFT; /* the MMSPACE itself: last */
    PageFree(space->Directory[0]);
    PageFree(space->Directory[1]);
    PageFree(space->Directory[3]);
    PageFree(own);
    MiReturnCommit(MI_SPACE_PAGES);
}

/* space.c - address spaces: made, entered, emptied, deleted.
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
#include "mm/mmp.h"
#include "mm/pagealloc.h"
#include "mm/user.h"

MMSPACE *MiSystemSpace;
LIST_ENTRY MiSpaces = {&MiSpaces, &MiSpaces};
NTSTATUS (*MmReferenceSpaceByHandle)(HANDLE process, ACCESS_MASK, MMSPACE **);
KUSER_SHARED_DATA *MmSharedUserData;
static PFN_NUMBER MiSharedDataPage;

#define SPACE_PAGES 4 /* itself and three directories */

static void MiInitializeSpace(MMSPACE *space, const PFN_NUMBER directory[4])
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

/* Every process reads this page at 7FFE0000; the kernel writes it in the linear map. */
void MiInitializeSharedData(void)
{
    MiChargeCommit(1);
    MiSharedDataPage =
        PageAlloc(MmPageShared, MM_PAGE_ZEROED | MM_PAGE_LOW, MM_SHARED_USER_DATA_VA);
    if (MiSharedDataPage == PFN_NONE)
        MiStopWithoutPages("PageAlloc had none for SharedUserData");
    MmSharedUserData = MiMapPage(MiSharedDataPage, 0);
}

static NTSTATUS MiMapSharedData(MMSPACE *space)
{
    MMVAD *vad;
    MMSPACE *back = MmAttachSpace(space);
    NTSTATUS status = MiCreateFixedRegion(space, MI_SHARED_VPN, MI_HIGHEST_VPN, 0, &vad);
    if (NT_SUCCESS(status)) {
        vad->Protection = MM_READONLY;
        MiSetPte(MiPteOfVpn(MI_SHARED_VPN), MiMakePte(MiSharedDataPage, MM_READONLY));
        MiPfn(MiSharedDataPage)->ShareCount++;
        space->SharedPages++;
    }
    MmAttachSpace(back);
    return status;
}

static BOOLEAN MiAllocateDirectories(PFN_NUMBER page[4])
{
    if (!MiChargeCommit(SPACE_PAGES))
        return FALSE;
    for (int i = 0; i < SPACE_PAGES; i++) {
        page[i] = PageAlloc(MmPageTable, MM_PAGE_ZEROED | MM_PAGE_LOW, 0);
        if (page[i] == PFN_NONE) {
            while (i-- > 0)
                PageFree(page[i]);
            MiReturnCommit(SPACE_PAGES);
            return FALSE;
        }
    }
    return TRUE;
}

/* A space with SharedUserData and nothing else. STATUS_NO_MEMORY. */
NTSTATUS MmCreateSpace(MMSPACE **out)
{
    PFN_NUMBER page[SPACE_PAGES];
    if (!MiAllocateDirectories(page))
        return STATUS_NO_MEMORY;
    MMSPACE *space = MiMapPage(page[3], 0);
    PFN_NUMBER directory[4] = {page[0], page[1], MiSystemSpace->Directory[2], page[2]};
    MMPTE *self = MiMapPage(page[2], 0);
    for (int i = 0; i < 4; i++) {
        space->Pdpt[i] = MiFrame(directory[i], PTE_VALID).Long;
        self[i] = MiFrame(directory[i], PTE_VALID | PTE_WRITE | PTE_ACCESSED);
    }
    space->Cr3 = page[3] << PAGE_SHIFT;
    MiInitializeSpace(space, directory);
    NTSTATUS status = MiMapSharedData(space);
    if (!NT_SUCCESS(status)) {
        MmDeleteSpace(space);
        return status;
    }
    *out = space;
    return STATUS_SUCCESS;
}

void MmReferenceSpace(MMSPACE *space)
{
    space->References++;
}

MMSPACE *MmCurrentSpace(void)
{
    return MiCurrentSpace;
}

/* NULL: a system thread, which any space suits.  CR3 itself is compared: the tasks for NMI
 * and double fault load another one. */
void MmActivateSpace(MMSPACE *space)
{
    ULONG cr3;
    if (!space)
        return;
    MiCurrentSpace = space;
    __asm__("movl %%cr3, %0" : "=r"(cr3));
    if (cr3 != space->Cr3)
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
    MiReturnCommit(SPACE_PAGES);
}

void MmDereferenceSpace(MMSPACE *space)
{
    ASSERT(space->References > 0);
    MiDereference(space);
}

/* Empty it now and give up the creator's reference; others may still hold the empty
 * space. */
void MmDeleteSpace(MMSPACE *space)
{
    ASSERT(space != MiSystemSpace);
    MmCleanSpace(space);
    MmDereferenceSpace(space);
}

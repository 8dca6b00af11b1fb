/* space.c - address spaces are created and deleted; SharedUserData is in each of them.
 *
 * mm/space.c has the picture of a space and switches between them.  A process has one
 * reference to its space from MmCreateSpace; a service that works on the space of another
 * process holds one more, and the last one frees it.
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"
#include "mm/user.h"
#include "section/shared.h"

KUSER_SHARED_DATA *MmSharedUserData;
static PFN_NUMBER MiSharedDataPage;

/* Every process reads this page at 7FFE0000; the kernel writes it in the linear map. */
void MmInitializeSharedData(void)
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
    if (!MiChargeCommit(MI_SPACE_PAGES))
        return FALSE;
    for (int i = 0; i < MI_SPACE_PAGES; i++) {
        page[i] = PageAlloc(MmPageTable, MM_PAGE_ZEROED | MM_PAGE_LOW, 0);
        if (page[i] == PFN_NONE) {
            while (i-- > 0)
                PageFree(page[i]);
            MiReturnCommit(MI_SPACE_PAGES);
            return FALSE;
        }
    }
    return TRUE;
}

/* A space with SharedUserData and nothing else. STATUS_NO_MEMORY. */
NTSTATUS MmCreateSpace(MMSPACE **out)
{
    PFN_NUMBER page[MI_SPACE_PAGES];
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

void MmDereferenceSpace(MMSPACE *space)
{
    ASSERT(space->References > 0);
    MiDereference(space);
}

/* The switch brings the thread's own space back, not one that is attached. */
NTSTATUS MmGiveWay(void)
{
    MMSPACE *attached = MiCurrentSpace;
    if (!KeYieldIfDue())
        return STATUS_SUCCESS;
    MmActivateSpace(attached);
    return KeGetCurrentThread()->TerminatePending ? STATUS_THREAD_IS_TERMINATING
                                                  : STATUS_SUCCESS;
}

/* Empty it now and give up the creator's reference; others may still hold the empty
 * space. */
void MmDeleteSpace(MMSPACE *space)
{
    ASSERT(space != MiSystemSpace);
    MmCleanSpace(space);
    MmDereferenceSpace(space);
}

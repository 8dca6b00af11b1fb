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
 *
 * Page tables of the user's half are charged with the regions that may need them: a table
 * is charged while some region overlaps its 2 MiB.
 */
#include "mm/mmp.h"

MMSPACE *MiCurrentSpace, *MiSystemSpace;
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
    space->Vads.Update = MiUpdateVad;
    InsertTailList(&MiSpaces, &space->Links);
}

void MiInitializeSpaces(const PFN_NUMBER directory[4], MMSPACE *first)
{
    MiInitializeSpace(first, directory);
    MiSystemSpace = MiCurrentSpace = first;
}

/* The page that every process reads at 7FFE0000 and the kernel writes in the linear map.
 */
void MiInitializeSharedData(void)
{
    MiChargeCommit(1);
    MiSharedDataPage =
        PageAlloc(MmPageShared, MM_PAGE_ZEROED | MM_PAGE_LOW, MM_SHARED_USER_DATA_VA);
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

/* NULL: a system thread, for which any space will do. CR3 itself is compared: the tasks
 * for NMI and double fault load another behind our back. */
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
    while (space->Vads.Root)
        MiDeleteVad(space, (MMVAD *)RtlAvlFirst(&space->Vads));
    MmAttachSpace(back);
}

__attribute__((noinline)) static void MiFreeSpace(MMSPACE *space)
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
    if (--space->References == 0)
        MiFreeSpace(space);
}

/* Empty it now and give up the creator's reference; others may still hold the empty
 * space. */
void MmDeleteSpace(MMSPACE *space)
{
    ASSERT(space != MiSystemSpace);
    MmCleanSpace(space);
    MmDereferenceSpace(space);
}

/* ---- regions of a space ---- */

/* Page tables that only this range needs: none of its neighbours reaches into their 2
 * MiB. */
static ULONG MiTablesFor(const MMVAD *vad)
{
    ULONG first = vad->StartingVpn / MI_PAGES_PER_TABLE;
    ULONG last = vad->EndingVpn / MI_PAGES_PER_TABLE;
    ULONG tables = last - first + 1;
    const MMVAD *before = (MMVAD *)RtlAvlPrevious(&vad->Node);
    const MMVAD *after = (MMVAD *)RtlAvlNext(&vad->Node);
    BOOLEAN shareFirst = before && before->EndingVpn / MI_PAGES_PER_TABLE == first;
    BOOLEAN shareLast = after && after->StartingVpn / MI_PAGES_PER_TABLE == last;
    if (first == last)
        return !shareFirst && !shareLast;
    return tables - shareFirst - shareLast;
}

/* STATUS_COMMITMENT_LIMIT: not inserted. */
NTSTATUS MiInsertVad(MMSPACE *space, MMVAD *vad)
{
    MiInsertVadIn(&space->Vads, vad);
    ULONG tables = MiTablesFor(vad);
    if (!MiChargeCommit(tables)) {
        MiRemoveVadFrom(&space->Vads, vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    space->ChargedTables += tables;
    space->VirtualPages += vad->EndingVpn - vad->StartingVpn + 1;
    if (space->VirtualPages > space->PeakVirtual)
        space->PeakVirtual = space->VirtualPages;
    return STATUS_SUCCESS;
}

/* The region's pages are gone already. */
void MiRemoveVad(MMSPACE *space, MMVAD *vad)
{
    space->VadHint = NULL;
    ULONG tables = MiTablesFor(vad);
    MiReturnCommit(tables);
    space->ChargedTables -= tables;
    space->VirtualPages -= vad->EndingVpn - vad->StartingVpn + 1;
    MiRemoveVadFrom(&space->Vads, vad);
}

/* What a PTE of the region held, now that it is cleared. */
void MiReleaseFrame(MMSPACE *space, MMPTE pte, const MMVAD *vad, ULONG vpn)
{
    PFN_NUMBER pfn = MiPtePfn(pte);
    MMPFN *page = MiPfn(pfn);
    MiNotePeak(space);
    if (page->Use == MmPageUser) {
        space->PrivatePages--;
        space->LockedPages -= page->LockCount;
        page->LockCount = 0;
        PageFree(pfn);
        return;
    }
    if (vad->Control && MiWasWritten(pte))
        vad->Control->Shared[vad->FirstPage + (vpn - vad->StartingVpn)].Dirty = 1;
    page->ShareCount--;
    space->SharedPages--;
}

/* Clear every entry of first..last, give back the frames and the tables that are empty
 * then. Returns how many pages were committed there, as far as a private region counts
 * them. */
ULONG MiEmptyRange(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last)
{
    ULONG committed = 0;
    for (ULONG vpn = first, end; vpn <= last; vpn = end + 1) {
        end = vpn | (MI_PAGES_PER_TABLE - 1);
        if (end > last)
            end = last;
        if (!MiHasTable(MiAddress(vpn))) {
            committed += vad->MemCommit ? end - vpn + 1 : 0;
            continue;
        }
        for (ULONG at = vpn; at <= end; at++) {
            MMPTE *pte = MiPteOfVpn(at), old = *pte;
            if (MiPteProtection(old, vad, at) != MM_DECOMMIT)
                committed++;
            if (!old.Low)
                continue;
            MiSetPte(pte, (MMPTE){0});
            if (MiHasFrame(old))
                MiReleaseFrame(space, old, vad, at);
        }
        MiDropTableIfEmpty(MiAddress(vpn));
    }
    return committed;
}

/* The region and all it holds. The space is current. */
void MiDeleteVad(MMSPACE *space, MMVAD *vad)
{
    MiEmptyRange(space, vad, vad->StartingVpn, vad->EndingVpn);
    MiReturnSpace(space, vad->CommitCharge);
    MiRemoveVad(space, vad);
    MMCONTROL *control = vad->Control;
    ExFreePool(vad);
    if (control)
        MiDereferenceControl(control);
}

/* A region of the kernel's own at a fixed place, its first table made. commit: pages
 * charged. STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiCreateFixedRegion(MMSPACE *space, ULONG first, ULONG last, ULONG commit,
                             MMVAD **out)
{
    MMVAD *other = MiFindVadFrom(&space->Vads, first);
    if (space->Closed)
        return STATUS_PROCESS_IS_TERMINATING;
    if (other && other->StartingVpn <= last)
        return STATUS_CONFLICTING_ADDRESSES;
    MMVAD *vad = ExAllocatePool(sizeof *vad, MM_TAG);
    if (!vad)
        return STATUS_NO_MEMORY;
    vad->StartingVpn = first;
    vad->EndingVpn = last;
    vad->NoChange = TRUE;
    vad->Protection = MM_READWRITE;
    NTSTATUS status = MiInsertVad(space, vad);
    if (!NT_SUCCESS(status)) {
        ExFreePool(vad);
        return status;
    }
    if (!MiMakeTables(first, last) || !MiChargeSpace(space, commit)) {
        MiDropTables(first, last);
        MiRemoveVad(space, vad);
        ExFreePool(vad);
        return STATUS_NO_MEMORY;
    }
    vad->CommitCharge = commit;
    *out = vad;
    return STATUS_SUCCESS;
}

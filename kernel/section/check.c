/* check.c - every invariant of mm, computed anew and compared; and the figures that
 * others ask for.
 *
 * MmAudit returns 0 or the number of the first thing that does not hold:
 *
 *   1  P1, P3: every page is held once, and counted              pagealloc.h
 *   2  C1: charge within the limit; C2: pages in use are charged commit.c
 *   3  V1..V3: a space's tree of regions                         vad.h
 *   4  a region's CommitCharge is that of its pages
 *   5  a space's counts (commit, tables, private, shared) are those of regions and PTEs
 *   6  a page table's UsedCount is that of its entries
 *   7  S1, S2: shared pages and their counts                     control.c
 *
 * It reads every page table of every space, so it is for tests and for the end of a
 * program.
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"
#include "section/shared.h"
#include "fathom.h"

static ULONG MiFail(ULONG number, const char *what, ULONG a, ULONG b)
{
    DbgPrint("mm audit %lu: %s (%lx, %lx)\n", number, what, a, b);
    return number;
}

/* ---- 1, 2 ---- */

static ULONG MiCheckPhysical(void)
{
    MIPAGECOUNTS held;
    ULONG active = 0, wrong = MiCheckPages();
    if (wrong)
        return MiFail(1, "the page allocator's own check", wrong, 0);
    MiCountPages(&held);
    for (int use = 0; use <= MmPageShared; use++)
        active += MiActivePages[use];
    ULONG found = held.Free + held.Zeroed + active + MiFixedPages;
    if (found != MiTotalPages)
        return MiFail(1, found < MiTotalPages ? "pages are lost" : "pages are held twice",
                      found, MiTotalPages);
    if (MiCommitted > MiCommitLimit)
        return MiFail(2, "over the commit limit", MiCommitted, MiCommitLimit);
    if (active > MiCommitted)
        return MiFail(2, "more pages in use than charged", active, MiCommitted);
    return 0;
}

/* ---- 3..6, for the current space ---- */

typedef struct _MISUM {
    ULONG Private, Shared, Commit, Tables;
} MISUM;

/* Under copy-on-write; of a section made with SEC_RESERVE also before the page is committed. */
static BOOLEAN MiMayBecomeOwn(const MMVAD *vad, ULONG protection)
{
    BOOLEAN reserved = protection == MM_DECOMMIT && vad->Kind == MiVadMapped;
    return MiIsCopy(reserved ? vad->Protection : protection);
}

/* One region: what its PTEs hold, and what it ought to be charged. */
static ULONG MiSumVad(const MMVAD *vad, MISUM *sum)
{
    ULONG charge = 0;
    for (ULONG vpn = vad->StartingVpn; vpn <= vad->EndingVpn; vpn++) {
        if (!MiHasTable(MiAddress(vpn)) && !vad->View) {
            ULONG end = vpn | (MI_PAGES_PER_TABLE - 1);
            end = end < vad->EndingVpn ? end : vad->EndingVpn;
            charge += vad->MemCommit ? end - vpn + 1 : 0;
            vpn = end;
            continue;
        }
        MMPTE pte = MiReadPte(vpn);
        ULONG protection = MiPteProtection(pte, vad, vpn);
        BOOLEAN own = MiHasFrame(pte) && MiPfn(MiPtePfn(pte))->Use == MmPageUser;
        charge += vad->View ? own || MiMayBecomeOwn(vad, protection)
                            : protection != MM_DECOMMIT;
        sum->Private += own;
        sum->Shared += MiHasFrame(pte) && !own;
    }
    sum->Commit += charge;
    return charge;
}

static ULONG MiCheckTables(ULONG *tables)
{
    *tables = 0;
    for (ULONG_PTR va = 0; va < MI_LINEAR_BASE; va += MI_PAGES_PER_TABLE << PAGE_SHIFT) {
        if (!MiHasTable(va))
            continue;
        ULONG used = 0;
        for (ULONG i = 0; i < MI_PAGES_PER_TABLE; i++)
            used += MiPteOf(va)[i].Low != 0;
        if (MiPfn(MiPtePfn(*MiPdeOf(va)))->UsedCount != used || !used)
            return MiFail(6, "a table's count", va, used);
        ++*tables;
    }
    return 0;
}

static ULONG MiCheckSpace(MMSPACE *space)
{
    MISUM sum = {0};
    int tree = MiCheckVads(&space->Vads);
    if (tree)
        return MiFail(3, "the tree of regions", tree, 0);
    for (MMVAD *vad = MiFindVadFrom(&space->Vads, 0); vad;
         vad = MiNextVad(&space->Vads, vad)) {
        ULONG charge = MiSumVad(vad, &sum);
        BOOLEAN shown = vad->NoChange &&
                        vad->StartingVpn == MI_SHARED_VPN; /* charged once, globally */
        sum.Commit -= shown ? charge : 0;
        if (!shown && charge != vad->CommitCharge)
            return MiFail(4, "a region's charge", MiAddress(vad->StartingVpn), charge);
    }
    ULONG wrong = MiCheckTables(&sum.Tables);
    if (wrong)
        return wrong;
    if (sum.Commit != space->CommitPages || sum.Private != space->PrivatePages ||
        sum.Shared != space->SharedPages || sum.Tables != space->TablePages)
        return MiFail(5, "a space's counts", sum.Private, space->PrivatePages);
    return space->TablePages > space->ChargedTables
               ? MiFail(5, "tables not charged", 0, 0)
               : 0;
}

/* ---- 7 ---- */

static ULONG MiCheckControls(void)
{
    ULONG shows = 0, held = 0, pages = 0;
    LIST_EACH(const MMCONTROL, control, &MiControls, Links) {
        ULONG committed = 0;
        for (ULONG i = 0; i < control->Pages; i++) {
            committed += control->Shared[i].Committed;
            if (!control->Shared[i].Present)
                continue;
            const MMPFN *page = MiPfn(control->Shared[i].Pfn);
            if (page->State != MiPageActive || page->Use != MmPageShared ||
                !page->ShareCount)
                return MiFail(7, "a control's page", control->Shared[i].Pfn, page->State);
            held += page->ShareCount - 1;
            pages++;
        }
        if (control->Charge != committed)
            return MiFail(7, "a control's charge", control->Charge, committed);
    }
    LIST_EACH(const MMSPACE, space, &MiSpaces, Links)
        shows += space->SharedPages;
    /* One shared page belongs to no control: SharedUserData. */
    held +=
        MiPfn(((ULONG_PTR)MmSharedUserData - MI_LINEAR_BASE) >> PAGE_SHIFT)->ShareCount -
        1;
    if (shows != held)
        return MiFail(7, "share counts", shows, held);
    return pages + 1 == MiActivePages[MmPageShared] ? 0
                                                    : MiFail(7, "shared pages", pages, 0);
}

ULONG MmAudit(void)
{
    ULONG wrong = MiCheckPhysical();
    MMSPACE *back = MiCurrentSpace;
    LIST_EACH(MMSPACE, space, &MiSpaces, Links) {
        MmActivateSpace(space);
        wrong = wrong ? wrong : MiCheckSpace(space);
    }
    MmActivateSpace(back);
    return wrong ? wrong : MiCheckControls();
}

/* ---- figures ---- */

void MmQueryMemory(FATHOM_MEMORY *m)
{
    MIPAGECOUNTS held;
    MiCountPages(&held);
    m->Total = MiTotalPages;
    m->Free = held.Free;
    m->Zeroed = held.Zeroed;
    m->User = MiActivePages[MmPageUser];
    m->PageTable = MiActivePages[MmPageTable];
    m->Kernel = MiActivePages[MmPageKernel] + MiFixedPages;
    m->Shared = MiActivePages[MmPageShared];
    m->Committed = MiCommitted;
    m->CommitLimit = MiCommitLimit;
}

static void MiCountTag(ULONG tag, void *context)
{
    MMPOOLTAG *entry = context, *last = entry + MM_POOL_TAGS - 1;
    while (entry < last && entry->Tag != tag && entry->Blocks)
        entry++;
    entry->Tag = tag;
    entry->Blocks++;
}

void MmQueryPool(MMPOOLTAG tags[MM_POOL_TAGS])
{
    for (ULONG i = 0; i < MM_POOL_TAGS; i++)
        tags[i] = (MMPOOLTAG){0, 0};
    MiVisitBlocks(MiCountTag, tags);
}

ULONG MmQueryRegions(MMSPACE *space, FATHOM_REGION *regions, ULONG max)
{
    ULONG count = 0;
    for (MMVAD *vad = MiFindVadFrom(&space->Vads, 0); vad;
         vad = MiNextVad(&space->Vads, vad)) {
        if (count < max) {
            FATHOM_REGION *r = &regions[count];
            *r = (FATHOM_REGION){.Base = MiAddress(vad->StartingVpn),
                                 .Size = MiAddress(vad->EndingVpn - vad->StartingVpn + 1),
                                 .Protect = MiPageFromProtection(vad->Protection),
                                 .CommitPages = vad->CommitCharge,
                                 .Type = MiTypeOf(vad)};
            const char *name =
                vad->Control && vad->Control->File ? vad->Control->File->Name : "";
            for (ULONG i = 0; i < sizeof r->Name - 1 && name[i]; i++)
                r->Name[i] = name[i];
        }
        count++;
    }
    return count;
}

void MmQuerySpace(MMSPACE *space, MMUSAGE *usage)
{
    MiNotePeak(space);
    *usage = (MMUSAGE){.PrivatePages = space->PrivatePages,
                       .Pages = space->PrivatePages + space->SharedPages,
                       .PeakPages = space->PeakPages,
                       .CommitPages = space->CommitPages,
                       .PeakCommit = space->PeakCommit,
                       .VirtualPages = space->VirtualPages,
                       .PeakVirtual = space->PeakVirtual,
                       .Faults = space->Faults};
}

/* The page at a user address of the current space, for the walk. */
BOOLEAN MmQueryPage(ULONG_PTR address, FATHOM_PAGE *page)
{
    *page = (FATHOM_PAGE){0};
    if (address > MM_HIGHEST_USER_ADDRESS || !MiHasTable(address))
        return FALSE;
    MMPTE pte = *MiPteOf(address);
    MMVAD *vad = MiFindVad(&MiCurrentSpace->Vads, MiVpn(address));
    if (!vad || !(pte.Low & PTE_VALID))
        return FALSE;
    page->Present = 1;
    page->Pfn = MiPtePfn(pte);
    page->Protect = MiPageFromProtection(MiPteProtection(pte, vad, MiVpn(address)));
    page->ShareCount = MiPfn(page->Pfn)->ShareCount;
    return TRUE;
}

/* The entries on the way to a user address of any space. */
void MmQueryTables(MMSPACE *space, ULONG_PTR address, FATHOM_TABLES *tables)
{
    MMSPACE *before = MmAttachSpace(space);
    tables->Pdpte = space->Pdpt[address >> 30];
    tables->Pde = MiPdeOf(address)->Long;
    tables->Pte = MiHasTable(address) ? MiPteOf(address)->Long : 0;
    MmAttachSpace(before);
}

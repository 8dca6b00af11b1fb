/* world.c - page tables, pages, a view and a processor, done plainly.
 *
 * W1  test_database says of each page what it is; page 0 is none, 1..8 are the file's
 * W2  a table is there exactly if one of its entries is not 0 (F2), between two accesses
 * W3  Tlb of an entry is 0 or what the processor read last; MiFlushPage forgets it
 */
#include <string.h>
#include "world.h"

#define FIXUP_AT 0x8000u /* the only address in the kernel that may touch user memory */

WORLD World;
MMPFN test_database[WORLD_PAGES];
static MMSPACE Space;
MMSPACE *MiCurrentSpace = &Space;
NTSTATUS MmFaultStatus;
static MMVAD Region[20];
static uint32_t Regions;

static void Blame(const char *what)
{
    if (!World.Wrong)
        World.Wrong = what;
}

/* ---- pages ---- */

PFN_NUMBER PageAlloc(MMPAGEUSE use, ULONG flags, ULONG_PTR address)
{
    (void)address;
    if (++World.Asked == World.FailAt)
        return PFN_NONE;
    for (PFN_NUMBER pfn = WORLD_SHARED + 1; pfn < WORLD_PAGES; pfn++)
        if (test_database[pfn].State != MiPageActive) {
            test_database[pfn] =
                (MMPFN){.State = MiPageActive, .Use = (UCHAR)use, .ShareCount = 1};
            memset(World.Bytes[pfn], flags & MM_PAGE_ZEROED ? 0 : 0xCC, WORLD_BYTES);
            return pfn;
        }
    return PFN_NONE;
}

void PageFree(PFN_NUMBER pfn)
{
    if (pfn <= WORLD_SHARED || pfn >= WORLD_PAGES ||
        test_database[pfn].State != MiPageActive)
        Blame("PageFree of a page that is not its own");
    else
        test_database[pfn].State = MiPageFree;
}

void MiCopyPage(PFN_NUMBER to, PFN_NUMBER from)
{
    memcpy(World.Bytes[to], World.Bytes[from], WORLD_BYTES);
}

/* ---- tables and entries ---- */

static uint32_t Index(uint32_t vpn)
{
    if (vpn < WORLD_BASE || vpn >= WORLD_BASE + WORLD_VPNS) {
        Blame("an entry outside of all regions is looked at");
        return 0;
    }
    return vpn - WORLD_BASE;
}

BOOLEAN MiHasTable(ULONG_PTR va)
{
    return World.Table[Index(MiVpn(va)) / MI_PAGES_PER_TABLE] != 0;
}

MMPTE *LabPteOf(ULONG_PTR va)
{
    if (!MiHasTable(va))
        Blame("an entry is touched whose table is not there");
    return &World.Pte[Index(MiVpn(va))];
}

USHORT *MiUsedCount(const MMPTE *pte)
{
    return &test_database[World.Table[(uint32_t)(pte - World.Pte) / MI_PAGES_PER_TABLE]]
                .UsedCount;
}

BOOLEAN MiMakeTable(ULONG_PTR va)
{
    uint8_t *table = &World.Table[Index(MiVpn(va)) / MI_PAGES_PER_TABLE];
    if (*table)
        return TRUE;
    PFN_NUMBER pfn = PageAlloc(MmPageTable, MM_PAGE_ZEROED, va);
    if (pfn == PFN_NONE)
        return FALSE;
    *table = (uint8_t)pfn;
    Space.TablePages++;
    return TRUE;
}

void MiDropTableIfEmpty(ULONG_PTR va)
{
    uint8_t *table = &World.Table[Index(MiVpn(va)) / MI_PAGES_PER_TABLE];
    if (!*table || test_database[*table].UsedCount)
        return;
    PageFree(*table);
    *table = 0;
    Space.TablePages--;
}

MMPTE MiMakeValidPte(PFN_NUMBER pfn, ULONG protection)
{
    ULONG code = protection & MM_ACCESS_MASK;
    ULONG write = code == MM_READWRITE || code == MM_EXECUTE_READWRITE ? PTE_WRITE : 0;
    ULONG low = PTE_VALID | PTE_USER | PTE_ACCESSED | write | code << PTE_CODE_SHIFT;
    return (MMPTE){.Low = pfn << 12 | low, .High = code & 2 ? 0 : PTE_NO_EXECUTE};
}

MMPTE MiMakePte(PFN_NUMBER pfn, ULONG protection)
{
    if (!MiTraps(protection))
        return MiMakeValidPte(pfn, protection);
    return (MMPTE){.Low = pfn << 12 | PTE_TRANSITION | protection << PTE_SOFT_SHIFT};
}

void MiFlushPage(ULONG_PTR va)
{
    World.Tlb[Index(MiVpn(va))] = (MMPTE){0};
}

ULONG MiPteProtection(MMPTE pte, const MMVAD *vad, ULONG vpn)
{
    if (pte.Low & PTE_VALID)
        return pte.Low >> PTE_CODE_SHIFT & MM_ACCESS_MASK;
    if (pte.Low)
        return pte.Low >> PTE_SOFT_SHIFT & 0x1F;
    if (vad->View)
        return vad->View->Protection(vad, vpn);
    return vad->MemCommit ? vad->Untouched : MM_DECOMMIT;
}

MMPTE MiReadPte(ULONG vpn)
{
    return MiHasTable(MiAddress(vpn)) ? World.Pte[Index(vpn)] : (MMPTE){0};
}

void MiSetPte(MMPTE *pte, MMPTE value)
{
    MMPTE old = *pte;
    *MiUsedCount(pte) = (USHORT)(*MiUsedCount(pte) + (value.Low != 0) - (old.Low != 0));
    *pte = value;
    if (old.Low & PTE_VALID)
        World.Tlb[pte - World.Pte] = (MMPTE){0};
}

void MiFillPte(MMPTE *pte, MMPTE value)
{
    if (pte->Low & PTE_VALID)
        Blame("MiFillPte of an entry that is valid: MiSetPte flushes it");
    *MiUsedCount(pte) = (USHORT)(*MiUsedCount(pte) + (pte->Low == 0));
    *pte = value;
}

void MiReleaseFrame(MMSPACE *space, MMPTE pte, const MMVAD *vad, ULONG vpn)
{
    MMPFN *page = &test_database[MiPtePfn(pte)];
    (void)vad, (void)vpn;
    if (page->Use == MmPageUser) {
        space->PrivatePages--;
        PageFree(MiPtePfn(pte));
        return;
    }
    page->ShareCount--;
    space->SharedPages--;
}

/* ---- regions ---- */

MMVAD *MiFindVad(MMVADS *vads, uint32_t vpn)
{
    (void)vads;
    for (uint32_t i = 0; i < Regions; i++)
        if (vpn >= Region[i].StartingVpn && vpn <= Region[i].EndingVpn)
            return &Region[i];
    return NULL;
}

/* The file's pages 1, 2 and so on, from the view's first page on. */
static NTSTATUS Fetch(const MMVAD *vad, ULONG vpn, PFN_NUMBER *pfn)
{
    if (NT_SUCCESS(World.FileSays))
        *pfn = 1 + (vpn - vad->StartingVpn) % WORLD_SHARED;
    return World.FileSays;
}

static ULONG Protection(const MMVAD *vad, ULONG vpn)
{
    (void)vpn;
    return vad->Untouched;
}

MMVAD *WorldRegion(uint32_t vpn, uint32_t pages, uint32_t protection, int commit,
                   int view)
{
    static const MMVIEW file = {Fetch, Protection};
    MMVAD *vad = &Region[Regions++];
    *vad = (MMVAD){.StartingVpn = vpn,
                   .EndingVpn = vpn + pages - 1,
                   .View = view ? &file : NULL,
                   .Kind = view ? MiVadMapped : MiVadPrivate,
                   .Protection = (uint8_t)protection,
                   .Untouched = (uint8_t)protection,
                   .MemCommit = (uint8_t)commit};
    return vad;
}

void WorldProtect(uint32_t vpn, uint32_t protection)
{
    MiMakeTable(MiAddress(vpn));
    MMPTE *pte = &World.Pte[Index(vpn)];
    if (MiHasFrame(*pte))
        MiSetPte(pte, MiMakePte(MiPtePfn(*pte), protection));
    else
        MiSetPte(pte, (MMPTE){.Low = protection << PTE_SOFT_SHIFT});
}

/* As stack.c: the guard goes in any case. */
NTSTATUS MiGuardFault(MMVAD *vad, ULONG_PTR address, ULONG protection)
{
    (void)vad;
    World.Guards++;
    if (!MiMakeTable(address))
        return STATUS_NO_MEMORY;
    WorldProtect(MiVpn(address), protection & ~MM_GUARD);
    return World.GuardSays;
}

void WorldBegin(void)
{
    memset(&World, 0, sizeof World);
    memset(&Space, 0, sizeof Space);
    memset(test_database, 0, sizeof test_database);
    Regions = 0;
    World.GuardSays = STATUS_GUARD_PAGE_VIOLATION;
    for (PFN_NUMBER pfn = 1; pfn <= WORLD_SHARED; pfn++) {
        test_database[pfn] =
            (MMPFN){.State = MiPageActive, .Use = MmPageShared, .ShareCount = 1};
        memset(World.Bytes[pfn], (int)(0xA0 + pfn), WORLD_BYTES);
    }
}

ULONG_PTR MmFindFixup(ULONG_PTR eip)
{
    return eip == FIXUP_AT ? FIXUP_AT + 1 : 0;
}

/* ---- the processor ---- */

static int Allows(MMPTE pte, ACCESS access)
{
    return pte.Low & PTE_VALID && !(access == Write && !(pte.Low & PTE_WRITE)) &&
           !(access == Execute && pte.High & PTE_NO_EXECUTE);
}

/* What the processor says of a fault: it looks into the table, not into the TLB. */
static uint32_t ErrorCode(uint32_t vpn, ACCESS access)
{
    MMPTE pte = MiReadPte(vpn);
    return MI_FAULT_USER | (access == Write ? MI_FAULT_WRITE : 0) |
           (access == Execute ? MI_FAULT_EXECUTE : 0) |
           (pte.Low & PTE_VALID ? MI_FAULT_PRESENT : 0);
}

NTSTATUS WorldAccess(uint32_t vpn, ACCESS access, uint8_t value, uint32_t *faults)
{
    KTRAP_FRAME frame = {0};
    for (*faults = 0; *faults < 4; ++*faults) {
        MMPTE *seen = &World.Tlb[Index(vpn)];
        if (!Allows(*seen, access))
            *seen = (*seen).Low & PTE_VALID ? *seen : MiReadPte(vpn);
        if (Allows(*seen, access)) {
            if (access == Write)
                World.Bytes[MiPtePfn(*seen)][0] = value;
            return STATUS_SUCCESS;
        }
        World.Entries++;
        NTSTATUS status =
            MmAccessFault(ErrorCode(vpn, access), MiAddress(vpn) + 5, TRUE, &frame);
        World.Good += NT_SUCCESS(status);
        if (MmFaultStatus != status)
            Blame("MmFaultStatus is not the status that MmAccessFault returned");
        if (!NT_SUCCESS(status))
            return status;
    }
    Blame("F4: STATUS_SUCCESS four times, and the same access still faults");
    return STATUS_SUCCESS;
}

uint8_t WorldByte(uint32_t vpn)
{
    MMPTE pte = MiReadPte(vpn);
    return MiHasFrame(pte) ? World.Bytes[MiPtePfn(pte)][0] : 0xEE;
}

/* ---- what must hold ---- */

static void CheckTable(uint32_t table, uint32_t *private, uint32_t *shared,
                       uint32_t shares[])
{
    uint32_t used = 0;
    for (uint32_t i = table * MI_PAGES_PER_TABLE; i < (table + 1) * MI_PAGES_PER_TABLE;
         i++) {
        MMPTE pte = World.Pte[i], seen = World.Tlb[i];
        used += pte.Low != 0;
        if (seen.Low & PTE_VALID && seen.Long != pte.Long)
            Blame("F4: the processor still has an old entry: MiFlushPage");
        if (!MiHasFrame(pte))
            continue;
        PFN_NUMBER pfn = MiPtePfn(pte);
        shares[pfn]++;
        if (test_database[pfn].State != MiPageActive)
            Blame("an entry shows a page that was given back");
        *(test_database[pfn].Use == MmPageUser ? private : shared) += 1;
    }
    if (World.Table[table] ? test_database[World.Table[table]].UsedCount != used
                           : used != 0)
        Blame("F2: UsedCount is not the number of entries that are not 0");
    if (World.Table[table] && !used)
        Blame("F2: an empty page table was not dropped");
}

const char *WorldFault(void)
{
    uint32_t private = 0, shared = 0, shares[WORLD_PAGES] = {0}, tables = 0;
    for (uint32_t table = 0; table < WORLD_TABLES; table++) {
        CheckTable(table, &private, &shared, shares);
        tables += World.Table[table] != 0;
        shares[World.Table[table]]++;
    }
    for (PFN_NUMBER pfn = 1; pfn < WORLD_PAGES; pfn++) {
        const MMPFN *page = &test_database[pfn];
        if (pfn <= WORLD_SHARED && page->ShareCount != 1 + shares[pfn])
            Blame("F3: ShareCount of a shared page is not the entries that show it, and "
                  "one");
        if (pfn > WORLD_SHARED && (page->State == MiPageActive) != (shares[pfn] == 1))
            Blame("a page was taken and no entry shows it, or two do");
    }
    if (private != Space.PrivatePages || shared != Space.SharedPages ||
        tables != Space.TablePages)
        Blame("F3: PrivatePages, SharedPages or TablePages is not what the entries show");
    return World.Wrong;
}

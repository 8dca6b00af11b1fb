/* pte.c - page table entries: make, read, map, unmap; hyperspace; protections' names.
 *
 * The tables are mapped into themselves: the PTE of address va lies at C0000000 +
 * va/4096*8, its page directory entry at C0600000 + va/2M*8, in whatever space is
 * current.  So user tables are only ever reached for the current space; to work on
 * another one, mm attaches to it.
 */
#include "mm/mmp.h"

/* x86 cannot execute without reading, so MM_EXECUTE reads as well. */
#define USER(code) (PTE_VALID | PTE_USER | PTE_ACCESSED | (code) << PTE_CODE_SHIFT)
ULONG MiHardwareLow[16] = {
    [MM_READONLY] = USER(MM_READONLY),
    [MM_EXECUTE] = USER(MM_EXECUTE),
    [MM_EXECUTE_READ] = USER(MM_EXECUTE_READ),
    [MM_READWRITE] = USER(MM_READWRITE) | PTE_WRITE,
    [MM_WRITECOPY] = USER(MM_WRITECOPY),
    [MM_EXECUTE_READWRITE] = USER(MM_EXECUTE_READWRITE) | PTE_WRITE,
    [MM_EXECUTE_WRITECOPY] = USER(MM_EXECUTE_WRITECOPY),
};
ULONG MiHardwareHigh[16]; /* the NX bit, where the processor has it */

void MiSetHardwareNx(void)
{
    for (ULONG code = 0; code < 16; code++) {
        MiHardwareHigh[code] = MiIsExecutable(code) ? 0 : (ULONG)(MiNxBit >> 32);
        MiHardwareLow[code] =
            MiHardwareLow[code & MM_ACCESS_MASK] | (code & MM_NOCACHE ? PTE_NOCACHE : 0);
    }
}

/* A page table for va in the current space. Already charged with the region. */
BOOLEAN MiMakeTable(ULONG_PTR va)
{
    if (MiHasTable(va))
        return TRUE;
    PFN_NUMBER pfn = PageAlloc(MmPageTable, MM_PAGE_ZEROED, (ULONG_PTR)MiPteOf(va));
    if (pfn == PFN_NONE)
        return FALSE;
    MiStorePte(MiPdeOf(va),
               MiFrame(pfn, PTE_VALID | PTE_WRITE | PTE_USER | PTE_ACCESSED));
    MiCurrentSpace->TablePages++;
    return TRUE;
}

/* Tables for the pages first..last.  FALSE: some were made, none is in use, no page
 * changed. */
BOOLEAN MiMakeTables(ULONG first, ULONG last)
{
    for (ULONG vpn = first & ~(MI_PAGES_PER_TABLE - 1); vpn <= last;
         vpn += MI_PAGES_PER_TABLE)
        if (!MiMakeTable(MiAddress(vpn))) {
            MiDropTables(first, last);
            return FALSE;
        }
    return TRUE;
}

void MiDropTables(ULONG first, ULONG last)
{
    for (ULONG vpn = first & ~(MI_PAGES_PER_TABLE - 1); vpn <= last;
         vpn += MI_PAGES_PER_TABLE)
        MiDropTableIfEmpty(MiAddress(vpn));
}

void MiDropTableIfEmpty(ULONG_PTR va)
{
    if (!MiHasTable(va))
        return;
    PFN_NUMBER pfn = MiPtePfn(*MiPdeOf(va));
    if (MiPfn(pfn)->UsedCount)
        return;
    MiStorePte(MiPdeOf(va), (MMPTE){0});
    MiFlushPage((ULONG_PTR)MiPteOf(va) & ~(PAGE_SIZE - 1));
    MiCurrentSpace->TablePages--;
    PageFree(pfn);
}

/* ---- the kernel's half ---- */

/* The tables of pool and stacks come with their first page and go with their last. */
BOOLEAN MiMapKernel(ULONG_PTR va, PFN_NUMBER pfn, ULONG bits)
{
    if (!MiHasTable(va)) {
        if (!MiChargeCommit(1))
            return FALSE;
        PFN_NUMBER table = PageAlloc(MmPageTable, MM_PAGE_ZEROED, (ULONG_PTR)MiPteOf(va));
        if (table == PFN_NONE) {
            MiReturnCommit(1);
            return FALSE;
        }
        MiStorePte(MiPdeOf(va), MiFrame(table, PTE_VALID | PTE_WRITE));
    }
    MMPTE pte = MiFrame(pfn, bits | PTE_VALID | PTE_WRITE | PTE_GLOBAL);
    pte.Long |= MiNxBit;
    MiStorePte(MiPteOf(va), pte);
    MiPfn(MiPtePfn(*MiPdeOf(va)))->UsedCount++;
    return TRUE;
}

PFN_NUMBER MiUnmapKernel(ULONG_PTR va)
{
    PFN_NUMBER pfn = MiPtePfn(*MiPteOf(va)), table = MiPtePfn(*MiPdeOf(va));
    MiStorePte(MiPteOf(va), (MMPTE){0});
    MiFlushPage(va);
    if (--MiPfn(table)->UsedCount == 0) { /* all spaces share the directory */
        MiStorePte(MiPdeOf(va), (MMPTE){0});
        MiFlushPage((ULONG_PTR)MiPteOf(va) & ~(PAGE_SIZE - 1));
        PageFree(table);
        MiReturnCommit(1);
    }
    return pfn;
}

/* An address for a page, until the slot is used again. */
void *MiMapPage(PFN_NUMBER pfn, ULONG slot)
{
    if (pfn < MiLinearPages)
        return (void *)(MI_LINEAR_BASE + (pfn << PAGE_SHIFT));
    ULONG_PTR va = MI_HYPER_BASE + slot * PAGE_SIZE;
    MiStorePte(MiPteOf(va), MiFrame(pfn, PTE_VALID | PTE_WRITE));
    MiFlushPage(va);
    return (void *)va;
}

void MiZeroPage(PFN_NUMBER pfn)
{
    ULONG *to = MiMapPage(pfn, 0), count = PAGE_SIZE / 4;
    if (KeFeatures.Sse)
        MiZeroBySse(to);
    else
        __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(0) : "memory");
}

void *MmPhysicalToVirtual(ULONGLONG physical, SIZE_T size)
{
    ULONGLONG limit = (ULONGLONG)MiLinearPages << PAGE_SHIFT;
    if (physical >= limit || size > limit - physical)
        return NULL;
    return (void *)(MI_LINEAR_BASE + (ULONG)physical);
}

/* ---- PAGE_* and MM_* ---- */
static const UCHAR MiPageCodes[8] = {/* PAGE_ bit 0..7 */
                                     MM_NOACCESS,          MM_READONLY,
                                     MM_READWRITE,         MM_WRITECOPY,
                                     MM_EXECUTE,           MM_EXECUTE_READ,
                                     MM_EXECUTE_READWRITE, MM_EXECUTE_WRITECOPY};

/* MM_INVALID: not exactly one access, or modifiers that do not go with it. */
ULONG MiProtectionFromPage(ULONG page)
{
    ULONG access = page & 0xFF, modifiers = page & ~0xFFu;
    if (!access || access & (access - 1) ||
        modifiers & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE))
        return MM_INVALID;
    ULONG code = MiPageCodes[__builtin_ctz(access)];
    if (!modifiers)
        return code;
    if (access == PAGE_NOACCESS)
        return MM_INVALID;
    if ((modifiers & PAGE_NOCACHE && modifiers & (PAGE_GUARD | PAGE_WRITECOMBINE)) ||
        (modifiers & PAGE_GUARD && modifiers & PAGE_WRITECOMBINE))
        return MM_INVALID;
    return code | (modifiers & PAGE_GUARD ? MM_GUARD : 0) |
           (modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE) ? MM_NOCACHE : 0);
}

ULONG MiPageFromProtection(ULONG protection)
{
    static const UCHAR access[8] = {
        PAGE_NOACCESS,  PAGE_READONLY,  PAGE_EXECUTE,           PAGE_EXECUTE_READ,
        PAGE_READWRITE, PAGE_WRITECOPY, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY};
    if (!(protection & MM_ACCESS_MASK))
        return PAGE_NOACCESS;
    return access[protection & MM_ACCESS_MASK] |
           (protection & MM_GUARD ? PAGE_GUARD : 0) |
           (protection & MM_NOCACHE ? PAGE_NOCACHE : 0);
}

/* pte.h - page table entries and protections: what they say and how they are made.
 *
 * Plain values only: nothing here calls anything.  The tables are mapped into themselves:
 * the PTE of address va lies at C0000000 + va/4096*8, its page directory entry at C0600000
 * + va/2M*8, in whatever space is current.  Units: vpn is a virtual page number, va an
 * address in bytes.
 */
#ifndef FATHOM_PTE_H
#define FATHOM_PTE_H

#include "mm/mm.h"
#include "mm/layout.h"

/* ---- protections: Windows' MM_ codes ---- */
#define MM_READONLY          1u
#define MM_EXECUTE           2u
#define MM_EXECUTE_READ      3u
#define MM_READWRITE         4u
#define MM_WRITECOPY         5u
#define MM_EXECUTE_READWRITE 6u
#define MM_EXECUTE_WRITECOPY 7u
#define MM_ACCESS_MASK       7u
#define MM_NOCACHE           8u
#define MM_GUARD             0x10u
#define MM_DECOMMIT          0x10u /* a guard without access: the page is reserved */
#define MM_NOACCESS          0x18u
#define MM_INVALID           0xFFFFFFFFu

static inline BOOLEAN MiTraps(ULONG protection) /* every access traps */
{
    return (protection & MM_GUARD) != 0; /* MM_NOACCESS has the bit too */
}
static inline BOOLEAN MiIsWritable(ULONG protection) /* in place, without a copy */
{
    return (protection & MM_ACCESS_MASK) == MM_READWRITE ||
           (protection & MM_ACCESS_MASK) == MM_EXECUTE_READWRITE;
}
static inline BOOLEAN MiIsCopy(ULONG protection)
{
    return (protection & 5u) == 5u;
}
static inline BOOLEAN MiIsExecutable(ULONG protection)
{
    return (protection & 2u) != 0;
}
/* PAGE_* to MM_*; MM_INVALID: not exactly one access, or modifiers that exclude it. */
ULONG MiProtectionFromPage(ULONG page);
ULONG MiPageFromProtection(ULONG protection);

/* ---- entries ---- */
typedef union _MMPTE {
    ULONGLONG Long;
    struct {
        ULONG Low, High;
    };
} MMPTE;

#define PTE_VALID    0x001u
#define PTE_WRITE    0x002u
#define PTE_USER     0x004u
#define PTE_THROUGH  0x008u
#define PTE_NOCACHE  0x010u
#define PTE_ACCESSED 0x020u
#define PTE_DIRTY    0x040u
#define PTE_LARGE    0x080u
#define PTE_GLOBAL   0x100u
#define PTE_NX       0x8000000000000000ull
/* Valid: bits 9-11 are the MM_ access code.  Not valid: bits 5-9 are the whole MM_ code. */
#define PTE_CODE_SHIFT 9
#define PTE_SOFT_DIRTY 0x002u
#define PTE_SOFT_SHIFT 5
#define PTE_TRANSITION 0x800u

#define MiPteOf(va)     ((MMPTE *)MI_PTE_BASE + ((ULONG_PTR)(va) >> 12))
#define MiPdeOf(va)     ((MMPTE *)MI_PDE_BASE + ((ULONG_PTR)(va) >> 21))
#define MiPteOfVpn(vpn) ((MMPTE *)MI_PTE_BASE + (vpn))
#define MiVpn(va)       ((ULONG_PTR)(va) >> PAGE_SHIFT)
#define MiAddress(vpn)  ((ULONG_PTR)(vpn) << PAGE_SHIFT)
#define MiPages(bytes)  (((ULONG_PTR)(bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)

static inline BOOLEAN MiHasTable(ULONG_PTR va) /* in the current space */
{
    return MiPdeOf(va)->Low & PTE_VALID;
}
static inline PFN_NUMBER MiPtePfn(MMPTE pte)
{
    return (pte.Low >> 12) | (pte.High & 0xFFF) << 20;
}
static inline BOOLEAN MiHasFrame(MMPTE pte)
{
    return pte.Low & PTE_VALID || pte.Low & PTE_TRANSITION;
}
static inline MMPTE MiFrame(PFN_NUMBER pfn, ULONG bits)
{
    return (MMPTE){.Low = pfn << 12 | bits, .High = pfn >> 20};
}
static inline void MiFlushPage(ULONG_PTR va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}
/* The processor may look at any moment: the half with the valid bit is written last to make
 * an entry valid and first to clear it. */
static inline void MiStorePte(MMPTE *pte, MMPTE value)
{
    volatile MMPTE *p = pte;
    if (!(value.Low & PTE_VALID))
        p->Low = value.Low;
    p->High = value.High;
    p->Low = value.Low;
}
/* The entry is not valid any more; low: what it says now.  The caller flushes the page. */
static inline void MiClearPte(MMPTE *pte, ULONG low)
{
    ((volatile MMPTE *)pte)->Low = low;
    ((volatile MMPTE *)pte)->High = 0;
}
/* What the processor reads, by MM_ access code and MM_NOCACHE.  A copy-on-write page is
 * read-only to it. */
extern ULONG MiHardwareLow[16], MiHardwareHigh[16];
extern ULONGLONG MiNxBit; /* PTE_NX, or 0 where the processor lacks it */
void MiSetHardwareNx(void);

/* A user page that is present; protection is not one that traps. */
static inline MMPTE MiMakeValidPte(PFN_NUMBER pfn, ULONG protection)
{
    MMPTE pte = MiFrame(pfn, MiHardwareLow[protection]);
    pte.High |= MiHardwareHigh[protection];
    return pte;
}
/* The same for any protection: Valid, or Transition if every access is to trap. */
static inline MMPTE MiMakePte(PFN_NUMBER pfn, ULONG protection)
{
    if (MiTraps(protection))
        return MiFrame(pfn, PTE_TRANSITION | protection << PTE_SOFT_SHIFT);
    return MiMakeValidPte(pfn, protection);
}
/* Whether this entry has seen a write.  In a watched region a page that was decommitted
 * keeps the answer. */
static inline BOOLEAN MiWasWritten(MMPTE pte)
{
    return (pte.Low & (pte.Low & PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY)) != 0;
}
/* A committed page that was never touched, with a protection of its own. */
static inline MMPTE MiDemandPte(ULONG protection, BOOLEAN written)
{
    return (MMPTE){.Low = protection << PTE_SOFT_SHIFT | (written ? PTE_SOFT_DIRTY : 0)};
}

#endif

/* range.h - what fault.c is given, for the host: a small world instead of page tables.
 *
 * It takes the place of kernel/mm/range.h and what that includes, so that fault.c compiles as it
 * is.
 * An entry is as in pte.h, but lies in an array.  Beside it is what the processor remembers of it
 * (the TLB): an entry that was changed and not flushed goes on to count, as on the real machine.
 */
#ifndef LAB_RANGE_H
#define LAB_RANGE_H

#include "mm/mm.h"
#include "mm/layout.h"
#include "mm/vad.h"

#define MM_READONLY             1u
#define MM_EXECUTE              2u
#define MM_EXECUTE_READ         3u
#define MM_READWRITE            4u
#define MM_WRITECOPY            5u
#define MM_EXECUTE_READWRITE    6u
#define MM_EXECUTE_WRITECOPY    7u
#define MM_ACCESS_MASK          7u
#define MM_NOCACHE              8u
#define MM_GUARD                0x10u
#define MM_DECOMMIT             0x10u
#define MM_NOACCESS             0x18u
#define MM_INVALID              0xFFFFFFFFu
#define MM_HIGHEST_USER_ADDRESS 0x7FFEFFFFu

#define STATUS_GUARD_PAGE_VIOLATION ((NTSTATUS)0x80000001)
#define STATUS_IN_PAGE_ERROR        ((NTSTATUS)0xC0000006)
#define STATUS_STACK_OVERFLOW       ((NTSTATUS)0xC00000FD)

#define PTE_VALID      0x001u
#define PTE_WRITE      0x002u
#define PTE_USER       0x004u
#define PTE_THROUGH    0x008u
#define PTE_NOCACHE    0x010u
#define PTE_ACCESSED   0x020u
#define PTE_DIRTY      0x040u
#define PTE_LARGE      0x080u
#define PTE_GLOBAL     0x100u
#define PTE_SOFT_DIRTY 0x002u
#define PTE_TRANSITION 0x800u
#define PTE_CODE_SHIFT 9
#define PTE_SOFT_SHIFT 5
#define PTE_NX         0x8000000000000000ull
#define PTE_NO_EXECUTE 0x80000000u /* the same, in High */

typedef union _MMPTE {
    ULONGLONG Long;
    struct {
        ULONG Low, High;
    };
} MMPTE;
typedef struct _MMSPACE {
    MMVADS Vads;
    ULONG PrivatePages, SharedPages, TablePages, Faults;
} MMSPACE;
typedef struct _KTRAP_FRAME {
    ULONG_PTR Eip;
} KTRAP_FRAME;
typedef struct _MMVIEW {
    NTSTATUS (*Fetch)(const MMVAD *, ULONG vpn, PFN_NUMBER *);
    ULONG (*Protection)(const MMVAD *, ULONG vpn);
} MMVIEW;

extern MMSPACE *MiCurrentSpace;
extern NTSTATUS MmFaultStatus;
NTSTATUS MmAccessFault(ULONG errorCode, ULONG_PTR address, BOOLEAN userMode,
                       KTRAP_FRAME *);
ULONG_PTR MmFindFixup(ULONG_PTR eip);

#define MiVpn(va)       ((ULONG)((ULONG_PTR)(va) >> PAGE_SHIFT))
#define MiAddress(vpn)  ((ULONG_PTR)(vpn) << PAGE_SHIFT)
#define MiPages(bytes)  (((ULONG_PTR)(bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define MiPteOf(va)     LabPteOf((ULONG_PTR)(va))
#define MiPteOfVpn(vpn) LabPteOf(MiAddress(vpn))
MMPTE *LabPteOf(ULONG_PTR); /* its table must be there */

static inline BOOLEAN MiTraps(ULONG protection)
{
    return (protection & MM_GUARD) != 0;
}
static inline BOOLEAN MiIsCopy(ULONG protection)
{
    return (protection & 5u) == 5u;
}
static inline BOOLEAN MiIsWritable(ULONG protection)
{
    return (protection & 5u) == 4u;
}
static inline BOOLEAN MiIsExecutable(ULONG protection)
{
    return (protection & 2u) != 0;
}
static inline PFN_NUMBER MiPtePfn(MMPTE pte)
{
    return pte.Low >> 12;
}
static inline BOOLEAN MiHasFrame(MMPTE pte)
{
    return pte.Low & PTE_VALID || pte.Low & PTE_TRANSITION;
}
static inline MMPTE MiFrame(PFN_NUMBER pfn, ULONG bits)
{
    return (MMPTE){.Low = pfn << 12 | bits};
}
static inline MMPTE MiDemandPte(ULONG protection, BOOLEAN written)
{
    return (MMPTE){.Low = protection << PTE_SOFT_SHIFT | (written ? PTE_SOFT_DIRTY : 0)};
}
static inline BOOLEAN MiWasWritten(MMPTE pte)
{
    return (pte.Low & (pte.Low & PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY)) != 0;
}
static inline void MiStorePte(MMPTE *pte, MMPTE value)
{
    *pte = value;
}
static inline void MiClearPte(MMPTE *pte, ULONG low)
{
    *pte = (MMPTE){.Low = low};
}
MMPTE MiMakeValidPte(PFN_NUMBER, ULONG protection);
MMPTE MiMakePte(PFN_NUMBER, ULONG protection);
BOOLEAN MiHasTable(ULONG_PTR va);
BOOLEAN MiMakeTable(ULONG_PTR va);
void MiDropTableIfEmpty(ULONG_PTR va);
void MiFlushPage(ULONG_PTR va);
USHORT *MiUsedCount(const MMPTE *);
ULONG MiPteProtection(MMPTE, const MMVAD *, ULONG vpn);
MMPTE MiReadPte(ULONG vpn);
void MiFillPte(MMPTE *, MMPTE); /* an entry that is not valid */
void MiSetPte(MMPTE *, MMPTE);  /* any; flushes it if it was valid */
void MiReleaseFrame(MMSPACE *, MMPTE, const MMVAD *, ULONG vpn);

static inline BOOLEAN MiIsCommitted(MMPTE pte, const MMVAD *vad)
{
    return pte.Low ? MiHasFrame(pte) || (pte.Low >> PTE_SOFT_SHIFT & 0x1F) != MM_DECOMMIT
                   : vad->MemCommit;
}
static inline ULONG MiTableEnd(ULONG vpn, ULONG last)
{
    ULONG end = vpn | (MI_PAGES_PER_TABLE - 1);
    return end < last ? end : last;
}
static inline BOOLEAN MiMakeTables(ULONG first, ULONG last)
{
    for (ULONG vpn = first; vpn <= last; vpn = (vpn | (MI_PAGES_PER_TABLE - 1)) + 1)
        if (!MiMakeTable(MiAddress(vpn))) {
            for (ULONG made = first; made < vpn; made += MI_PAGES_PER_TABLE)
                MiDropTableIfEmpty(MiAddress(made));
            return FALSE;
        }
    return TRUE;
}

#endif

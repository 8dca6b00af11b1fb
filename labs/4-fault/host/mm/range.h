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
#define MM_GUARD                0x10u
#define MM_DECOMMIT             0x10u
#define MM_NOACCESS             0x18u
#define MM_HIGHEST_USER_ADDRESS 0x7FFEFFFFu

#define STATUS_GUARD_PAGE_VIOLATION ((NTSTATUS)0x80000001)
#define STATUS_IN_PAGE_ERROR        ((NTSTATUS)0xC0000006)
#define STATUS_STACK_OVERFLOW       ((NTSTATUS)0xC00000FD)

#define PTE_VALID      0x001u
#define PTE_WRITE      0x002u
#define PTE_USER       0x004u
#define PTE_ACCESSED   0x020u
#define PTE_TRANSITION 0x800u
#define PTE_CODE_SHIFT 9
#define PTE_SOFT_SHIFT 5
#define PTE_NO_EXECUTE 0x80000000u /* in High */

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
static inline PFN_NUMBER MiPtePfn(MMPTE pte)
{
    return pte.Low >> 12;
}
static inline BOOLEAN MiHasFrame(MMPTE pte)
{
    return pte.Low & PTE_VALID || pte.Low & PTE_TRANSITION;
}
MMPTE MiMakeValidPte(PFN_NUMBER, ULONG protection);
MMPTE MiMakePte(PFN_NUMBER, ULONG protection);
BOOLEAN MiHasTable(ULONG_PTR va);
BOOLEAN MiMakeTable(ULONG_PTR va);
void MiDropTableIfEmpty(ULONG_PTR va);
void MiFlushPage(ULONG_PTR va);
ULONG MiPteProtection(MMPTE, const MMVAD *, ULONG vpn);
MMPTE MiReadPte(ULONG vpn);
void MiFillPte(MMPTE *, MMPTE); /* an entry that is not valid */
void MiSetPte(MMPTE *, MMPTE);  /* any; flushes it if it was valid */
void MiReleaseFrame(MMSPACE *, MMPTE, const MMVAD *, ULONG vpn);

#endif

/* mmp.h - what mm keeps to itself: PTEs, pages, regions, spaces, controls.
 *
 * A page of a private region is in one of these states; PTE and MMVAD tell which:
 *
 *   PTE                           the page is
 *   ---                           -----------
 *   0, region not MemCommit       reserved
 *   0, region MemCommit           committed, never touched, protection of the region
 *   protection, no frame          committed, never touched, protection of its own
 *   MM_DECOMMIT                   reserved again inside a MemCommit region
 *   Valid, frame                  there
 *   Transition, frame             there, but every access traps: NOACCESS, GUARD
 *
 * A page of a view (mapped file, image) looks the same, but "never touched" is fetched
 * from the control's page array instead of zeroed, and a frame is either the control's
 * (shared) or, once written to under copy-on-write, the process's own.
 *
 * Lock: none.  The kernel is not preempted and no interrupt handler calls mm.
 */
#ifndef FATHOM_MMP_H
#define FATHOM_MMP_H

#include "mm/mm.h"
#include "mm/layout.h"
#include "mm/pfn.h"
#include "mm/vad.h"
#include "kd/kd.h"
#include "rtl/rtl.h"

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
#define MM_TAG               0x206D4D46u /* "FMm " */

static inline BOOLEAN MiTraps(ULONG protection) /* no access goes through unnoticed */
{
    return (protection & MM_GUARD) != 0; /* MM_NOACCESS has the bit too */
}
static inline BOOLEAN MiIsWritable(ULONG protection) /* the page as it stands, no copy */
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

/* ---- page table entries ---- */
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
/* Valid: bits 9-11 are the MM_ access code.  Not valid: bits 5-9 are the whole MM_ code.
 */
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
/* The processor may look at any moment: the half with the valid bit goes last in, first
 * out. */
static inline void MiStorePte(MMPTE *pte, MMPTE value)
{
    volatile MMPTE *p = pte;
    if (!(value.Low & PTE_VALID))
        p->Low = value.Low;
    p->High = value.High;
    p->Low = value.Low;
}
/* By MM_ access code, with MM_NOCACHE or not: what the processor is told. A copy-on-write
 * page is read-only to it. */
extern ULONG MiHardwareLow[16], MiHardwareHigh[16];

/* A user page that is there, protection not one that traps. */
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
/* Has the page been written to, as far as this entry knows?  (Of a page that is not there,
 * in a watched region: before it was decommitted.) */
static inline BOOLEAN MiWasWritten(MMPTE pte)
{
    return (pte.Low & (pte.Low & PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY)) != 0;
}
/* A committed page that was never touched, with a protection of its own. */
static inline MMPTE MiDemandPte(ULONG protection, BOOLEAN written)
{
    return (MMPTE){.Low = protection << PTE_SOFT_SHIFT | (written ? PTE_SOFT_DIRTY : 0)};
}
/* The MM_ code of the page at vpn of a region; MM_DECOMMIT: it is reserved, not
 * committed. */
ULONG MiVadProtection(const MMVAD *, ULONG vpn); /* when the PTE says nothing */
static inline ULONG MiPteProtection(MMPTE pte, const MMVAD *vad, ULONG vpn)
{
    if (pte.Low & PTE_VALID)
        return (pte.Low >> PTE_CODE_SHIFT & MM_ACCESS_MASK) |
               (pte.Low & PTE_NOCACHE ? MM_NOCACHE : 0);
    if (pte.Low)
        return pte.Low >> PTE_SOFT_SHIFT & 0x1F;
    return vad->MemCommit ? vad->Protection : MiVadProtection(vad, vpn);
}

/* Of a page of a private region. */
static inline BOOLEAN MiIsCommitted(MMPTE pte, const MMVAD *vad)
{
    if (!pte.Low)
        return vad->MemCommit;
    return pte.Low & PTE_VALID || (pte.Low >> PTE_SOFT_SHIFT & 0x1F) != MM_DECOMMIT;
}

/* ---- physical pages ---- */
void MiReadBootMap(const MULTIBOOT_INFO *);
PFN_NUMBER MiBootPage(void);
void MiBuildPfnDatabase(void);
BOOLEAN MiIsMemory(PFN_NUMBER);
void MiInitializeSpaces(const PFN_NUMBER directory[4], MMSPACE *);
void MiInitializeSharedData(void);
void MiVisitBlocks(void (*visit)(ULONG tag, void *context), void *context); /* pool.c */
BOOLEAN MiFailNow(void); /* the n-th allocation is to fail */

/* ---- reaching a page without an address ---- */
/* slot 0..3; a page in the linear map needs none and gets its own address. */
void *MiMapPage(PFN_NUMBER, ULONG slot);
void MiZeroPage(PFN_NUMBER);
/* Kernel mappings; FALSE: no page for the table. pages of the range must be unmapped. */
BOOLEAN MiMapKernel(ULONG_PTR va, PFN_NUMBER, ULONG bits);
PFN_NUMBER MiUnmapKernel(ULONG_PTR va);
ULONG MiIoBits(void); /* of a device mapping: write-combining where the processor can */
void MiSetHardwareNx(void);
extern ULONGLONG MiNxBit; /* PTE_NX, or 0 where the processor lacks it */

/* ---- user page tables ---- */
static inline BOOLEAN MiHasTable(ULONG_PTR va)
{
    return MiPdeOf(va)->Low & PTE_VALID;
}
BOOLEAN MiMakeTable(ULONG_PTR va); /* FALSE: no page */
void MiDropTableIfEmpty(ULONG_PTR va);
BOOLEAN MiMakeTables(ULONG firstVpn, ULONG lastVpn);
void MiDropTables(ULONG firstVpn, ULONG lastVpn);
/* Make an entry valid that was not. Its table counts those that are not 0. */
static inline void MiFillPte(MMPTE *pte, MMPTE value)
{
    MMPTE *pde = MiPdeOf((ULONG_PTR)pte << 9); /* C0000000 + va/4096*8, backwards */
    MiPfn(MiPtePfn(*pde))->UsedCount += pte->Low == 0;
    ((volatile MMPTE *)pte)->High = value.High;
    ((volatile MMPTE *)pte)->Low = value.Low;
}
/* Change any user entry of the current space. */
static inline void MiSetPte(MMPTE *pte, MMPTE value)
{
    ULONG_PTR va = (ULONG_PTR)pte << 9;
    MMPTE old = *pte;
    MiPfn(MiPtePfn(*MiPdeOf(va)))->UsedCount += (value.Low != 0) - (old.Low != 0);
    MiStorePte(pte, value);
    if (old.Low & PTE_VALID)
        MiFlushPage(va);
}

/* ---- commit ---- */
extern ULONG MiCommitted, MiCommitLimit;
BOOLEAN MiChargeCommit(ULONG pages); /* FALSE: over the limit, nothing charged */
void MiReturnCommit(ULONG pages);

/* ---- address spaces ---- */
struct _MMSPACE {
    ULONGLONG Pdpt[4]; /* first, in a page of its own: CR3 points here */
    ULONG Cr3;
    LONG References;
    RTL_AVL_TREE Vads;
    MMVAD *VadHint;          /* found last; may be NULL */
    LIST_ENTRY Links;        /* MiSpaces */
    PFN_NUMBER Directory[4]; /* page directories; [2] is the kernel's */
    ULONG PrivatePages, SharedPages, TablePages; /* frames that its PTEs hold */
    ULONG CommitPages, PeakCommit;               /* of its regions; tables not counted */
    ULONG PeakPages, Faults;
    ULONG VirtualPages, PeakVirtual;
    ULONG ChargedTables; /* page tables that are charged */
    ULONG LockedPages;
    ULONG MinimumPages, MaximumPages; /* of the working set: they bound LockedPages */
    BOOLEAN Closed;                   /* MmCleanSpace was here: no new region */
};
extern MMSPACE *MiCurrentSpace, *MiSystemSpace;

/* Before pages go, and before the peak is told. */
static inline void MiNotePeak(MMSPACE *space)
{
    ULONG pages = space->PrivatePages + space->SharedPages;
    if (pages > space->PeakPages)
        space->PeakPages = pages;
}
extern LIST_ENTRY MiSpaces;

/* The region that was found last is often the one looked for next. */
static inline MMVAD *MiFindVad(MMSPACE *space, ULONG_PTR vpn)
{
    MMVAD *hint = space->VadHint;
    if (hint && vpn >= hint->StartingVpn && vpn <= hint->EndingVpn)
        return hint;
    MMVAD *vad = MiFindVadIn(&space->Vads, vpn);
    if (vad)
        space->VadHint = vad;
    return vad;
}
ULONG MiCountCommitted(const MMVAD *, ULONG first,
                       ULONG last); /* pages; the space is current */
NTSTATUS MiCheckRange(PVOID base, SIZE_T size, NTSTATUS badBase, NTSTATUS badSize);
NTSTATUS MiCreateFixedRegion(MMSPACE *, ULONG first, ULONG last, ULONG commit, MMVAD **);
BOOLEAN MiChargeSpace(MMSPACE *, ULONG pages);
void MiReturnSpace(MMSPACE *, ULONG pages);
/* Hang a region into the tree and charge the page tables it may need.
 * STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiInsertVad(MMSPACE *, MMVAD *);
void MiRemoveVad(MMSPACE *, MMVAD *); /* and uncharge tables; does not free it */
/* The space is current: give back every page and entry of [first, last]; returns the
 * pages of commit that were held there. */
ULONG MiEmptyRange(MMSPACE *, const MMVAD *, ULONG first, ULONG last);
void MiDeleteVad(MMSPACE *, MMVAD *); /* the whole region: pages, charge, node */

/* ---- protections as users say them ---- */
ULONG MiProtectionFromPage(ULONG page); /* MM_INVALID */
ULONG MiPageFromProtection(ULONG protection);

/* ---- shared pages: files, images, the page file's sections ---- */
typedef enum { MiControlMemory, MiControlFile, MiControlImage } MICONTROLKIND;
typedef struct _MMSUBSECTION { /* images: a run of pages with one protection */
    ULONG FirstPage, Pages;
    ULONG FileOffset, FileBytes; /* bytes; the rest is zero */
    ULONG Protection;            /* MM_* */
} MMSUBSECTION;
typedef struct _MMSHARED { /* one page of a control */
    ULONG Pfn : 24;
    ULONG Present : 1;
    ULONG Committed : 1;
    ULONG Dirty : 1;
} MMSHARED;
typedef struct _MMCONTROL {
    LONG References; /* sections and views */
    MICONTROLKIND Kind;
    MMFILE *File;
    LIST_ENTRY Links; /* MiControls */
    ULONG Pages, Charge;
    ULONG SubsectionCount;
    MMSUBSECTION *Subsections;
    MMSECTION_FACTS Facts; /* images */
    MMSHARED *Shared;      /* [Pages] */
} MMCONTROL;
extern LIST_ENTRY MiControls;
struct _MMSECTION {
    LONG References;
    MMCONTROL *Control;
    ULONGLONG Size;            /* bytes */
    ULONG Attributes, Protect; /* SEC_*, PAGE_* */
    ULONG Protection;          /* MM_* */
};
/* The control's page; brings it if need be. STATUS_IN_PAGE_ERROR, STATUS_NO_MEMORY. */
NTSTATUS MiFetchShared(MMCONTROL *, ULONG page, PFN_NUMBER *);
void MiDereferenceControl(MMCONTROL *);
NTSTATUS MiCreateImageControl(MMFILE *, MMCONTROL **);
MMCONTROL *MiNewControl(MICONTROLKIND, MMFILE *, ULONG pages, BOOLEAN charge, NTSTATUS *);
NTSTATUS MiGrowControl(MMCONTROL *, ULONG pages);
void MiFlushControl(MMCONTROL *);
BOOLEAN MiMayView(ULONG most, ULONG protection);
const MMSUBSECTION *MiFindSubsection(const MMCONTROL *, ULONG page);
void MiReleaseFrame(MMSPACE *, MMPTE, const MMVAD *,
                    ULONG vpn); /* what a cleared PTE held */

/* ---- faults ---- */
extern NTSTATUS MmFaultStatus; /* why the last kernel access to user memory failed */
NTSTATUS MiMakeResident(ULONG_PTR address,
                        BOOLEAN write); /* as a fault would; current space */
NTSTATUS MiGuardFault(MMVAD *, ULONG_PTR address, ULONG protection);
NTSTATUS MiCopyOnWrite(const MMVAD *, ULONG_PTR address, ULONG protection);
/* A page of the current space gets another protection; its table is there. */
void MiChangeProtection(const MMVAD *, ULONG vpn, ULONG protection);
static inline ULONG MiVadPage(const MMVAD *vad, ULONG vpn) /* index in the control */
{
    return vad->FirstPage + (vpn - vad->StartingVpn);
}

/* watch.c: commit a page that was written to before its decommit. FALSE: no memory. */
BOOLEAN MiRecommitWritten(MMSPACE *, MMPTE *, ULONG protection);

/* ---- user pointers ---- */
/* The BaseAddress/RegionSize pair of a service: read (and shown to be writable), later
 * written back. */
typedef struct _MIREQUEST {
    PVOID Base;
    SIZE_T Size;
} MIREQUEST;
static inline ULONG MiLastVpn(const MIREQUEST *range)
{
    return MiVpn((ULONG_PTR)range->Base + range->Size - 1);
}
NTSTATUS MiCaptureRange(PVOID *userBase, SIZE_T *userSize, MIREQUEST *);
void MiReturnRange(PVOID *userBase, SIZE_T *userSize, const MIREQUEST *);
/* The space behind a process handle, referenced: end with MmDereferenceSpace. */
static inline NTSTATUS MiReferenceProcess(HANDLE process, ACCESS_MASK access,
                                          MMSPACE **space)
{
    if (process != NtCurrentProcess())
        return MmReferenceSpaceByHandle(process, access, space);
    *space = MiCurrentSpace;
    (*space)->References++;
    return STATUS_SUCCESS;
}
/* MmAttachSpace, short where nothing is to be done. */
static inline MMSPACE *MiAttach(MMSPACE *space)
{
    MMSPACE *before = MiCurrentSpace;
    if (space != before)
        MmActivateSpace(space);
    return before;
}
/* copy.asm; the range was tested. 0, or why the access failed. */
NTSTATUS MiCopyBytes(void *to, const void *from, SIZE_T);
NTSTATUS MiZeroBytes(void *to, SIZE_T);
void MiZeroBySse(void *page);
NTSTATUS MiTouchByte(void *);
NTSTATUS MiTakePair(PVOID *, SIZE_T *, MIREQUEST *);
NTSTATUS MiGivePair(PVOID *, SIZE_T *, PVOID, SIZE_T);

#endif

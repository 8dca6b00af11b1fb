/* shared.h - what sections and views share: MMCONTROL, its pages, its parts.
 *
 * mm knows none of it: a view's region (MMVAD) carries the operations of its control
 * (mm/range.h, MMVIEW), which control.c provides.
 */
#ifndef FATHOM_SHARED_H
#define FATHOM_SHARED_H

#include "mm/range.h"
#include "section/section.h"

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

static inline ULONG MiVadPage(const MMVAD *vad, ULONG vpn) /* index in the control */
{
    return vad->FirstPage + (vpn - vad->StartingVpn);
}
static inline MMVAD *MiVadAt(MMSPACE *space,
                             ULONG_PTR address) /* NULL: no region there */
{
    return address <= MM_HIGHEST_USER_ADDRESS ? MiFindVad(&space->Vads, MiVpn(address))
                                              : NULL;
}
ULONG MiTypeOf(const MMVAD *); /* MEM_IMAGE, MEM_MAPPED, MEM_PRIVATE */
MMCONTROL *MiNewControl(MICONTROLKIND, MMFILE *, ULONG pages, BOOLEAN charge, NTSTATUS *);
void MiDereferenceControl(MMCONTROL *);
NTSTATUS MiGrowControl(MMCONTROL *, ULONG pages);
void MiFlushControl(MMCONTROL *);
/* The control's page; brings it if need be.  STATUS_IN_PAGE_ERROR, STATUS_NO_MEMORY. */
NTSTATUS MiFetchShared(MMCONTROL *, ULONG page, ULONG_PTR address, PFN_NUMBER *);
/* The pages page..page+count-1 are committed.  STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiCommitShared(MMCONTROL *, ULONG page, ULONG count);
const MMSUBSECTION *MiFindSubsection(const MMCONTROL *, ULONG page);
const MMVIEW *MiViewOf(const MMCONTROL *); /* the operations of its views */
NTSTATUS MiCreateImageControl(MMFILE *, MMCONTROL **);
BOOLEAN MiMayView(ULONG most, ULONG protection);
/* NtProtectVirtualMemory's work in the current space; commit: the pages of a memory section's view
 * are committed first. */
NTSTATUS MiProtectPages(MMSPACE *, ULONG first, ULONG last, ULONG asked, BOOLEAN commit,
                        ULONG *oldProtect);
/* teb.c.  A region of the kernel's own at a fixed place of the current space, its tables made;
 * commit: pages charged.  STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY,
 * STATUS_COMMITMENT_LIMIT, STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS MiCreateFixedRegion(MMSPACE *, ULONG first, ULONG last, ULONG commit, MMVAD **);

#endif

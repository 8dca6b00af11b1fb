/* range.h - what region.c is given, for the host: a small world instead of page tables.
 *
 * It takes the place of kernel/mm/range.h, so that region.c compiles as it is.  world.c
 * implements the eight functions; a page is one entry of an array:
 *
 *      entry 0               the page is what its region says (MemCommit, Untouched)
 *      entry 1 + MM_* code   committed with this protection; 1 + MM_DECOMMIT: reserved
 *      resident              the page was touched, and has a frame
 *
 * Units: first, last, vpn are virtual page numbers; last is included.
 */
#ifndef LAB_RANGE_H
#define LAB_RANGE_H

#include "nthost.h"
#include "mm/layout.h"

/* The world has a book of regions of its own: a mistake in vad.c costs no case of region.c. */
#define MiFindVad     WorldFindVad
#define MiFindVadFrom WorldFindVadFrom
#define MiNextVad     WorldNextVad
#define MiPreviousVad WorldPreviousVad
#define MiInsertVad   WorldInsertVad
#define MiRemoveVad   WorldRemoveVad
#define MiFindGap     WorldFindGap
#define MiCheckVads   WorldCheckVads
#include "mm/vad.h"

#define MM_READONLY          1u
#define MM_EXECUTE           2u
#define MM_EXECUTE_READ      3u
#define MM_READWRITE         4u
#define MM_EXECUTE_READWRITE 6u
#define MM_GUARD             0x10u
#define MM_DECOMMIT          0x10u
#define MM_NOACCESS          0x18u

#define STATUS_CONFLICTING_ADDRESSES  ((NTSTATUS)0xC0000018)
#define STATUS_UNABLE_TO_FREE_VM      ((NTSTATUS)0xC000001A)
#define STATUS_NOT_COMMITTED          ((NTSTATUS)0xC000002D)
#define STATUS_COMMITMENT_LIMIT       ((NTSTATUS)0xC000012D)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)

typedef struct _MMSPACE {
    MMVADS Vads;
} MMSPACE;

/* space.h, range.h of the kernel say what each does and returns. */
NTSTATUS MiCreateVad(MMSPACE *, ULONG first, ULONG last, ULONG commit, MMVAD **);
void MiResizeVad(MMSPACE *, MMVAD *, ULONG first, ULONG last);
void MiDeleteVad(MMSPACE *, MMVAD *);
BOOLEAN MiChargeVad(MMSPACE *, MMVAD *, LONG more);
ULONG MiRunEnd(const MMVAD *, ULONG vpn, ULONG last, ULONG *protection);
BOOLEAN MiCommitRange(MMSPACE *, ULONG first, ULONG last, ULONG protection);
ULONG MiEmptyRange(MMSPACE *, const MMVAD *, ULONG first, ULONG last);
BOOLEAN MiMarkRange(MMSPACE *, const MMVAD *, ULONG first, ULONG last, ULONG *count);

#endif

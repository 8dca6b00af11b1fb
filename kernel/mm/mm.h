/* mm.h - the public face of kernel/mm: Mm*, PageAlloc, PageFree.  Mi* is private.
 *
 * Units: Pfn is a physical page number, sizes are bytes unless the name says pages.
 */
#ifndef FATHOM_MM_H
#define FATHOM_MM_H

#include "bootinfo.h"
#include "ke/ke.h"

typedef ULONG PFN_NUMBER;
#define PFN_NONE 0xFFFFFFFFu

/* ---- the page allocator: the bottom of every staircase ---- */
typedef enum {
    MmPageUser = 1,
    MmPageTable = 2,
    MmPageKernel = 3,
    MmPageShared = 4
} MMPAGEUSE;
#define MM_PAGE_ZEROED 1 /* the page must come zeroed */
#define MM_PAGE_LOW    2 /* must lie in the linear map */
/* One physical page; PFN_NONE when there is none.  address: the virtual address it is
 * for, or 0; only for the event. */
PFN_NUMBER PageAlloc(MMPAGEUSE use, ULONG flags, ULONG_PTR address);
void PageFree(PFN_NUMBER);
BOOLEAN MmZeroOnePage(void); /* idle thread; FALSE: every free page is zeroed */

/* ---- start-up ---- */
/* PFN database, kernel page tables, pool. */
void MmInitializeSystem(const MULTIBOOT_INFO *);

/* ---- pool: the kernel's own memory, zeroed.  NULL: none, or the n-th is to fail ---- */
void *ExAllocatePool(SIZE_T size, ULONG tag);
void ExFreePool(void *); /* or NULL */
#define KERNEL_STACK_SIZE 0x3000

/* ---- user memory: every access of the kernel goes through these ---- */
/* STATUS_ACCESS_VIOLATION (bad range or page), STATUS_GUARD_PAGE_VIOLATION,
 * STATUS_IN_PAGE_ERROR; part of the destination may have been written. */
NTSTATUS MmCopyFromUser(void *to, const void *userFrom, SIZE_T size);
NTSTATUS MmCopyToUser(void *userTo, const void *from, SIZE_T size);
/* Range test and one write-touch of every page; alignment 1, 2, 4, 8:
 * STATUS_DATATYPE_MISALIGNMENT. */
NTSTATUS MmProbeForRead(const void *user, SIZE_T size, ULONG alignment); /* range only */
NTSTATUS MmProbeForWrite(void *user, SIZE_T size, ULONG alignment);

/* ---- address spaces ---- */
typedef struct _MMSPACE MMSPACE;
void MmCleanSpace(MMSPACE *);    /* drop all regions (last thread gone), keep the space */
void MmActivateSpace(MMSPACE *); /* loads CR3 if it differs; called by the switch */
MMSPACE *MmAttachSpace(MMSPACE *); /* work in another space; returns what to re-attach */
/* Handle to space, referenced; ps provides it at start-up. */
extern NTSTATUS (*MmReferenceSpaceByHandle)(HANDLE process, ACCESS_MASK, MMSPACE **);

/* ---- regions, for ps and io (the Nt* services wrap the same code) ---- */
NTSTATUS MmAllocateVirtualMemory(MMSPACE *, PVOID *base, ULONG_PTR zeroBits, SIZE_T *size,
                                 ULONG type, ULONG protect);
NTSTATUS MmFreeVirtualMemory(MMSPACE *, PVOID *base, SIZE_T *size, ULONG type);

/* ---- faults (contract: mm/fault.h) ---- */
NTSTATUS MmAccessFault(ULONG errorCode, ULONG_PTR address, BOOLEAN userMode,
                       KTRAP_FRAME *);
/* A kernel instruction that may fault has a fix-up: new EIP, or 0. */
ULONG_PTR MmFindFixup(ULONG_PTR eip);

/* ---- for tests ---- */
/* The kernel's own allocations (pool, page tables, stacks, shared pages) so far; and which
 * of those to come fails, once: poolfail=N. */
extern ULONG MmAllocations, MmPoolFailAt;

#endif

/* rtlheap.h - the heap as ntdll exports it: what kernel32, the runtimes and tests may
 * call.
 *
 * The names, arguments and results are those of Windows 7 SP1's ntdll (HeapAlloc,
 * HeapFree, HeapReAlloc and HeapSize of kernel32 are forwarders to four of them;
 * Microsoft's pages for those four, HeapCreate, HeapWalk, HeapValidate,
 * HeapSetInformation say what each does).
 */
#ifndef FATHOM_RTLHEAP_H
#define FATHOM_RTLHEAP_H

#ifdef _WIN32
#include "ntos.h"
#else
#include "nthost.h"
#endif
#include "heapcall.h"

/* Flags of RtlCreateHeap, RtlAllocateHeap and friends that the stock headers lack. */
#define HEAP_SETTABLE_USER_VALUE         0x00000100
#define HEAP_SETTABLE_USER_FLAG1         0x00000200
#define HEAP_SETTABLE_USER_FLAG2         0x00000400
#define HEAP_SETTABLE_USER_FLAG3         0x00000800
#define HEAP_SETTABLE_USER_FLAGS         0x00000E00
#define HEAP_FLAG_PAGE_ALLOCS            0x01000000 /* gflags hpa */
#define HEAP_PROTECTION_ENABLED          0x02000000
#define HEAP_CAPTURE_STACK_BACKTRACES    0x08000000 /* gflags ust */
#define HEAP_SKIP_VALIDATION_CHECKS      0x10000000
#define HEAP_VALIDATE_ALL_ENABLED        0x20000000
#define HEAP_VALIDATE_PARAMETERS_ENABLED 0x40000000

/* Bits of PEB.NtGlobalFlag that concern heaps (gflags: htc hfc hpc hvc ust hpa).  The first is
 * ours, in place of Windows' FLG_STOP_ON_HANG_GUI: a process says which blocks it still has when
 * it ends (tools/fathom run --leaks). */
#define FLG_FATHOM_LEAKS             0x00000008
#define FLG_HEAP_ENABLE_TAIL_CHECK   0x00000010
#define FLG_HEAP_ENABLE_FREE_CHECK   0x00000020
#define FLG_HEAP_VALIDATE_PARAMETERS 0x00000040
#define FLG_HEAP_VALIDATE_ALL        0x00000080
#define FLG_USER_STACK_TRACE_DB      0x00001000
#define FLG_HEAP_DISABLE_COALESCING  0x00200000
#define FLG_HEAP_PAGE_ALLOCS         0x02000000

/* PEB.TracingFlags: the kernel sets it while event HeapOperation is on (events.tbl). */
#define PEB_HEAP_TRACING_ENABLED 1
#define PEB_FATHOM_HEAP_STACKS   0x80000000 /* with the stack of each call */
#define PEB_FATHOM_HEAP_BATCHED  0x40000000 /* calls of the front end wait in HEAP_BATCH */

#ifndef _WIN32 /* winternl.h has these */
typedef NTSTATUS(NTAPI *PRTL_HEAP_COMMIT_ROUTINE)(PVOID Base, PVOID *CommitAddress,
                                                  SIZE_T *CommitSize);

typedef struct _RTL_HEAP_PARAMETERS {
    ULONG Length; /* bytes of this structure */
    SIZE_T SegmentReserve;
    SIZE_T SegmentCommit;
    SIZE_T DeCommitFreeBlockThreshold;
    SIZE_T DeCommitTotalFreeThreshold;
    SIZE_T MaximumAllocationSize;
    SIZE_T VirtualMemoryThreshold;
    SIZE_T InitialCommit;
    SIZE_T InitialReserve;
    PRTL_HEAP_COMMIT_ROUTINE CommitRoutine;
    SIZE_T Reserved[2];
} RTL_HEAP_PARAMETERS, *PRTL_HEAP_PARAMETERS;
#endif

/* What RtlWalkHeap fills in.  Flags are the PROCESS_HEAP_* of HeapWalk; the user flags of
 * a block (HEAP_SETTABLE_USER_FLAGS) stand shifted down by 4 in RTL_HEAP_SETTABLE_*. */
#define RTL_HEAP_BUSY              0x0001
#define RTL_HEAP_SEGMENT           0x0002
#define RTL_HEAP_SETTABLE_VALUE    0x0010
#define RTL_HEAP_SETTABLE_FLAG1    0x0020
#define RTL_HEAP_SETTABLE_FLAG2    0x0040
#define RTL_HEAP_SETTABLE_FLAG3    0x0080
#define RTL_HEAP_UNCOMMITTED_RANGE 0x0100

typedef struct _RTL_HEAP_WALK_ENTRY {
    PVOID DataAddress; /* null before the first call */
    SIZE_T DataSize;   /* bytes */
    UCHAR OverheadBytes;
    UCHAR SegmentIndex;
    USHORT Flags; /* RTL_HEAP_* */
    union {
        struct {
            SIZE_T Settable;
            USHORT TagIndex;
            USHORT AllocatorBackTraceIndex;
            ULONG Reserved[2];
        } Block;
        struct {
            ULONG CommittedSize;
            ULONG UnCommittedSize;
            PVOID FirstEntry;
            PVOID LastEntry;
        } Segment;
    };
} RTL_HEAP_WALK_ENTRY, *PRTL_HEAP_WALK_ENTRY;

PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize,
                          SIZE_T CommitSize, PVOID Lock, PRTL_HEAP_PARAMETERS Parameters);
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle); /* null: done; else the handle, refused */
PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID Block);
PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, SIZE_T Size);
SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags,
                         PVOID Block); /* -1: no such block */
BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block);
BOOLEAN NTAPI RtlValidateProcessHeaps(void);
NTSTATUS NTAPI RtlWalkHeap(PVOID HeapHandle, PRTL_HEAP_WALK_ENTRY Entry);
SIZE_T NTAPI RtlCompactHeap(PVOID HeapHandle, ULONG Flags); /* largest free, bytes */
BOOLEAN NTAPI RtlLockHeap(PVOID HeapHandle);
BOOLEAN NTAPI RtlUnlockHeap(PVOID HeapHandle);
NTSTATUS NTAPI RtlZeroHeap(PVOID HeapHandle, ULONG Flags);
ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps);
BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, PVOID *Value,
                                 PULONG UserFlags);
BOOLEAN NTAPI RtlSetUserValueHeap(PVOID HeapHandle, ULONG Flags, PVOID Block,
                                  PVOID Value);
BOOLEAN NTAPI RtlSetUserFlagsHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, ULONG Reset,
                                  ULONG Set);
#ifdef _WIN32 /* ntdll/heaps.c, not part of the core */
typedef NTSTATUS(NTAPI *PRTL_ENUM_HEAPS_ROUTINE)(PVOID HeapHandle, PVOID Parameter);
NTSTATUS NTAPI RtlEnumProcessHeaps(PRTL_ENUM_HEAPS_ROUTINE Routine, PVOID Parameter);
ULONG NTAPI RtlMultipleAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size,
                                    ULONG Count, PVOID *Blocks);
ULONG NTAPI RtlMultipleFreeHeap(PVOID HeapHandle, ULONG Flags, ULONG Count,
                                PVOID *Blocks);
ULONG NTAPI RtlCreateTagHeap(PVOID HeapHandle, ULONG Flags, PWSTR Prefix, PWSTR Names);
PWSTR NTAPI RtlQueryTagHeap(PVOID HeapHandle, ULONG Flags, USHORT Tag, BOOLEAN Reset,
                            PVOID Information);
#endif
#ifndef _WIN32 /* winnt.h has these */
typedef ULONG HEAP_INFORMATION_CLASS;
#define HeapCompatibilityInformation      0
#define HeapEnableTerminationOnCorruption 1
ULONG NTAPI RtlQueryHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS Class,
                                    PVOID Information, SIZE_T Length, PSIZE_T Returned);
ULONG NTAPI RtlSetHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS Class,
                                  PVOID Information, SIZE_T Length);
#endif

#endif

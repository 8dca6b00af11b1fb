/* nthost.h - the few Windows types that a pure part needs, for a 64-bit host. */
#ifndef FATHOM_NTHOST_H
#define FATHOM_NTHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void *PVOID, *HANDLE;
typedef uint8_t UCHAR, BOOLEAN;
typedef uint16_t USHORT;
typedef int16_t SHORT;
typedef uint32_t ULONG, *PULONG;
typedef int32_t LONG, NTSTATUS;
typedef uint64_t ULONGLONG;
typedef size_t SIZE_T, *PSIZE_T;
typedef uintptr_t ULONG_PTR;
typedef intptr_t LONG_PTR;
typedef char CHAR;
typedef const char *PCSTR;
typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY;
typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY;

#define NTAPI
#define TRUE                       1
#define FALSE                      0
#define C_ASSERT(e)                _Static_assert(e, #e)
#define PAGE_SIZE                  0x1000u
#define PAGE_SHIFT                 12
#define ALLOCATION_GRANULARITY     0x10000u
#define ALIGN_DOWN(x, a)           ((ULONG_PTR)(x) & ~((ULONG_PTR)(a)-1))
#define ALIGN_UP(x, a)             (((ULONG_PTR)(x) + (a)-1) & ~((ULONG_PTR)(a)-1))
#define NT_SUCCESS(s)              ((NTSTATUS)(s) >= 0)
#define CONTAINING_RECORD(p, t, f) ((t *)((char *)(p)-offsetof(t, f)))
#define RtlZeroMemory(p, n)        __builtin_memset(p, 0, n)

#define STATUS_SUCCESS            ((NTSTATUS)0x00000000)
#define STATUS_NO_MORE_ENTRIES    ((NTSTATUS)0x8000001A)
#define STATUS_UNSUCCESSFUL       ((NTSTATUS)0xC0000001)
#define STATUS_ACCESS_VIOLATION   ((NTSTATUS)0xC0000005)
#define STATUS_INVALID_PARAMETER  ((NTSTATUS)0xC000000D)
#define STATUS_NO_MEMORY          ((NTSTATUS)0xC0000017)
#define STATUS_INVALID_INFO_CLASS ((NTSTATUS)0xC0000003)
#define STATUS_BUFFER_TOO_SMALL   ((NTSTATUS)0xC0000023)
#define STATUS_NOT_SUPPORTED      ((NTSTATUS)0xC00000BB)
#define STATUS_INVALID_HANDLE     ((NTSTATUS)0xC0000008)
#define STATUS_HEAP_CORRUPTION    ((NTSTATUS)0xC0000374)

#define PAGE_NOACCESS          1
#define PAGE_READWRITE         4
#define PAGE_EXECUTE_READWRITE 0x40

#define HEAP_NO_SERIALIZE             0x00000001
#define HEAP_GROWABLE                 0x00000002
#define HEAP_GENERATE_EXCEPTIONS      0x00000004
#define HEAP_ZERO_MEMORY              0x00000008
#define HEAP_REALLOC_IN_PLACE_ONLY    0x00000010
#define HEAP_TAIL_CHECKING_ENABLED    0x00000020
#define HEAP_FREE_CHECKING_ENABLED    0x00000040
#define HEAP_DISABLE_COALESCE_ON_FREE 0x00000080
#define HEAP_CREATE_ALIGN_16          0x00010000
#define HEAP_CREATE_ENABLE_TRACING    0x00020000
#define HEAP_CREATE_ENABLE_EXECUTE    0x00040000

typedef struct _PEB {
    PVOID ProcessHeap;
    ULONG NtGlobalFlag;
    SIZE_T HeapSegmentReserve, HeapSegmentCommit;
    SIZE_T HeapDeCommitTotalFreeThreshold, HeapDeCommitFreeBlockThreshold;
    ULONG NumberOfHeaps, MaximumNumberOfHeaps;
    PVOID *ProcessHeaps;
} PEB, *PPEB;

#endif

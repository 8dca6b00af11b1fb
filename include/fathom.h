/* fathom.h - what only Fathom offers: events with their stacks, symbols, the prompt's queries.
 *
 * The kernel writes these records, fathom.dll hands them on, the walk and the shell read them.
 * None of it exists on Windows; a program that uses it asks for fathom.dll at run time.
 */
#ifndef FATHOM_FATHOM_H
#define FATHOM_FATHOM_H

#include <stddef.h>
#include <windef.h>

#define FATHOM_MAX_FRAMES      48
#define FATHOM_FRAME_ARGUMENTS 6

/* How a frame came to be known. */
#define FATHOM_FRAME_KERNEL 0x01 /* ring 0 */
#define FATHOM_FRAME_GUESSED                                                             \
    0x02 /* found by scanning the stack, not by EBP or a known stub */
#define FATHOM_FRAME_TRAP                                                                \
    0x04 /* interrupted or crossing instruction, not a return address */
#define FATHOM_FRAME_STUB                                                                \
    0x08 /* the known shape of KiFastSystemCall and the service stub */
#define FATHOM_FRAME_ARGS 0x10 /* Arguments[] are those of this frame's function */

typedef struct _FATHOM_FRAME {
    ULONG Address; /* instruction (TRAP) or return address */
    ULONG Frame; /* EBP of the function; where it would be, if it was found by scanning */
    ULONG Flags;
    ULONG Arguments[FATHOM_FRAME_ARGUMENTS];
} FATHOM_FRAME;

typedef struct _FATHOM_EVENT {
    USHORT Size; /* bytes, whole record, multiple of 4 */
    USHORT Id;   /* events.tbl */
    ULONG Sequence;
    ULONGLONG Time; /* TSC, the tracer's own cost taken out */
    ULONG ProcessId;
    ULONG ThreadId;
    USHORT FieldCount;
    USHORT FrameCount;
    ULONG Fields
        [9]; /* FieldCount of them are meant; nine make the record's head 64 bytes */
    FATHOM_FRAME Frames[]; /* FrameCount of them, innermost first */
} FATHOM_EVENT;
C_ASSERT(sizeof(FATHOM_EVENT) == offsetof(FATHOM_EVENT, Frames));

/* The same for the host (kernel/observe/stream.c): a stream of these, one after the other.  Words:
 * FieldCount fields, FrameCount addresses; then FrameCount bytes, FATHOM_FRAME_* of each frame, and
 * TextLength bytes of text. */
typedef struct __attribute__((packed, aligned(4))) _FATHOM_RECORD {
    USHORT Size; /* bytes, whole record, multiple of 4 */
    UCHAR Id, FieldCount;
    ULONG Sequence; /* of all records; a gap: events were lost */
    ULONGLONG Time; /* as above */
    ULONG ProcessId, ThreadId;
    USHORT FrameCount, TextLength;
    ULONG Words[];
} FATHOM_RECORD;
C_ASSERT(offsetof(FATHOM_RECORD, Words) == 28);

/* NtFathomTrace(Mask, Flags): bit n of Mask turns event n on, for the calling process.
 * 0 turns tracing off and drops what was not read. */
#define FATHOM_TRACE_STACKS 1 /* record the stack of each event */
#define FATHOM_TRACE_SERIAL 2 /* also send them to the host */

/* Operation of a HeapOperation event. */
#define FATHOM_HEAP_ALLOCATE   1
#define FATHOM_HEAP_FREE       2
#define FATHOM_HEAP_REALLOCATE 3
#define FATHOM_HEAP_CREATE     4
#define FATHOM_HEAP_DESTROY    5

/* Served of it: events.tbl has them all. */
#define FATHOM_SERVED_FRONT 1
#define FATHOM_SERVED_LIST  2

/* NtFathomReport kinds: what ntdll says of a process, apart from what programs print. */
typedef enum _FATHOM_REPORT {
    FathomReportCallers = 0, /* ULONG[]: return addresses */
    FathomReportBlocks =
        1, /* ULONG[]: blocks, bytes, the return addresses of one allocation;
                                without addresses: the sum, which ends a list */
    FathomReportImages =
        2 /* ULONG[]: addresses; the host learns where their images lie */
} FATHOM_REPORT;
#define FATHOM_REPORT_MOST 64 /* ULONGs */

/* NtFathomQuery classes: the prompt's questions. */
typedef enum _FATHOM_QUERY {
    FathomQueryMemory = 0,    /* FATHOM_MEMORY */
    FathomQueryProcesses = 1, /* FATHOM_PROCESS[] */
    FathomQueryRegions = 2,   /* FATHOM_REGION[] of process id Argument (0: own) */
    FathomQueryPage = 3,      /* FATHOM_PAGE of address Argument in the own process */
    FathomQueryClock = 4,     /* FATHOM_CLOCK */
    FathomQueryTables = 6,    /* FATHOM_TABLES, in and out, of user address Argument */
    FathomQuerySeed = 5, /* 4 or 8 random bytes, others each time (boot option seed=N) */
} FATHOM_QUERY;

typedef struct _FATHOM_MEMORY { /* all in pages */
    ULONG Total, Free, Zeroed, User, PageTable, Kernel, Shared;
    ULONG Committed, CommitLimit;
} FATHOM_MEMORY;

typedef struct _FATHOM_PROCESS {
    ULONG Id, Parent, Threads, Handles, PrivatePages, CommitPages;
    CHAR Name[32];
} FATHOM_PROCESS;

typedef struct _FATHOM_REGION {
    ULONG Base, Size; /* bytes */
    ULONG Type;       /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
    ULONG Protect, CommitPages;
    CHAR Name[32]; /* of the image, or empty */
} FATHOM_REGION;

typedef struct _FATHOM_PAGE {
    ULONG Present, Pfn, Protect, ShareCount;
} FATHOM_PAGE;

typedef struct _FATHOM_TABLES {
    ULONGLONG Pdpte, Pde, Pte; /* the entries of the page; of no table: 0 */
    ULONG ProcessId;           /* in: whose */
    ULONG Reserved;
} FATHOM_TABLES;

/* NtDeviceIoControlFile on a console handle (FileFsDeviceInformation: FILE_DEVICE_CONSOLE). */
#define IOCTL_CONSOLE_GET_MODE 0x500000 /* out: ULONG, as GetConsoleMode */
#define IOCTL_CONSOLE_SET_MODE 0x500004 /* in: ULONG */
#define IOCTL_CONSOLE_GET_SIZE 0x500008 /* out: ULONG columns, ULONG rows */
#define IOCTL_CONSOLE_GET_KEYS                                                           \
    0x50000C /* out: 1 if there is something to read; its first byte */
/* out: ULONG, the last byte that a program wrote, and in bits 8 on how many there were; ULONG 0 */
#define IOCTL_CONSOLE_GET_WRITTEN 0x500010
/* out: bytes as they are typed, at least one, whatever the mode says of lines and echo; takes
 * FILE_READ_DATA */
#define IOCTL_CONSOLE_READ_KEY 0x504014

typedef struct _FATHOM_CLOCK {
    ULONG Icount; /* 1: the TSC counts guest instructions (boot option icount=1) */
} FATHOM_CLOCK;

#endif

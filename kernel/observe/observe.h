/* observe.h - watching the system: stacks, names, events, the host port.
 *
 * Observe is above memory and below the executive.  The core reaches it through
 * KdHooks (kd/hooks.h) alone; what observe needs from processes and sections it is handed
 * as functions.
 */
#ifndef FATHOM_OBSERVE_H
#define FATHOM_OBSERVE_H

#include "kd/kd.h"
#include "ke/ke.h"

#include "heapcall.h"

struct _MMSPACE;

void KdConnectObserver(void); /* fills KdHooks; before anything else speaks */

/* ---- the host port: framed records to the tool that started the machine (port E9h out,
 * COM3 in).  Only ring 0 can write there.  docs/hostport.md has the layout. ---- */
/* No-op while KdHostPresent is FALSE. */
void KdHostSend(ULONG type, const void *payload, ULONG length);
void KdHostOfferWindow(void);
/* A whole frame came from the host on COM3; called with interrupts off, from KdPollHost.
 * At most KD_HOST_PAYLOAD bytes; longer ones are cut. */
#define KD_HOST_PAYLOAD 16384
extern void (*KdHostCommand)(ULONG type, const void *payload, ULONG length);
/* Read what COM3 has now: at the tick, and when interrupt line 4 says that something
 * came. */
void KdPollHost(void);

/* ---- stacks ---- */
/* Fault-safe read of size bytes at any address of the current space; init hands it over
 * when mm is up. */
extern NTSTATUS (*KdReadMemory)(ULONG_PTR address, void *buffer, SIZE_T size);
/* Work in another address space; returns the one before (MmAttachSpace). */
extern struct _MMSPACE *(*KdEnterSpace)(struct _MMSPACE *);
/* "pid.tid name" of a thread, for lists of stacks: ex hands it over. */
extern void (*KdDescribeThread)(PKTHREAD, char *text, SIZE_T size);
/* Walk from a kernel EIP and EBP (or a trap frame) across the ring; returns the frames
 * written. */
ULONG KdCaptureStack(ULONG_PTR eip, ULONG_PTR ebp, FATHOM_FRAME *frames, ULONG max);
ULONG KdCaptureTrap(const KTRAP_FRAME *, FATHOM_FRAME *frames, ULONG max);
void KdPrintStack(const FATHOM_FRAME *, ULONG count);
/* Any of these words may be an address of code: where its image lies goes to the host, each image
 * once. */
void KdSendImages(const ULONG *words, ULONG count);
typedef struct _KDSTACK {
    ULONG Eip, Esp, Ebp;
    UCHAR Bytes[0x4000]; /* from Esp on */
} KDSTACK;
/* The user stack of a trap to the host as a 'U' frame, with the images that it may be in: there
 * it can be walked by the tables that programs bring along.  It goes through *copy. */
void KdSendUserStack(const KTRAP_FRAME *, KDSTACK *copy);
/* Return addresses, one a line: with their names, or bare for a host that finds them. */
void KdPrintCallers(const ULONG_PTR *callers, ULONG count, BOOLEAN named);
void KdSendThreadStacks(void); /* of every thread, as 'T' frames: hang, NMI */

/* Into the report of a bug check, which this frame is the place of: was it an overflow of the
 * kernel's stack, in which service, and the thread. */
void KdSayWhere(const KTRAP_FRAME *);

/* ---- names ---- */
/* The image at an address of the current space: ex hands the finder over.  File is the PE
 * file as it lies in the boot archive (kernel memory), so names never come from memory
 * that a program wrote. */
typedef struct _KDIMAGE {
    ULONG_PTR Base;
    SIZE_T Size;
    const UCHAR *File;
    SIZE_T FileSize;
    const char *FileName; /* "ntdll.dll", as long as the image is mapped */
    char Name[32];        /* "ntdll", without extension */
} KDIMAGE;
extern BOOLEAN (*KdFindImage)(ULONG_PTR address, KDIMAGE *image);
/* text (size bytes, at least 1) receives "ntdll!RtlAllocateHeap+1f", "ntdll+1f", or the
 * bare number.  TRUE if the module is known.  *start, if start is not NULL: the symbol's
 * address, 0 if there is none. */
BOOLEAN KdNameAddress(ULONG_PTR address, char *text, SIZE_T size, ULONG_PTR *start);

ULONG KdTextLength(const char *, SIZE_T limit); /* strlen, at most limit */

/* ---- events ---- */
/* One process's trace: its mask, its flags (FATHOM_TRACE_*), and what it has not read
 * yet. */
#define KDTRACE_SIZE 0x20000u
typedef struct _KDTRACE {
    ULONG Mask, Flags;
    ULONG Head, Tail; /* bytes read and written so far; Tail - Head <= KDTRACE_SIZE */
    ULONG Lost;       /* events that found no room */
    UCHAR Buffer[];
} KDTRACE;
/* Whose a thread's events are: ex hands it over; unchanged for the kernel's own threads. */
typedef struct _KDOWNER {
    ULONG ProcessId, ThreadId;
    KDTRACE *Trace; /* its process's, or NULL */
    ULONG *Taken;   /* heap calls taken from its batch so far */
} KDOWNER;
extern void (*KdOwnerOf)(PKTHREAD, KDOWNER *);
extern ULONG KdHostTraceMask; /* boot option trace=MASK: of all processes, to the host */
extern ULONG KdHostStacks;    /* boot option stacks=: which have their stacks */
#define KD_STACKS_OF_ALL  1   /* as the kernel walks them */
#define KD_STACKS_OF_HEAP 2 /* HeapOperation, as ntdll walks them: in user mode, exact */
/* These events are wanted from now on, and those of KdHostTraceMask. */
void KdSetTraceMask(ULONG wanted);
extern ULONGLONG KdTraceOverhead; /* TSC that tracing itself has used */
/* Move whole records into buffer (kernel memory, length bytes); returns the bytes copied,
 * 0 when there is none or the first is larger than the buffer. */
ULONG KdReadTrace(KDTRACE *, UCHAR *buffer, ULONG length);
void KdTraceEvent(ULONG id, ULONG count, const ULONG *fields); /* what KD_TRACE reaches */
/* What this thread does since ended (low half of the clock) to its next HeapOperation is tracing's
 * own work: it takes no time, and its services and faults are no events. */
void KdTraceWork(ULONG ended);
/* A HeapOperation.  Its time is call->Ended: what ntdll did since then is tracing's own cost. */
void KdTraceHeapCall(const FATHOM_HEAP_CALL *call);

/* batch.c: whether threads keep their heap calls; PEB.TracingFlags of a process whose own mask is
 * own; the calls that a thread has kept are taken now, between two times as events have them. */
BOOLEAN KdHasBatches(void);
ULONG KdHeapTracing(ULONG own);
void KdTakeBatch(PKTHREAD, const KDOWNER *, ULONGLONG before, ULONGLONG now);

/* stream.c: the same for the host. */
typedef struct _KDEVENT {
    ULONG Id, FieldCount, FrameCount, ProcessId, ThreadId;
    const ULONG *Fields;
    const FATHOM_FRAME *Frames;
    ULONGLONG Time;
} KDEVENT;
/* Where records go: a ring for the host that an OUT to port stops the machine for; 0: COM2. */
void KdOpenStream(ULONG port);
void KdStreamEvent(const KDEVENT *, const char *text); /* text: may be NULL */
/* Room for count records to be filled in, bytes in all, with numbers from *number on; NULL: none,
 * they are counted as lost.  Then they are whole. */
FATHOM_RECORD *KdNewRecords(ULONG bytes, ULONG count, ULONG *number);
void KdEndRecords(const FATHOM_RECORD *first, ULONG bytes);

#endif

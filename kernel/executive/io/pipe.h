/* pipe.h - an instance of a named pipe: two ends, and a ring of bytes for each that reads.
 *
 *   NAME -> IOPIPENAME     server                    client
 *             |            IOFILE --- IOPIPE ------- IOFILE       File[], NULL: closed
 *             Listening -> ...        Queue[server] <- inbound
 *                                     Queue[client] <- outbound
 *
 *   LISTENING -- a client opens the name --> CONNECTED -- an end is closed --> CLOSING
 *       ^                                        |                               |
 *       +-- FSCTL_PIPE_LISTEN -- DISCONNECTED <--+---- FSCTL_PIPE_DISCONNECT ----+
 */
#ifndef FATHOM_PIPE_H
#define FATHOM_PIPE_H

#include "iop.h"

/* Bytes of a direction that are held before a writer waits, and of the longest message. */
#define SMALLEST_PIPE 0x1000u
#define LARGEST_PIPE  0x10000u

enum { PipeClient = 0, PipeServer = 1 }; /* FILE_PIPE_LOCAL_INFORMATION.NamedPipeEnd */
enum { PipeInbound = 0, PipeOutbound = 1, PipeDuplex = 2 }; /* .NamedPipeConfiguration */
enum { PipeDisconnected = 1, PipeListening, PipeConnected, PipeClosing }; /* .State */

typedef struct {
    IOPNAME Name;     /* in IopPipeNames while Instances is not 0 */
    ULONG References; /* instances, threads that wait */
    KEVENT Available; /* signalled: an instance listens, or there is none any more */
    LIST_ENTRY Listening;
    ULONG Message; /* 1: FILE_PIPE_MESSAGE_TYPE */
    ULONG Configuration, Maximum, Instances;
    LARGE_INTEGER Timeout; /* of a wait that names none */
    WCHAR Text[];
} IOPIPENAME;

typedef struct {
    ULONG Head, Count; /* bytes; Head: the oldest */
    ULONG Left;        /* of the message that was read in part */
    ULONG Messages;    /* not yet begun; each has its length before its bytes */
} IOPCURSOR;

typedef struct {
    ULONG Size, Quota; /* bytes of the ring; of data, before a writer waits */
    IOPCURSOR At;
    UCHAR Bytes[];
} IOPQUEUE;

typedef struct _IOPIPE {
    ULONG References, State;
    IOPIPENAME *Name;
    LIST_ENTRY Listening; /* in Name->Listening; self-linked: it does not listen */
    KEVENT Changed;       /* who waits looks again */
    IOFILE *File[2];      /* the ends that have a handle */
    ULONG ProcessId[2];   /* of those who made them */
    IOPQUEUE *Queue[2];   /* by the end that reads; NULL: this one does not */
} IOPIPE;

/* ---- pipe.c ---- */
IOPQUEUE *IopMakeQueue(ULONG quota, BOOLEAN messages); /* NULL: no memory */
void IopAttachEnd(IOPIPE *, IOFILE *, ULONG end);
void IopPipeChanged(IOPIPE *);
/* Success: look again, something may have changed; STATUS_THREAD_IS_TERMINATING. */
NTSTATUS IopPipeWait(IOPIPE *);
/* The instance of which the file is an end.  STATUS_INVALID_DEVICE_REQUEST: of none;
 * STATUS_PIPE_DISCONNECTED: it was one, and the server has disconnected it. */
NTSTATUS IopFindEnd(const IOFILE *, IOPIPE **);
/* STATUS_SUCCESS: both ends are there; closing: the other one went; STATUS_PIPE_LISTENING; those
 * of IopFindEnd. */
NTSTATUS IopPipeState(const IOFILE *, NTSTATUS closing);
void IopEmptyQueue(IOPIPE *, ULONG reader);
ULONG IopWaiting(const IOPQUEUE *); /* bytes of data */
ULONG IopMessages(const IOPQUEUE *);
ULONG IopMessageLength(const IOPQUEUE *); /* what is left of the first */
/* Data from the queue's start, by the file's read mode: STATUS_BUFFER_OVERFLOW, a message
 * goes on. */
NTSTATUS IopTake(const IOFILE *, IOPQUEUE *, void *buffer, ULONG length, BOOLEAN peek,
                 ULONG *done);

/* ---- pipename.c ---- */
void IopListen(IOPIPE *);
void IopStopListening(IOPIPE *);
void IopForgetInstance(IOPIPENAME *); /* its last end was closed */
void IopDereferenceName(IOPIPENAME *);
NTSTATUS IopWaitForPipe(const WCHAR *name, ULONG length, LARGE_INTEGER *timeout);

#endif

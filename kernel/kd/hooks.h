/* hooks.h - what the core asks of the rooms above it: one table.
 *
 * Each room of the core says what happens (events), speaks to the host and shows stacks,
 * but how that is done is known in observe, which is above them all.  So the core
 * calls the entries of KdHooks, and KdConnectObserver (observe/observe.h) fills the table
 * as the first act of the boot, before any of them can be called.
 */
#ifndef FATHOM_HOOKS_H
#define FATHOM_HOOKS_H

#include "fathom.h"
#include "ntos.h"
#include "trapframe.h"

typedef struct _KDHOOKS {
    /* Event id happened: count (at most 8) fields, as events.tbl names them. */
    void (*TraceEvent)(ULONG id, ULONG count, const ULONG *fields);
    /* One frame to the host port; docs/hostport.md has the types. */
    void (*HostSend)(ULONG type, const void *payload, ULONG length);
    /* The stack from a trap frame on, across the ring; returns the frames written. */
    ULONG (*CaptureTrap)(const KTRAP_FRAME *, FATHOM_FRAME *frames, ULONG max);
    /* "nt!PageAlloc+12" into text (size bytes, at least 1). */
    void (*NameAddress)(ULONG_PTR address, char *text, SIZE_T size);
    /* The stacks of all threads to the host, as 'T' frames. */
    void (*SendThreadStacks)(void);
    /* KdpSay's text goes on: what the kernel did when it stopped, in which thread. */
    void (*SayWhere)(const KTRAP_FRAME *);
} KDHOOKS;
extern KDHOOKS KdHooks;

#include "events_gen.h"   /* EventServiceEnter = 1 ... */
extern ULONG KdTraceMask; /* bit n: some process wants event n */

/* KD_TRACE(PageAlloc, pfn, use, address): one test of KdTraceMask while it is not wanted. */
#define KD_TRACE(name, ...)                                                              \
    do {                                                                                 \
        if (__builtin_expect(KdTraceMask & (1u << Event##name), 0)) {                    \
            const ULONG fields_[] = {__VA_ARGS__};                                       \
            KdHooks.TraceEvent(Event##name, sizeof fields_ / sizeof *fields_, fields_);  \
        }                                                                                \
    } while (0)

#endif

/* heap_os.h - what a test may ask of the host's doors, and sees of them. */
#ifndef FATHOM_HEAP_OS_H
#define FATHOM_HEAP_OS_H

#include "ntdll/heap/front/front.h"
#ifdef FRONT_INSIDE /* windows7.h */
#include "ntdll/heap/front/windows7/windows7p.h"
#elif defined(FATHOM_GROUPS_H) /* a third one: no test looks inside */
#include "ntdll/heap/front/groupsp.h"
#endif

typedef struct _HEAP_HOST {
    SIZE_T Reserved, Committed; /* bytes now */
    SIZE_T Commits, Events, Failures;
    long CommitsLeft; /* -1: no end; 0: the next commit is refused */
    bool RefuseReserve, RefuseDecommit;
    bool Expected; /* a failure is what the test wants: counted; else it aborts */
    NTSTATUS LastStatus, Raised;
    HEAP_FAILURE_TYPE FirstFailure, LastFailure; /* first: since set to unknown */
    PVOID LastFailureBlock;
    PCSTR LastCall;          /* who found it */
    void (*AtFailure)(void); /* called instead of all that follows; null: nothing */
    void (*AtFault)(void);   /* the same for a fault that is no probe's */
    PVOID Caller;            /* the one frame of every stack that is logged; null: none */
    FATHOM_HEAP_CALL Told;   /* the latest call's event */
} HEAP_HOST;

extern HEAP_HOST HostHeap;

bool HostOwns(const void *Address); /* whether it lies in what the heap has reserved */

static inline FRONT_HEAP *FrontOf(const HEAP *Heap)
{
    return Heap->FrontEndHeap;
}

/* From here on a fault of the heap's where it probes what a program gave it is caught, as
 * in the system.  (cmocka has a handler of its own for each test: so once in each.) */
void HostCatchProbes(void);

#endif

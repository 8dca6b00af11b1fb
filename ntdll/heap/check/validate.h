/* validate.h - what the two halves of the validator share: sums, and how a rule is named. */
#ifndef FATHOM_VALIDATE_H
#define FATHOM_VALIDATE_H

#include "heap/heapp.h"

/* The invariant that does not hold, as a report says it. */
#define H(N) "RtlValidateHeap, H" #N

typedef struct _HEAP_CHECK {
    HEAP *Heap;
    SIZE_T Free, FreeUnits, Ucrs; /* counted on the way, compared at the end */
    SIZE_T Reserved, Committed;   /* bytes */
    PVOID Where;
    HEAP_FAILURE_TYPE What;
    PCSTR Rule;
} HEAP_CHECK;

/* validate.c: every invariant; false: Where, What and Rule say which does not hold.  Check has
 * Heap and zeroes. */
bool RtlpExamineHeap(HEAP_CHECK *Check);

static inline bool RtlpWrong(HEAP_CHECK *Check, PCSTR Rule, HEAP_FAILURE_TYPE What,
                             PVOID Where)
{
    Check->Rule = Rule;
    Check->What = What;
    Check->Where = Where;
    return false;
}

#endif

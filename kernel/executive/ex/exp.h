/* exp.h - what the files of ex share. */
#ifndef FATHOM_EXP_H
#define FATHOM_EXP_H

#include "ex/ex.h"
#include "fathom.h"
#include "io/io.h"
#include "observe/observe.h"
#include "ps/ps.h"
#include "rtl/format.h"
#include "rtl/rtl.h"

#define EX_TAG OB_TAG('E', 'x', ' ', ' ')

void ExRunList(void); /* runlist.c */

typedef struct _EXMEASURE { /* measure.c: the same before and after a program */
    ULONG FreePages, Committed, Handles, Objects, Threads;
    MMPOOLTAG Pool[MM_POOL_TAGS];
    ULONG Allocations; /* but this: it only grows */
} EXMEASURE;
void ExMeasure(EXMEASURE *measure);
void ExSendAudit(ULONG index, const EXMEASURE *before, ULONG regions);

DECLSPEC_NORETURN void ExPowerOff(void); /* start.c: the last frame, then off */

/* A timeout given by user mode: *timeout points at *copy, or is NULL when there is none. */
NTSTATUS ExCaptureTimeout(const LARGE_INTEGER *user, LARGE_INTEGER *copy,
                          LARGE_INTEGER **timeout);

#endif

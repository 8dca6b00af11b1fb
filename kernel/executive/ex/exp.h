/* exp.h - what the files of ex share. */
#ifndef FATHOM_EXP_H
#define FATHOM_EXP_H

#include "ex/ex.h"
#include "fathom.h"
#include "io/io.h"
#include "kd/kd.h"
#include "ps/ps.h"
#include "rtl/format.h"
#include "rtl/rtl.h"

#define EX_TAG OB_TAG('E', 'x', ' ', ' ')

void ExRunList(void);                    /* runlist.c */
DECLSPEC_NORETURN void ExPowerOff(void); /* start.c: the last frame, then off */

/* A timeout given by user mode: *timeout points at *copy, or is NULL when there is none.
 */
NTSTATUS ExCaptureTimeout(const LARGE_INTEGER *user, LARGE_INTEGER *copy,
                          LARGE_INTEGER **timeout);

#endif

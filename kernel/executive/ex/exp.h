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

BOOLEAN ExRunList(void); /* runlist.c; FALSE: the archive has none */

typedef struct _EXMEASURE { /* measure.c: the same before and after a program */
    ULONG FreePages, Committed, Handles, Objects, Threads;
    MMPOOLTAG Pool[MM_POOL_TAGS];
    ULONG Allocations; /* but this: it only grows */
} EXMEASURE;
void ExMeasure(EXMEASURE *measure);
void ExSendAudit(ULONG index, const EXMEASURE *before, ULONG regions);

/* ---- runvalue.c ---- */
typedef struct _EXENVIRONMENT {
    WCHAR *Block;       /* NAME=VALUE 0 ... 0 */
    ULONG Length, Room; /* characters, Length without the last zero */
} EXENVIRONMENT;
/* The default variables, and room for those of more encoded characters; FALSE: no memory. */
BOOLEAN ExMakeEnvironment(EXENVIRONMENT *, ULONG more);
void ExSetVariable(EXENVIRONMENT *, const WCHAR *entry); /* in place of one of its name */
/* Percent-encoded UTF-8 as UTF-16; value has room for a character more than end - at.
 * Returns how many, without the zero at the end. */
ULONG ExDecodeValue(const char *at, const char *end, WCHAR *value);
ULONG ExNumber(const WCHAR *); /* decimal, or 0x and hexadecimal */

/* ---- condition.c ---- */
void ExInitializeConditions(void);
/* The event of that name, which from now on follows memory; NULL: it is no condition. */
KEVENT *ExFindCondition(const WCHAR *name, ULONG length);
void ExLookAtMemory(void); /* sets and resets the two events */

DECLSPEC_NORETURN void ExPowerOff(void); /* start.c: the last frame, then off */

/* A timeout given by user mode: *timeout points at *copy, or is NULL when there is none. */
NTSTATUS ExCaptureTimeout(const LARGE_INTEGER *user, LARGE_INTEGER *copy,
                          LARGE_INTEGER **timeout);

#endif

/* ex.h - the executive on top of the objects: services of waiting, time, system, the run
 * list. */
#ifndef FATHOM_EX_H
#define FATHOM_EX_H

#include "io/io.h"
#include "ps/ps.h"

/* The last step of start-up: a system thread takes the boot words, runs what they ask for (walk,
 * shell, run), and powers off with its status. */
void ExStart(void);

/* Drawn from the boot line's seed=: the same in every run with the same seed. */
ULONGLONG ExRandom(void);

/* A host command of COM3 that concerns the run list ('K'): given to KdHostCommand. */
void ExHostCommand(ULONG type, const void *payload, ULONG length);

void ExInitializeTrace(void);   /* kd's hooks, trace=; once, after PsInitialize */
void ExDeleteTrace(EPROCESS *); /* a process's trace goes; none: nothing happens */

extern const OBTYPE ExEventType, ExMutantType, ExSemaphoreType, ExTimerType,
    ExKeyedEventType, ExPortType;

#endif

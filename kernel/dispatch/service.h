/* service.h - the service tables and what the doors share.
 *
 * tools/services.py makes the tables from include/services.tbl; fastcall.asm indexes
 * them.
 */
#ifndef FATHOM_SERVICE_H
#define FATHOM_SERVICE_H

#include "kd/kd.h"
#include "ke/ke.h"

typedef struct _KSERVICE {
    PVOID Routine; /* NTSTATUS NTAPI, NULL: a hole */
    ULONG ArgumentBytes;
    const char *Name;          /* "NtClose" */
    const char *ArgumentNames; /* "Handle", separated by spaces; * behind a pointer */
} KSERVICE;
C_ASSERT(sizeof(KSERVICE) == 16); /* fastcall.asm */

extern const KSERVICE KiServiceTable[], KiFathomTable[];
extern const ULONG KiServiceTableCount, KiFathomTableCount;

/* Name of a service number, or "?" */
const char *KiServiceName(ULONG number);

/* dispatch/ among itself */
void KiInitializeTraps(void); /* the vector table */
void KiDispatchTrap(KTRAP_FRAME *, ULONG vector);
void KiPageFault(KTRAP_FRAME *, ULONG_PTR address);
/* Give an exception of user mode to its program (firstChance), or end the process with
 * it. frame is the current thread's user frame. */
void KiDispatchException(EXCEPTION_RECORD *, KTRAP_FRAME *frame, BOOLEAN firstChance);
/* The same from the pieces: up to three parameters. */
void KiRaiseUser(KTRAP_FRAME *, NTSTATUS code, ULONG_PTR address, ULONG count,
                 ULONG_PTR p0, ULONG_PTR p1);

#endif

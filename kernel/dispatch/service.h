/* service.h - the service tables: what a number from user mode means.
 *
 * tools/services.py makes them from include/services.tbl.  The second table has the services
 * that only Fathom offers; its numbers begin at FATHOM_FIRST.
 */
#ifndef FATHOM_SERVICE_H
#define FATHOM_SERVICE_H

#include "dispatch/dispatch.h"
#include "services_gen.h"

typedef struct _KSERVICE {
    PVOID Routine;       /* NTSTATUS NTAPI; KiTracedService while services are traced */
    ULONG ArgumentBytes; /* at most KSERVICE_MOST_BYTES */
} KSERVICE;
#define KSERVICE_MOST_BYTES 0x80
#define KI_HEAP_EVENT       (SERVICE_NtFathomHeapEvent - FATHOM_FIRST) /* no event of its own */

extern KSERVICE KiServiceTable[SERVICE_COUNT], KiFathomTable[FATHOM_COUNT];
extern const PVOID KeServiceRoutines[SERVICE_COUNT], KeFathomRoutines[FATHOM_COUNT];

NTSTATUS NTAPI KiNoService(void); /* what a hole of the tables leads to */
void KiTracedService(void);       /* traced.asm */
/* The service returned this status, and the thread leaves to user mode. */
void KiTraceServiceExit(PKTHREAD, NTSTATUS status);

#endif

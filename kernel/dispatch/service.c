/* service.c - the service tables while the system runs; and the service that does nothing.
 *
 * What a door calls is KSERVICE.Routine.  It is the service itself, or KiTracedService
 * while services are events (trace.c says how).
 */
#include "dispatch/service.h"
#include "services.h"

ULONG_PTR KeUserCallReturn; /* ntdll!KiFastSystemCallRet */

NTSTATUS NTAPI KiNoService(void)
{
    return STATUS_INVALID_SYSTEM_SERVICE;
}

static void KiSwitch(KSERVICE *table, const PVOID *routines, ULONG count, BOOLEAN on)
{
    for (ULONG i = 0; i < count; i++) {
        if (routines[i] != KiNoService && &table[i] != &KiFathomTable[KI_HEAP_EVENT])
            table[i].Routine = on ? KiTracedService : routines[i];
    }
}

void KeTraceServices(BOOLEAN on)
{
    KiSwitch(KiServiceTable, KeServiceRoutines, SERVICE_COUNT, on);
    KiSwitch(KiFathomTable, KeFathomRoutines, FATHOM_COUNT, on);
}

/* What a system call costs by itself: `make bench` measures it. */
NTSTATUS NTAPI NtFathomNull(void)
{
    return STATUS_SUCCESS;
}

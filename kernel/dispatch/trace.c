/* trace.c - services as events, without a line in the doors.
 *
 * While services are traced, each Routine of the tables is KiTracedService (traced.asm).
 * A door calls it as any other; it says ServiceEnter and goes on in the service itself,
 * which returns to the door.  ServiceExit is said on the way to user mode: the thread has
 * exit work, so that it leaves by KeServicePendingUserMode, with the status in its frame.
 * The doors are the same whether they are traced or not, and cost nothing for it.
 */
#include "dispatch/service.h"
#include "kd/kd.h"

/* From traced.asm.  The service's routine. */
PVOID KiTraceServiceEnter(const KSERVICE *service, const ULONG *arguments)
{
    const ULONG own = service - KiFathomTable; /* huge: it is of the first table */
    const ULONG number =
        own < FATHOM_COUNT ? FATHOM_FIRST + own : (ULONG)(service - KiServiceTable);
    PKTHREAD thread = KeGetCurrentThread();
    ULONG a[6] = {0};
    memcpy(a, arguments, min(service->ArgumentBytes, sizeof a));
    KD_TRACE(ServiceEnter, number, a[0], a[1], a[2], a[3], a[4], a[5]);
    thread->TracedService = number + 1;
    KeRequestExitWork(thread);
    return own < FATHOM_COUNT ? KeFathomRoutines[own] : KeServiceRoutines[number];
}

void KiTraceServiceExit(PKTHREAD thread, NTSTATUS status)
{
    const ULONG number = thread->TracedService - 1;
    thread->TracedService = 0;
    KD_TRACE(ServiceExit, number, status);
}

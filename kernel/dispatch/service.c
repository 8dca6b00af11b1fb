/* service.c - what a service call needs in C: events, names, and the service that does
 * nothing.
 *
 * The call itself is fastcall.asm: it looks the number up, copies the arguments and
 * calls. Windows: dps nt!KiServiceTable.
 */
#include "dispatch/service.h"

ULONG_PTR KeUserCallReturn; /* ntdll!KiFastSystemCallRet */

static ULONG KiServiceNumber(const KSERVICE *service)
{
    return service >= KiFathomTable && service < KiFathomTable + KiFathomTableCount
               ? 0x1000 + (ULONG)(service - KiFathomTable)
               : (ULONG)(service - KiServiceTable);
}

const char *KiServiceName(ULONG number)
{
    const BOOLEAN second = number >= 0x1000;
    const ULONG index = second ? number - 0x1000 : number;
    const KSERVICE *table = second ? KiFathomTable : KiServiceTable;
    if (index >= (second ? KiFathomTableCount : KiServiceTableCount) ||
        !table[index].Name)
        return "?";
    return table[index].Name;
}

void KiTraceServiceEnter(const KSERVICE *service, const ULONG *arguments)
{
    ULONG a[6] = {0};
    memcpy(a, arguments,
           service->ArgumentBytes < sizeof a ? service->ArgumentBytes : sizeof a);
    KD_TRACE(ServiceEnter, KiServiceNumber(service), a[0], a[1], a[2], a[3], a[4], a[5]);
}

NTSTATUS KiTraceServiceExit(const KSERVICE *service, NTSTATUS status)
{
    KD_TRACE(ServiceExit, KiServiceNumber(service), status);
    return status;
}

/* What a system call costs by itself: `make bench` measures it. */
NTSTATUS NTAPI NtFathomNull(void)
{
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtGetCurrentProcessorNumber(void)
{
    return 0;
}

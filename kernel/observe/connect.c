/* connect.c - observe takes its place in the core's table of hooks. */
#include "observe/observe.h"

static void KdpName(ULONG_PTR address, char *text, SIZE_T size)
{
    KdNameAddress(address, text, size, NULL);
}

void KdConnectObserver(void)
{
    KdHooks = (KDHOOKS){.TraceEvent = KdTraceEvent,
                        .HostSend = KdHostSend,
                        .CaptureTrap = KdCaptureTrap,
                        .NameAddress = KdpName,
                        .SendThreadStacks = KdSendThreadStacks,
                        .SayWhere = KdSayWhere};
}

/* hooks.c - KdHooks before observe has filled it. */
#include "kd/hooks.h"

static void KdpNoEvent(ULONG id, ULONG count, const ULONG *fields)
{
    (void)id, (void)count, (void)fields;
}

static void KdpNoHost(ULONG type, const void *payload, ULONG length)
{
    (void)type, (void)payload, (void)length;
}

static ULONG KdpNoStack(const KTRAP_FRAME *trap, FATHOM_FRAME *frames, ULONG max)
{
    (void)trap, (void)frames, (void)max;
    return 0;
}

static void KdpNoName(ULONG_PTR address, char *text, SIZE_T size)
{
    (void)address, (void)size;
    *text = 0;
}

static void KdpNoStacks(void)
{
}

static void KdpNoWhere(const KTRAP_FRAME *frame)
{
    (void)frame;
}

KDHOOKS KdHooks = {KdpNoEvent, KdpNoHost, KdpNoStack, KdpNoName, KdpNoStacks, KdpNoWhere};
ULONG KdTraceMask;

/* enter.c - a thread enters user mode for the first time. */
#include "dispatch/trap.h"

void KeReturnToUser(KTRAP_FRAME *frame, ULONG esp, ULONG_PTR eip)
{
    KeDisable();
    KiEnterNtdll(frame, esp, eip);
    KiEnterUser(frame);
}

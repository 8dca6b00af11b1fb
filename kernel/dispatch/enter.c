/* enter.c - a thread enters user mode for the first time. */
#include "dispatch/trap.h"

void KeReturnToUser(KTRAP_FRAME *frame)
{
    PKTHREAD thread = KeGetCurrentThread();
    KTRAP_FRAME *place = KiUserFrame(thread);
    KeDisable();
    if (frame != place)
        memmove(place, frame, offsetof(KTRAP_FRAME, V86Es));
    thread->TrapFrame = place;
    place->DbgArgMark = KTRAP_FRAME_MARK;
    place->SegCs = KGDT_R3_CODE;
    place->HardwareSegSs = place->SegDs = place->SegEs = KGDT_R3_DATA;
    place->SegFs = KGDT_R3_TEB;
    place->EFlags |= EFLAGS_ALWAYS;
    KiEnterUser(place);
}

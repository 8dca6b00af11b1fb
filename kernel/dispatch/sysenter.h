/* sysenter.h - contract: the way in by sysenter (file: dispatch/sysenter.asm)
 *
 * ntdll's stub puts the service number into EAX and calls KiFastSystemCall: EDX = ESP, then
 * sysenter.  [EDX] is the return into the stub, [EDX+4] the return into the stub's caller;
 * the arguments lie from [EDX+8].
 *
 * GIVEN
 *   G1  Ring 0, flat CS and SS, interrupts off, ESP = KiSysenterStack.  All else is the
 *       program's: DS, ES, FS, EBX, ESI, EDI, EBP, and the flags DF, NT, AC and TF.
 *   G2  fs (KGDT_R0_PCR) leads to KPCR; its TSS.Esp0 is where the current thread's trap
 *       frame ends: the next push is HardwareSegSs.  Pages there are resident.
 *   G3  In that frame DbgArgMark, SegDs, SegEs and SegFs have their values already.
 *   G4  KeUserCallReturn: the user address to return to.  ntdll's `ret` is there.
 *   G5  KiServiceTable, SERVICE_COUNT entries; KiFathomTable, FATHOM_COUNT entries, whose
 *       numbers begin at FATHOM_FIRST.  A hole's Routine answers for itself.
 *   G6  A Routine is stdcall: it removes its ArgumentBytes (at most KSERVICE_MOST_BYTES),
 *       keeps EBX, ESI, EDI, EBP, may enable, may block, and returns EAX.
 *   G7  "ke/ke.inc": the offsets, STAC and CLAC, and FIXUP: a page fault that mm cannot resolve
 *       in its range goes on at its target, with the registers as they were.
 *
 * MUST PROVIDE
 *   _KiFastCallEntry         where sysenter lands
 *   _KiFastCallEntry.saved   first instruction after the program's flags are in the frame
 *                            and TF is clear; at most 64 bytes after the entry
 *   _KiSysenterStack         at least 64 bytes, usable as a stack, lie below it
 *
 *   The frame: Ebp Ebx Esi Edi EFlags HardwareEsp (= EDX) HardwareSegSs SegCs, and Eip =
 *   DbgEip = KeUserCallReturn, DbgEbp = Ebp, DbgArgPointer = EDX.
 *   The call: ArgumentBytes from EDX+8 copied to the kernel stack, EAX = the KSERVICE,
 *   EBP = the frame.
 *   The result in the program's EAX: what Routine returned, or STATUS_ACCESS_VIOLATION
 *   (the arguments could not be read), or STATUS_INVALID_SYSTEM_SERVICE (no such number).
 *   In both cases no service was called and nothing changed.
 *
 * MAY CALL
 *   Routine; and jump to _KiTrapExit with EBP = the frame (exit.asm), once EAX is in
 *   frame.Eax and IF is set in frame.EFlags.
 *
 * INVARIANTS
 *   I1  DF, NT, AC and TF are clear and interrupts on before anything is called or user
 *       memory is read; FS is KGDT_R0_PCR, DS and ES are KGDT_R3_DATA (flat, in ring 0 too).
 *   I2  An argument is read once, from below 7FFF0000h, by an instruction with a FIXUP.
 *       The service sees the copy alone.
 *   I3  User memory is read between STAC and CLAC only; AC is clear at every other
 *       instruction.
 *   I4  The check of KPCR.Reschedule and sysexit have no enabled instruction between them
 *       (an sti directly before sysexit takes effect after it).  If it is set, the way out
 *       is KiTrapExit.
 *   I5  If AC, NT, DF or TF was set, the way out is KiTrapExit: sysexit would lose it.
 *   I6  After sysexit: EBX, ESI, EDI, EBP, ESP and EIP are the program's; FS is KGDT_R3_TEB,
 *       DS and ES KGDT_R3_DATA; EAX is the result; ECX, EDX, arithmetic flags are lost.
 *
 * TESTED by tests/guest/dispatch (crossing, ring, floating, order, handles), tests/gdb, and
 * tests/second/door.t: a second door, and a closed one under door=int2e.  That boot word
 * (`fathom run --door int2e`) keeps ntdll on int 2Eh; a program that executes sysenter
 * itself still comes here.
 * COSTS today (`make bench`, null_service_sysenter): 55 instructions, the stub, the call and
 * the loop around it included; of these 45 are in this file.
 */
#ifndef FATHOM_SYSENTER_H
#define FATHOM_SYSENTER_H

#include "ntos.h"

extern UCHAR KiFastCallEntry[], KiSysenterStack[];

#endif

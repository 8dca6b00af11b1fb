/* ki.h - what the files of ke/ (and the trap code above) share and nobody else sees. */
#ifndef FATHOM_KI_H
#define FATHOM_KI_H

#include "kd/kd.h"
#include "ke/ke.h"

typedef struct __attribute__((packed)) _KTSS { /* Intel SDM vol. 3, figure 7-2 */
    USHORT Link, Reserved0;
    ULONG Esp0;
    USHORT Ss0, Reserved1;
    ULONG Esp1;
    USHORT Ss1, Reserved2;
    ULONG Esp2;
    USHORT Ss2, Reserved3;
    ULONG Cr3, Eip, EFlags, Eax, Ecx, Edx, Ebx, Esp, Ebp, Esi, Edi;
    USHORT Es, Reserved4, Cs, Reserved5, Ss, Reserved6, Ds, Reserved7, Fs, Reserved8, Gs,
        Reserved9, Ldt, Reserved10;
    USHORT Trap, IoMapBase;
} KTSS;
C_ASSERT(sizeof(KTSS) == 104);

typedef struct __attribute__((packed)) _KDESCRIPTOR {
    USHORT Limit;
    const void *Base;
} KDESCRIPTOR;

extern KPCR KiPcr;
extern KTSS KiTss, KiNmiTss, KiDoubleFaultTss;
extern ULONGLONG KiIdt[256];
extern UCHAR KiBootStackTop[], KiBootStackLimit[];

void KiSetSegmentBase(ULONG selector, ULONG base);
void KiSetTaskCr3(void); /* the fault tasks run on the page tables that are loaded now */
BOOLEAN KiHasCpuid(void);

/* Where a thread's user state lies below InitialStack (trapframe.h has the picture). */
static inline UCHAR *KiFxArea(PKTHREAD thread)
{
    return (UCHAR *)thread->InitialStack - 512;
}
static inline KTRAP_FRAME *KiUserFrame(PKTHREAD thread)
{
    return (KTRAP_FRAME *)((UCHAR *)thread->InitialStack - 512 - sizeof(KTRAP_FRAME));
}
static inline ULONG KiEsp0(PKTHREAD thread)
{
    return (ULONG)thread->InitialStack - KFX_AREA_SIZE;
}
#define KI_EMPTY_STACK                                                                   \
    (512 + sizeof(KTRAP_FRAME)) /* bytes above the first kernel frame */

void KiSaveFloat(PKTHREAD);    /* registers to its area */
void KiRestoreFloat(PKTHREAD); /* and back */
void KiInitializeFloat(PKTHREAD);
void KiMakeCleanFloat(void);         /* what a new thread begins with; once, at boot */
void KiLoadDebugRegisters(PKTHREAD); /* those of its frame, or none */

/* thread.c, for wait.c: interrupts off around each. */
void KiSwapThread(void);                 /* the current thread is Waiting: run another */
void KiUnwaitThread(PKTHREAD, NTSTATUS); /* wait.c: end its wait */
NTSTATUS
KiInterruption(PKTHREAD); /* wait.c: what ends its wait; STATUS_SUCCESS: nothing */
void KiSetReschedule(void);
void KiQuantumTick(void);
BOOLEAN KiRescheduleIfDue(void); /* on the way to user mode */
void KiAbandonMutants(PKTHREAD);
void KiInitializeThreads(void);

/* timer.c */
void KiInsertTimer(KTIMER *, ULONGLONG due);
void KiRemoveTimer(KTIMER *);
ULONGLONG KiDueTime(const LARGE_INTEGER *); /* to 100 ns since boot */

void KiInterrupt(ULONG irq); /* timer.c: from the trap code */

#endif

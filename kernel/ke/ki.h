/* ki.h - what the files of ke and of dispatch share. */
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

/* ---- cpu.c ---- */
#define MSR_SYSENTER_CS  0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
void KiWriteMsr(ULONG msr, ULONGLONG value);
void KiSetSegmentBase(ULONG selector, ULONG base);

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
#define KI_EMPTY_STACK (512 + sizeof(KTRAP_FRAME)) /* bytes above the first C frame */

/* ---- float.c ---- */
void KiSaveFloat(PKTHREAD);    /* registers to its area */
void KiRestoreFloat(PKTHREAD); /* and back */
void KiInitializeFloat(PKTHREAD);
void KiMakeCleanFloat(void);         /* what a new thread begins with; once, at boot */
void KiLoadDebugRegisters(PKTHREAD); /* those of its frame, or none */

/* ---- schedule.c: interrupts are off around each ---- */
#define KI_QUANTUM_TICKS 2 /* a workstation's 31 ms */
extern KTHREAD KiIdleThread;
extern LIST_ENTRY KiDeadThreads; /* by ReadyListEntry: freed at the next switch */
void KiInitializeQueues(void);
void KiSwapThread(void);         /* the current thread waits or ended: run another */
void KiAfterSwitch(void);        /* on the stack that a switch came to */
void KiQuantumTick(void);        /* at each tick */
BOOLEAN KiRescheduleIfDue(void); /* on the way to user mode */

/* ---- clock.c, timer.c, interrupt.c ---- */
extern ULONGLONG KiInterruptTime, KiBootTime; /* 100 ns since boot; since 1601 at boot */
extern ULONGLONG KiLooks; /* at what threads wait for, by signals so far */
extern RTL_AVL_TREE KiTimers;
void KiShowClock(void); /* the time into KeSharedUserData */
void KiInsertTimer(KTIMER *, ULONGLONG due);
void KiRemoveTimer(KTIMER *);
ULONGLONG KiDueTime(const LARGE_INTEGER *); /* to 100 ns since boot */
void KiInitializePic(void);                 /* every line masked */
void KiInterrupt(ULONG irq);                /* from the trap code */

/* ---- wait.c ---- */
void KiUnwaitThread(PKTHREAD, NTSTATUS);  /* its wait ends with this status */
NTSTATUS KiInterruption(PKTHREAD thread); /* why its wait ends early, or STATUS_SUCCESS */
void KiAbandonMutants(PKTHREAD);

#endif

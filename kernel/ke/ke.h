/* ke.h - the public face of ke: processor, threads, waits, time.
 *
 * The idea: one processor, and a kernel that is not preempted.  A thread gives up the
 * processor in kernel mode only inside KeWait*, KeDelay and KeYield; an interrupt that
 * comes while the kernel runs touches the interrupt's own data, sets KPCR.Reschedule and
 * returns. The switch happens on the way back to user mode.  So a service runs to its end
 * or its wait as one piece, and needs no lock; what an interrupt handler shares with the
 * rest is touched with interrupts off (KeDisable/KeRestore), for a bounded time.
 *
 * Current thread and processor are found through fs (selector 30h, KPCR); fs:[124h] is the
 * thread, as on Windows.
 */
#ifndef FATHOM_KE_H
#define FATHOM_KE_H

#include "ntos.h"
#include "rtl/avl.h"
#include "trapframe.h"

/* ---- processor features, found once at boot ---- */
typedef struct _KFEATURES {
    BOOLEAN Sep, Fxsr, Sse, Nx, Smep, Smap, Pge, Pat, Tsc;
} KFEATURES;
extern KFEATURES KeFeatures;

struct _KTHREAD;
struct _MMSPACE;

/* ---- dispatcher objects: Windows' DISPATCHER_HEADER and its type numbers ---- */
enum {
    EventNotificationObject = 0,
    EventSynchronizationObject = 1,
    MutantObject = 2,
    ProcessObject = 3,
    SemaphoreObject = 5,
    ThreadObject = 6,
    TimerNotificationObject = 8,
    TimerSynchronizationObject = 9,
};

typedef struct _DISPATCHER_HEADER {
    UCHAR Type, Absolute, Size, Inserted;
    LONG SignalState;
    LIST_ENTRY WaitListHead; /* of KWAIT_BLOCK.WaitListEntry */
} DISPATCHER_HEADER;

typedef struct _KEVENT {
    DISPATCHER_HEADER Header;
} KEVENT;
typedef struct _KSEMAPHORE {
    DISPATCHER_HEADER Header;
    LONG Limit;
} KSEMAPHORE;
typedef struct _KMUTANT {
    DISPATCHER_HEADER Header;
    LIST_ENTRY MutantListEntry; /* of KTHREAD.MutantListHead */
    struct _KTHREAD *OwnerThread;
    BOOLEAN Abandoned;
} KMUTANT;
typedef struct _KTIMER {
    DISPATCHER_HEADER Header;
    ULONGLONG DueTime; /* 100 ns since boot */
    RTL_AVL_NODE Node; /* in KiTimers while Header.Inserted */
    ULONG Period;      /* milliseconds; 0: once */
    /* At the tick, interrupts off, in place of signalling the timer; may be NULL. */
    void (*Callback)(struct _KTIMER *, void *);
    void *CallbackContext;
} KTIMER;

typedef struct _KWAIT_BLOCK {
    LIST_ENTRY WaitListEntry;
    struct _KTHREAD *Thread;
    DISPATCHER_HEADER *Object;
    NTSTATUS WaitKey; /* status the wait ends with if this object ends it */
} KWAIT_BLOCK;

/* A user APC: NormalRoutine (user mode) is entered through KiUserApcDispatcher when an
 * alertable wait ends.  FreeRoutine, which may be NULL, releases the KAPC: when the
 * arguments have been taken, or when the thread ends. */
typedef struct _KAPC {
    LIST_ENTRY ApcListEntry;
    void (*FreeRoutine)(struct _KAPC *);
    PVOID NormalRoutine, NormalContext, SystemArgument1, SystemArgument2;
} KAPC;

typedef enum {
    KthreadInitialized,
    KthreadReady,
    KthreadRunning,
    KthreadWaiting,
    KthreadTerminated
} KTHREAD_STATE;

typedef struct _KTHREAD {
    DISPATCHER_HEADER Header; /* signalled when the thread has ended */
    PVOID InitialStack;       /* top of the kernel stack, page aligned */
    PVOID StackLimit;         /* lowest byte */
    PVOID KernelStack;        /* saved ESP while not running */
    struct _MMSPACE *Space;   /* address space; NULL for a system thread (any will do) */
    PVOID Teb;                /* user address, or NULL */
    KTRAP_FRAME *TrapFrame;   /* of the latest entry from user mode */
    UCHAR State, Priority, BasePriority;
    LONG Quantum;
    LIST_ENTRY ReadyListEntry; /* ready queue */
    ULONG ReadySince;          /* tick at which it came there */
    LIST_ENTRY AllListEntry;   /* KeAllThreads */
    LIST_ENTRY MutantListHead;
    NTSTATUS WaitStatus;
    BOOLEAN Alertable, WaitUser, WaitAll;
    ULONG WaitCount;
    KWAIT_BLOCK *WaitBlocks;  /* of the wait under way */
    KWAIT_BLOCK WaitBlock[4]; /* enough for most waits */
    KTIMER WaitTimer;
    LIST_ENTRY ApcListHead; /* user APCs */
    BOOLEAN UserApcPending; /* deliver them at the next return to user mode */
    ULONG SuspendCount;
    KEVENT ResumeEvent;       /* what a suspended thread waits for */
    BOOLEAN Begun;            /* its NtContinue has left the loader for its own code */
    BOOLEAN TerminatePending; /* die at the next return to user mode; waits end at once */
    NTSTATUS ExitStatus;
    ULONGLONG KernelTime, UserTime; /* ticks */
    BOOLEAN DebugActive;            /* its debug registers are in use */
    ULONG ContextSwitches;
    ULONG ExitWork; /* not 0: leave to user mode by the long way (KeRequestExitWork) */
    ULONG TracedService; /* its number + 1 while it is traced: dispatch/trace.c */
} KTHREAD, *PKTHREAD;

/* The processor's page at fs:0, in kernel mode; the offsets named are Windows'. */
typedef struct _KPCR {
    PVOID ExceptionList; /* 00 */
    ULONG Reserved0[6];
    struct _KPCR *SelfPcr; /* 1C */
    ULONG Reserved1[6];
    PVOID IDT; /* 38 */
    PVOID GDT;
    PVOID TSS; /* 40 */
    ULONG Reserved2[56];
    struct _KTHREAD *CurrentThread; /* 124 */
    struct _KTHREAD *IdleThread;
    ULONG Reschedule;      /* a switch is due on the way to user mode */
    ULONG InterruptedUser; /* the latest interrupt came from user mode */
    ULONGLONG Ticks;
} KPCR;

static inline PKTHREAD KeGetCurrentThread(void)
{
    PKTHREAD thread;
    __asm__ volatile("movl %%fs:0x124, %0" : "=r"(thread));
    return thread;
}

static inline ULONG KeDisable(void) /* interrupts off; returns what KeRestore takes */
{
    ULONG flags;
    __asm__ volatile("pushfl; popl %0; cli" : "=r"(flags)::"memory");
    return flags;
}
static inline void KeRestore(ULONG flags)
{
    __asm__ volatile("pushl %0; popfl" ::"r"(flags) : "memory", "cc");
}
static inline ULONGLONG KeReadTsc(void)
{
    ULONGLONG t;
    __asm__ volatile("rdtsc" : "=A"(t));
    return t;
}

/* ---- boot ---- */
extern char KeBootWords[]; /* the command line's, each with its NUL, then an empty one */
void KeReadBootOptions(const char *text); /* the command line; once, it is copied */
/* A word of the command line: "name=value" gives value, a bare "name" gives "", an absent
 * one NULL.  The text stays. */
const char *KeBootOption(const char *name);
ULONG KeBootNumber(const char *name, ULONG otherwise); /* decimal or 0x hexadecimal */

/* The stack of the boot: boot/multiboot.asm enters on it, then it is the idle thread's. */
#define KE_BOOT_STACK_SIZE 0x4000
extern UCHAR KeBootStack[KE_BOOT_STACK_SIZE];

void KeInitializeProcessor(void); /* features, GDT, TSS, control registers */
void KeSetTaskCr3(void); /* the fault tasks run on the tables that are loaded now */
void KeInitializeThreads(void); /* what runs now becomes the idle thread */
void KeSetBootTime(ULONGLONG);  /* 100 ns since 1601, UTC, at boot */
#define KE_IRQ_VECTOR 0x30      /* of interrupt line 0 */
void KeInitializeClock(void);   /* line 0 is the tick; PIC at vectors 30h..3Fh */

/* ---- threads ---- */
/* Make a thread of it, on the kernel stack [limit, top) that the caller supplies: it will
 * run start(context) in kernel mode.  Not yet ready.  Never fails. */
void KeInitializeThread(PKTHREAD, PVOID stackTop, PVOID stackLimit, struct _MMSPACE *,
                        void (*start)(void *), void *context);
void KeReadyThread(PKTHREAD);
DECLSPEC_NORETURN void
    KeTerminateThread(NTSTATUS); /* the current one; signals it; never returns */
/* Called on another thread's stack, when the stack of the dead thread may be freed. */
extern void (*KeReapThread)(PKTHREAD);
void KeYield(void);
/* Between two steps of a service that may take long, with nothing half done and no other space
 * attached: the switch that is due.  TRUE: others ran; the thread may have TerminatePending. */
BOOLEAN KeYieldIfDue(void);
/* Where a thread that does not run will go on: for printing its stack. */
void KeQueryThreadResume(PKTHREAD, ULONG_PTR *eip, ULONG_PTR *ebp);
/* The thread's trap frame or context changed, or it has something to do on its way to
 * user mode: its next exit goes by KeServicePendingUserMode (dispatch) and iret. */
void KeRequestExitWork(PKTHREAD);
/* User registers of a thread (the current one, or one that does not run) to and from a
 * CONTEXT, by ContextFlags.  What a program may not choose (kernel selectors, IOPL, IF,
 * ...) is put right silently, as Windows does. */
void KeContextFromThread(PKTHREAD, CONTEXT *);
void KeContextToThread(PKTHREAD, const CONTEXT *);
/* What mm hands over: */
extern void (*KeActivateSpace)(struct _MMSPACE *); /* mm: load CR3 if it differs */
extern BOOLEAN (*KeIdleWork)(void);         /* mm: zero a page; FALSE: nothing to do */
extern KUSER_SHARED_DATA *KeSharedUserData; /* where the clock is shown; may be NULL */
DECLSPEC_NORETURN void KeIdleLoop(void);    /* what the idle thread does */
/* A program's threads have 1..31; the kernel's own run before any of them, so that no program
 * keeps the run list or the host from being heard. */
#define KE_SYSTEM_PRIORITY 32
LONG KeSetPriorityThread(PKTHREAD, LONG); /* returns the old one; 1..31 */
ULONG KeSuspendThread(PKTHREAD); /* returns the count before; takes effect at user mode */
ULONG KeResumeThread(PKTHREAD);
extern LIST_ENTRY KeAllThreads;

/* ---- waits.  timeout: 100 ns, negative relative, else absolute system time, NULL ever */
#define KE_ONCE 2 /* as user: a suspension ends the wait, STATUS_KERNEL_APC */
void KeInitializeEvent(KEVENT *, int type, BOOLEAN signalled);
LONG KeSetEvent(KEVENT *);
LONG KeResetEvent(KEVENT *);
LONG KePulseEvent(KEVENT *);
void KeInitializeSemaphore(KSEMAPHORE *, LONG count, LONG limit);
NTSTATUS KeReleaseSemaphore(KSEMAPHORE *, LONG add,
                            LONG *previous); /* STATUS_SEMAPHORE_LIMIT_EXCEEDED */
void KeInitializeMutant(KMUTANT *, BOOLEAN owned);
NTSTATUS KeReleaseMutant(KMUTANT *, LONG *previous); /* STATUS_MUTANT_NOT_OWNED */
void KeInitializeTimer(KTIMER *, int type);
BOOLEAN KeSetTimer(KTIMER *, LARGE_INTEGER due,
                   ULONG periodMs); /* TRUE if it was set before */
BOOLEAN KeCancelTimer(KTIMER *);
/* STATUS_SUCCESS + index, STATUS_ABANDONED + index, STATUS_TIMEOUT, STATUS_USER_APC,
 * STATUS_THREAD_IS_TERMINATING when TerminatePending ends a user wait. */
NTSTATUS KeWaitForSingleObject(void *object, BOOLEAN alertable, BOOLEAN user,
                               LARGE_INTEGER *timeout);
/* blocks may be NULL when count <= 4, else count KWAIT_BLOCKs */
NTSTATUS KeWaitForMultipleObjects(ULONG count, void **objects, BOOLEAN all,
                                  BOOLEAN alertable, BOOLEAN user, LARGE_INTEGER *timeout,
                                  KWAIT_BLOCK *blocks);
NTSTATUS KeDelayExecutionThread(BOOLEAN alertable, BOOLEAN user, LARGE_INTEGER *interval);
void KeSignalObject(DISPATCHER_HEADER *); /* set to signalled and wake: processes */
/* TerminatePending with this exit status (the first request counts); a wait on behalf of
 * the user ends, a suspended thread runs to its end. */
void KeRequestTermination(PKTHREAD, NTSTATUS);
BOOLEAN KeQueueApc(PKTHREAD, KAPC *); /* FALSE: the thread has ended */
void KeTestAlertThread(void);         /* user APCs that are queued run at the next exit */

/* ---- time ---- */
ULONGLONG KeQueryInterruptTime(void); /* 100 ns since boot */
ULONGLONG KeQuerySystemTime(void);    /* 100 ns since 1601 */
#define KE_TICK_100NS 156250u         /* 64 Hz, as Windows */

/* ---- interrupt lines ---- */
/* One more handler (of at most three) for line 0..15; it runs with interrupts off. */
void KeConnectInterrupt(ULONG irq, void (*handler)(void));

#endif

/* kd.h - the public face of what the kernel says about itself: print, stop, trace, name.
 *
 * It stands on the ground and serves every folder; what it needs from above it is handed
 * as functions (KdReadMemory, KdFindImage) at start-up.
 */
#ifndef FATHOM_KD_H
#define FATHOM_KD_H

#include <stdarg.h>
#include "rtl/rtl.h"
#include "fathom.h"
#include "ke/ke.h"

/* ---- say ---- */
void KdInitializeSerial(void); /* COM1 (console), COM2 (events), COM3 (host), polled */
void KdSerialWrite(ULONG port, const void *bytes, ULONG length); /* port 0..2 */
int KdSerialRead(ULONG port);                                    /* a byte, or -1 */
/* Text for people: an 'L' frame when a host listens, else COM1 and the text console. */
ULONG DbgPrint(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern void (*KdConsoleWrite)(const char *,
                              ULONG);        /* the text console, when there is one */
void KdPrintText(const char *, ULONG);       /* as DbgPrint, unformatted */
void KdPrintEverywhere(const char *, ULONG); /* COM1 and the text console, host or not */

/* The host port: framed records to the tool that started the machine (port E9h out, COM3
 * in). Only ring 0 can write there.  Layout in docs/hostport.md.  No-op when no token=
 * was given. */
void KdHostSend(ULONG type, const void *payload, ULONG length);
void KdHostOfferWindow(void);
extern BOOLEAN KdHostPresent; /* token= was given: the host port is in use */
/* A whole frame came from the host on COM3; called with interrupts off, from the tick,
 * from interrupt line 4 or from KdPollHost.  At most KD_HOST_PAYLOAD bytes; longer ones
 * are cut. */
#define KD_HOST_PAYLOAD 16384
extern void (*KdHostCommand)(ULONG type, const void *payload, ULONG length);
void KdPollHost(void);                    /* read what COM3 has now */
void KdSerialEnableInterrupt(ULONG port); /* receiver of port 0..2 raises line 4, 3, 4 */

/* ---- stop ---- */
DECLSPEC_NORETURN void KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3,
                                    ULONG_PTR p4);
DECLSPEC_NORETURN void KdReportAndStop(ULONG code, const KTRAP_FRAME *,
                                       const ULONG_PTR parameters[4]);
DECLSPEC_NORETURN void KdBugCheckTrap(ULONG code, const KTRAP_FRAME *, ULONG_PTR p1,
                                      ULONG_PTR p2);
/* isa-debug-exit with this value; without such a device an orderly end switches off by
 * ACPI, a bug check stands still with its text on the screen. */
#define KD_POWEROFF_ORDERLY  0x10 /* QEMU exits with 33 */
#define KD_POWEROFF_BUGCHECK 0x11 /* QEMU exits with 35 */
DECLSPEC_NORETURN void KdPowerOff(ULONG value);
#define ASSERT(e) ((e) ? (void)0 : KdAssertFailed(#e, __FILE__, __LINE__))
DECLSPEC_NORETURN void KdAssertFailed(const char *expression, const char *file, int line);

/* ---- read and name ---- */
/* Fault-safe read of size bytes at any address of the current space: mm hands it over. */
extern NTSTATUS (*KdReadMemory)(ULONG_PTR address, void *buffer, SIZE_T size);
/* Work in another address space; returns the one before (mm's MmAttachSpace). */
extern struct _MMSPACE *(*KdEnterSpace)(struct _MMSPACE *);
/* "pid.tid name" of a thread, for lists of stacks: ps's knowledge, handed over. */
extern void (*KdDescribeThread)(PKTHREAD, char *text, SIZE_T size);

/* What stands at an address: filled by ps/mm through KdFindImage. File is the PE file as
 * it lies in the boot archive (kernel memory), so names never come from memory a program
 * wrote. */
typedef struct _KDIMAGE {
    ULONG_PTR Base;
    SIZE_T Size;
    const UCHAR *File;
    SIZE_T FileSize;
    char Name[32]; /* "ntdll", without extension */
} KDIMAGE;
extern BOOLEAN (*KdFindImage)(ULONG_PTR address,
                              KDIMAGE *image); /* in the current space */

/* "ntdll!RtlAllocateHeap+1f" into text; FALSE (and a bare number) if nothing is known.
 * start, if not NULL, receives the address of the symbol. */
BOOLEAN KdNameAddress(ULONG_PTR address, char *text, SIZE_T size, ULONG_PTR *start);

/* Walk from a kernel EBP/EIP (or a trap frame) across the ring. Returns frames written.
 */
ULONG KdCaptureStack(ULONG_PTR eip, ULONG_PTR ebp, FATHOM_FRAME *frames, ULONG max);
ULONG KdCaptureTrap(const KTRAP_FRAME *, FATHOM_FRAME *frames, ULONG max);
void KdPrintStack(const FATHOM_FRAME *, ULONG count);
void KdPrintThreadStacks(void); /* of every thread: hang, bug check */
void KdSendThreadStacks(void);  /* the same as 'T' frames, when a host listens */

/* ---- trace ---- */
#include "events_gen.h"   /* EventServiceEnter = 1 ... */
extern ULONG KdTraceMask; /* bit n: some process wants event n */
void KdTraceEvent(ULONG id, ULONG count, const ULONG *fields);

/* One process's trace: its mask, its flags (FATHOM_TRACE_*), and what it has not read
 * yet. */
typedef struct _KDTRACE {
    ULONG Mask, Flags;
    ULONG Head,
        Tail;   /* bytes read and written since the start; Tail - Head <= KDTRACE_SIZE */
    ULONG Lost; /* events that found no room */
    UCHAR Buffer[];
} KDTRACE;
#define KDTRACE_SIZE 0x20000u
extern KDTRACE *(*KdCurrentTrace)(ULONG *processId,
                                  ULONG *threadId); /* ps hands it over */
extern ULONG KdSerialTraceMask;   /* boot option trace=MASK: all processes, out of COM2 */
extern ULONGLONG KdTraceOverhead; /* TSC that tracing itself has used */
ULONG KdReadTrace(KDTRACE *, UCHAR *buffer,
                  ULONG length); /* whole records; bytes copied */
#define KD_TRACE(name, ...)                                                              \
    do {                                                                                 \
        if (__builtin_expect(KdTraceMask & (1u << Event##name), 0)) {                    \
            const ULONG fields_[] = {__VA_ARGS__};                                       \
            KdTraceEvent(Event##name, sizeof fields_ / sizeof *fields_, fields_);        \
        }                                                                                \
    } while (0)

#endif

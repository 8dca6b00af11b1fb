/* kd.h - the public face of the lowest room that has a device: serial lines, printing,
 * stopping.
 *
 * It needs rtl alone and serves every room.  How the system is watched (stacks, names,
 * events, the host port) is observe's part: observe/observe.h.
 */
#ifndef FATHOM_KD_H
#define FATHOM_KD_H

#include <stdarg.h>
#include "kd/bugcodes.h"
#include "kd/hooks.h"
#include "rtl/rtl.h"

/* ---- say ---- */
void KdInitializeSerial(void); /* COM1 (console), COM2 (events), COM3 (host), polled */
void KdSerialWrite(ULONG port, const void *bytes, ULONG length); /* port 0..2 */
int KdSerialRead(ULONG port);                                    /* a byte, or -1 */
void KdSerialEnableInterrupt(ULONG port); /* receiver of port 0..2 raises line 4, 3, 4 */
/* Text for people: an 'L' frame when a host listens, else COM1 and the text console. */
void DbgPrint(const char *format, ...) __attribute__((format(printf, 1, 2)));
void KdPrintEverywhere(const char *,
                       ULONG length); /* COM1 and the console, host or not */
/* The type of the frames that text goes in: 'L', 'R' for a report, 'T' while stacks are sent.
 * Returns the old one. */
ULONG KdSetPrintFrame(ULONG type);
extern BOOLEAN KdHostPresent; /* token= was given: the host port is in use */
extern void (*KdConsoleWrite)(const char *,
                              ULONG length); /* io's text console, or NULL */

/* ---- stop ---- */
DECLSPEC_NORETURN void KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3,
                                    ULONG_PTR p4);
DECLSPEC_NORETURN void KdBugCheckTrap(ULONG code, const KTRAP_FRAME *, ULONG_PTR p1,
                                      ULONG_PTR p2);
/* isa-debug-exit with this value; without such a device an orderly end switches off by
 * ACPI, a bug check stops with its text on the screen. */
#define KD_POWEROFF_ORDERLY  0x10 /* QEMU exits with 33 */
#define KD_POWEROFF_BUGCHECK 0x11 /* QEMU exits with 35 */
DECLSPEC_NORETURN void KdPowerOff(ULONG value);
#define ASSERT(e) ((e) ? (void)0 : KdAssertFailed(#e, __FILE__, __LINE__))
DECLSPEC_NORETURN void KdAssertFailed(const char *expression, const char *file, int line);

/* ---- within kd ---- */
void KdpSay(const char *format, ...); /* one more piece of the report of a bug check */
DECLSPEC_NORETURN void KdpReportAndStop(ULONG code, const KTRAP_FRAME *,
                                        const ULONG_PTR parameters[4]);

#endif

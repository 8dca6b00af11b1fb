/* report.h - the report of a bug check, within kd. */
#ifndef FATHOM_REPORT_H
#define FATHOM_REPORT_H

#include "kd/kd.h"

/* Add a formatted piece to the report; what does not fit is left out. */
void KdpSay(const char *format, ...);
/* The report, then the machine ends.  frame: the registers that it shows. */
DECLSPEC_NORETURN void KdpReportAndStop(ULONG code, const KTRAP_FRAME *frame,
                                        const ULONG_PTR parameters[4]);

#endif

/* iop.h - what pattern.c and cmos.c need of io, for the host. */
#ifndef FATHOM_TEST_IOP_H
#define FATHOM_TEST_IOP_H

#include "nthost.h"
#include <string.h>

typedef uint16_t WCHAR;
#define IO_LONGEST_NAME 255u
#define min(a, b)       ((a) < (b) ? (a) : (b))
#define max(a, b)       ((a) > (b) ? (a) : (b))
WCHAR IopUpcase(WCHAR);
BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name);
void DbgPrint(const char *format, ...);
ULONGLONG IopTimeOfCmos(const UCHAR raw[6], UCHAR statusB);
ULONGLONG IoReadBatteryClock(void);
UCHAR IopReadCmos(UCHAR index);
void IopWriteCmos(UCHAR index, UCHAR value);

#endif

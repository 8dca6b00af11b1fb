/* iop.h - what pattern.c needs of io, for the host. */
#ifndef FATHOM_TEST_IOP_H
#define FATHOM_TEST_IOP_H

#include "nthost.h"

typedef uint16_t WCHAR;
#define IO_LONGEST_NAME 255u
#define min(a, b)       ((a) < (b) ? (a) : (b))
#define max(a, b)       ((a) > (b) ? (a) : (b))
WCHAR IopUpcase(WCHAR);
BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name);

#endif

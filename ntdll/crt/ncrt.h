/* ncrt.h - what ntdll's C functions of printing and scanning share.
 *
 * The engines are those of the C runtime (crt/msvcrt/format_core.h, scan_core.h, print_memory.h),
 * compiled here once more, without streams and without floating point: nothing of msvcrt.dll is
 * called.  There is no errno and no locale.  A function is named c_NAME inside and exported as NAME
 * (ntdll.def).
 */
#ifndef FATHOM_NCRT_H
#define FATHOM_NCRT_H

#include "crt/sinks.h"
#include "ntdllp.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NTDLL_FORMATS
#define _errno() (&(int){0}) /* it is not read */

#endif

/* format.h - text formatting, with no other idea in it. */
#ifndef FATHOM_FORMAT_H
#define FATHOM_FORMAT_H

#include <stdarg.h>
#include "ntos.h"

/* printf's engine: %[-0][width][.precision][h|l|ll|I64|w|z] with d i u x X p c s S % ;
 * %wZ is a UNICODE_STRING *, %ls and %S a WCHAR *.  put() gets the text in pieces.
 * Returns the length. */
ULONG RtlFormat(void (*put)(void *context, const char *text, ULONG length), void *context,
                const char *format, va_list arguments);
/* Into a buffer, always NUL-ended when size > 0; returns the bytes written without the
 * NUL. */
int RtlFormatV(char *buffer, SIZE_T size, const char *format, va_list arguments);
int RtlSnprintf(char *buffer, SIZE_T size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

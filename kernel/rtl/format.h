/* format.h - text formatting, with no other idea in it. */
#ifndef FATHOM_FORMAT_H
#define FATHOM_FORMAT_H

#include <stdarg.h>
#include "ntos.h"

/* printf's engine, as much of it as the kernel prints with: %[0][width][.precision][l|I64] and
 * d u x X s S; %S is a WCHAR *, whose width is ignored.  put() gets the text in pieces. */
void RtlFormat(void (*put)(void *context, const char *text, ULONG length), void *context,
               const char *format, va_list arguments);
/* Into a buffer of at least one byte, NUL-ended; returns the bytes written without the NUL. */
int RtlSnprintf(char *buffer, SIZE_T size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

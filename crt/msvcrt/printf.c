/* printf.c - the printf family for narrow text. */
#include "crt.h"
#define CHAR        char
#define FORMAT      crt_format
#define PRINT(name) crt_##name
#define VSNPRINTF   _vsnprintf
#define SNPRINTF    _snprintf
#define PUT(text, length, stream)                                                        \
    (crt_put(text, (size_t)(length), stream) == (size_t)(length))
#include "print_core.h"

/* wformat.c - the printf engine for wide formats. */
#include "crt.h"
#define CHAR   wchar_t
#define FORMAT crt_wformat
#include "format_core.h"

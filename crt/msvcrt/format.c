/* format.c - the printf engine for narrow formats. */
#include "crt.h"
#define CHAR   char
#define FORMAT crt_format
#include "format_core.h"

/* wscan.c - the scanf family for wide text. */
#include "crt.h"
#include <wchar.h>

static int get_wide(FILE *stream)
{
    int wide = crt_getwc(stream);
    return wide == WEOF ? EOF : wide;
}

#define CHAR                     wchar_t
#define UNIT                     wchar_t
#define SCAN                     crt_wscan
#define FAMILY(name)             crt_w##name
#define GET(stream)              get_wide(stream)
#define UNGET(character, stream) crt_ungetwc(character, stream)
#include "scan_core.h"

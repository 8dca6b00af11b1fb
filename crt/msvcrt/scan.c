/* scan.c - the scanf family for narrow text. */
#include "crt.h"
#define CHAR                     char
#define UNIT                     unsigned char
#define SCAN                     crt_scan
#define FAMILY(name)             crt_##name
#define GET(stream)              crt_getc(stream)
#define UNGET(character, stream) crt_ungetc(character, stream)
#include "scan_core.h"

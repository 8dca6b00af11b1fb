/* print.c - ntdll's sprintf and its kin for narrow text.
 *
 * e, f, g and a are no conversions here: the letter is written, and no argument is taken.
 * Documented: the C runtime's pages of sprintf, _snprintf, sprintf_s, _snprintf_s; of %Z: "Format
 * specification syntax".
 */
#include "ncrt.h"
#define CHAR        char
#define FORMAT      ncrt_format
#define PRINT(name) c_##name
#define VSNPRINTF   c_vsnprintf
#define SNPRINTF    c_snprintf
static void FORMAT(struct crt_sink *, const CHAR *, va_list);
#include "counted.h"
#include "crt/msvcrt/print_memory.h"

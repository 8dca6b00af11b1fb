/* scan.c - ntdll's sscanf and sscanf_s.
 *
 * e, f, g and a are no conversions here: they end the scan.  Of an integer that is too large the
 * low bits are kept, as by ntdll's atoi.  Documented: the C runtime's pages of sscanf, sscanf_s.
 */
#include "ncrt.h"

/* The digits that the engine has gathered: a sign, perhaps, and no prefix. */
static int64_t digits(const char *text, int base)
{
    const char *at = text + (*text == '-' || *text == '+');
    uint64_t value = 0;
    for (; *at; at++)
        value = value * (unsigned)base +
                (unsigned)(*at <= '9' ? *at - '0' : (*at | 32) - 'a' + 10);
    return (int64_t)(*text == '-' ? 0 - value : value);
}
#define _strtoi64(text, end, base)  digits(text, base)
#define _strtoui64(text, end, base) ((uint64_t)digits(text, base))

#define CHAR         char
#define UNIT         unsigned char
#define SCAN         ncrt_scan
#define FAMILY(name) c_##name
static int SCAN(struct crt_source *, const CHAR *, va_list);
#include "crt/msvcrt/scan_core.h"

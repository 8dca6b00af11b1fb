/* codepage.c - bytes and UTF-16: Windows-1252, OEM 437, UTF-8, Latin-1 and ASCII.
 *
 * Both single-byte pages are a table of 128 characters for the bytes from 80h; going back
 * is a search, since their upper halves are short.  UTF-8 is exact: overlong forms,
 * surrogates and values beyond 10FFFFh are errors or U+FFFD, one per maximal wrong part.
 * Sources: the mapping tables cp1252 and cp437 of unicode.org; Unicode 15, section 3.9.
 */
#include "codepage.h"
#include "codepages.h"

/* The character of a byte; 0xFFFF: the page has none there. */
WCHAR BasepByteToChar(UINT page, UCHAR byte)
{
    if (byte < 0x80)
        return byte;
    switch (page) {
    case 1252:
        return byte < 0xA0 ? CodePage1252[byte - 0x80] : byte;
    case 437:
        return CodePage437[byte - 0x80];
    case 28591:
        return byte;
    }
    return 0xFFFF;
}

/* The byte of a character, or -1. */
int BasepCharToByte(UINT page, WCHAR c)
{
    int i;

    if (c < 0x80)
        return c;
    for (i = 0x80; i < 0x100; i++) {
        if (BasepByteToChar(page, (UCHAR)i) == c)
            return i;
    }
    return -1;
}

/* One scalar value from [*at, end); FFFFFFFFh for a wrong part. *at moves past it. */
ULONG BasepDecodeUtf8(const UCHAR **at, const UCHAR *end)
{
    static const ULONG least[4] = {0, 0x80, 0x800, 0x10000};
    const UCHAR *byte = *at;
    UCHAR first = *byte++;
    ULONG value, more, i, shortest, longest;

    *at = byte;
    if (first < 0x80)
        return first;
    if (first < 0xC2 || first > 0xF4)
        return ~0u;
    more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    value = first & (0x3F >> more);
    for (i = 0; i < more; i++) {
        if (byte == end || (*byte & 0xC0) != 0x80)
            return ~0u;
        /* Is any scalar value still possible? If not, the wrong part ended before this
         * byte. */
        value = value << 6 | (*byte & 0x3F);
        shortest = value << 6 * (more - i - 1);
        longest = shortest | ((1u << 6 * (more - i - 1)) - 1);
        if (longest < least[more] || shortest > 0x10FFFF ||
            (shortest >= 0xD800 && longest <= 0xDFFF))
            return ~0u;
        *at = ++byte;
    }
    return value;
}

/* Bytes of a scalar value in out[4]. */
ULONG BasepEncodeUtf8(ULONG value, UCHAR *out)
{
    if (value < 0x80) {
        out[0] = (UCHAR)value;
        return 1;
    }
    if (value < 0x800) {
        out[0] = (UCHAR)(0xC0 | value >> 6);
        out[1] = (UCHAR)(0x80 | (value & 0x3F));
        return 2;
    }
    if (value < 0x10000) {
        out[0] = (UCHAR)(0xE0 | value >> 12);
        out[1] = (UCHAR)(0x80 | (value >> 6 & 0x3F));
        out[2] = (UCHAR)(0x80 | (value & 0x3F));
        return 3;
    }
    out[0] = (UCHAR)(0xF0 | value >> 18);
    out[1] = (UCHAR)(0x80 | (value >> 12 & 0x3F));
    out[2] = (UCHAR)(0x80 | (value >> 6 & 0x3F));
    out[3] = (UCHAR)(0x80 | (value & 0x3F));
    return 4;
}

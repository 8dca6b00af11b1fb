/* codepage.c - bytes and UTF-16: Windows-1252, OEM 437, UTF-8, Latin-1 and ASCII.
 *
 * Both single-byte pages are a table of 128 characters for the bytes from 80h; going back
 * is a search, since their upper halves are short.  UTF-8 is exact: overlong forms,
 * surrogates and values beyond 10FFFFh are errors or U+FFFD, one per maximal wrong part.
 * Sources: the mapping tables cp1252 and cp437 of unicode.org; Unicode 15, section 3.9.
 */
#include "codepage.h"

static const WCHAR Page1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static const WCHAR Page437[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB,
    0x00E8, 0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4,
    0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5,
    0x20A7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA,
    0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592,
    0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C,
    0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518,
    0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x03B1, 0x00DF, 0x0393, 0x03C0,
    0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6,
    0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248,
    0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

/* The character of a byte; 0xFFFF: the page has none there. */
WCHAR BasepByteToChar(UINT page, UCHAR byte)
{
    if (byte < 0x80)
        return byte;
    switch (page) {
    case 1252:
        return byte < 0xA0 ? Page1252[byte - 0x80] : byte;
    case 437:
        return Page437[byte - 0x80];
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

/* One scalar value from [*at, end); FFFFFFFFh for a wrong part. *at moves behind it. */
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

/* ctype.c - what kind of character, in the "C" locale, narrow and wide.
 *
 *     crt_ctype[1 + c], c from EOF (-1) to 255: bits _UPPER, _LOWER, ... of <ctype.h>
 *
 * Bytes above 127 have no kind, and no letter the bit 0x100 ("alphabetic in a locale"), as
 * in msvcrt's "C" locale.  Wide characters have what GetStringTypeW says, up to 255 from a
 * table.
 * Programs see the tables as _pctype and _pwctype.
 */
#include "crt.h"
#include <ctype.h>
#include <wctype.h>
/* The headers offer some of these as macros. */
#undef __iscsym
#undef __iscsymf
#undef __isascii
#undef __toascii
#undef _tolower
#undef _toupper
#undef isleadbyte

#define LETTER             0x100
#define KINDS(c, to, kind) [1 + (c)... 1 + (to)] = (kind)

unsigned short crt_ctype[257] = {
    KINDS(0, 8, _CONTROL),          KINDS(9, 13, _CONTROL | _SPACE),
    KINDS(14, 31, _CONTROL),        KINDS(' ', ' ', _SPACE | _BLANK),
    KINDS('!', '/', _PUNCT),        KINDS('0', '9', _DIGIT | _HEX),
    KINDS(':', '@', _PUNCT),        KINDS('A', 'F', _UPPER | _HEX),
    KINDS('G', 'Z', _UPPER),        KINDS('[', '`', _PUNCT),
    KINDS('a', 'f', _LOWER | _HEX), KINDS('g', 'z', _LOWER),
    KINDS('{', '~', _PUNCT),        KINDS(127, 127, _CONTROL),
};
/* 178, 179, 185: superscript digits, as GetStringTypeW has them. */
unsigned short crt_wctype[257] = {
    KINDS(0, 8, _CONTROL),
    KINDS('\t', '\t', _CONTROL | _SPACE | _BLANK),
    KINDS(10, 13, _CONTROL | _SPACE),
    KINDS(14, 31, _CONTROL),
    KINDS(' ', ' ', _SPACE | _BLANK),
    KINDS('!', '/', _PUNCT),
    KINDS('0', '9', _DIGIT | _HEX),
    KINDS(':', '@', _PUNCT),
    KINDS('A', 'F', _UPPER | _HEX | LETTER),
    KINDS('G', 'Z', _UPPER | LETTER),
    KINDS('[', '`', _PUNCT),
    KINDS('a', 'f', _LOWER | _HEX | LETTER),
    KINDS('g', 'z', _LOWER | LETTER),
    KINDS('{', '~', _PUNCT),
    KINDS(127, 159, _CONTROL),
    KINDS(160, 160, _SPACE | _BLANK),
    KINDS(161, 177, _PUNCT),
    KINDS(178, 179, _PUNCT | _DIGIT),
    KINDS(180, 184, _PUNCT),
    KINDS(185, 185, _PUNCT | _DIGIT),
    KINDS(186, 191, _PUNCT),
    KINDS(192, 0xD6, _UPPER | LETTER),
    KINDS(0xD7, 0xD7, _PUNCT),
    KINDS(0xD8, 0xDE, _UPPER | LETTER),
    KINDS(0xDF, 0xF6, _LOWER | LETTER),
    KINDS(0xF7, 0xF7, _PUNCT),
    KINDS(0xF8, 0xFF, _LOWER | LETTER),
};
unsigned short *crt_pctype = crt_ctype + 1;
unsigned short *crt_pwctype = crt_wctype + 1;
unsigned char crt_mbctype[257];
int crt_mb_cur_max = 1;

int __cdecl _isctype(int c, int mask)
{
    return c >= -1 && c <= 255 ? crt_ctype[1 + c] & mask : 0;
}

#define KIND(name, mask)                                                                 \
    int __cdecl(is##name)(int c)                                                         \
    {                                                                                    \
        return _isctype(c, mask);                                                        \
    }
KIND(alpha, 0x100 | _UPPER | _LOWER)
KIND(upper, _UPPER)
KIND(lower, _LOWER)
KIND(digit, _DIGIT)
KIND(xdigit, _HEX)
KIND(space, _SPACE)
KIND(punct, _PUNCT)
KIND(alnum, 0x100 | _UPPER | _LOWER | _DIGIT)
KIND(print, _BLANK | _PUNCT | 0x100 | _UPPER | _LOWER | _DIGIT)
KIND(graph, _PUNCT | 0x100 | _UPPER | _LOWER | _DIGIT)
KIND(cntrl, _CONTROL)

int __cdecl iswctype(wint_t c, wctype_t mask)
{
    WORD kind = 0;
    wchar_t wide = c;
    if (c <= 255)
        return crt_wctype[1 + c] & mask;
    return c != WEOF && GetStringTypeW(CT_CTYPE1, &wide, 1, &kind) ? kind & mask : 0;
}

#define WIDE_KIND(name, mask)                                                            \
    int __cdecl(isw##name)(wint_t c)                                                     \
    {                                                                                    \
        return iswctype(c, mask);                                                        \
    }
WIDE_KIND(alpha, 0x100 | _UPPER | _LOWER)
WIDE_KIND(upper, _UPPER)
WIDE_KIND(lower, _LOWER)
WIDE_KIND(digit, _DIGIT)
WIDE_KIND(xdigit, _HEX)
WIDE_KIND(space, _SPACE)
WIDE_KIND(punct, _PUNCT)
WIDE_KIND(alnum, 0x100 | _UPPER | _LOWER | _DIGIT)
WIDE_KIND(print, _BLANK | _PUNCT | 0x100 | _UPPER | _LOWER | _DIGIT)
WIDE_KIND(graph, _PUNCT | 0x100 | _UPPER | _LOWER | _DIGIT)
WIDE_KIND(cntrl, _CONTROL)

/* A function that is its value. */
#define VALUE(type, name, parameters, value)                                             \
    type __cdecl(name) parameters                                                        \
    {                                                                                    \
        return value;                                                                    \
    }
VALUE(int, tolower, (int c), c >= 'A' && c <= 'Z' ? c + 32 : c)
VALUE(int, toupper, (int c), c >= 'a' && c <= 'z' ? c - 32 : c)
VALUE(int, _tolower, (int c), c + 32)
VALUE(int, _toupper, (int c), c - 32)
VALUE(wint_t, towlower, (wint_t c), c >= L'A' && c <= L'Z' ? c + 32 : c)
VALUE(wint_t, towupper, (wint_t c), c >= L'a' && c <= L'z' ? c - 32 : c)
VALUE(int, isleadbyte, (int c), ((void)c, 0))
VALUE(int, __isascii, (int c), (unsigned int)c < 128)
VALUE(int, __toascii, (int c), c & 127)
VALUE(int, __iscsymf, (int c), isalpha(c) || c == '_')
VALUE(int, __iscsym, (int c), isalnum(c) || c == '_')
VALUE(unsigned short **, crt_p_pctype, (void), &crt_pctype)
VALUE(unsigned short **, crt_p_pwctype, (void), &crt_pwctype)
VALUE(const unsigned short *, crt_pctype_func, (void), crt_pctype)
VALUE(int *, __p___mb_cur_max, (void), &crt_mb_cur_max)
VALUE(int, ___mb_cur_max_func, (void), crt_mb_cur_max)
VALUE(unsigned char *, __p__mbctype, (void), crt_mbctype)

/* convert.c - text to numbers and back: strtol and atoi, _itoa, strtod, _gcvt.
 *
 * One reader serves every integer: it says the magnitude, the sign and whether it was too
 * large; the public functions differ only in where they cut.  Doubles are libmingwex's
 * (__strtod), but what msvcrt does not know (inf, nan, hexadecimal) is no number here
 * either. Source of each: Microsoft C runtime reference, by name.
 */
#include "crt.h"
#include <ctype.h>
#include <wchar.h>

extern double __strtod(const char *text, char **end);

struct number {
    uint64_t magnitude;
    int negative, overflow, any;
};

static int digit_of(unsigned int c)
{
    return c - '0' < 10          ? (int)(c - '0')
           : (c | 32) - 'a' < 26 ? (int)((c | 32) - 'a' + 10)
                                 : 99;
}

/* Both widths of the reader; `limit` is the largest magnitude. */
#define READER(NAME, CHAR, SPACE)                                                        \
    static const CHAR *NAME(const CHAR *text, int base, struct number *out)              \
    {                                                                                    \
        const CHAR *at = text;                                                           \
        memset(out, 0, sizeof(*out));                                                    \
        if (text == NULL || base < 0 || base == 1 || base > 36) {                        \
            *_errno() = EINVAL;                                                          \
            return text;                                                                 \
        }                                                                                \
        while (SPACE(*at))                                                               \
            at++;                                                                        \
        if (*at == '-' || *at == '+')                                                    \
            out->negative = *at++ == '-';                                                \
        if ((base == 0 || base == 16) && at[0] == '0' && (at[1] | 32) == 'x') {          \
            base = 16;                                                                   \
            at += 2;                                                                     \
        } else if (base == 0) {                                                          \
            base = at[0] == '0' ? 8 : 10;                                                \
        }                                                                                \
        for (int digit; (digit = digit_of(*at)) < base; at++) {                          \
            out->any = 1;                                                                \
            if (out->magnitude >                                                         \
                (UINT64_MAX - (unsigned int)digit) / (unsigned int)base)                 \
                out->overflow = 1;                                                       \
            else                                                                         \
                out->magnitude =                                                         \
                    out->magnitude * (unsigned int)base + (unsigned int)digit;           \
        }                                                                                \
        return out->any ? at : text;                                                     \
    }
#define NARROW_SPACE(c) isspace((unsigned char)(c))
READER(read_number, char, NARROW_SPACE)
READER(wread_number, wchar_t, iswspace)

static int64_t signed_value(const struct number *n, uint64_t limit)
{
    uint64_t most = limit + (n->negative ? 1 : 0);
    uint64_t magnitude = n->magnitude;
    if (n->overflow || magnitude > most) {
        *_errno() = ERANGE;
        magnitude = most;
    }
    return (int64_t)(n->negative ? 0 - magnitude : magnitude);
}

static uint64_t unsigned_value(const struct number *n, uint64_t limit)
{
    if (n->overflow || n->magnitude > limit) {
        *_errno() = ERANGE;
        return n->negative ? 0 - limit : limit;
    }
    return n->negative ? 0 - n->magnitude : n->magnitude;
}

#define STRTO(NAME, CHAR, READ, TYPE, VALUE, LIMIT)                                      \
    TYPE __cdecl NAME(const CHAR *text, CHAR **end, int base)                            \
    {                                                                                    \
        struct number n;                                                                 \
        const CHAR *stop = READ(text, base, &n);                                         \
        if (end != NULL)                                                                 \
            *end = (CHAR *)stop;                                                         \
        return (TYPE)VALUE(&n, LIMIT);                                                   \
    }
STRTO(strtol, char, read_number, long, signed_value, LONG_MAX)
STRTO(strtoul, char, read_number, unsigned long, unsigned_value, ULONG_MAX)
STRTO(_strtoi64, char, read_number, __int64, signed_value, INT64_MAX)
STRTO(_strtoui64, char, read_number, unsigned __int64, unsigned_value, UINT64_MAX)
STRTO(wcstol, wchar_t, wread_number, long, signed_value, LONG_MAX)
STRTO(wcstoul, wchar_t, wread_number, unsigned long, unsigned_value, ULONG_MAX)
STRTO(_wcstoi64, wchar_t, wread_number, __int64, signed_value, INT64_MAX)
STRTO(_wcstoui64, wchar_t, wread_number, unsigned __int64, unsigned_value, UINT64_MAX)

int __cdecl atoi(const char *text)
{
    return strtol(text, NULL, 10);
}

long __cdecl atol(const char *text)
{
    return strtol(text, NULL, 10);
}

__int64 __cdecl _atoi64(const char *text)
{
    return _strtoi64(text, NULL, 10);
}

int __cdecl _wtoi(const wchar_t *text)
{
    return wcstol(text, NULL, 10);
}

long __cdecl _wtol(const wchar_t *text)
{
    return wcstol(text, NULL, 10);
}

__int64 __cdecl _wtoi64(const wchar_t *text)
{
    return _wcstoi64(text, NULL, 10);
}

/* Digits of `value`, low ones first, then turned; `out` must hold 65 characters. */
#define TO_TEXT(NAME, CHAR)                                                              \
    static CHAR *NAME(uint64_t value, int negative, CHAR *out, int base)                 \
    {                                                                                    \
        CHAR digits[65];                                                                 \
        int used = 0;                                                                    \
        CHAR *at = out;                                                                  \
        if (base < 2 || base > 36) {                                                     \
            *_errno() = EINVAL;                                                          \
            *out = 0;                                                                    \
            return out;                                                                  \
        }                                                                                \
        do                                                                               \
            digits[used++] =                                                             \
                (CHAR)("0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)base]);  \
        while ((value /= (unsigned)base) != 0);                                          \
        if (negative)                                                                    \
            *at++ = '-';                                                                 \
        while (used != 0)                                                                \
            *at++ = digits[--used];                                                      \
        *at = 0;                                                                         \
        return out;                                                                      \
    }
TO_TEXT(to_text, char)
TO_TEXT(to_wtext, wchar_t)

#define ITOA(NAME, TYPE, UTYPE, CHAR, TO)                                                \
    CHAR *__cdecl NAME(TYPE value, CHAR *out, int base)                                  \
    {                                                                                    \
        int negative = base == 10 && value < (TYPE)0 && (TYPE)-1 < (TYPE)0;              \
        return TO(negative ? (uint64_t)0 - (uint64_t)value : (uint64_t)(UTYPE)value,     \
                  negative, out, base);                                                  \
    }
#pragma GCC diagnostic ignored "-Wtype-limits"
ITOA(_itoa, int, unsigned int, char, to_text)
ITOA(_ltoa, long, unsigned long, char, to_text)
ITOA(_ultoa, unsigned long, unsigned long, char, to_text)
ITOA(_i64toa, __int64, unsigned __int64, char, to_text)
ITOA(_ui64toa, unsigned __int64, unsigned __int64, char, to_text)
ITOA(_itow, int, unsigned int, wchar_t, to_wtext)
ITOA(_ltow, long, unsigned long, wchar_t, to_wtext)
ITOA(_ultow, unsigned long, unsigned long, wchar_t, to_wtext)
ITOA(_i64tow, __int64, unsigned __int64, wchar_t, to_wtext)
ITOA(_ui64tow, unsigned __int64, unsigned __int64, wchar_t, to_wtext)

/* 1: a decimal number begins at `text` after blanks; 2: "0x"; 0: none.  EINVAL: a null pointer. */
static int is_number(const char *text)
{
    if (text == NULL)
        return *_errno() = EINVAL, 0;
    while (isspace((unsigned char)*text))
        text++;
    if (*text == '-' || *text == '+')
        text++;
    if (*text == '0' && (text[1] | 32) == 'x')
        return 2;
    return isdigit((unsigned char)*text) ||
           (*text == '.' && isdigit((unsigned char)text[1]));
}

/* The value of a decimal number.  An exponent may begin with d, which __strtod does not know. */
static double decimal(const char *text, char **end)
{
    size_t at = strspn(text, " \t\n\v\f\r+-");
    at += strspn(text + at, "0123456789");
    at += text[at] == '.';
    at += strspn(text + at, "0123456789");
    char *stop, *copy = (text[at] | 32) == 'd' ? _strdup(text) : NULL;
    if (copy == NULL)
        return __strtod(text, end);
    copy[at] = 'e';
    double value = __strtod(copy, &stop);
    if (end != NULL)
        *end = (char *)text + (stop - copy);
    free(copy);
    return value;
}

double __cdecl crt_strtod(const char *text, char **end)
{
    int kind = is_number(text);
    if (kind == 1)
        return decimal(text, end);
    if (end != NULL) {
        /* "0x...": only the 0 is a number. */
        *end = (char *)text;
        if (kind == 2)
            *end = strpbrk(text, "xX");
    }
    return 0;
}

double __cdecl atof(const char *text)
{
    return crt_strtod(text, NULL);
}

double __cdecl wcstod(const wchar_t *text, wchar_t **end)
{
    char narrow[352];
    size_t used = 0;
    for (; text != NULL && used < sizeof(narrow) - 1 && text[used]; used++)
        narrow[used] = text[used] < 128 ? (char)text[used] : '?';
    narrow[used] = 0;
    char *stop;
    double value = crt_strtod(text != NULL ? narrow : NULL, &stop);
    if (end != NULL)
        *end = (wchar_t *)text + (stop != NULL ? stop - narrow : 0);
    return value;
}

double __cdecl _wtof(const wchar_t *text)
{
    return wcstod(text, NULL);
}

char *__cdecl _gcvt(double value, int digits, char *out)
{
    char text[CRT_FLOAT_TEXT];
    int negative;
    crt_float(text, sizeof(text), value, 'g', digits, 0, &negative);
    *out = 0;
    if (negative)
        strcpy(out, "-");
    return strcat(out, text);
}

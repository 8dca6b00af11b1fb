/* cnumber.c - C's functions from text to numbers and back, as ntdll exports them.
 *
 * No locale, no errno.  One reader and one writer serve both widths of character.  atoi and its kin
 * keep the low bits of a number that is too large; strtol and its kin give the limit.  They are
 * exported under C's names (ntdll.def).  Documented: the C runtime's pages of atoi, strtol, _itoa.
 */
#include "ntdllp.h"

typedef struct {
    ULONGLONG Value; /* without the sign; its low 64 bits */
    ULONG End;       /* where the number ends; 0: there is none */
    BOOLEAN Negative, TooLarge;
} NUMBER;

static WCHAR At(const void *text, BOOLEAN wide, ULONG i)
{
    return wide ? ((PCWSTR)text)[i] : ((const UCHAR *)text)[i];
}

static ULONG Digit(WCHAR c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10u : 99;
}

/* Base 0: by the prefix, 0x or 0.  A base that is none: no number; 0x without digits, too. */
static NUMBER Read(const void *text, BOOLEAN wide, ULONG base)
{
    NUMBER n = {0, 0, FALSE, FALSE};
    ULONG i = 0, digit;
    while (At(text, wide, i) == ' ' ||
           (At(text, wide, i) >= 9 && At(text, wide, i) <= 13))
        i++;
    if (At(text, wide, i) == '-' || At(text, wide, i) == '+')
        n.Negative = At(text, wide, i++) == '-';
    if ((base == 0 || base == 16) && At(text, wide, i) == '0' &&
        (At(text, wide, i + 1) | 0x20) == 'x') {
        i += 2;
        base = 16;
    }
    if (base == 0)
        base = At(text, wide, i) == '0' ? 8 : 10;
    if (base < 2 || base > 36)
        return n;
    for (; (digit = Digit(At(text, wide, i))) < base; n.End = ++i) {
        if (n.Value > (~0ull - digit) / base)
            n.TooLarge = TRUE;
        n.Value = n.Value * base + digit;
    }
    return n;
}

static LONGLONG Wrapped(const void *text, BOOLEAN wide)
{
    const NUMBER n = Read(text, wide, 10);
    return (LONGLONG)(n.Negative ? 0 - n.Value : n.Value);
}

int __cdecl c_atoi(const char *text)
{
    return (int)Wrapped(text, FALSE);
}

int __cdecl c_wtoi(const WCHAR *text)
{
    return (int)Wrapped(text, TRUE);
}

LONGLONG __cdecl c_atoi64(const char *text)
{
    return Wrapped(text, FALSE);
}

LONGLONG __cdecl c_wtoi64(const WCHAR *text)
{
    return Wrapped(text, TRUE);
}

static LONG Signed(NUMBER n)
{
    if (n.TooLarge || n.Value > 0x7FFFFFFFu + (ULONGLONG)n.Negative)
        return n.Negative ? (LONG)0x80000000 : 0x7FFFFFFF;
    return (LONG)(n.Negative ? 0 - n.Value : n.Value);
}

static ULONG Unsigned(NUMBER n)
{
    if (n.TooLarge || n.Value > 0xFFFFFFFF)
        return 0xFFFFFFFF;
    return (ULONG)(n.Negative ? 0 - n.Value : n.Value);
}

LONG __cdecl c_strtol(const char *text, char **end, int base)
{
    const NUMBER n = Read(text, FALSE, (ULONG)base);
    if (end)
        *end = (char *)text + n.End;
    return Signed(n);
}

ULONG __cdecl c_strtoul(const char *text, char **end, int base)
{
    const NUMBER n = Read(text, FALSE, (ULONG)base);
    if (end)
        *end = (char *)text + n.End;
    return Unsigned(n);
}

LONG __cdecl c_wcstol(const WCHAR *text, WCHAR **end, int base)
{
    const NUMBER n = Read(text, TRUE, (ULONG)base);
    if (end)
        *end = (WCHAR *)text + n.End;
    return Signed(n);
}

ULONG __cdecl c_wcstoul(const WCHAR *text, WCHAR **end, int base)
{
    const NUMBER n = Read(text, TRUE, (ULONG)base);
    if (end)
        *end = (WCHAR *)text + n.End;
    return Unsigned(n);
}

/* A base that is none gives an empty text. */
static void *Write(ULONGLONG value, BOOLEAN negative, void *out, BOOLEAN wide, ULONG base)
{
    CHAR digits[65];
    ULONG count = 0, at = 0;
    if (negative)
        value = 0 - value;
    if (base >= 2 && base <= 36)
        do {
            const ULONG digit = (ULONG)(value % base);
            digits[count++] = (CHAR)(digit < 10 ? '0' + digit : 'a' + digit - 10);
            value /= base;
        } while (value);
    if (negative && count)
        digits[count++] = '-';
    for (; count; at++)
        if (wide)
            ((PWSTR)out)[at] = (UCHAR)digits[--count];
        else
            ((PSTR)out)[at] = digits[--count];
    if (wide)
        ((PWSTR)out)[at] = 0;
    else
        ((PSTR)out)[at] = 0;
    return out;
}

/* Only in base 10 has a number a sign. */
char *__cdecl c_itoa(int value, char *out, int base)
{
    const BOOLEAN negative = base == 10 && value < 0;
    return Write(negative ? (ULONGLONG)value : (ULONG)value, negative, out, FALSE,
                 (ULONG)base);
}

WCHAR *__cdecl c_itow(int value, WCHAR *out, int base)
{
    const BOOLEAN negative = base == 10 && value < 0;
    return Write(negative ? (ULONGLONG)value : (ULONG)value, negative, out, TRUE,
                 (ULONG)base);
}

char *__cdecl c_ultoa(ULONG value, char *out, int base)
{
    return Write(value, FALSE, out, FALSE, (ULONG)base);
}

WCHAR *__cdecl c_ultow(ULONG value, WCHAR *out, int base)
{
    return Write(value, FALSE, out, TRUE, (ULONG)base);
}

char *__cdecl c_i64toa(LONGLONG value, char *out, int base)
{
    return Write((ULONGLONG)value, base == 10 && value < 0, out, FALSE, (ULONG)base);
}

WCHAR *__cdecl c_i64tow(LONGLONG value, WCHAR *out, int base)
{
    return Write((ULONGLONG)value, base == 10 && value < 0, out, TRUE, (ULONG)base);
}

char *__cdecl c_ui64toa(ULONGLONG value, char *out, int base)
{
    return Write(value, FALSE, out, FALSE, (ULONG)base);
}

WCHAR *__cdecl c_ui64tow(ULONGLONG value, WCHAR *out, int base)
{
    return Write(value, FALSE, out, TRUE, (ULONG)base);
}

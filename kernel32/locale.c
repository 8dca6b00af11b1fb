/* locale.c - the one locale: English (United States), by code point.
 *
 * Case and character types are right for ASCII and Latin-1; beyond that a character is a
 * letter only if ntdll's case table knows its other case.  Comparison is by code point
 * after folding, not by linguistic weight (docs/caveats.md).
 */
#include "k32.h"

#define ENGLISH 0x0409

static BOOL Good(LCID locale)
{
    LCID base = locale & 0xFFFF;
    return base == ENGLISH || base == LOCALE_USER_DEFAULT ||
           base == LOCALE_SYSTEM_DEFAULT || base == LOCALE_NEUTRAL ||
           base == LOCALE_INVARIANT || base == 0x0009;
}

LCID WINAPI GetUserDefaultLCID(void)
{
    return ENGLISH;
}

LCID WINAPI GetSystemDefaultLCID(void)
{
    return ENGLISH;
}

LCID WINAPI GetThreadLocale(void)
{
    return ENGLISH;
}

LANGID WINAPI GetUserDefaultLangID(void)
{
    return ENGLISH;
}

LANGID WINAPI GetSystemDefaultLangID(void)
{
    return ENGLISH;
}

LANGID WINAPI GetUserDefaultUILanguage(void)
{
    return ENGLISH;
}

BOOL WINAPI SetThreadLocale(LCID locale)
{
    return Good(locale) || BasepFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI IsValidLocale(LCID locale, DWORD flags)
{
    (void)flags;
    return Good(locale);
}

/* The names of the locale, and of the invariant one. */
LCID WINAPI LocaleNameToLCID(LPCWSTR name, DWORD flags)
{
    if (!flags && !name)
        return ENGLISH;
    if (!flags && (!_wcsicmp(name, L"en-US") || !_wcsicmp(name, L"en")))
        return ENGLISH;
    if (!flags && !*name)
        return LOCALE_INVARIANT;
    RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
    return 0;
}

int WINAPI LCIDToLocaleName(LCID locale, LPWSTR name, int size, DWORD flags)
{
    const BOOL invariant = locale == LOCALE_INVARIANT;
    const int needed = invariant ? 1 : 6;

    if (flags || !Good(locale) || size < 0 || (size && !name))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (size && size < needed)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    if (size)
        wcscpy(name, invariant ? L"" : L"en-US");
    return needed;
}

int WINAPI GetUserDefaultLocaleName(LPWSTR name, int size)
{
    return LCIDToLocaleName(ENGLISH, name, size, 0);
}

int WINAPI GetSystemDefaultLocaleName(LPWSTR name, int size)
{
    return LCIDToLocaleName(ENGLISH, name, size, 0);
}

int WINAPI GetLocaleInfoEx(LPCWSTR name, LCTYPE type, LPWSTR data, int size)
{
    const LCID locale = LocaleNameToLCID(name, 0);
    return locale ? GetLocaleInfoW(locale, type, data, size) : 0;
}

/* CT_CTYPE1 of the first 128 characters by range; Latin-1 below. */
static WORD Type1(WCHAR c)
{
    if (c < 0x20 || c == 0x7F)
        return C1_CNTRL | (c >= 9 && c <= 13 ? C1_SPACE : 0) | (c == 9 ? C1_BLANK : 0);
    if (c == ' ' || c == 0xA0)
        return C1_SPACE | C1_BLANK;
    if (c >= '0' && c <= '9')
        return C1_DIGIT | C1_XDIGIT;
    if (RtlDowncaseUnicodeChar(c) != c)
        return C1_UPPER | C1_ALPHA | (c <= 'F' ? C1_XDIGIT : 0);
    if (RtlUpcaseUnicodeChar(c) != c)
        return C1_LOWER | C1_ALPHA | (c <= 'f' ? C1_XDIGIT : 0);
    if (c == 0xDF || c == 0xAA || c == 0xBA || c == 0xB5)
        return C1_LOWER | C1_ALPHA;
    if (c >= 0x80 && c < 0xA0)
        return C1_CNTRL;
    if (c < 0x100)
        return C1_PUNCT;
    return C1_DEFINED;
}

static WORD Type(DWORD kind, WCHAR c)
{
    WORD type1 = Type1(c);

    if (kind == CT_CTYPE1)
        return type1 | C1_DEFINED;
    if (kind == CT_CTYPE2)
        return type1 & C1_DIGIT   ? C2_EUROPENUMBER
               : type1 & C1_SPACE ? C2_WHITESPACE
               : type1 & C1_ALPHA ? C2_LEFTTORIGHT
                                  : C2_OTHERNEUTRAL;
    return type1 & C1_ALPHA ? C3_ALPHA : type1 & C1_PUNCT ? C3_SYMBOL : 0;
}

BOOL WINAPI GetStringTypeW(DWORD kind, LPCWCH text, int length, LPWORD types)
{
    int i, count = length < 0 ? (int)wcslen(text) + 1 : length;

    if (kind != CT_CTYPE1 && kind != CT_CTYPE2 && kind != CT_CTYPE3)
        return BasepFail(ERROR_INVALID_PARAMETER);
    for (i = 0; i < count; i++)
        types[i] = Type(kind, text[i]);
    return TRUE;
}

BOOL WINAPI GetStringTypeExW(LCID locale, DWORD kind, LPCWCH text, int length,
                             LPWORD types)
{
    (void)locale;
    return GetStringTypeW(kind, text, length, types);
}

/* The A forms live in bytes of 1252: each byte is one character. */
BOOL WINAPI GetStringTypeA(LCID locale, DWORD kind, LPCSTR text, int length, LPWORD types)
{
    int i, count = length < 0 ? (int)strlen(text) + 1 : length;
    WCHAR c;

    (void)locale;
    if (kind != CT_CTYPE1 && kind != CT_CTYPE2 && kind != CT_CTYPE3)
        return BasepFail(ERROR_INVALID_PARAMETER);
    for (i = 0; i < count; i++) {
        MultiByteToWideChar(CP_ACP, 0, text + i, 1, &c, 1);
        types[i] = Type(kind, c);
    }
    return TRUE;
}

BOOL WINAPI GetStringTypeExA(LCID locale, DWORD kind, LPCSTR text, int length,
                             LPWORD types)
{
    return GetStringTypeA(locale, kind, text, length, types);
}

static WCHAR Map(DWORD flags, WCHAR c)
{
    if (flags & LCMAP_UPPERCASE)
        return RtlUpcaseUnicodeChar(c);
    if (flags & LCMAP_LOWERCASE)
        return RtlDowncaseUnicodeChar(c);
    return c;
}

/* Upper and lower case. LCMAP_SORTKEY: the folded characters' code points in big-endian
 * order, so that memcmp of two keys orders as CompareString does. */
int WINAPI LCMapStringW(LCID locale, DWORD flags, LPCWSTR in, int length, LPWSTR out,
                        int size)
{
    int i, count;
    PUCHAR key = (PUCHAR)out;

    if (!Good(locale) || !in || !length || size < 0) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    count = length < 0 ? (int)wcslen(in) + 1 : length;
    if (flags & LCMAP_SORTKEY) {
        int bytes = 2 * count + 1;
        if (size && size < bytes) {
            RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        for (i = 0; size && i < count; i++) {
            WCHAR c = flags & NORM_IGNORECASE ? RtlUpcaseUnicodeChar(in[i]) : in[i];
            key[2 * i] = (UCHAR)(c >> 8);
            key[2 * i + 1] = (UCHAR)c;
        }
        if (size)
            key[2 * count] = 0;
        return bytes;
    }
    if (size && size < count) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    for (i = 0; size && i < count; i++)
        out[i] = Map(flags, in[i]);
    return count;
}

int WINAPI LCMapStringA(LCID locale, DWORD flags, LPCSTR in, int length, LPSTR out,
                        int size)
{
    int i, count;
    WCHAR c;

    if (!Good(locale) || !in || !length || size < 0 || (flags & LCMAP_SORTKEY)) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    count = length < 0 ? (int)strlen(in) + 1 : length;
    if (size && size < count) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    for (i = 0; size && i < count; i++) {
        MultiByteToWideChar(CP_ACP, 0, in + i, 1, &c, 1);
        c = Map(flags, c);
        WideCharToMultiByte(CP_ACP, 0, &c, 1, out + i, 1, in + i, NULL);
    }
    return count;
}

/* CSTR_LESS_THAN, CSTR_EQUAL, CSTR_GREATER_THAN (1, 2, 3); 0: ERROR_INVALID_PARAMETER. */
int WINAPI CompareStringW(LCID locale, DWORD flags, PCNZWCH a, int aLength, PCNZWCH b,
                          int bLength)
{
    int i, left, right;

    if (!Good(locale) || !a || !b) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    left = aLength < 0 ? (int)wcslen(a) : aLength;
    right = bLength < 0 ? (int)wcslen(b) : bLength;
    for (i = 0; i < left && i < right; i++) {
        WCHAR x = a[i], y = b[i];
        if (flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)) {
            x = RtlUpcaseUnicodeChar(x);
            y = RtlUpcaseUnicodeChar(y);
        }
        if (x != y)
            return x < y ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    }
    return left == right ? CSTR_EQUAL : left < right ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
}

int WINAPI CompareStringA(LCID locale, DWORD flags, PCNZCH a, int aLength, PCNZCH b,
                          int bLength)
{
    LPWSTR left, right;
    int x, y, result = 0;

    if (!a || !b) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    x = aLength < 0 ? (int)strlen(a) : aLength;
    y = bLength < 0 ? (int)strlen(b) : bLength;
    left = RtlAllocateHeap(BaseHeap(), 0, (SIZE_T)x * sizeof *left + 2);
    right = RtlAllocateHeap(BaseHeap(), 0, (SIZE_T)y * sizeof *right + 2);
    if (left && right) {
        MultiByteToWideChar(CP_ACP, 0, a, x, left, x);
        MultiByteToWideChar(CP_ACP, 0, b, y, right, y);
        result = CompareStringW(locale, flags, left, x, right, y);
    } else {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    }
    BasepFree(left);
    BasepFree(right);
    return result;
}

/* By code point; ERROR_INVALID_PARAMETER for a NULL string. */
int WINAPI CompareStringOrdinal(LPCWCH a, int aLength, LPCWCH b, int bLength,
                                BOOL ignoreCase)
{
    return CompareStringW(ENGLISH, ignoreCase ? NORM_IGNORECASE : 0, a, aLength, b,
                          bLength);
}

/* What the start-up code of C runtimes asks about the locale. */
static const struct {
    LCTYPE Type;
    LPCWSTR Text;
} LocaleInfo[] = {
    {LOCALE_ILANGUAGE, L"0409"},
    {LOCALE_IDEFAULTANSICODEPAGE, L"1252"},
    {LOCALE_IDEFAULTCODEPAGE, L"437"},
    {LOCALE_SDECIMAL, L"."},
    {LOCALE_STHOUSAND, L","},
    {LOCALE_SGROUPING, L"3;0"},
    {LOCALE_SLIST, L","},
    {LOCALE_SENGLANGUAGE, L"English"},
    {LOCALE_SENGCOUNTRY, L"United States"},
    {LOCALE_SISO639LANGNAME, L"en"},
    {LOCALE_SISO3166CTRYNAME, L"US"},
    {LOCALE_SABBREVLANGNAME, L"ENU"},
    {LOCALE_SABBREVCTRYNAME, L"USA"},
    {LOCALE_SCURRENCY, L"$"},
    {LOCALE_SDATE, L"/"},
    {LOCALE_STIME, L":"},
    {LOCALE_SSHORTDATE, L"M/d/yyyy"},
    {LOCALE_STIMEFORMAT, L"h:mm:ss tt"},
};

/* Characters with the NUL; LOCALE_RETURN_NUMBER writes a DWORD for the numeric ones. */
int WINAPI GetLocaleInfoW(LCID locale, LCTYPE type, LPWSTR out, int size)
{
    LPCWSTR text = NULL;
    ULONG i;
    int count;

    for (i = 0; i < ARRAYSIZE(LocaleInfo); i++) {
        if (LocaleInfo[i].Type == (type & 0xFFFF))
            text = LocaleInfo[i].Text;
    }
    if (!Good(locale) || !text || size < 0) {
        RtlSetLastWin32Error(text ? ERROR_INVALID_PARAMETER : ERROR_INVALID_FLAGS);
        return 0;
    }
    if (type & LOCALE_RETURN_NUMBER) {
        DWORD number = 0, base = (type & 0xFFFF) == LOCALE_ILANGUAGE ? 16 : 10;
        for (; *text >= '0' && *text <= '9'; text++)
            number = number * base + (*text - '0');
        if (size >= 2)
            memcpy(out, &number, sizeof number);
        return 2;
    }
    count = (int)wcslen(text) + 1;
    if (size && size < count) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (size)
        wcscpy(out, text);
    return count;
}

int WINAPI GetLocaleInfoA(LCID locale, LCTYPE type, LPSTR out, int size)
{
    WCHAR wide[64];
    int count = GetLocaleInfoW(locale, type, wide, ARRAYSIZE(wide)), i;

    if (!count)
        return 0;
    if (type & LOCALE_RETURN_NUMBER)
        count = sizeof(DWORD);
    if (size && size < count) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (size && (type & LOCALE_RETURN_NUMBER))
        memcpy(out, wide, sizeof(DWORD));
    else if (size)
        for (i = 0; i < count; i++)
            out[i] = (CHAR)wide[i];
    return count;
}

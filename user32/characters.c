/* characters.c - the strings and characters of user32, by kernel32's tables.
 *
 * CharUpper and CharLower take a string, or one character in the low word of the "pointer".
 */
#include "user.h"

#define MAPPING(NAME, CHAR, STR, MAP, CASE)                                              \
    DWORD WINAPI NAME##Buff##MAP(STR text, DWORD length)                                 \
    {                                                                                    \
        return LCMapString##MAP(LOCALE_USER_DEFAULT, CASE, text, length, text, length);  \
    }                                                                                    \
    STR WINAPI NAME##MAP(STR text)                                                       \
    {                                                                                    \
        if ((ULONG_PTR)text >> 16) {                                                     \
            NAME##Buff##MAP(text, lstrlen##MAP(text));                                   \
            return text;                                                                 \
        }                                                                                \
        CHAR one = (CHAR)(ULONG_PTR)text;                                                \
        NAME##Buff##MAP(&one, 1);                                                        \
        return (STR)(ULONG_PTR)(sizeof one == 1 ? (BYTE)one : (WORD)one);                \
    }
MAPPING(CharUpper, CHAR, LPSTR, A, LCMAP_UPPERCASE)
MAPPING(CharUpper, WCHAR, LPWSTR, W, LCMAP_UPPERCASE)
MAPPING(CharLower, CHAR, LPSTR, A, LCMAP_LOWERCASE)
MAPPING(CharLower, WCHAR, LPWSTR, W, LCMAP_LOWERCASE)

static WORD KindW(WCHAR c)
{
    WORD kind = 0;
    GetStringTypeW(CT_CTYPE1, &c, 1, &kind);
    return kind;
}

static WORD KindA(CHAR c)
{
    WCHAR wide = 0;
    MultiByteToWideChar(CP_ACP, 0, &c, 1, &wide, 1);
    return KindW(wide);
}

#define KIND(NAME, BITS)                                                                 \
    WINBOOL WINAPI NAME##A(CHAR c)                                                       \
    {                                                                                    \
        return (KindA(c) & (BITS)) != 0;                                                 \
    }                                                                                    \
    WINBOOL WINAPI NAME##W(WCHAR c)                                                      \
    {                                                                                    \
        return (KindW(c) & (BITS)) != 0;                                                 \
    }
KIND(IsCharAlpha, C1_ALPHA)
KIND(IsCharAlphaNumeric, C1_ALPHA | C1_DIGIT)
KIND(IsCharUpper, C1_UPPER)
KIND(IsCharLower, C1_LOWER)

LPSTR WINAPI CharNextA(LPCSTR text)
{
    if (*text)
        text += IsDBCSLeadByte(*text) && text[1] ? 2 : 1;
    return (LPSTR)text;
}

LPWSTR WINAPI CharNextW(LPCWSTR text)
{
    return (LPWSTR)text + (*text != 0);
}

LPSTR WINAPI CharPrevA(LPCSTR start, LPCSTR at)
{
    while (start < at && CharNextA(start) < at)
        start = CharNextA(start);
    return (LPSTR)start;
}

LPWSTR WINAPI CharPrevW(LPCWSTR start, LPCWSTR at)
{
    return (LPWSTR)(at > start ? at - 1 : start);
}

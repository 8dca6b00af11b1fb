/* string.c - lstrlen and its kin, which answer where a plain loop would fault.
 *
 * lstrlen of a bad pointer is 0; lstrcpy, lstrcat and lstrcpyn of one return NULL.
 */
#include "k32.h"
#include <limits.h>

int WINAPI lstrlenA(LPCSTR text)
{
    return IsBadStringPtrA(text, (UINT_PTR)-1) ? 0 : (int)strlen(text);
}

int WINAPI lstrlenW(LPCWSTR text)
{
    return IsBadStringPtrW(text, (UINT_PTR)-1) ? 0 : (int)wcslen(text);
}

/* Copy `bytes` if both ends can be touched. */
static PVOID Copy(PVOID to, LPCVOID from, SIZE_T bytes)
{
    if (IsBadWritePtr(to, bytes))
        return NULL;
    memmove(to, from, bytes);
    return to;
}

LPSTR WINAPI lstrcpyA(LPSTR to, LPCSTR from)
{
    return IsBadStringPtrA(from, (UINT_PTR)-1) ? NULL : Copy(to, from, strlen(from) + 1);
}

LPWSTR WINAPI lstrcpyW(LPWSTR to, LPCWSTR from)
{
    return IsBadStringPtrW(from, (UINT_PTR)-1)
               ? NULL
               : Copy(to, from, (wcslen(from) + 1) * sizeof(WCHAR));
}

/* At most size characters, the NUL among them. */
LPSTR WINAPI lstrcpynA(LPSTR to, LPCSTR from, int size)
{
    int i;

    if (size <= 0 || IsBadStringPtrA(from, (UINT_PTR)size - 1) || IsBadWritePtr(to, 1))
        return NULL;
    for (i = 0; i < size - 1 && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
    return to;
}

LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int size)
{
    int i;

    if (size <= 0 || IsBadStringPtrW(from, (UINT_PTR)size - 1) || IsBadWritePtr(to, 2))
        return NULL;
    for (i = 0; i < size - 1 && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
    return to;
}

LPSTR WINAPI lstrcatA(LPSTR to, LPCSTR from)
{
    if (IsBadStringPtrA(to, (UINT_PTR)-1))
        return NULL;
    return lstrcpyA(to + strlen(to), from) ? to : NULL;
}

LPWSTR WINAPI lstrcatW(LPWSTR to, LPCWSTR from)
{
    if (IsBadStringPtrW(to, (UINT_PTR)-1))
        return NULL;
    return lstrcpyW(to + wcslen(to), from) ? to : NULL;
}

/* NULL sorts first. */
static int Order(LPCVOID a, LPCVOID b)
{
    return !a && !b ? 0 : !a ? -1 : 1;
}

int WINAPI lstrcmpA(LPCSTR a, LPCSTR b)
{
    return a && b ? CompareStringA(LOCALE_USER_DEFAULT, 0, a, -1, b, -1) - CSTR_EQUAL
                  : Order(a, b);
}

int WINAPI lstrcmpW(LPCWSTR a, LPCWSTR b)
{
    return a && b ? CompareStringW(LOCALE_USER_DEFAULT, 0, a, -1, b, -1) - CSTR_EQUAL
                  : Order(a, b);
}

int WINAPI lstrcmpiA(LPCSTR a, LPCSTR b)
{
    return a && b ? CompareStringA(LOCALE_USER_DEFAULT, NORM_IGNORECASE, a, -1, b, -1) -
                        CSTR_EQUAL
                  : Order(a, b);
}

int WINAPI lstrcmpiW(LPCWSTR a, LPCWSTR b)
{
    return a && b ? CompareStringW(LOCALE_USER_DEFAULT, NORM_IGNORECASE, a, -1, b, -1) -
                        CSTR_EQUAL
                  : Order(a, b);
}

/* a * b / c rounded, computed in 64 bits; -1 for an overflow or c = 0. */
int WINAPI MulDiv(int a, int b, int c)
{
    LONGLONG product = (LONGLONG)a * b, half, result;

    if (!c)
        return -1;
    if (c < 0)
        return a == INT_MIN && c == INT_MIN ? b : MulDiv(a, -b, -c);
    half = c / 2;
    result = (product >= 0 ? product + half : product - half) / c;
    return result > INT_MAX || result < INT_MIN ? -1 : (int)result;
}

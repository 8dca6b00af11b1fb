/* cstring.c - the part of C's string library that ntdll has and exports: no locale, no
 * errno.
 *
 * Windows' ntdll exports the same names for the modules that stand on it alone.
 */
#include "ntdllp.h"

#define LOWER(c) ((c) >= 'A' && (c) <= 'Z' ? (c) + 32 : (c))

#define MASK(TYPE) (sizeof(TYPE) == 1 ? 0xFF : 0xFFFF) /* compare as unsigned */

/* One body for char and for wchar_t: name(suffix) by suffix. */
#define STRING_FUNCTIONS(TYPE, LEN, CPY, NCPY, CAT, CMP, NCMP, ICMP, NICMP, CHR, RCHR,   \
                         STR)                                                            \
    size_t __cdecl LEN(const TYPE *s)                                                    \
    {                                                                                    \
        const TYPE *end = s;                                                             \
        while (*end)                                                                     \
            end++;                                                                       \
        return (size_t)(end - s);                                                        \
    }                                                                                    \
    TYPE *__cdecl CPY(TYPE *to, const TYPE *from)                                        \
    {                                                                                    \
        TYPE *at = to;                                                                   \
        while ((*at++ = *from++))                                                        \
            ;                                                                            \
        return to;                                                                       \
    }                                                                                    \
    TYPE *__cdecl NCPY(TYPE *to, const TYPE *from, size_t n)                             \
    {                                                                                    \
        TYPE *at = to;                                                                   \
        for (; n && *from; n--)                                                          \
            *at++ = *from++;                                                             \
        for (; n; n--)                                                                   \
            *at++ = 0;                                                                   \
        return to;                                                                       \
    }                                                                                    \
    TYPE *__cdecl CAT(TYPE *to, const TYPE *from)                                        \
    {                                                                                    \
        CPY(to + LEN(to), from);                                                         \
        return to;                                                                       \
    }                                                                                    \
    int __cdecl NCMP(const TYPE *a, const TYPE *b, size_t n)                             \
    {                                                                                    \
        for (; n && *a && *a == *b; n--, a++, b++)                                       \
            ;                                                                            \
        return n ? (*a & MASK(TYPE)) - (*b & MASK(TYPE)) : 0;                            \
    }                                                                                    \
    int __cdecl CMP(const TYPE *a, const TYPE *b)                                        \
    {                                                                                    \
        return NCMP(a, b, (size_t)-1);                                                   \
    }                                                                                    \
    int __cdecl NICMP(const TYPE *a, const TYPE *b, size_t n)                            \
    {                                                                                    \
        for (; n && *a && LOWER(*a) == LOWER(*b); n--, a++, b++)                         \
            ;                                                                            \
        return n ? (LOWER(*a) & MASK(TYPE)) - (LOWER(*b) & MASK(TYPE)) : 0;              \
    }                                                                                    \
    int __cdecl ICMP(const TYPE *a, const TYPE *b)                                       \
    {                                                                                    \
        return NICMP(a, b, (size_t)-1);                                                  \
    }                                                                                    \
    TYPE *__cdecl CHR(const TYPE *s, int c)                                              \
    {                                                                                    \
        for (; *s != (TYPE)c; s++)                                                       \
            if (!*s)                                                                     \
                return NULL;                                                             \
        return (TYPE *)s;                                                                \
    }                                                                                    \
    TYPE *__cdecl RCHR(const TYPE *s, int c)                                             \
    {                                                                                    \
        for (const TYPE *at = s + LEN(s); at >= s; at--)                                 \
            if (*at == (TYPE)c)                                                          \
                return (TYPE *)at;                                                       \
        return NULL;                                                                     \
    }                                                                                    \
    TYPE *__cdecl STR(const TYPE *s, const TYPE *what)                                   \
    {                                                                                    \
        size_t n = LEN(what);                                                            \
        for (; NCMP(s, what, n); s++)                                                    \
            if (!*s)                                                                     \
                return NULL;                                                             \
        return (TYPE *)s;                                                                \
    }

STRING_FUNCTIONS(char, strlen, strcpy, strncpy, strcat, strcmp, strncmp, _stricmp,
                 _strnicmp, strchr, strrchr, strstr)

STRING_FUNCTIONS(wchar_t, wcslen, wcscpy, wcsncpy, wcscat, wcscmp, wcsncmp, _wcsicmp,
                 _wcsnicmp, WideChr, WideRchr, wcsstr)

wchar_t *__cdecl wcschr(const wchar_t *s, wchar_t c)
{
    return WideChr(s, c);
}

wchar_t *__cdecl wcsrchr(const wchar_t *s, wchar_t c)
{
    return WideRchr(s, c);
}

/* wide.c - strings of wchar_t, and their way to and from char.
 *
 * In the "C" locale a byte is the character of the same number: above 255 there is no
 * byte (EILSEQ).  Source: Microsoft C runtime reference, mbstowcs and so on.
 */
#include "crt.h"
#include <wchar.h>
#define CHAR       wchar_t
#define UNIT       wchar_t
#define CHARARG    wchar_t
#define NAME(x)    wcs##x
#define PRIVATE(x) _wcs##x
#define LOWER(c)   ((c) >= 'A' && (c) <= 'Z' ? (c) + 32 : (c))
#define UPPER(c)   ((c) >= 'a' && (c) <= 'z' ? (c)-32 : (c))
#define TOK_PLACE  wcstok_next
#include "string_core.h"

size_t __cdecl mbstowcs(wchar_t *to, const char *from, size_t count)
{
    size_t done = 0;
    if (to == NULL)
        return strlen(from);
    for (; done < count; done++)
        if (!(to[done] = (unsigned char)from[done]))
            break;
    return done;
}

size_t __cdecl wcstombs(char *to, const wchar_t *from, size_t count)
{
    size_t done = 0;
    for (; to == NULL || done < count; done++) {
        if (from[done] > 255) {
            *_errno() = EILSEQ;
            return (size_t)-1;
        }
        if (to != NULL)
            to[done] = (char)from[done];
        if (!from[done])
            break;
    }
    return done;
}

int __cdecl mbtowc(wchar_t *to, const char *from, size_t count)
{
    if (from == NULL || count == 0)
        return 0;
    if (to != NULL)
        *to = (unsigned char)*from;
    return *from != 0;
}

int __cdecl wctomb(char *to, wchar_t wide)
{
    if (to == NULL)
        return 0;
    if (wide > 255) {
        *_errno() = EILSEQ;
        return -1;
    }
    *to = (char)wide;
    return 1;
}

int __cdecl mblen(const char *text, size_t count)
{
    return text != NULL && count != 0 && *text != 0;
}

/* *done: the characters with the 0, also without a target (then count is ignored); 0 if it fails.
 * EINVAL: no text, or a target without room, or room without a target. */
#define CONVERT(NAME, TO, FROM, LENGTH, PLAIN)                                           \
    errno_t __cdecl NAME(size_t *done, TO *to, size_t room, const FROM *from,            \
                         size_t count)                                                   \
    {                                                                                    \
        errno_t result = 0;                                                              \
        if (done != NULL)                                                                \
            *done = 0;                                                                   \
        if (to != NULL && room != 0)                                                     \
            *to = 0;                                                                     \
        if (from == NULL || (to == NULL) != (room == 0))                                 \
            return *_errno() = EINVAL;                                                   \
        size_t length = LENGTH(from, to != NULL ? count : (size_t)-1);                   \
        if (to != NULL && length >= room) {                                              \
            if (count != _TRUNCATE)                                                      \
                return *_errno() = ERANGE;                                               \
            length = room - 1;                                                           \
            result = STRUNCATE;                                                          \
        }                                                                                \
        if (PLAIN(to, from, length) == (size_t)-1) {                                     \
            if (to != NULL)                                                              \
                *to = 0;                                                                 \
            return EILSEQ;                                                               \
        }                                                                                \
        if (to != NULL)                                                                  \
            to[length] = 0;                                                              \
        if (done != NULL)                                                                \
            *done = length + 1;                                                          \
        return result;                                                                   \
    }
CONVERT(mbstowcs_s, wchar_t, char, strnlen, mbstowcs)
CONVERT(wcstombs_s, char, wchar_t, wcsnlen, wcstombs)

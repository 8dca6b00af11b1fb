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

errno_t __cdecl mbstowcs_s(size_t *done, wchar_t *to, size_t room, const char *from,
                           size_t count)
{
    size_t length = strlen(from);
    if (count < length && count != _TRUNCATE)
        length = count;
    if (to != NULL) {
        if (length >= room && count != _TRUNCATE) {
            if (room != 0)
                *to = 0;
            return *_errno() = ERANGE;
        }
        if (length >= room)
            length = room - 1;
        mbstowcs(to, from, length);
        to[length] = 0;
    }
    if (done != NULL)
        *done = length + 1;
    return 0;
}

errno_t __cdecl wcstombs_s(size_t *done, char *to, size_t room, const wchar_t *from,
                           size_t count)
{
    size_t length = wcslen(from);
    if (count < length && count != _TRUNCATE)
        length = count;
    if (to != NULL) {
        if (length >= room && count != _TRUNCATE) {
            if (room != 0)
                *to = 0;
            return *_errno() = ERANGE;
        }
        if (length >= room)
            length = room - 1;
        if (wcstombs(to, from, length) == (size_t)-1)
            return EILSEQ;
        to[length] = 0;
    }
    if (done != NULL)
        *done = length + 1;
    return 0;
}

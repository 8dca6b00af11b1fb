/* string_core.h - string.h, once for each width of character.
 *
 * Included by string.c (CHAR char, UNIT unsigned char) and wide.c (CHAR wchar_t). NAME(x)
 * gives the public name of strx: strlen / wcslen.  LOWER and UPPER map one character in
 * the "C" locale.  Source of each: Microsoft C runtime reference, by name.
 */
size_t __cdecl NAME(len)(const CHAR *text)
{
    const CHAR *at = text;
    while (*at)
        at++;
    return (size_t)(at - text);
}

size_t __cdecl NAME(nlen)(const CHAR *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

CHAR *__cdecl NAME(cpy)(CHAR *to, const CHAR *from)
{
    CHAR *at = to;
    while ((*at++ = *from++))
        ;
    return to;
}

CHAR *__cdecl NAME(cat)(CHAR *to, const CHAR *from)
{
    NAME(cpy)(to + NAME(len)(to), from);
    return to;
}

CHAR *__cdecl NAME(ncpy)(CHAR *to, const CHAR *from, size_t count)
{
    size_t i = 0;
    for (; i < count && from[i]; i++)
        to[i] = from[i];
    for (; i < count; i++)
        to[i] = 0;
    return to;
}

CHAR *__cdecl NAME(ncat)(CHAR *to, const CHAR *from, size_t count)
{
    CHAR *at = to + NAME(len)(to);
    for (; count != 0 && *from; count--)
        *at++ = *from++;
    *at = 0;
    return to;
}

int __cdecl NAME(cmp)(const CHAR *a, const CHAR *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (UNIT)*a == (UNIT)*b ? 0 : (UNIT)*a < (UNIT)*b ? -1 : 1;
}

int __cdecl NAME(ncmp)(const CHAR *a, const CHAR *b, size_t count)
{
    for (; count != 0; count--, a++, b++) {
        if (*a != *b)
            return (UNIT)*a < (UNIT)*b ? -1 : 1;
        if (!*a)
            break;
    }
    return 0;
}

int __cdecl PRIVATE(icmp)(const CHAR *a, const CHAR *b)
{
    int difference;
    do
        difference = LOWER((UNIT)*a) - LOWER((UNIT)*b);
    while (difference == 0 && *a++ && *b++);
    return difference;
}

int __cdecl PRIVATE(nicmp)(const CHAR *a, const CHAR *b, size_t count)
{
    int difference = 0;
    for (; count != 0 && difference == 0; count--, a++, b++) {
        difference = LOWER((UNIT)*a) - LOWER((UNIT)*b);
        if (!*a)
            break;
    }
    return difference;
}

int __cdecl NAME(coll)(const CHAR *a, const CHAR *b)
{
    return NAME(cmp)(a, b);
}

int __cdecl PRIVATE(ncoll)(const CHAR *a, const CHAR *b, size_t count)
{
    return NAME(ncmp)(a, b, count);
}

int __cdecl PRIVATE(icoll)(const CHAR *a, const CHAR *b)
{
    return PRIVATE(icmp)(a, b);
}

int __cdecl PRIVATE(nicoll)(const CHAR *a, const CHAR *b, size_t count)
{
    return PRIVATE(nicmp)(a, b, count);
}

size_t __cdecl NAME(xfrm)(CHAR *to, const CHAR *from, size_t count)
{
    if (count != 0)
        NAME(ncpy)(to, from, count);
    return NAME(len)(from);
}

CHAR *__cdecl NAME(chr)(const CHAR *text, CHARARG character)
{
    for (;; text++) {
        if (*text == (CHAR)character)
            return (CHAR *)text;
        if (!*text)
            return NULL;
    }
}

CHAR *__cdecl NAME(rchr)(const CHAR *text, CHARARG character)
{
    const CHAR *last = NULL;
    for (;; text++) {
        if (*text == (CHAR)character)
            last = text;
        if (!*text)
            return (CHAR *)last;
    }
}

size_t __cdecl NAME(spn)(const CHAR *text, const CHAR *set)
{
    size_t length = 0;
    while (text[length] && NAME(chr)(set, text[length]) != NULL)
        length++;
    return length;
}

size_t __cdecl NAME(cspn)(const CHAR *text, const CHAR *set)
{
    size_t length = 0;
    while (text[length] && NAME(chr)(set, text[length]) == NULL)
        length++;
    return length;
}

CHAR *__cdecl NAME(pbrk)(const CHAR *text, const CHAR *set)
{
    text += NAME(cspn)(text, set);
    return *text ? (CHAR *)text : NULL;
}

CHAR *__cdecl NAME(str)(const CHAR *text, const CHAR *part)
{
    size_t length = NAME(len)(part);
    for (;; text++) {
        if (NAME(ncmp)(text, part, length) == 0)
            return (CHAR *)text;
        if (!*text)
            return NULL;
    }
}

#include "secure_core.h"

CHAR *__cdecl NAME(tok_s)(CHAR *text, const CHAR *set, CHAR **place)
{
    CHAR *start = text != NULL || place == NULL ? text : *place;
    if (start == NULL || set == NULL || place == NULL) {
        *_errno() = EINVAL;
        return NULL;
    }
    start += NAME(spn)(start, set);
    CHAR *end = start + NAME(cspn)(start, set);
    *place = end;
    if (*end)
        *(*place)++ = 0;
    return end != start ? start : NULL;
}

CHAR *__cdecl NAME(tok)(CHAR *text, const CHAR *set)
{
    return NAME(tok_s)(text, set, &crt_thread()->TOK_PLACE);
}

CHAR *__cdecl PRIVATE(dup)(const CHAR *text)
{
    if (text == NULL)
        return NULL;
    size_t size = (NAME(len)(text) + 1) * sizeof(CHAR);
    CHAR *copy = malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

CHAR *__cdecl PRIVATE(lwr)(CHAR *text)
{
    for (CHAR *at = text; *at; at++)
        *at = (CHAR)LOWER((UNIT)*at);
    return text;
}

CHAR *__cdecl PRIVATE(upr)(CHAR *text)
{
    for (CHAR *at = text; *at; at++)
        *at = (CHAR)UPPER((UNIT)*at);
    return text;
}

CHAR *__cdecl PRIVATE(rev)(CHAR *text)
{
    CHAR *left = text, *right = text + NAME(len)(text);
    while (left + 1 < right) {
        CHAR first = *left;
        *left++ = *--right;
        *right = first;
    }
    return text;
}

CHAR *__cdecl PRIVATE(set)(CHAR *text, CHARARG character)
{
    for (CHAR *at = text; *at; at++)
        *at = (CHAR)character;
    return text;
}

CHAR *__cdecl PRIVATE(nset)(CHAR *text, CHARARG character, size_t count)
{
    for (CHAR *at = text; *at && count != 0; at++, count--)
        *at = (CHAR)character;
    return text;
}

/* Is there a 0 within the room?  If not, the text is emptied: EINVAL. */
static errno_t PRIVATE(ends)(CHAR *text, size_t room)
{
    if (text != NULL && NAME(nlen)(text, room) < room)
        return 0;
    if (text != NULL && room != 0)
        *text = 0;
    return *_errno() = EINVAL;
}

#define CHANGE(SUFFIX, PARAMETERS, ...)                                                  \
    errno_t __cdecl PRIVATE(SUFFIX##_s) PARAMETERS                                       \
    {                                                                                    \
        errno_t error = PRIVATE(ends)(text, room);                                       \
        if (error == 0)                                                                  \
            PRIVATE(SUFFIX)(__VA_ARGS__);                                                \
        return error;                                                                    \
    }
CHANGE(lwr, (CHAR * text, size_t room), text)
CHANGE(upr, (CHAR * text, size_t room), text)
CHANGE(set, (CHAR * text, size_t room, CHARARG with), text, with)
CHANGE(nset, (CHAR * text, size_t room, CHARARG with, size_t count), text, with, count)
#undef CHANGE

/* narrow.c - wide functions that are the narrow ones with their text in the ANSI code page.
 *
 * What starts a program, names a temporary file, reads the environment or tells the date
 * has one implementation, which takes bytes.  A character without a byte becomes the code
 * page's default character.  Source: Microsoft C runtime reference, by name.
 */
#include "crt.h"
#include <process.h>
#include <time.h>
#include <wchar.h>

/* A block of malloc; null for null, and null with ENOMEM. */
char *crt_narrow(const wchar_t *text)
{
    int length =
        text != NULL ? WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL) : 0;
    char *narrow = length != 0 ? malloc((size_t)length) : NULL;
    if (narrow != NULL)
        WideCharToMultiByte(CP_ACP, 0, text, -1, narrow, length, NULL, NULL);
    return narrow;
}

/* `text`, which is freed, or null; `to` (room for `room` characters) or a block of malloc. */
static wchar_t *widen(char *text, wchar_t *to, int room, int owned)
{
    if (text == NULL)
        return NULL;
    if (to == NULL) {
        room = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
        to = malloc((size_t)room * sizeof(*to));
    }
    if (to != NULL)
        MultiByteToWideChar(CP_ACP, 0, text, -1, to, room);
    if (owned)
        free(text);
    return to;
}

/* ---- programs ---- */

static void free_list(char **list)
{
    for (char **at = list; at != NULL && *at != NULL; at++)
        free(*at);
    free(list);
}

static char **narrow_list(const wchar_t *const *wide)
{
    size_t count = 0;
    while (wide != NULL && wide[count] != NULL)
        count++;
    char **list = calloc(count + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < count; i++)
        if ((list[i] = crt_narrow(wide[i])) == NULL) {
            free_list(list);
            return NULL;
        }
    return list;
}

static intptr_t spawn(int mode, const wchar_t *name, const wchar_t *const *arguments,
                      const wchar_t *const *environment, int search)
{
    char *narrow = crt_narrow(name), **list = narrow_list(arguments);
    char **block = environment != NULL ? narrow_list(environment) : NULL;
    intptr_t result = -1;
    if (list != NULL && (environment == NULL || block != NULL))
        result = (search ? _spawnvpe : _spawnve)(mode, narrow, (const char *const *)list,
                                                 (const char *const *)block);
    free(narrow);
    free_list(list);
    free_list(block);
    return result;
}

static const wchar_t *const *environment_behind(const wchar_t *const *arguments)
{
    while (*arguments != NULL)
        arguments++;
    return (const wchar_t *const *)arguments[1];
}

/* With an array; with a list on the stack, which is one (spawn.c). */
#define ARRAY(name, search, ENVIRONMENT, ...)                                            \
    intptr_t __cdecl _wspawn##name(int mode, const wchar_t *file,                        \
                                   const wchar_t *const *list __VA_ARGS__)               \
    {                                                                                    \
        return spawn(mode, file, list, ENVIRONMENT, search);                             \
    }                                                                                    \
    intptr_t __cdecl _wexec##name(const wchar_t *file,                                   \
                                  const wchar_t *const *list __VA_ARGS__)                \
    {                                                                                    \
        return spawn(_P_OVERLAY, file, list, ENVIRONMENT, search);                       \
    }
ARRAY(v, 0, NULL)
ARRAY(vp, 1, NULL)
ARRAY(ve, 0, environment, , const wchar_t *const *environment)
ARRAY(vpe, 1, environment, , const wchar_t *const *environment)

#define LIST(name, search, ENVIRONMENT)                                                  \
    intptr_t __cdecl _wspawn##name(int mode, const wchar_t *file, const wchar_t *first,  \
                                   ...)                                                  \
    {                                                                                    \
        const wchar_t *const *list = (const wchar_t *const *)&first;                     \
        return spawn(mode, file, list, ENVIRONMENT, search);                             \
    }                                                                                    \
    intptr_t __cdecl _wexec##name(const wchar_t *file, const wchar_t *first, ...)        \
    {                                                                                    \
        const wchar_t *const *list = (const wchar_t *const *)&first;                     \
        return spawn(_P_OVERLAY, file, list, ENVIRONMENT, search);                       \
    }
LIST(l, 0, NULL)
LIST(lp, 1, NULL)
LIST(le, 0, environment_behind(list))
LIST(lpe, 1, environment_behind(list))

int __cdecl _wsystem(const wchar_t *command)
{
    char *narrow = crt_narrow(command);
    int result = command == NULL || narrow != NULL ? system(narrow) : -1;
    free(narrow);
    return result;
}

FILE *__cdecl _wpopen(const wchar_t *command, const wchar_t *mode)
{
    char *narrow = crt_narrow(command), *how = crt_narrow(mode);
    FILE *stream = _popen(narrow, how);
    free(narrow);
    free(how);
    return stream;
}

/* ---- the environment ---- */

int __cdecl _wputenv(const wchar_t *text)
{
    char *narrow = crt_narrow(text);
    int result = narrow != NULL ? _putenv(narrow) : -1;
    free(narrow);
    return result;
}

errno_t __cdecl _wputenv_s(const wchar_t *name, const wchar_t *value)
{
    char *one = crt_narrow(name), *two = crt_narrow(value);
    errno_t result = _putenv_s(one, two);
    free(one);
    free(two);
    return result;
}

errno_t __cdecl _wgetenv_s(size_t *needed, wchar_t *buffer, size_t room,
                           const wchar_t *name)
{
    if (needed == NULL || name == NULL || (buffer == NULL && room != 0))
        return *_errno() = EINVAL;
    const wchar_t *value = _wgetenv(name);
    *needed = value != NULL ? wcslen(value) + 1 : 0;
    if (room != 0)
        *buffer = 0;
    if (*needed > room)
        return room != 0 ? ERANGE : 0;
    if (value != NULL)
        wcscpy(buffer, value);
    return 0;
}

/* ---- names of files, dates, the console ---- */

wchar_t *__cdecl _wmktemp(wchar_t *pattern)
{
    char *narrow = crt_narrow(pattern);
    wchar_t *made = NULL;
    if (narrow != NULL && _mktemp(narrow) != NULL)
        made = widen(narrow, pattern, (int)wcslen(pattern) + 1, 0);
    free(narrow);
    return made;
}

wchar_t *__cdecl _wtmpnam(wchar_t *buffer)
{
    static wchar_t own[L_tmpnam + 8];
    char name[L_tmpnam + 8];
    return widen(tmpnam(name), buffer != NULL ? buffer : own, L_tmpnam, 0);
}

wchar_t *__cdecl _wtempnam(const wchar_t *directory, const wchar_t *prefix)
{
    char *where = crt_narrow(directory), *front = crt_narrow(prefix);
    wchar_t *made = widen(_tempnam(where, front), NULL, 0, 1);
    free(where);
    free(front);
    return made;
}

wchar_t *__cdecl _wstrdate(wchar_t *text)
{
    char narrow[9];
    return widen(_strdate(narrow), text, 9, 0);
}

wchar_t *__cdecl _wstrtime(wchar_t *text)
{
    char narrow[9];
    return widen(_strtime(narrow), text, 9, 0);
}

wchar_t *__cdecl crt_wctime32(const __time32_t *time)
{
    __time64_t wide = *time;
    return _wctime64(&wide);
}

wint_t __cdecl crt_putwch(wchar_t character)
{
    char byte = '?';
    WideCharToMultiByte(CP_ACP, 0, &character, 1, &byte, 1, NULL, NULL);
    return crt_putch((unsigned char)byte) != EOF ? character : WEOF;
}

int __cdecl crt_cputws(const wchar_t *text)
{
    while (*text)
        if (crt_putwch(*text++) == WEOF)
            return -1;
    return 0;
}

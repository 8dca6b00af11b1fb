/* checked.c - "secure" forms: the plain function with the room told.
 *
 * Too little room is ERANGE and an empty text; a null pointer or no room at all is EINVAL.
 * Microsoft's call an invalid parameter handler first; msvcrt has none to set, and goes on.
 * Source: Microsoft C runtime reference, by name.
 */
#include "crt.h"
#include <stdlib.h>
#include <wchar.h>

/* ---- numbers ---- */

#define NUMBER(NAME, TYPE, CHAR, PLAIN, COPY)                                            \
    errno_t __cdecl NAME(TYPE value, CHAR *out, size_t room, int base)                   \
    {                                                                                    \
        CHAR text[72];                                                                   \
        if (out != NULL && room != 0)                                                    \
            *out = 0;                                                                    \
        if (out == NULL || room == 0 || base < 2 || base > 36)                           \
            return *_errno() = EINVAL;                                                   \
        return COPY(out, room, PLAIN(value, text, base));                                \
    }
NUMBER(_ltoa_s, long, char, _ltoa, strcpy_s)
NUMBER(_ultoa_s, unsigned long, char, _ultoa, strcpy_s)
NUMBER(_i64toa_s, __int64, char, _i64toa, strcpy_s)
NUMBER(_ui64toa_s, unsigned __int64, char, _ui64toa, strcpy_s)
NUMBER(_ltow_s, long, wchar_t, _ltow, wcscpy_s)
NUMBER(_ultow_s, unsigned long, wchar_t, _ultow, wcscpy_s)
NUMBER(_i64tow_s, __int64, wchar_t, _i64tow, wcscpy_s)
NUMBER(_ui64tow_s, unsigned __int64, wchar_t, _ui64tow, wcscpy_s)

errno_t __cdecl _ecvt_s(char *out, size_t room, double value, int count, int *point,
                        int *negative)
{
    if (out == NULL || room == 0 || point == NULL || negative == NULL)
        return *_errno() = EINVAL;
    return strcpy_s(out, room, _ecvt(value, count, point, negative));
}

errno_t __cdecl _fcvt_s(char *out, size_t room, double value, int count, int *point,
                        int *negative)
{
    if (out == NULL || room == 0 || point == NULL || negative == NULL)
        return *_errno() = EINVAL;
    return strcpy_s(out, room, _fcvt(value, count, point, negative));
}

errno_t __cdecl _gcvt_s(char *out, size_t room, double value, int digits)
{
    char text[CRT_FLOAT_TEXT];
    if (out == NULL || room == 0)
        return *_errno() = EINVAL;
    return strcpy_s(out, room, _gcvt(value, digits < 17 ? digits : 17, text));
}

/* ---- paths: at most LONGEST characters ---- */

#define LONGEST 1024

#define PATHS(SPLIT, MAKE, CHAR, LENGTH, COPY, PLAIN_SPLIT, PLAIN_MAKE)                  \
    errno_t __cdecl SPLIT(const CHAR *path, CHAR *drive, size_t drive_room, CHAR *dir,   \
                          size_t dir_room, CHAR *name, size_t name_room, CHAR *ext,      \
                          size_t ext_room)                                               \
    {                                                                                    \
        CHAR part[4][LONGEST + 1], *out[] = {drive, dir, name, ext};                     \
        const size_t room[] = {drive_room, dir_room, name_room, ext_room};               \
        errno_t result = 0;                                                              \
        for (int i = 0; i < 4; i++)                                                      \
            if ((out[i] == NULL) != (room[i] == 0) || path == NULL)                      \
                return *_errno() = EINVAL;                                               \
        if (LENGTH(path) > LONGEST)                                                      \
            return *_errno() = ERANGE;                                                   \
        PLAIN_SPLIT(path, part[0], part[1], part[2], part[3]);                           \
        for (int i = 0; i < 4; i++)                                                      \
            if (out[i] != NULL && LENGTH(part[i]) >= room[i])                            \
                result = *_errno() = ERANGE;                                             \
        for (int i = 0; i < 4; i++)                                                      \
            if (out[i] != NULL && result == 0)                                           \
                COPY(out[i], room[i], part[i]);                                          \
            else if (out[i] != NULL)                                                     \
                *out[i] = 0;                                                             \
        return result;                                                                   \
    }                                                                                    \
    errno_t __cdecl MAKE(CHAR *path, size_t room, const CHAR *drive, const CHAR *dir,    \
                         const CHAR *name, const CHAR *ext)                              \
    {                                                                                    \
        CHAR whole[LONGEST + 8];                                                         \
        size_t length = (dir != NULL ? LENGTH(dir) : 0) +                                \
                        (name != NULL ? LENGTH(name) : 0) +                              \
                        (ext != NULL ? LENGTH(ext) : 0);                                 \
        if (path == NULL || room == 0)                                                   \
            return *_errno() = EINVAL;                                                   \
        *path = 0;                                                                       \
        if (length > LONGEST)                                                            \
            return *_errno() = ERANGE;                                                   \
        PLAIN_MAKE(whole, drive, dir, name, ext);                                        \
        return COPY(path, room, whole);                                                  \
    }
PATHS(_splitpath_s, _makepath_s, char, strlen, strcpy_s, _splitpath, _makepath)
PATHS(_wsplitpath_s, _wmakepath_s, wchar_t, wcslen, wcscpy_s, _wsplitpath, _wmakepath)

/* The file in the directories of the environment variable (or here), or an empty text and
 * ENOENT. */
errno_t __cdecl _searchenv_s(const char *file, const char *variable, char *path,
                             size_t room)
{
    if (file == NULL || path == NULL || room == 0)
        return *_errno() = EINVAL;
    const char *folders = variable != NULL ? getenv(variable) : NULL;
    *path = 0;
    DWORD length = SearchPathA(".", file, NULL, (DWORD)room, path, NULL);
    if (length == 0 && folders != NULL)
        length = SearchPathA(folders, file, NULL, (DWORD)room, path, NULL);
    if (length != 0 && length < room)
        return 0;
    *path = 0;
    return *_errno() = length == 0 ? ENOENT : ERANGE;
}

void __cdecl _searchenv(const char *file, const char *variable, char *path)
{
    _searchenv_s(file, variable, path, MAX_PATH);
}

/* ---- text ---- */

errno_t __cdecl wctomb_s(int *length, char *out, size_t room, wchar_t wide)
{
    char byte;
    int count = wctomb(&byte, wide);
    if (length != NULL)
        *length = out != NULL ? count : 0;
    if (out == NULL)
        return 0;
    if (count < 0)
        return EILSEQ;
    if (room == 0)
        return *_errno() = ERANGE;
    *out = byte;
    return 0;
}

errno_t __cdecl tmpnam_s(char *out, size_t room)
{
    char name[L_tmpnam + 8];
    if (out == NULL || room == 0)
        return *_errno() = EINVAL;
    return strcpy_s(out, room, tmpnam(name));
}

/* bsearch with a context for the comparison. */
void *__cdecl bsearch_s(const void *key, const void *base, size_t count, size_t size,
                        int(__cdecl *compare)(void *, const void *, const void *),
                        void *context)
{
    const char *from = base;
    while (count != 0) {
        const char *middle = from + count / 2 * size;
        int order = compare(context, key, middle);
        if (order == 0)
            return (void *)middle;
        if (order > 0)
            from = middle + size;
        count = order > 0 ? count - count / 2 - 1 : count / 2;
    }
    return NULL;
}

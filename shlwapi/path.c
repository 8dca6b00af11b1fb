/* path.c - functions on paths as text; only PathFileExists looks at C:.
 *
 * PathIsRelative: FALSE for a path that begins with a backslash or has a colon after its drive's
 * letter, TRUE for every other, the empty one included.
 */
#define _SHLWAPI_
#include <windows.h>
#include <shlwapi.h>

#define PATHS(X, CHAR, STR, CSTR)                                                        \
    WINBOOL WINAPI PathIsRelative##X(CSTR path)                                          \
    {                                                                                    \
        return !path || !*path || (*path != '\\' && path[1] != ':');                     \
    }                                                                                    \
    STR WINAPI PathFindFileName##X(CSTR path)                                            \
    {                                                                                    \
        CSTR name = path;                                                                \
        for (; path && *path; path++)                                                    \
            if ((*path == '\\' || *path == ':' || *path == '/') && path[1] &&            \
                path[1] != '\\' && path[1] != '/')                                       \
                name = path + 1;                                                         \
        return (STR)name;                                                                \
    }                                                                                    \
    STR WINAPI PathFindExtension##X(CSTR path)                                           \
    {                                                                                    \
        CSTR dot = NULL;                                                                 \
        for (; path && *path; path++)                                                    \
            if (*path == '\\' || *path == ' ')                                           \
                dot = NULL;                                                              \
            else if (*path == '.')                                                       \
                dot = path;                                                              \
        return (STR)(dot ? dot : path);                                                  \
    }                                                                                    \
    WINBOOL WINAPI PathFileExists##X(CSTR path)                                          \
    {                                                                                    \
        return path && GetFileAttributes##X(path) != INVALID_FILE_ATTRIBUTES;            \
    }
PATHS(A, CHAR, LPSTR, LPCSTR)
PATHS(W, WCHAR, LPWSTR, LPCWSTR)

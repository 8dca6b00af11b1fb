/* registry.c - a registry that is empty and read-only.
 *
 * The predefined keys are there, and no key or value lies below them.  So every name is not found,
 * every list has ended, and whatever would write is refused; the first refusal of a process is
 * said to the debugger (the log, on Fathom).  The answers are those of a Windows whose registry
 * holds nothing and gives the caller KEY_READ alone.
 *
 *   HKEY_CURRENT_USER and its kin   handles that stand for themselves and need no closing
 *   any other HKEY                  ERROR_INVALID_HANDLE: none was ever given out
 *
 * The functions return an error code; the last error is not touched.  The A and W forms differ in
 * nothing here: a name only counts as empty or not.
 */
#include "advapi.h"

#define FIRST_ROOT 0x80000000u /* HKEY_CLASSES_ROOT ... HKEY_DYN_DATA */
#define LAST_ROOT  0x80000006u
#define PERF_TEXT  0x80000050u /* HKEY_PERFORMANCE_TEXT, HKEY_PERFORMANCE_NLSTEXT */
#define PERF_NLS   0x80000060u

static LONG Check(HKEY key)
{
    const ULONG_PTR root = (ULONG_PTR)key;
    return (root >= FIRST_ROOT && root <= LAST_ROOT) || root == PERF_TEXT ||
                   root == PERF_NLS
               ? ERROR_SUCCESS
               : ERROR_INVALID_HANDLE;
}

static LONG Answer(HKEY key, LONG answer)
{
    const LONG status = Check(key);
    return status ? status : answer;
}

static LONG Refuse(HKEY key)
{
    static LONG said;
    const LONG status = Check(key);
    if (status)
        return status;
    if (!InterlockedExchange(&said, 1))
        OutputDebugStringA("advapi32: the registry is empty and read-only\n");
    return ERROR_ACCESS_DENIED;
}

static LONG Open(HKEY key, BOOL named, PHKEY result)
{
    if (!result)
        return ERROR_INVALID_PARAMETER;
    const LONG status = Answer(key, named ? ERROR_FILE_NOT_FOUND : ERROR_SUCCESS);
    *result = status ? NULL : key;
    return status;
}

static LONG Create(HKEY key, BOOL named, PHKEY result, LPDWORD disposition)
{
    if (named && result && !Check(key)) {
        *result = NULL;
        return Refuse(key);
    }
    const LONG status = Open(key, named, result);
    if (!status && disposition)
        *disposition = REG_OPENED_EXISTING_KEY;
    return status;
}

LONG WINAPI RegCloseKey(HKEY key)
{
    return Check(key);
}

LONG WINAPI RegFlushKey(HKEY key)
{
    return Check(key);
}

LONG WINAPI RegOpenCurrentUser(REGSAM access, PHKEY result)
{
    (void)access;
    return Open(HKEY_CURRENT_USER, FALSE, result);
}

/* How many keys and values there are, and how long: none. */
static LONG Info(HKEY key, LPDWORD classLength, LPDWORD *counts, ULONG count,
                 PFILETIME written)
{
    const LONG status = Check(key);
    if (status)
        return status;
    if (classLength)
        *classLength = 0;
    for (ULONG i = 0; i < count; i++)
        if (counts[i])
            *counts[i] = 0;
    if (written)
        *written = (FILETIME){0, 0};
    return ERROR_SUCCESS;
}

/* Every function of names and strings in both widths.  X: A or W, STR: how a string comes. */
#define REGISTRY(X, STR, CHAR)                                                           \
    LONG WINAPI RegOpenKeyEx##X(HKEY key, STR name, DWORD options, REGSAM access,        \
                                PHKEY result)                                            \
    {                                                                                    \
        (void)options, (void)access;                                                     \
        return Open(key, name && *name, result);                                         \
    }                                                                                    \
    LONG WINAPI RegOpenKey##X(HKEY key, STR name, PHKEY result)                          \
    {                                                                                    \
        return Open(key, name && *name, result);                                         \
    }                                                                                    \
    LONG WINAPI RegCreateKeyEx##X(                                                       \
        HKEY key, STR name, DWORD reserved, CHAR *class, DWORD options, REGSAM access,   \
        const LPSECURITY_ATTRIBUTES security, PHKEY result, LPDWORD disposition)         \
    {                                                                                    \
        (void)class, (void)options, (void)access, (void)security;                        \
        return name && !reserved ? Create(key, *name != 0, result, disposition)          \
                                 : ERROR_INVALID_PARAMETER;                              \
    }                                                                                    \
    LONG WINAPI RegCreateKey##X(HKEY key, STR name, PHKEY result)                        \
    {                                                                                    \
        return Create(key, name && *name, result, NULL);                                 \
    }                                                                                    \
    LONG WINAPI RegQueryValueEx##X(HKEY key, STR name, LPDWORD reserved, LPDWORD type,   \
                                   LPBYTE data, LPDWORD size)                            \
    {                                                                                    \
        (void)name, (void)type;                                                          \
        return Answer(key, reserved || (data && !size) ? ERROR_INVALID_PARAMETER         \
                                                       : ERROR_FILE_NOT_FOUND);          \
    }                                                                                    \
    LONG WINAPI RegGetValue##X(HKEY key, STR subkey, STR name, DWORD flags,              \
                               LPDWORD type, PVOID data, LPDWORD size)                   \
    {                                                                                    \
        (void)subkey, (void)name, (void)flags, (void)type;                               \
        return Answer(key,                                                               \
                      data && !size ? ERROR_INVALID_PARAMETER : ERROR_FILE_NOT_FOUND);   \
    }                                                                                    \
    LONG WINAPI RegSetValueEx##X(HKEY key, STR name, DWORD reserved, DWORD type,         \
                                 const BYTE *data, DWORD size)                           \
    {                                                                                    \
        (void)name, (void)reserved, (void)type, (void)data, (void)size;                  \
        return Refuse(key);                                                              \
    }                                                                                    \
    LONG WINAPI RegDeleteKey##X(HKEY key, STR name)                                      \
    {                                                                                    \
        if (!name)                                                                       \
            return ERROR_INVALID_PARAMETER;                                              \
        return *name ? Answer(key, ERROR_FILE_NOT_FOUND) : Refuse(key);                  \
    }                                                                                    \
    LONG WINAPI RegDeleteKeyEx##X(HKEY key, STR name, REGSAM access, DWORD reserved)     \
    {                                                                                    \
        (void)access;                                                                    \
        return reserved ? ERROR_INVALID_PARAMETER : RegDeleteKey##X(key, name);          \
    }                                                                                    \
    LONG WINAPI RegDeleteValue##X(HKEY key, STR name)                                    \
    {                                                                                    \
        (void)name;                                                                      \
        return Answer(key, ERROR_FILE_NOT_FOUND);                                        \
    }                                                                                    \
    LONG WINAPI RegEnumKeyEx##X(HKEY key, DWORD index, CHAR *name, LPDWORD length,       \
                                LPDWORD reserved, CHAR *class, LPDWORD classLength,      \
                                PFILETIME written)                                       \
    {                                                                                    \
        (void)index, (void)name, (void)length, (void)reserved, (void)class,              \
            (void)classLength, (void)written;                                            \
        return Answer(key, ERROR_NO_MORE_ITEMS);                                         \
    }                                                                                    \
    LONG WINAPI RegEnumKey##X(HKEY key, DWORD index, CHAR *name, DWORD length)           \
    {                                                                                    \
        (void)index, (void)name, (void)length;                                           \
        return Answer(key, ERROR_NO_MORE_ITEMS);                                         \
    }                                                                                    \
    LONG WINAPI RegEnumValue##X(HKEY key, DWORD index, CHAR *name, LPDWORD length,       \
                                LPDWORD reserved, LPDWORD type, LPBYTE data,             \
                                LPDWORD size)                                            \
    {                                                                                    \
        (void)index, (void)name, (void)length, (void)reserved, (void)type, (void)data,   \
            (void)size;                                                                  \
        return Answer(key, ERROR_NO_MORE_ITEMS);                                         \
    }                                                                                    \
    LONG WINAPI RegQueryInfoKey##X(                                                      \
        HKEY key, CHAR *class, LPDWORD classLength, LPDWORD reserved, LPDWORD keys,      \
        LPDWORD longestKey, LPDWORD longestClass, LPDWORD values, LPDWORD longestName,   \
        LPDWORD longestValue, LPDWORD security, PFILETIME written)                       \
    {                                                                                    \
        LPDWORD counts[] = {keys,        longestKey,   longestClass, values,             \
                            longestName, longestValue, security};                        \
        (void)reserved;                                                                  \
        if (class && classLength && *classLength && !Check(key))                         \
            *class = 0;                                                                  \
        return Info(key, classLength, counts, sizeof counts / sizeof *counts, written);  \
    }

REGISTRY(A, LPCSTR, CHAR)
REGISTRY(W, LPCWSTR, WCHAR)

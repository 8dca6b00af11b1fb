/* files.c - files by name: remove, rename, access, directories, temporary names.
 *
 * Each is one call of kernel32 and the translation of its error.
 * Source: Microsoft C runtime reference, by name.
 */
#include "crt.h"
#include <direct.h>
#include <process.h>
#include <wchar.h>

static int answer(BOOL good)
{
    return good ? 0 : crt_fail_last();
}

int __cdecl remove(const char *path)
{
    return answer(DeleteFileA(path));
}

int __cdecl _unlink(const char *path)
{
    return answer(DeleteFileA(path));
}

int __cdecl _wremove(const wchar_t *path)
{
    return answer(DeleteFileW(path));
}

int __cdecl _wunlink(const wchar_t *path)
{
    return answer(DeleteFileW(path));
}

int __cdecl rename(const char *from, const char *to)
{
    return answer(MoveFileA(from, to));
}

int __cdecl _wrename(const wchar_t *from, const wchar_t *to)
{
    return answer(MoveFileW(from, to));
}

static int check_access(DWORD attributes, int mode)
{
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_fail_last();
    if ((mode & 2) && (attributes & FILE_ATTRIBUTE_READONLY) &&
        !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return crt_fail(ERROR_ACCESS_DENIED);
    return 0;
}

int __cdecl _access(const char *path, int mode)
{
    return check_access(GetFileAttributesA(path), mode);
}

int __cdecl _waccess(const wchar_t *path, int mode)
{
    return check_access(GetFileAttributesW(path), mode);
}

int __cdecl _chmod(const char *path, int mode)
{
    DWORD attributes = GetFileAttributesA(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_fail_last();
    attributes &= ~(DWORD)FILE_ATTRIBUTE_READONLY;
    return answer(SetFileAttributesA(
        path, attributes | (mode & 0200 ? 0 : FILE_ATTRIBUTE_READONLY)));
}

int __cdecl _mkdir(const char *path)
{
    return answer(CreateDirectoryA(path, NULL));
}

int __cdecl _wmkdir(const wchar_t *path)
{
    return answer(CreateDirectoryW(path, NULL));
}

int __cdecl _rmdir(const char *path)
{
    return answer(RemoveDirectoryA(path));
}

int __cdecl _wrmdir(const wchar_t *path)
{
    return answer(RemoveDirectoryW(path));
}

int __cdecl _chdir(const char *path)
{
    return answer(SetCurrentDirectoryA(path));
}

int __cdecl _wchdir(const wchar_t *path)
{
    return answer(SetCurrentDirectoryW(path));
}

/* The current directory into `buffer` (null: a block of malloc); null and ERANGE, ENOMEM. */
char *__cdecl _getcwd(char *buffer, int size)
{
    DWORD needed = GetCurrentDirectoryA(0, NULL);
    if (buffer == NULL) {
        size = size > (int)needed ? size : (int)needed;
        buffer = malloc((size_t)size);
        if (buffer == NULL)
            return NULL;
    } else if (size < (int)needed) {
        *_errno() = ERANGE;
        return NULL;
    }
    GetCurrentDirectoryA((DWORD)size, buffer);
    return buffer;
}

wchar_t *__cdecl _wgetcwd(wchar_t *buffer, int size)
{
    DWORD needed = GetCurrentDirectoryW(0, NULL);
    if (buffer == NULL) {
        size = size > (int)needed ? size : (int)needed;
        buffer = malloc((size_t)size * sizeof(wchar_t));
        if (buffer == NULL)
            return NULL;
    } else if (size < (int)needed) {
        *_errno() = ERANGE;
        return NULL;
    }
    GetCurrentDirectoryW((DWORD)size, buffer);
    return buffer;
}

int __cdecl _getdrive(void)
{
    char path[MAX_PATH];
    return GetCurrentDirectoryA(MAX_PATH, path) != 0 && path[1] == ':' ? (path[0] & 31)
                                                                       : 0;
}

/* There is one drive, C:. */
int __cdecl _chdrive(int drive)
{
    if (drive == _getdrive())
        return 0;
    *_errno() = EACCES;
    return -1;
}

unsigned long __cdecl _getdrives(void)
{
    return GetLogicalDrives();
}

char *__cdecl _getdcwd(int drive, char *buffer, int size)
{
    if (drive == 0 || drive == _getdrive())
        return _getcwd(buffer, size);
    *_errno() = EACCES;
    return NULL;
}

/* The whole path of `path`, into `buffer` (null: a block of malloc). */
char *__cdecl _fullpath(char *buffer, const char *path, size_t size)
{
    char whole[MAX_PATH];
    DWORD length =
        GetFullPathNameA(path != NULL && *path ? path : ".", MAX_PATH, whole, NULL);
    if (length == 0 || length >= MAX_PATH || (buffer != NULL && length >= size)) {
        *_errno() = ERANGE;
        return NULL;
    }
    if (buffer == NULL)
        return _strdup(whole);
    return strcpy(buffer, whole);
}

wchar_t *__cdecl _wfullpath(wchar_t *buffer, const wchar_t *path, size_t size)
{
    wchar_t whole[MAX_PATH];
    DWORD length =
        GetFullPathNameW(path != NULL && *path ? path : L".", MAX_PATH, whole, NULL);
    if (length == 0 || length >= MAX_PATH || (buffer != NULL && length >= size)) {
        *_errno() = ERANGE;
        return NULL;
    }
    if (buffer == NULL)
        return _wcsdup(whole);
    return wcscpy(buffer, whole);
}

/* Replaces the six X at the end by a letter and the process's number, such that no file
 * has the name; null when all letters are taken or there are no six X. */
char *__cdecl _mktemp(char *pattern)
{
    size_t length = strlen(pattern);
    if (length < 6 || strcmp(pattern + length - 6, "XXXXXX") != 0)
        return NULL;
    char *tail = pattern + length - 6;
    DWORD id = GetCurrentProcessId();
    for (int i = 5; i > 0; i--, id /= 10)
        tail[i] = (char)('0' + id % 10);
    for (tail[0] = 'a'; tail[0] <= 'z'; tail[0]++)
        if (GetFileAttributesA(pattern) == INVALID_FILE_ATTRIBUTES)
            return pattern;
    *_errno() = EEXIST;
    return NULL;
}

/* "\sPID.N", a name that no file has; into `buffer` or one of the runtime's. */
char *__cdecl tmpnam(char *buffer)
{
    static char own[L_tmpnam + 8];
    static unsigned int next;
    char *out = buffer != NULL ? buffer : own;
    crt_lock(CRT_LOCK_TMPNAM);
    do {
        char number[16];
        strcpy(out, "\\s");
        strcat(out, _ultoa(GetCurrentProcessId() & 0xFFFF, number, 36));
        strcat(out, ".");
        strcat(out, _ultoa(next++ & 0x7FFF, number, 36));
    } while (GetFileAttributesA(out) != INVALID_FILE_ATTRIBUTES);
    crt_unlock(CRT_LOCK_TMPNAM);
    return out;
}

/* A name in `directory`, or in TMP's, or the current one; a block of malloc. */
char *__cdecl _tempnam(const char *directory, const char *prefix)
{
    char path[MAX_PATH];
    const char *where = getenv("TMP");
    if (where == NULL)
        where = directory != NULL ? directory : ".";
    for (int i = 0; i < 1000; i++) {
        _snprintf(path, sizeof(path), "%.180s\\%.40s%lu%d", where,
                  prefix != NULL ? prefix : "", GetCurrentProcessId(), i);
        if (GetFileAttributesA(path) == INVALID_FILE_ATTRIBUTES)
            return _strdup(path);
    }
    return NULL;
}

/* A stream "w+b" on a file that goes when it is closed.  Source: tmpfile. */
FILE *__cdecl tmpfile(void)
{
    char name[MAX_PATH], where[MAX_PATH];
    DWORD length = GetTempPathA(MAX_PATH, where);
    if (length == 0 || length > MAX_PATH - 20)
        strcpy(where, ".\\");
    for (unsigned int i = 0; i < 0x7FFF; i++) {
        _snprintf(name, sizeof(name), "%st%lx.%u", where, GetCurrentProcessId(), i);
        if (GetFileAttributesA(name) == INVALID_FILE_ATTRIBUTES)
            break;
    }
    FILE *stream = fopen(name, "w+bN");
    if (stream != NULL)
        stream->_tmpfname = _strdup(name);
    return stream;
}

errno_t __cdecl tmpfile_s(FILE **stream)
{
    if (stream == NULL)
        return *_errno() = EINVAL;
    *stream = tmpfile();
    return *stream != NULL ? 0 : *_errno();
}

int __cdecl _getpid(void)
{
    return (int)GetCurrentProcessId();
}

/* stat.c - what is known about a file: _stat, _fstat, _findfirst and their many sizes.
 *
 * One function gathers, into the widest structure; the others narrow it.
 * Source: Microsoft C runtime reference, _stat, _findfirst.
 */
#include "crt.h"
#include <sys/stat.h>

#define EPOCH_TICKS 116444736000000000ull /* 1601 to 1970 in 100 ns */

static __time64_t seconds_of(FILETIME time)
{
    uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return ticks == 0 ? 0 : (__time64_t)(ticks - EPOCH_TICKS) / 10000000;
}

static int ends_with(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && _stricmp(path + length - tail, suffix) == 0;
}

static unsigned short mode_of(DWORD attributes, const char *path)
{
    unsigned short mode = _S_IREAD;
    if (!(attributes & FILE_ATTRIBUTE_READONLY))
        mode |= _S_IWRITE;
    if (attributes & FILE_ATTRIBUTE_DIRECTORY)
        mode |= _S_IFDIR | _S_IEXEC;
    else
        mode |= _S_IFREG;
    if (path != NULL && (ends_with(path, ".exe") || ends_with(path, ".bat") ||
                         ends_with(path, ".cmd") || ends_with(path, ".com")))
        mode |= _S_IEXEC;
    return (unsigned short)(mode | (mode & 0700) >> 3 | (mode & 0700) >> 6);
}

int __cdecl _stat64(const char *path, struct _stat64 *out)
{
    WIN32_FIND_DATAA found;
    memset(out, 0, sizeof(*out));
    if (strpbrk(path, "?*") != NULL)
        return crt_fail(ERROR_FILE_NOT_FOUND);
    HANDLE search = FindFirstFileA(path, &found);
    if (search != INVALID_HANDLE_VALUE) {
        FindClose(search);
    } else {
        /* A root directory is not found, but has attributes. */
        memset(&found, 0, sizeof(found));
        found.dwFileAttributes = GetFileAttributesA(path);
        if (found.dwFileAttributes == INVALID_FILE_ATTRIBUTES)
            return crt_fail(ERROR_FILE_NOT_FOUND);
    }
    out->st_mode = mode_of(found.dwFileAttributes, path);
    out->st_nlink = 1;
    out->st_size = (__int64)((uint64_t)found.nFileSizeHigh << 32 | found.nFileSizeLow);
    out->st_mtime = seconds_of(found.ftLastWriteTime);
    out->st_atime = seconds_of(found.ftLastAccessTime);
    out->st_ctime = seconds_of(found.ftCreationTime);
    if (path[0] != 0 && path[1] == ':')
        out->st_dev = (_dev_t)((path[0] | 32) - 'a');
    out->st_rdev = out->st_dev;
    return 0;
}

int __cdecl _fstat64(int fd, struct _stat64 *out)
{
    struct crt_file *file = crt_file_peek(fd);
    memset(out, 0, sizeof(*out));
    if (file == NULL) {
        *_errno() = EBADF;
        return -1;
    }
    out->st_nlink = 1;
    if (file->flags & (CRT_FDEV | CRT_FPIPE)) {
        out->st_mode = file->flags & CRT_FDEV ? _S_IFCHR : _S_IFIFO;
        out->st_dev = out->st_rdev = (_dev_t)fd;
        return 0;
    }
    BY_HANDLE_FILE_INFORMATION info;
    if (!GetFileInformationByHandle(file->handle, &info))
        return crt_fail_last();
    out->st_mode = mode_of(info.dwFileAttributes, NULL);
    out->st_size = (__int64)((uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow);
    out->st_mtime = seconds_of(info.ftLastWriteTime);
    out->st_atime = seconds_of(info.ftLastAccessTime);
    out->st_ctime = seconds_of(info.ftCreationTime);
    return 0;
}

/* The other structures have the same members in other widths. */
#define NARROW(NAME, STRUCT, ARGUMENT, WIDE)                                             \
    int __cdecl NAME(ARGUMENT what, struct STRUCT *out)                                  \
    {                                                                                    \
        struct _stat64 wide;                                                             \
        int result = WIDE(what, &wide);                                                  \
        memset(out, 0, sizeof(*out));                                                    \
        if (result != 0)                                                                 \
            return result;                                                               \
        out->st_dev = wide.st_dev;                                                       \
        out->st_mode = wide.st_mode;                                                     \
        out->st_nlink = wide.st_nlink;                                                   \
        out->st_rdev = wide.st_rdev;                                                     \
        out->st_size = wide.st_size;                                                     \
        out->st_mtime = wide.st_mtime;                                                   \
        out->st_atime = wide.st_atime;                                                   \
        out->st_ctime = wide.st_ctime;                                                   \
        return 0;                                                                        \
    }
struct stat32 {
    _dev_t st_dev;
    _ino_t st_ino;
    unsigned short st_mode;
    short st_nlink, st_uid, st_gid;
    _dev_t st_rdev;
    long st_size;
    __time32_t st_atime, st_mtime, st_ctime;
};
struct stat32i64 {
    _dev_t st_dev;
    _ino_t st_ino;
    unsigned short st_mode;
    short st_nlink, st_uid, st_gid;
    _dev_t st_rdev;
    __int64 st_size;
    __time32_t st_atime, st_mtime, st_ctime;
};
typedef const char *path_argument;
NARROW(crt_stat32, stat32, path_argument, _stat64)
NARROW(crt_stati64, stat32i64, path_argument, _stat64)
NARROW(crt_fstat32, stat32, int, _fstat64)
NARROW(crt_fstati64, stat32i64, int, _fstat64)

int __cdecl _wstat64(const wchar_t *path, struct _stat64 *out)
{
    char narrow[MAX_PATH * 2];
    if (WideCharToMultiByte(CP_ACP, 0, path, -1, narrow, sizeof(narrow), NULL, NULL) == 0)
        return crt_fail(ERROR_FILE_NOT_FOUND);
    return _stat64(narrow, out);
}
typedef const wchar_t *wide_argument;
NARROW(crt_wstat32, stat32, wide_argument, _wstat64)
NARROW(crt_wstati64, stat32i64, wide_argument, _wstat64)

/* _findfirst: the first file that matches, and a handle for the next; -1 and ENOENT. */
#define FIND(FIRST, NEXT, STRUCT, DATA, FIRSTFILE, NEXTFILE, CHAR, COPY)                 \
    static void COPY(const DATA *from, struct STRUCT *to)                                \
    {                                                                                    \
        to->attrib = from->dwFileAttributes & ~(unsigned)FILE_ATTRIBUTE_NORMAL;          \
        to->time_create = seconds_of(from->ftCreationTime);                              \
        to->time_access = seconds_of(from->ftLastAccessTime);                            \
        to->time_write = seconds_of(from->ftLastWriteTime);                              \
        to->size = (uint64_t)from->nFileSizeHigh << 32 | from->nFileSizeLow;             \
        memcpy(to->name, from->cFileName, sizeof(to->name));                             \
    }                                                                                    \
    intptr_t __cdecl FIRST(const CHAR *pattern, struct STRUCT *out)                      \
    {                                                                                    \
        DATA data;                                                                       \
        HANDLE search = FIRSTFILE(pattern, &data);                                       \
        if (search == INVALID_HANDLE_VALUE)                                              \
            return crt_fail_last();                                                      \
        COPY(&data, out);                                                                \
        return (intptr_t)search;                                                         \
    }                                                                                    \
    int __cdecl NEXT(intptr_t search, struct STRUCT *out)                                \
    {                                                                                    \
        DATA data;                                                                       \
        if (!NEXTFILE((HANDLE)search, &data))                                            \
            return crt_fail_last();                                                      \
        COPY(&data, out);                                                                \
        return 0;                                                                        \
    }
FIND(crt_findfirst32, crt_findnext32, _finddata32_t, WIN32_FIND_DATAA, FindFirstFileA,
     FindNextFileA, char, copy32)
FIND(crt_findfirsti64, crt_findnexti64, _finddata32i64_t, WIN32_FIND_DATAA,
     FindFirstFileA, FindNextFileA, char, copyi64)
FIND(_findfirst64, _findnext64, __finddata64_t, WIN32_FIND_DATAA, FindFirstFileA,
     FindNextFileA, char, copy64)
FIND(crt_wfindfirst32, crt_wfindnext32, _wfinddata32_t, WIN32_FIND_DATAW, FindFirstFileW,
     FindNextFileW, wchar_t, wcopy32)
FIND(_wfindfirst64, _wfindnext64, _wfinddata64_t, WIN32_FIND_DATAW, FindFirstFileW,
     FindNextFileW, wchar_t, wcopy64)

int __cdecl _findclose(intptr_t search)
{
    return FindClose((HANDLE)search) ? 0 : crt_fail_last();
}

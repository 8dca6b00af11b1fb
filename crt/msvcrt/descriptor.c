/* descriptor.c - file descriptors: small numbers for handles, and their table.
 *
 *     __pioinfo[fd / 32][fd % 32] = { HANDLE, flags, look-ahead byte, lock }
 *
 * A descriptor remembers what the system does not: text or binary, append, whether the
 * end of a pipe was seen.  Groups of 32 are made as they are needed and never go away, so
 * a pointer into one stays good.  0, 1 and 2 are the standard handles, text mode; those
 * of a parent process (STARTUPINFO.lpReserved2) are taken over. Locks: CRT_LOCK_FILES for
 * the table, then the record's own.  Windows: __pioinfo (osfinfo.c).
 */
#include "crt.h"

struct crt_file *crt_pioinfo[CRT_FILES / CRT_FILE_GROUP];
struct crt_file crt_badioinfo = {
    .handle = INVALID_HANDLE_VALUE, .flags = CRT_FTEXT, .lookahead = 10};

static int add_group(int group)
{
    struct crt_file *files = calloc(CRT_FILE_GROUP, sizeof(*files));
    if (files == NULL)
        return 0;
    for (int i = 0; i < CRT_FILE_GROUP; i++) {
        files[i].handle = INVALID_HANDLE_VALUE;
        files[i].lookahead = 10;
        files[i].lock_ready = 1;
        InitializeCriticalSection(&files[i].lock);
    }
    crt_pioinfo[group] = files;
    return 1;
}

static struct crt_file *record(int fd)
{
    if (fd < 0 || fd >= CRT_FILES || crt_pioinfo[fd / CRT_FILE_GROUP] == NULL)
        return NULL;
    return &crt_pioinfo[fd / CRT_FILE_GROUP][fd % CRT_FILE_GROUP];
}

struct crt_file *crt_file_peek(int fd)
{
    struct crt_file *file = record(fd);
    return file != NULL && (file->flags & CRT_FOPEN) ? file : NULL;
}

struct crt_file *crt_file_lock(int fd)
{
    struct crt_file *file = record(fd);
    if (file != NULL) {
        EnterCriticalSection(&file->lock);
        if (file->flags & CRT_FOPEN)
            return file;
        LeaveCriticalSection(&file->lock);
    }
    *_errno() = EBADF;
    *__doserrno() = 0;
    return NULL;
}

void crt_file_unlock(struct crt_file *file)
{
    LeaveCriticalSection(&file->lock);
}

static unsigned char kind_flags(HANDLE handle)
{
    DWORD kind = GetFileType(handle) & ~(DWORD)FILE_TYPE_REMOTE;
    return kind == FILE_TYPE_CHAR ? CRT_FDEV : kind == FILE_TYPE_PIPE ? CRT_FPIPE : 0;
}

/* A descriptor for `handle`, the lowest free one; -1 and EMFILE when all are taken. */
int crt_file_new(HANDLE handle, int flags)
{
    int result = -1;
    crt_lock(CRT_LOCK_FILES);
    for (int fd = 0; fd < CRT_FILES && result < 0; fd++) {
        if (crt_pioinfo[fd / CRT_FILE_GROUP] == NULL && !add_group(fd / CRT_FILE_GROUP))
            break;
        struct crt_file *file = record(fd);
        if (file->flags & CRT_FOPEN)
            continue;
        file->handle = handle;
        file->lookahead = 10;
        file->encoding = CRT_BYTES;
        file->half = 0;
        file->flags = (unsigned char)(flags | CRT_FOPEN | kind_flags(handle));
        result = fd;
    }
    crt_unlock(CRT_LOCK_FILES);
    if (result < 0)
        *_errno() = EMFILE;
    return result;
}

static void put(int fd, HANDLE handle, unsigned char flags)
{
    if (crt_pioinfo[fd / CRT_FILE_GROUP] == NULL && !add_group(fd / CRT_FILE_GROUP))
        return;
    struct crt_file *file = record(fd);
    file->handle = handle;
    file->flags = flags;
}

/* { int count; unsigned char flags[count]; HANDLE handles[count] }, unaligned. */
static void inherit(void)
{
    STARTUPINFOA info;
    GetStartupInfoA(&info);
    if (info.cbReserved2 < sizeof(int) || info.lpReserved2 == NULL)
        return;
    int count;
    memcpy(&count, info.lpReserved2, sizeof(count));
    if (count < 0 || count > CRT_FILES ||
        sizeof(int) + (size_t)count * (1 + sizeof(HANDLE)) > info.cbReserved2)
        return;
    const unsigned char *flags = info.lpReserved2 + sizeof(int);
    for (int fd = 0; fd < count; fd++) {
        HANDLE handle;
        memcpy(&handle, flags + count + fd * sizeof(handle), sizeof(handle));
        if ((flags[fd] & CRT_FOPEN) && handle != INVALID_HANDLE_VALUE)
            put(fd, handle, flags[fd]);
    }
}

void crt_files_start(void)
{
    static const DWORD standard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
                                      STD_ERROR_HANDLE};
    inherit();
    for (int fd = 0; fd < 3; fd++) {
        if (crt_file_peek(fd) != NULL)
            continue;
        HANDLE handle = GetStdHandle(standard[fd]);
        if (handle == NULL || handle == INVALID_HANDLE_VALUE)
            put(fd, INVALID_HANDLE_VALUE, CRT_FOPEN | CRT_FTEXT | CRT_FDEV);
        else
            put(fd, handle, CRT_FOPEN | CRT_FTEXT | kind_flags(handle));
    }
}

/* 0, or -1 and EBADF.  The handle is closed too.  Source: _close. */
int __cdecl _close(int fd)
{
    static const DWORD standard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
                                      STD_ERROR_HANDLE};
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    int result = 0;
    if (file->handle != INVALID_HANDLE_VALUE && !CloseHandle(file->handle))
        result = crt_fail_last();
    if (fd < 3)
        SetStdHandle(standard[fd], NULL);
    file->handle = INVALID_HANDLE_VALUE;
    file->flags = 0;
    crt_file_unlock(file);
    return result;
}

/* The handle of a descriptor, or -1 and EBADF.  Source: _get_osfhandle. */
intptr_t __cdecl _get_osfhandle(int fd)
{
    struct crt_file *file = crt_file_peek(fd);
    if (file == NULL) {
        *_errno() = EBADF;
        return -1;
    }
    return (intptr_t)file->handle;
}

/* A descriptor for an open handle, which then belongs to it; flags _O_TEXT, _O_APPEND.
 * Source: _open_osfhandle. */
int __cdecl _open_osfhandle(intptr_t handle, int flags)
{
    int own = (flags & _O_TEXT ? CRT_FTEXT : 0) | (flags & _O_APPEND ? CRT_FAPPEND : 0) |
              (flags & _O_NOINHERIT ? CRT_FNOINHERIT : 0);
    return crt_file_new((HANDLE)handle, own);
}

int __cdecl _isatty(int fd)
{
    struct crt_file *file = crt_file_peek(fd);
    if (file == NULL) {
        *_errno() = EBADF;
        return 0;
    }
    return file->flags & CRT_FDEV;
}

static int mode_of(const struct crt_file *file)
{
    if (file->encoding != CRT_BYTES)
        return file->encoding == CRT_UTF8 ? _O_U8TEXT : _O_U16TEXT;
    return file->flags & CRT_FTEXT ? _O_TEXT : _O_BINARY;
}

/* _O_TEXT, _O_BINARY, _O_U16TEXT (or _O_WTEXT), _O_U8TEXT; returns the former mode, or -1.
 * Source: _setmode. */
int __cdecl _setmode(int fd, int mode)
{
    if (mode != _O_TEXT && mode != _O_BINARY && mode != _O_U8TEXT && mode != _O_U16TEXT &&
        mode != _O_WTEXT) {
        *_errno() = EINVAL;
        return -1;
    }
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    int old = mode_of(file);
    file->encoding = mode == _O_U8TEXT                        ? CRT_UTF8
                     : mode == _O_U16TEXT || mode == _O_WTEXT ? CRT_UTF16
                                                              : CRT_BYTES;
    file->half = 0;
    file->flags &= (unsigned char)~CRT_FTEXT;
    if (mode == _O_TEXT)
        file->flags |= CRT_FTEXT;
    crt_file_unlock(file);
    return old;
}

static int duplicate(int fd, HANDLE *handle)
{
    struct crt_file *file = crt_file_peek(fd);
    if (file == NULL) {
        *_errno() = EBADF;
        return -1;
    }
    if (!DuplicateHandle(GetCurrentProcess(), file->handle, GetCurrentProcess(), handle,
                         0, TRUE, DUPLICATE_SAME_ACCESS))
        return crt_fail_last();
    return file->flags & ~(CRT_FNOINHERIT | CRT_FOPEN | CRT_FDEV | CRT_FPIPE);
}

/* Another descriptor for the same file; -1 and errno.  Source: _dup. */
int __cdecl _dup(int fd)
{
    HANDLE handle;
    int flags = duplicate(fd, &handle);
    if (flags < 0)
        return -1;
    int result = crt_file_new(handle, flags);
    if (result < 0)
        CloseHandle(handle);
    return result;
}

/* The same under a number of choice, which is closed before; 0 or -1.  Source: _dup2. */
int __cdecl _dup2(int fd, int target)
{
    static const DWORD standard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
                                      STD_ERROR_HANDLE};
    HANDLE handle;
    if (target < 0 || target >= CRT_FILES) {
        *_errno() = EBADF;
        return -1;
    }
    if (fd == target && crt_file_peek(fd) != NULL)
        return 0;
    int flags = duplicate(fd, &handle);
    if (flags < 0)
        return -1;
    if (crt_file_peek(target) != NULL)
        _close(target);
    put(target, handle, (unsigned char)(flags | CRT_FOPEN | kind_flags(handle)));
    if (target < 3)
        SetStdHandle(standard[target], handle);
    return 0;
}

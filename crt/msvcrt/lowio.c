/* lowio.c - _open, _read, _write, _lseek: files by descriptor, with text translation.
 *
 *     text mode   writing: \n becomes \r\n
 *                 reading: \r\n becomes \n, ^Z ends the file
 *
 * Reading a block that ends in \r needs the byte after it: it is read and, if it is no \n,
 * the file position goes back by one; where that is impossible (pipe, console) the byte is
 * kept in the record's lookahead (10 means "nothing kept": a kept \n is never needed, see
 * below).
 *
 * Lock: the descriptor's record during each call.  Windows: read.c, write.c, lseek.c, open.c.
 */
#include "crt.h"
#include <share.h>
#include <sys/stat.h>

int crt_fmode; /* of _open without _O_TEXT or _O_BINARY; exported as _fmode */
static int umask_bits;

static DWORD access_of(int flags)
{
    switch (flags & (_O_RDONLY | _O_WRONLY | _O_RDWR)) {
    case _O_RDONLY:
        return GENERIC_READ;
    case _O_WRONLY:
        return GENERIC_WRITE;
    default:
        return GENERIC_READ | GENERIC_WRITE;
    }
}

static DWORD disposition_of(int flags)
{
    switch (flags & (_O_CREAT | _O_EXCL | _O_TRUNC)) {
    case _O_CREAT:
        return OPEN_ALWAYS;
    case _O_CREAT | _O_EXCL:
    case _O_CREAT | _O_EXCL | _O_TRUNC:
        return CREATE_NEW;
    case _O_TRUNC:
    case _O_TRUNC | _O_EXCL:
        return TRUNCATE_EXISTING;
    case _O_CREAT | _O_TRUNC:
        return CREATE_ALWAYS;
    default:
        return OPEN_EXISTING;
    }
}

static DWORD sharing_of(int share)
{
    switch (share) {
    case _SH_DENYRW:
        return 0;
    case _SH_DENYWR:
        return FILE_SHARE_READ;
    case _SH_DENYRD:
        return FILE_SHARE_WRITE;
    default:
        return FILE_SHARE_READ | FILE_SHARE_WRITE;
    }
}

static int adopt(HANDLE handle, int flags)
{
    if (handle == INVALID_HANDLE_VALUE)
        return crt_fail_last();
    int text = flags & _O_BINARY ? 0 : flags & _O_TEXT ? 1 : !(crt_fmode & _O_BINARY);
    int fd = crt_file_new(handle, (text ? CRT_FTEXT : 0) |
                                      (flags & _O_APPEND ? CRT_FAPPEND : 0) |
                                      (flags & _O_NOINHERIT ? CRT_FNOINHERIT : 0));
    if (fd < 0)
        CloseHandle(handle);
    return fd;
}

static DWORD attributes_of(int flags, int mode)
{
    DWORD attributes = FILE_ATTRIBUTE_NORMAL;
    if ((flags & _O_CREAT) && !(mode & ~umask_bits & _S_IWRITE))
        attributes = FILE_ATTRIBUTE_READONLY;
    if (flags & _O_TEMPORARY)
        attributes |= FILE_FLAG_DELETE_ON_CLOSE;
    return attributes;
}

static SECURITY_ATTRIBUTES *security_of(int flags, SECURITY_ATTRIBUTES *security)
{
    security->nLength = sizeof(*security);
    security->lpSecurityDescriptor = NULL;
    security->bInheritHandle = !(flags & _O_NOINHERIT);
    return security;
}

/* A descriptor for the file, or -1 with errno (ENOENT, EACCES, EEXIST, EMFILE, EINVAL).
 * The mode is looked at when the file is made.  Source: _open, _sopen. */
int __cdecl _sopen(const char *path, int flags, int share, ...)
{
    SECURITY_ATTRIBUTES security;
    va_list args;
    va_start(args, share);
    int mode = flags & _O_CREAT ? va_arg(args, int) : _S_IWRITE;
    va_end(args);
    return adopt(
        CreateFileA(path, access_of(flags) | (flags & _O_TEMPORARY ? DELETE : 0),
                    sharing_of(share) | (flags & _O_TEMPORARY ? FILE_SHARE_DELETE : 0),
                    security_of(flags, &security), disposition_of(flags),
                    attributes_of(flags, mode), NULL),
        flags);
}

int __cdecl _wsopen(const wchar_t *path, int flags, int share, ...)
{
    SECURITY_ATTRIBUTES security;
    va_list args;
    va_start(args, share);
    int mode = flags & _O_CREAT ? va_arg(args, int) : _S_IWRITE;
    va_end(args);
    return adopt(
        CreateFileW(path, access_of(flags) | (flags & _O_TEMPORARY ? DELETE : 0),
                    sharing_of(share) | (flags & _O_TEMPORARY ? FILE_SHARE_DELETE : 0),
                    security_of(flags, &security), disposition_of(flags),
                    attributes_of(flags, mode), NULL),
        flags);
}

int __cdecl _open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & _O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return _sopen(path, flags, _SH_DENYNO, mode);
}

int __cdecl _wopen(const wchar_t *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & _O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return _wsopen(path, flags, _SH_DENYNO, mode);
}

int __cdecl _creat(const char *path, int mode)
{
    return _open(path, _O_CREAT | _O_TRUNC | _O_RDWR, mode);
}

int __cdecl _umask(int bits)
{
    int old = umask_bits;
    umask_bits = bits & (_S_IREAD | _S_IWRITE);
    return old;
}

/* Moves the file pointer; the new place, or -1 with EINVAL or EBADF.  Source: _lseeki64. */
__int64 __cdecl _lseeki64(int fd, __int64 distance, int origin)
{
    struct crt_file *file = crt_file_lock(fd);
    LARGE_INTEGER place = {.QuadPart = distance};
    if (file == NULL)
        return -1;
    place.LowPart =
        SetFilePointer(file->handle, (LONG)place.LowPart, &place.HighPart, origin);
    DWORD error = place.LowPart == INVALID_SET_FILE_POINTER ? GetLastError() : NO_ERROR;
    if (error == NO_ERROR)
        file->flags &= (unsigned char)~CRT_FEOFLAG;
    crt_file_unlock(file);
    return error == NO_ERROR ? place.QuadPart : crt_fail(error);
}

long __cdecl _lseek(int fd, long distance, int origin)
{
    return (long)_lseeki64(fd, distance, origin);
}

long __cdecl _tell(int fd)
{
    return _lseek(fd, 0, SEEK_CUR);
}

__int64 __cdecl _telli64(int fd)
{
    return _lseeki64(fd, 0, SEEK_CUR);
}

/* Length in bytes, or -1.  The file pointer stays.  Source: _filelength. */
__int64 __cdecl _filelengthi64(int fd)
{
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    ULARGE_INTEGER size;
    SetLastError(NO_ERROR);
    size.LowPart = GetFileSize(file->handle, &size.HighPart);
    DWORD error = size.LowPart == INVALID_FILE_SIZE ? GetLastError() : NO_ERROR;
    crt_file_unlock(file);
    return error == NO_ERROR ? (__int64)size.QuadPart : crt_fail(error);
}

long __cdecl _filelength(int fd)
{
    return (long)_filelengthi64(fd);
}

/* 1 at the end of the file, 0 before it, -1 and errno.  Source: _eof. */
int __cdecl _eof(int fd)
{
    __int64 length = _filelengthi64(fd), place = _telli64(fd);
    return length < 0 || place < 0 ? -1 : place >= length;
}

/* Makes the file `size` bytes long; what is new is zero.  0 or -1.  Source: _chsize. */
int __cdecl _chsize(int fd, long size)
{
    __int64 place = _telli64(fd);
    if (place < 0 || _lseeki64(fd, size, SEEK_SET) < 0)
        return -1;
    int result = SetEndOfFile((HANDLE)_get_osfhandle(fd)) ? 0 : crt_fail_last();
    _lseeki64(fd, place, SEEK_SET);
    return result;
}

int __cdecl _commit(int fd)
{
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    int result = FlushFileBuffers(file->handle) ? 0 : crt_fail_last();
    crt_file_unlock(file);
    return result;
}

/* Takes \r out of [buffer, buffer + got) in place; the bytes that are left. */
static int translate(struct crt_file *file, char *buffer, int got)
{
    char *out = buffer;
    for (char *in = buffer; in < buffer + got; in++) {
        if (*in == 26) {
            if (!(file->flags & CRT_FDEV))
                file->flags |= CRT_FEOFLAG;
            break;
        }
        if (*in != '\r') {
            *out++ = *in;
        } else if (in + 1 < buffer + got) {
            if (in[1] != '\n')
                *out++ = '\r';
        } else {
            char next;
            DWORD one = 0;
            if (!ReadFile(file->handle, &next, 1, &one, NULL) || one == 0) {
                *out++ = '\r';
            } else if (file->flags & (CRT_FDEV | CRT_FPIPE)) {
                *out++ = next == '\n' ? '\n' : '\r';
                if (next != '\n')
                    file->lookahead = next;
            } else if (next == '\n' && out == buffer) {
                *out++ = '\n';
            } else {
                SetFilePointer(file->handle, -1, NULL, FILE_CURRENT);
                if (next != '\n')
                    *out++ = '\r';
            }
        }
    }
    return (int)(out - buffer);
}

/* Up to `size` bytes; 0 at the end, -1 with errno.  Source: _read. */
int __cdecl _read(int fd, void *buffer, unsigned int size)
{
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    int result = 0;
    if (size != 0 && !(file->flags & CRT_FEOFLAG)) {
        char *at = buffer;
        DWORD got = 0;
        unsigned int kept = 0;
        if ((file->flags & (CRT_FDEV | CRT_FPIPE)) && file->lookahead != 10) {
            *at = file->lookahead;
            file->lookahead = 10;
            kept = 1;
        }
        if (kept < size && !ReadFile(file->handle, at + kept, size - kept, &got, NULL)) {
            DWORD error = GetLastError();
            if (error != ERROR_BROKEN_PIPE && error != ERROR_HANDLE_EOF) {
                crt_file_unlock(file);
                crt_fail(error);
                if (error == ERROR_ACCESS_DENIED)
                    *_errno() = EBADF;
                return -1;
            }
        }
        result = (int)(got + kept);
        if (result != 0 && (file->flags & CRT_FTEXT)) {
            file->flags &= (unsigned char)~CRT_FCRLF;
            int left = translate(file, at, result);
            if (left != result)
                file->flags |= CRT_FCRLF;
            result = left;
        }
    }
    crt_file_unlock(file);
    return result;
}

static int write_raw(struct crt_file *file, const char *bytes, DWORD size, DWORD *done)
{
    *done = 0;
    while (size != 0) {
        DWORD one = 0;
        if (!WriteFile(file->handle, bytes, size, &one, NULL))
            return 0;
        if (one == 0) {
            SetLastError(ERROR_DISK_FULL);
            return 0;
        }
        *done += one;
        bytes += one;
        size -= one;
    }
    return 1;
}

/* Writes text in pieces, each \n preceded by \r; the bytes of `bytes` that went. */
static unsigned int write_text(struct crt_file *file, const char *bytes,
                               unsigned int size)
{
    char piece[1024];
    unsigned int taken = 0;
    while (taken < size) {
        unsigned int start = taken, used = 0;
        while (taken < size && used < sizeof(piece) - 1) {
            if (bytes[taken] == '\n')
                piece[used++] = '\r';
            piece[used++] = bytes[taken++];
        }
        DWORD done;
        if (!write_raw(file, piece, used, &done))
            return start;
    }
    return size;
}

/* Writes `size` bytes; how many of them went, or -1 with errno (EBADF, ENOSPC).
 * Source: _write. */
int __cdecl _write(int fd, const void *bytes, unsigned int size)
{
    struct crt_file *file = crt_file_lock(fd);
    if (file == NULL)
        return -1;
    if (file->flags & CRT_FAPPEND)
        SetFilePointer(file->handle, 0, NULL, FILE_END);
    DWORD done = 0;
    if (file->flags & CRT_FTEXT)
        done = write_text(file, bytes, size);
    else
        write_raw(file, bytes, size, &done);
    DWORD error = done < size ? GetLastError() : NO_ERROR;
    crt_file_unlock(file);
    if (error != NO_ERROR && done == 0) {
        crt_fail(error);
        if (error == ERROR_ACCESS_DENIED)
            *_errno() = EBADF;
        return -1;
    }
    return (int)done;
}

/* open.c - fopen and fclose, and what opens and closes streams beside them.
 *
 * A mode string becomes the flags of _open and those of the FILE; Visual C++'s additions
 * are taken: t, b, c, n, S, R, T, D, N.  Lock: the stream's.  Windows: _open.c, fclose.c.
 */
#include "stream.h"
#include <share.h>
#include <sys/stat.h>

/* Reads a mode ("r+b"); 0 and EINVAL if it is none. */
static int parse(const char *mode, int *open_flags, int *flags)
{
    switch (*mode++) {
    case 'r':
        *open_flags = _O_RDONLY;
        *flags = _IOREAD;
        break;
    case 'w':
        *open_flags = _O_WRONLY | _O_CREAT | _O_TRUNC;
        *flags = _IOWRT;
        break;
    case 'a':
        *open_flags = _O_WRONLY | _O_CREAT | _O_APPEND;
        *flags = _IOWRT;
        break;
    default:
        *_errno() = EINVAL;
        return 0;
    }
    for (; *mode && *mode != ','; mode++) {
        switch (*mode) {
        case '+':
            *open_flags = (*open_flags & ~(_O_RDONLY | _O_WRONLY)) | _O_RDWR;
            *flags = _IORW;
            break;
        case 'b':
            *open_flags |= _O_BINARY;
            break;
        case 't':
            *open_flags |= _O_TEXT;
            break;
        case 'S':
            *open_flags |= _O_SEQUENTIAL;
            break;
        case 'R':
            *open_flags |= _O_RANDOM;
            break;
        case 'T':
            *open_flags |= _O_SHORT_LIVED;
            break;
        case 'D':
            *open_flags |= _O_TEMPORARY;
            break;
        case 'N':
            *open_flags |= _O_NOINHERIT;
            break;
        default:
            break;
        }
    }
    return 1;
}

static void narrow_mode(const wchar_t *mode, char out[32])
{
    int i = 0;
    for (; i < 31 && mode[i]; i++)
        out[i] = (char)mode[i];
    out[i] = 0;
}

/* Gives `stream` a descriptor (null: a new stream); null if either cannot be had. */
static FILE *attach(FILE *stream, int fd, int flags, const char *mode)
{
    if (fd < 0)
        return NULL;
    if (!crt_encode(fd, mode)) {
        _close(fd);
        return NULL;
    }
    if (stream == NULL && (stream = crt_stream_new()) == NULL) {
        _close(fd);
        *_errno() = EMFILE;
        return NULL;
    }
    memset(stream, 0, sizeof(*stream));
    stream->_file = fd;
    stream->_flag = flags;
    return stream;
}

static FILE *open_narrow(FILE *stream, const char *path, const char *mode, int share)
{
    int open_flags, flags;
    if (path == NULL || mode == NULL) {
        *_errno() = EINVAL;
        return NULL;
    }
    if (!parse(mode, &open_flags, &flags))
        return NULL;
    return attach(stream, _sopen(path, open_flags, share, _S_IREAD | _S_IWRITE), flags,
                  mode);
}

static FILE *open_wide(FILE *stream, const wchar_t *path, const wchar_t *mode, int share)
{
    int open_flags, flags;
    char narrow[32];
    if (path == NULL || mode == NULL) {
        *_errno() = EINVAL;
        return NULL;
    }
    narrow_mode(mode, narrow);
    if (!parse(narrow, &open_flags, &flags))
        return NULL;
    return attach(stream, _wsopen(path, open_flags, share, _S_IREAD | _S_IWRITE), flags,
                  narrow);
}

/* The stream, or null and errno.  Source: fopen. */
FILE *__cdecl fopen(const char *path, const char *mode)
{
    return open_narrow(NULL, path, mode, _SH_DENYNO);
}

FILE *__cdecl _fsopen(const char *path, const char *mode, int share)
{
    return open_narrow(NULL, path, mode, share);
}

FILE *__cdecl _wfopen(const wchar_t *path, const wchar_t *mode)
{
    return open_wide(NULL, path, mode, _SH_DENYNO);
}

FILE *__cdecl _wfsopen(const wchar_t *path, const wchar_t *mode, int share)
{
    return open_wide(NULL, path, mode, share);
}

/* 0 or the errno value.  Source: fopen_s. */
errno_t __cdecl fopen_s(FILE **stream, const char *path, const char *mode)
{
    if (stream == NULL)
        return *_errno() = EINVAL;
    *stream = open_narrow(NULL, path, mode, _SH_DENYRW);
    return *stream != NULL ? 0 : *_errno();
}

errno_t __cdecl _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode)
{
    if (stream == NULL)
        return *_errno() = EINVAL;
    *stream = open_wide(NULL, path, mode, _SH_DENYRW);
    return *stream != NULL ? 0 : *_errno();
}

/* A stream on an open descriptor, which then belongs to it.  Source: _fdopen. */
FILE *__cdecl _fdopen(int fd, const char *mode)
{
    int open_flags, flags;
    if (crt_file_peek(fd) == NULL) {
        *_errno() = EBADF;
        return NULL;
    }
    if (mode == NULL || !parse(mode, &open_flags, &flags))
        return NULL;
    FILE *stream = crt_stream_new();
    if (stream != NULL) {
        stream->_file = fd;
        stream->_flag = flags;
        if (open_flags & (_O_BINARY | _O_TEXT))
            _setmode(fd, open_flags & _O_BINARY ? _O_BINARY : _O_TEXT);
    }
    return stream;
}

FILE *__cdecl _wfdopen(int fd, const wchar_t *mode)
{
    char narrow[32];
    narrow_mode(mode, narrow);
    return _fdopen(fd, narrow);
}

int crt_close_stream(FILE *stream)
{
    int result = EOF;
    if (stream->_flag & (_IOREAD | _IOWRT | _IORW)) {
        result = crt_flush(stream);
        crt_drop_buffer(stream);
        if (_close(stream->_file) < 0)
            result = EOF;
        if (stream->_tmpfname != NULL) {
            remove(stream->_tmpfname);
            free(stream->_tmpfname);
            stream->_tmpfname = NULL;
        }
    }
    return result;
}

/* 0 or EOF.  Source: fclose. */
int __cdecl fclose(FILE *stream)
{
    if (stream == NULL) {
        *_errno() = EINVAL;
        return EOF;
    }
    crt_stream_lock(stream);
    int result = crt_close_stream(stream);
    stream->_flag = 0;
    crt_stream_unlock(stream);
    return result;
}

/* The same FILE on another file; null (and the FILE is closed) when that cannot be
 * opened. Source: freopen. */
FILE *__cdecl freopen(const char *path, const char *mode, FILE *stream)
{
    crt_stream_lock(stream);
    crt_close_stream(stream);
    FILE *result = open_narrow(stream, path, mode, _SH_DENYNO);
    if (result == NULL)
        stream->_flag = 0;
    crt_stream_unlock(stream);
    return result;
}

FILE *__cdecl _wfreopen(const wchar_t *path, const wchar_t *mode, FILE *stream)
{
    crt_stream_lock(stream);
    crt_close_stream(stream);
    FILE *result = open_wide(stream, path, mode, _SH_DENYNO);
    if (result == NULL)
        stream->_flag = 0;
    crt_stream_unlock(stream);
    return result;
}

errno_t __cdecl freopen_s(FILE **out, const char *path, const char *mode, FILE *stream)
{
    if (out == NULL || stream == NULL)
        return *_errno() = EINVAL;
    *out = freopen(path, mode, stream);
    return *out != NULL ? 0 : *_errno();
}

/* Calls `visit` for each open stream, locked; the number for which it returned 0. */
static int each(int (*visit)(FILE *), FILE *from)
{
    int good = 0;
    for (FILE *stream = from; stream != NULL; stream = crt_stream_next(stream)) {
        if (stream->_flag == 0)
            continue;
        crt_stream_lock(stream);
        if (stream->_flag != 0 && visit(stream) == 0)
            good++;
        crt_stream_unlock(stream);
    }
    return good;
}

static int close_visit(FILE *stream)
{
    int result = crt_close_stream(stream);
    stream->_flag = 0;
    return result;
}

/* Closes every stream but the three standard ones; how many.  Source: _fcloseall. */
int __cdecl _fcloseall(void)
{
    return each(close_visit, &crt_iob[3]);
}

/* Writes out every stream; how many are open.  Source: _flushall. */
int __cdecl _flushall(void)
{
    return each(crt_flush, crt_iob);
}

static int remove_visit(FILE *stream)
{
    return stream->_tmpfname != NULL ? close_visit(stream) : 1;
}

/* Closes and deletes the files of tmpfile; how many.  Source: _rmtmp. */
int __cdecl _rmtmp(void)
{
    return each(remove_visit, &crt_iob[3]);
}

void crt_streams_end(void)
{
    each(crt_flush, crt_iob);
    each(remove_visit, &crt_iob[3]);
}

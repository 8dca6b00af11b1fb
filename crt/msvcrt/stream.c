/* stream.c - FILE: a descriptor with a buffer.
 *
 *     _base            _ptr              _base + _bufsiz
 *     ├── done ────────┼── _cnt ──┤            reading: _cnt bytes are left to read
 *     ├── to write ────┼────── _cnt ─────┤     writing: _cnt bytes of room are left
 *
 * The eight words are MSVC's, as programs compiled long ago inline getc and putc on them.
 *
 *     S1  neither _IOREAD nor _IOWRT set on an _IORW stream: nothing is buffered, either may
 *         begin
 *     S2  _IONBF: the buffer is the one word _charbuf
 *     S3  _flag == 0: the slot is free
 *
 * Lock: one for each stream, recursive.  Windows: _iob, __piob (stream.c, _filbuf.c,
 * _flsbuf.c).
 */
#include "stream.h"

FILE crt_iob[20];
/* Streams past the twentieth: a FILE with its own lock after it, in a list that only
 * grows. */
struct more_stream {
    FILE file;
    CRITICAL_SECTION lock;
    struct more_stream *next;
};
static struct more_stream *more;

void __cdecl crt_stream_lock(FILE *stream)
{
    if (stream >= crt_iob && stream < crt_iob + 20)
        crt_lock(CRT_LOCK_STREAM0 + (int)(stream - crt_iob));
    else
        EnterCriticalSection(&((struct more_stream *)stream)->lock);
}

void __cdecl crt_stream_unlock(FILE *stream)
{
    if (stream >= crt_iob && stream < crt_iob + 20)
        crt_unlock(CRT_LOCK_STREAM0 + (int)(stream - crt_iob));
    else
        LeaveCriticalSection(&((struct more_stream *)stream)->lock);
}

void crt_streams_start(void)
{
    for (int fd = 0; fd < 3; fd++) {
        crt_iob[fd]._file = fd;
        crt_iob[fd]._flag = fd == 0 ? _IOREAD : _IOWRT;
    }
    crt_iob[2]._flag |= _IONBF;
}

FILE *crt_stream_next(FILE *stream)
{
    if (stream == NULL)
        return crt_iob;
    if (stream >= crt_iob && stream < crt_iob + 19)
        return stream + 1;
    if (stream == crt_iob + 19)
        return more != NULL ? &more->file : NULL;
    struct more_stream *next = ((struct more_stream *)stream)->next;
    return next != NULL ? &next->file : NULL;
}

int crt_streams_most = 512;

/* A free slot, marked as taken.  Null with EMFILE when crt_streams_most are taken, or
 * without memory. */
FILE *crt_stream_new(void)
{
    crt_lock(CRT_LOCK_IOB);
    FILE *stream = NULL;
    int taken = 0;
    while ((stream = crt_stream_next(stream)) != NULL && stream->_flag != 0)
        taken++;
    if (stream == NULL && taken >= crt_streams_most)
        *_errno() = EMFILE;
    if (stream == NULL && taken < crt_streams_most) {
        struct more_stream *made = calloc(1, sizeof(*made));
        if (made != NULL) {
            InitializeCriticalSection(&made->lock);
            made->next = more;
            more = made;
            stream = &made->file;
        }
    }
    if (stream != NULL) {
        memset(stream, 0, sizeof(*stream));
        stream->_file = -1;
        stream->_flag = _IORW;
    }
    crt_unlock(CRT_LOCK_IOB);
    return stream;
}

/* The buffers of stdin, stdout and stderr are no blocks of the heap: the first printf after a free
 * would take the place of what was freed, a second free of that would free the buffer. */
static char *standard_buffer(FILE *stream)
{
    static char buffers[3][CRT_BUFFER];
    for (int i = 0; i < 3; i++)
        if (stream == crt_iob + i)
            return buffers[i];
    return NULL;
}

/* Gives the stream its buffer: of malloc unless it is a standard stream, or the single word when
 * unbuffered. */
static void get_buffer(FILE *stream)
{
    if (stream->_base != NULL)
        return;
    /* Output to a person is not held back. */
    if (stream == stdout && _isatty(stream->_file))
        stream->_flag |= _IONBF;
    char *own = standard_buffer(stream);
    if (!(stream->_flag & _IONBF) &&
        (stream->_base = own != NULL ? own : malloc(CRT_BUFFER)) != NULL) {
        stream->_flag |= own != NULL ? CRT_USERBUF : _IOMYBUF;
        stream->_bufsiz = CRT_BUFFER;
    } else {
        stream->_flag |= _IONBF;
        stream->_base = (char *)&stream->_charbuf;
        stream->_bufsiz = 2;
    }
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
}

void crt_drop_buffer(FILE *stream)
{
    if (stream->_flag & _IOMYBUF)
        free(stream->_base);
    stream->_flag &= ~(_IOMYBUF | CRT_USERBUF);
    stream->_base = stream->_ptr = NULL;
    stream->_cnt = stream->_bufsiz = 0;
}

/* Writes out what is buffered; 0 or EOF.  A stream being read is left alone. */
int crt_flush(FILE *stream)
{
    int result = 0;
    if ((stream->_flag & (_IOREAD | _IOWRT)) == _IOWRT && stream->_base != NULL) {
        int count = (int)(stream->_ptr - stream->_base);
        if (count > 0) {
            if (_write(stream->_file, stream->_base, (unsigned int)count) != count) {
                stream->_flag |= _IOERR;
                result = EOF;
            } else if (stream->_flag & _IORW) {
                stream->_flag &= ~_IOWRT;
            }
        }
        stream->_ptr = stream->_base;
        stream->_cnt = 0;
    }
    return result;
}

/* Reads the next buffer and takes its first byte; EOF at the end or on an error. */
int __cdecl _filbuf(FILE *stream)
{
    if (stream->_flag == 0 || (stream->_flag & _IOSTRG))
        return EOF;
    if (stream->_flag & _IOWRT) {
        stream->_flag |= _IOERR;
        *_errno() = EBADF;
        return EOF;
    }
    stream->_flag |= _IOREAD;
    get_buffer(stream);
    stream->_ptr = stream->_base;
    int size = stream->_flag & _IONBF ? 1 : stream->_bufsiz;
    int got = _read(stream->_file, stream->_base, (unsigned int)size);
    if (got <= 0) {
        stream->_flag |= got == 0 ? _IOEOF : _IOERR;
        if (stream->_flag & _IORW)
            stream->_flag &= ~_IOREAD;
        stream->_cnt = 0;
        return EOF;
    }
    stream->_cnt = got - 1;
    return (unsigned char)*stream->_ptr++;
}

/* Makes an open stream ready for writing; 0 if it cannot be written. */
static int begin_write(FILE *stream)
{
    if (!(stream->_flag & (_IOWRT | _IORW))) {
        *_errno() = EBADF;
        stream->_flag |= _IOERR;
        return 0;
    }
    if (stream->_flag & _IOREAD) {
        /* After reading an update stream may only be written at its end, or after a seek. */
        stream->_cnt = 0;
        if (!(stream->_flag & _IOEOF)) {
            stream->_flag |= _IOERR;
            return 0;
        }
        stream->_ptr = stream->_base;
        stream->_flag &= ~_IOREAD;
    }
    stream->_flag = (stream->_flag | _IOWRT) & ~_IOEOF;
    get_buffer(stream);
    return 1;
}

/* The buffer is full, or there is none yet: writes it out, and `byte` into it. */
int __cdecl _flsbuf(int byte, FILE *stream)
{
    char one = (char)byte;
    if (stream->_flag & _IOSTRG) {
        stream->_flag |= _IOERR;
        return EOF;
    }
    if (!begin_write(stream))
        return EOF;
    if (stream->_flag & _IONBF) {
        stream->_cnt = 0;
        if (_write(stream->_file, &one, 1) != 1) {
            stream->_flag |= _IOERR;
            return EOF;
        }
        return (unsigned char)one;
    }
    if (crt_flush(stream) != 0)
        return EOF;
    stream->_flag |= _IOWRT;
    *stream->_ptr++ = one;
    stream->_cnt = stream->_bufsiz - 1;
    return (unsigned char)one;
}

int crt_getc(FILE *stream)
{
    return --stream->_cnt >= 0 ? (unsigned char)*stream->_ptr++ : _filbuf(stream);
}

int crt_putc(int byte, FILE *stream)
{
    if (--stream->_cnt >= 0 && (stream->_flag & _IOWRT))
        return (unsigned char)(*stream->_ptr++ = (char)byte);
    return _flsbuf(byte, stream);
}

/* Takes one byte back: in place where it was just read, else into the buffer's front. */
int crt_ungetc(int byte, FILE *stream)
{
    if (byte == EOF || (stream->_flag & _IOWRT) || !(stream->_flag & (_IOREAD | _IORW)))
        return EOF;
    get_buffer(stream);
    if (stream->_ptr == stream->_base) {
        if (stream->_cnt > 0)
            return EOF;
        stream->_ptr++;
    }
    *--stream->_ptr = (char)byte;
    stream->_cnt = (stream->_cnt > 0 ? stream->_cnt : 0) + 1;
    stream->_flag = (stream->_flag & ~_IOEOF) | _IOREAD;
    return (unsigned char)byte;
}

/* Writes `count` bytes; how many went.  What exceeds the buffer goes straight to the
 * file. */
size_t crt_put(const void *bytes, size_t count, FILE *stream)
{
    const char *at = bytes;
    size_t left = count;
    while (left != 0) {
        if ((stream->_flag & _IOWRT) && stream->_cnt > 0) {
            size_t part = left < (size_t)stream->_cnt ? left : (size_t)stream->_cnt;
            memcpy(stream->_ptr, at, part);
            stream->_ptr += part;
            stream->_cnt -= (int)part;
            at += part;
            left -= part;
            continue;
        }
        if (!begin_write(stream))
            break;
        size_t whole =
            stream->_flag & _IONBF ? left : left - left % (size_t)stream->_bufsiz;
        if (whole == 0) {
            if (_flsbuf((unsigned char)*at, stream) == EOF)
                break;
            at++;
            left--;
            continue;
        }
        if (crt_flush(stream) != 0)
            break;
        stream->_flag |= _IOWRT;
        int wrote = _write(stream->_file, at, (unsigned int)whole);
        if (wrote > 0) {
            at += wrote;
            left -= (size_t)wrote;
        }
        if (wrote != (int)whole) {
            stream->_flag |= _IOERR;
            break;
        }
    }
    return count - left;
}

/* An unbuffered stream (stderr, or stdout on a console) gets a buffer for one call, so
 * that the call's text arrives whole.  True if it did: crt_buffer_end then writes and
 * takes it away. */
int crt_buffer_begin(FILE *stream)
{
    if (!begin_write(stream) || !(stream->_flag & _IONBF))
        return 0;
    char *own = standard_buffer(stream), *buffer = own != NULL ? own : malloc(CRT_BUFFER);
    if (buffer == NULL)
        return 0;
    stream->_base = stream->_ptr = buffer;
    stream->_cnt = stream->_bufsiz = CRT_BUFFER;
    stream->_flag &= ~_IONBF;
    return 1;
}

void crt_buffer_end(FILE *stream, int began)
{
    if (!began)
        return;
    crt_flush(stream);
    if (stream->_base != standard_buffer(stream))
        free(stream->_base);
    stream->_base = stream->_ptr = NULL;
    stream->_cnt = stream->_bufsiz = 0;
    stream->_flag |= _IONBF;
}

/* stdio.c - the calls of stdio.h on streams: blocks, characters, lines, places.
 *
 * Each takes the stream's lock and works through crt_getc, crt_putc and crt_put
 * (stream.c). Source of each: Microsoft C runtime reference, by name.
 */
#include "stream.h"

/* `count` items of `size` bytes; how many whole ones came. */
size_t __cdecl fread(void *buffer, size_t size, size_t count, FILE *stream)
{
    char *at = buffer;
    size_t total = size * count, left = total;
    if (total == 0 || (count != 0 && total / count != size))
        return 0;
    crt_stream_lock(stream);
    while (left != 0) {
        if (stream->_cnt > 0 && (stream->_flag & _IOREAD)) {
            size_t part = left < (size_t)stream->_cnt ? left : (size_t)stream->_cnt;
            memcpy(at, stream->_ptr, part);
            stream->_ptr += part;
            stream->_cnt -= (int)part;
            at += part;
            left -= part;
        } else if (left >= CRT_BUFFER && (stream->_flag & _IOREAD)) {
            /* Large reads go past the buffer. */
            int got = _read(stream->_file, at, (unsigned int)(left - left % CRT_BUFFER));
            if (got <= 0) {
                stream->_flag |= got == 0 ? _IOEOF : _IOERR;
                break;
            }
            at += got;
            left -= (size_t)got;
        } else {
            int byte = _filbuf(stream);
            if (byte == EOF)
                break;
            *at++ = (char)byte;
            left--;
        }
    }
    crt_stream_unlock(stream);
    return (total - left) / size;
}

size_t __cdecl fwrite(const void *bytes, size_t size, size_t count, FILE *stream)
{
    size_t total = size * count;
    if (total == 0 || total / count != size)
        return 0;
    crt_stream_lock(stream);
    size_t done = crt_put(bytes, total, stream);
    crt_stream_unlock(stream);
    return done / size;
}

int __cdecl fgetc(FILE *stream)
{
    crt_stream_lock(stream);
    int byte = crt_getc(stream);
    crt_stream_unlock(stream);
    return byte;
}

int __cdecl fputc(int byte, FILE *stream)
{
    crt_stream_lock(stream);
    int result = crt_putc(byte, stream);
    crt_stream_unlock(stream);
    return result;
}

int __cdecl crt_getchar(void)
{
    return fgetc(stdin);
}

int __cdecl crt_putchar(int byte)
{
    return fputc(byte, stdout);
}

int __cdecl ungetc(int byte, FILE *stream)
{
    crt_stream_lock(stream);
    int result = crt_ungetc(byte, stream);
    crt_stream_unlock(stream);
    return result;
}

/* A line with its \n, at most size - 1 bytes; null at the end of the file. */
char *__cdecl fgets(char *line, int size, FILE *stream)
{
    char *at = line;
    if (size <= 0)
        return NULL;
    crt_stream_lock(stream);
    while (size > 1) {
        int byte = crt_getc(stream);
        if (byte == EOF)
            break;
        *at++ = (char)byte;
        size--;
        if (byte == '\n')
            break;
    }
    crt_stream_unlock(stream);
    if (at == line && size > 1)
        return NULL;
    *at = 0;
    return line;
}

char *__cdecl gets(char *line)
{
    char *at = line;
    crt_stream_lock(stdin);
    int byte = crt_getc(stdin);
    if (byte == EOF)
        line = NULL;
    for (; byte != EOF && byte != '\n'; byte = crt_getc(stdin))
        *at++ = (char)byte;
    if (line != NULL)
        *at = 0;
    crt_stream_unlock(stdin);
    return line;
}

int __cdecl fputs(const char *text, FILE *stream)
{
    size_t length = strlen(text);
    crt_stream_lock(stream);
    size_t done = crt_put(text, length, stream);
    crt_stream_unlock(stream);
    return done == length ? 0 : EOF;
}

int __cdecl puts(const char *text)
{
    size_t length = strlen(text);
    crt_stream_lock(stdout);
    int began = crt_buffer_begin(stdout);
    int good = crt_put(text, length, stdout) == length && crt_putc('\n', stdout) != EOF;
    crt_buffer_end(stdout, began);
    crt_stream_unlock(stdout);
    return good ? 0 : EOF;
}

int __cdecl crt_getw(FILE *stream)
{
    int word;
    return fread(&word, sizeof(word), 1, stream) == 1 ? word : EOF;
}

int __cdecl crt_putw(int word, FILE *stream)
{
    return fwrite(&word, sizeof(word), 1, stream) == 1 ? word : EOF;
}

/* 0 or EOF; null: all streams. */
int __cdecl fflush(FILE *stream)
{
    if (stream == NULL) {
        _flushall();
        return 0;
    }
    crt_stream_lock(stream);
    int result = crt_flush(stream);
    if (result == 0 && (stream->_flag & _IOREAD) && !(stream->_flag & _IORW)) {
        stream->_cnt = 0;
        stream->_ptr = stream->_base;
    }
    crt_stream_unlock(stream);
    return result;
}

/* Where the next byte is read or written, in bytes of the file.  In text mode a \n that
 * is still in the buffer counts twice if its buffer had \r\n. */
static __int64 place_of(FILE *stream)
{
    __int64 place = _lseeki64(stream->_file, 0, SEEK_CUR);
    struct crt_file *file = crt_file_peek(stream->_file);
    if (place < 0 || file == NULL)
        return -1;
    if (stream->_base == NULL)
        return place;
    if (stream->_flag & _IOREAD) {
        int crlf = (file->flags & (CRT_FTEXT | CRT_FCRLF)) == (CRT_FTEXT | CRT_FCRLF);
        place -= stream->_cnt > 0 ? stream->_cnt : 0;
        for (int i = 0; crlf && i < stream->_cnt; i++)
            place -= stream->_ptr[i] == '\n';
    } else if (stream->_flag & _IOWRT) {
        if (file->flags & CRT_FAPPEND)
            place = _filelengthi64(stream->_file);
        for (char *at = stream->_base; at < stream->_ptr; at++)
            place += 1 + (*at == '\n' && (file->flags & CRT_FTEXT));
    }
    return place;
}

/* The place, or -1 and errno. */
__int64 __cdecl _ftelli64(FILE *stream)
{
    crt_stream_lock(stream);
    __int64 place = place_of(stream);
    crt_stream_unlock(stream);
    return place;
}

long __cdecl ftell(FILE *stream)
{
    return (long)_ftelli64(stream);
}

/* 0, or -1 and errno.  What ungetc gave back is forgotten. */
int __cdecl _fseeki64(FILE *stream, __int64 distance, int origin)
{
    if (origin < SEEK_SET || origin > SEEK_END) {
        *_errno() = EINVAL;
        return -1;
    }
    crt_stream_lock(stream);
    if (origin == SEEK_CUR && (stream->_flag & _IOREAD)) {
        distance += place_of(stream);
        origin = SEEK_SET;
    }
    crt_flush(stream);
    stream->_flag &= ~_IOEOF;
    if (stream->_flag & _IORW)
        stream->_flag &= ~(_IOREAD | _IOWRT);
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
    int result = _lseeki64(stream->_file, distance, origin) < 0 ? -1 : 0;
    crt_stream_unlock(stream);
    return result;
}

int __cdecl fseek(FILE *stream, long distance, int origin)
{
    return _fseeki64(stream, distance, origin);
}

void __cdecl rewind(FILE *stream)
{
    crt_stream_lock(stream);
    _fseeki64(stream, 0, SEEK_SET);
    stream->_flag &= ~(_IOERR | _IOEOF);
    crt_stream_unlock(stream);
}

int __cdecl fgetpos(FILE *stream, fpos_t *place)
{
    *place = _ftelli64(stream);
    return *place < 0 ? -1 : 0;
}

int __cdecl fsetpos(FILE *stream, const fpos_t *place)
{
    return _fseeki64(stream, *place, SEEK_SET);
}

/* The buffer becomes `buffer` (null: one of malloc) of `size` bytes, or none.  0, or
 * nonzero and EINVAL.  _IOLBF is as _IOFBF, as documented. */
int __cdecl setvbuf(FILE *stream, char *buffer, int mode, size_t size)
{
    if ((mode != _IONBF && mode != _IOFBF && mode != _IOLBF) ||
        (mode != _IONBF && (size < 2 || size > INT_MAX))) {
        *_errno() = EINVAL;
        return -1;
    }
    crt_stream_lock(stream);
    crt_flush(stream);
    crt_drop_buffer(stream);
    stream->_flag &= ~_IONBF;
    if (mode == _IONBF) {
        stream->_flag |= _IONBF;
    } else {
        char *own = buffer != NULL ? buffer : malloc(size & ~(size_t)1);
        if (own != NULL) {
            stream->_flag |= buffer != NULL ? CRT_USERBUF : _IOMYBUF;
            stream->_base = stream->_ptr = own;
            stream->_bufsiz = (int)(size & ~(size_t)1);
        }
    }
    crt_stream_unlock(stream);
    return 0;
}

void __cdecl setbuf(FILE *stream, char *buffer)
{
    setvbuf(stream, buffer, buffer != NULL ? _IOFBF : _IONBF, 512);
}

int __cdecl crt_feof(FILE *stream)
{
    return stream->_flag & _IOEOF;
}

int __cdecl crt_ferror(FILE *stream)
{
    return stream->_flag & _IOERR;
}

void __cdecl clearerr(FILE *stream)
{
    crt_stream_lock(stream);
    stream->_flag &= ~(_IOERR | _IOEOF);
    crt_stream_unlock(stream);
}

int __cdecl crt_fileno(FILE *stream)
{
    return stream->_file;
}

int __cdecl _getmaxstdio(void)
{
    return crt_streams_most;
}

int __cdecl _setmaxstdio(int count)
{
    if (count < 20 || count > CRT_FILES) {
        *_errno() = EINVAL;
        return -1;
    }
    return crt_streams_most = count;
}

FILE *__cdecl crt_iob_func(void)
{
    return crt_iob;
}

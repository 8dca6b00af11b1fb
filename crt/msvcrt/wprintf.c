/* wprintf.c - the wide printf family and wide streams.
 *
 *     text stream:   each wide character becomes one byte (the "C" locale)
 *     binary stream: the two bytes of each wide character
 *
 * Source: Microsoft C runtime reference, fputwc, wprintf and so on.
 */
#include "crt.h"
#include <wchar.h>

static int is_text(FILE *stream)
{
    struct crt_file *file = crt_file_peek(stream->_file);
    return file == NULL || (file->flags & CRT_FTEXT);
}

int crt_putwc(int wide, FILE *stream)
{
    wchar_t unit = (wchar_t)wide;
    if (is_text(stream)) {
        char byte;
        if (wctomb(&byte, unit) != 1) {
            stream->_flag |= _IOERR;
            return WEOF;
        }
        return crt_putc((unsigned char)byte, stream) == EOF ? WEOF : unit;
    }
    return crt_put(&unit, sizeof(unit), stream) == sizeof(unit) ? unit : WEOF;
}

int crt_getwc(FILE *stream)
{
    int low = crt_getc(stream);
    if (low == EOF)
        return WEOF;
    if (is_text(stream))
        return low;
    int high = crt_getc(stream);
    return high == EOF ? WEOF : low | high << 8;
}

int crt_ungetwc(int wide, FILE *stream)
{
    if (wide == WEOF)
        return WEOF;
    if (!is_text(stream) && crt_ungetc(wide >> 8 & 0xFF, stream) == EOF)
        return WEOF;
    return crt_ungetc(wide & 0xFF, stream) == EOF ? WEOF : wide;
}

wint_t __cdecl fputwc(wchar_t wide, FILE *stream)
{
    crt_stream_lock(stream);
    int result = crt_putwc(wide, stream);
    crt_stream_unlock(stream);
    return (wint_t)result;
}

wint_t __cdecl crt_putwc_locked(wchar_t wide, FILE *stream)
{
    return fputwc(wide, stream);
}

wint_t __cdecl crt_putwchar(wchar_t wide)
{
    return fputwc(wide, stdout);
}

wint_t __cdecl fgetwc(FILE *stream)
{
    crt_stream_lock(stream);
    int result = crt_getwc(stream);
    crt_stream_unlock(stream);
    return (wint_t)result;
}

wint_t __cdecl crt_getwchar(void)
{
    return fgetwc(stdin);
}

wint_t __cdecl ungetwc(wint_t wide, FILE *stream)
{
    crt_stream_lock(stream);
    int result = crt_ungetwc(wide, stream);
    crt_stream_unlock(stream);
    return (wint_t)result;
}

int __cdecl fputws(const wchar_t *text, FILE *stream)
{
    int result = 0;
    crt_stream_lock(stream);
    int began = crt_buffer_begin(stream);
    for (; *text && result == 0; text++)
        if (crt_putwc(*text, stream) == WEOF)
            result = EOF;
    crt_buffer_end(stream, began);
    crt_stream_unlock(stream);
    return result;
}

int __cdecl _putws(const wchar_t *text)
{
    return fputws(text, stdout) == 0 && fputwc(L'\n', stdout) != WEOF ? 0 : EOF;
}

wchar_t *__cdecl fgetws(wchar_t *line, int size, FILE *stream)
{
    wchar_t *at = line;
    crt_stream_lock(stream);
    while (size > 1) {
        int wide = crt_getwc(stream);
        if (wide == WEOF)
            break;
        *at++ = (wchar_t)wide;
        size--;
        if (wide == '\n')
            break;
    }
    crt_stream_unlock(stream);
    if (at == line)
        return NULL;
    *at = 0;
    return line;
}

static void stream_put(struct crt_sink *sink, const void *text, int length)
{
    const wchar_t *wide = text;
    for (int i = 0; i < length; i++)
        if (crt_putwc(wide[i], sink->target) == WEOF)
            sink->failed = 1;
}

static void memory_put(struct crt_sink *sink, const void *text, int length)
{
    size_t part = (size_t)length < sink->room ? (size_t)length : sink->room;
    memcpy(sink->target, text, part * sizeof(wchar_t));
    sink->target = (wchar_t *)sink->target + part;
    sink->room -= part;
}

int __cdecl vfwprintf(FILE *stream, const wchar_t *format, va_list args)
{
    struct crt_sink sink = {.put = stream_put, .target = stream};
    crt_stream_lock(stream);
    int began = crt_buffer_begin(stream);
    crt_wformat(&sink, format, args);
    crt_buffer_end(stream, began);
    crt_stream_unlock(stream);
    return sink.failed ? -1 : sink.count;
}

int __cdecl vwprintf(const wchar_t *format, va_list args)
{
    return vfwprintf(stdout, format, args);
}

int __cdecl fwprintf(FILE *stream, const wchar_t *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = vfwprintf(stream, format, args);
    va_end(args);
    return count;
}

int __cdecl wprintf(const wchar_t *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = vfwprintf(stdout, format, args);
    va_end(args);
    return count;
}

static int to_memory(wchar_t *out, size_t room, const wchar_t *format, va_list args)
{
    struct crt_sink sink = {.put = memory_put, .target = out, .room = room};
    crt_wformat(&sink, format, args);
    return sink.failed ? -1 : sink.count;
}

/* As _vsnprintf: -1 and no zero when it does not fit. */
int __cdecl _vsnwprintf(wchar_t *out, size_t size, const wchar_t *format, va_list args)
{
    int count = to_memory(out, size, format, args);
    if (count >= 0 && (size_t)count < size)
        out[count] = 0;
    return count >= 0 && (size_t)count > size ? -1 : count;
}

int __cdecl _snwprintf(wchar_t *out, size_t size, const wchar_t *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = _vsnwprintf(out, size, format, args);
    va_end(args);
    return count;
}

/* msvcrt's swprintf takes no size. */
int __cdecl crt_vswprintf(wchar_t *out, const wchar_t *format, va_list args)
{
    int count = to_memory(out, INT_MAX, format, args);
    if (count >= 0)
        out[count] = 0;
    return count;
}

int __cdecl crt_swprintf(wchar_t *out, const wchar_t *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vswprintf(out, format, args);
    va_end(args);
    return count;
}

int __cdecl _vscwprintf(const wchar_t *format, va_list args)
{
    return to_memory(NULL, 0, format, args);
}

int __cdecl _scwprintf(const wchar_t *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = to_memory(NULL, 0, format, args);
    va_end(args);
    return count;
}

int __cdecl vswprintf_s(wchar_t *out, size_t size, const wchar_t *format, va_list args)
{
    if (out == NULL || size == 0 || format == NULL) {
        *_errno() = EINVAL;
        return -1;
    }
    int count = to_memory(out, size - 1, format, args);
    if (count < 0 || (size_t)count >= size) {
        *out = 0;
        *_errno() = ERANGE;
        return -1;
    }
    out[count] = 0;
    return count;
}

int __cdecl swprintf_s(wchar_t *out, size_t size, const wchar_t *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = vswprintf_s(out, size, format, args);
    va_end(args);
    return count;
}

/* printf.c - the printf family: where the engine's characters go.
 *
 *     to a stream: through its buffer, or one lent for the call (stderr, console)
 *     to memory:   as many as there is room for; what is over is counted
 *
 * The memory forms differ in how they end, as documented:
 *     sprintf      always ends with 0          _snprintf   -1 and no 0 if it does not fit
 *     sprintf_s    empty and -1 if too small   _snprintf_s cut at `count` (or _TRUNCATE),
 * -1 _scprintf    only counts
 */
#include "crt.h"

static void stream_put(struct crt_sink *sink, const void *text, int length)
{
    if (crt_put(text, (size_t)length, sink->target) != (size_t)length)
        sink->failed = 1;
}

static void memory_put(struct crt_sink *sink, const void *text, int length)
{
    size_t part = (size_t)length < sink->room ? (size_t)length : sink->room;
    memcpy(sink->target, text, part);
    sink->target = (char *)sink->target + part;
    sink->room -= part;
}

int __cdecl crt_vfprintf(FILE *stream, const char *format, va_list args)
{
    if (stream == NULL || format == NULL) {
        *_errno() = EINVAL;
        return -1;
    }
    struct crt_sink sink = {.put = stream_put, .target = stream};
    crt_stream_lock(stream);
    int began = crt_buffer_begin(stream);
    crt_format(&sink, format, args);
    crt_buffer_end(stream, began);
    crt_stream_unlock(stream);
    return sink.failed ? -1 : sink.count;
}

int __cdecl crt_vprintf(const char *format, va_list args)
{
    return crt_vfprintf(stdout, format, args);
}

int __cdecl crt_fprintf(FILE *stream, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vfprintf(stream, format, args);
    va_end(args);
    return count;
}

int __cdecl crt_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vfprintf(stdout, format, args);
    va_end(args);
    return count;
}

/* Formats into `room` bytes, with no 0 at the end; what it would have been, or -1. */
static int to_memory(char *out, size_t room, const char *format, va_list args)
{
    struct crt_sink sink = {.put = memory_put, .target = out, .room = room};
    crt_format(&sink, format, args);
    return sink.failed ? -1 : sink.count;
}

int __cdecl crt_vsprintf(char *out, const char *format, va_list args)
{
    int count = to_memory(out, INT_MAX, format, args);
    if (count >= 0)
        out[count] = 0;
    return count;
}

int __cdecl crt_sprintf(char *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vsprintf(out, format, args);
    va_end(args);
    return count;
}

int __cdecl _vsnprintf(char *out, size_t size, const char *format, va_list args)
{
    int count = to_memory(out, size, format, args);
    if (count >= 0 && (size_t)count < size)
        out[count] = 0;
    return count >= 0 && (size_t)count > size && out != NULL ? -1 : count;
}

int __cdecl _snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = _vsnprintf(out, size, format, args);
    va_end(args);
    return count;
}

int __cdecl _vscprintf(const char *format, va_list args)
{
    return to_memory(NULL, 0, format, args);
}

int __cdecl _scprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = to_memory(NULL, 0, format, args);
    va_end(args);
    return count;
}

int __cdecl crt_vsprintf_s(char *out, size_t size, const char *format, va_list args)
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

int __cdecl crt_sprintf_s(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vsprintf_s(out, size, format, args);
    va_end(args);
    return count;
}

int __cdecl crt_vsnprintf_s(char *out, size_t size, size_t limit, const char *format,
                            va_list args)
{
    if (out == NULL || size == 0 || format == NULL) {
        *_errno() = EINVAL;
        return -1;
    }
    size_t room = limit < size - 1 ? limit : size - 1;
    int count = to_memory(out, room, format, args);
    if (count >= 0 && (size_t)count <= room) {
        out[count] = 0;
        return count;
    }
    if (count >= 0 && (limit == _TRUNCATE || limit < size)) {
        out[room] = 0;
        return -1;
    }
    *out = 0;
    *_errno() = ERANGE;
    return -1;
}

int __cdecl crt_snprintf_s(char *out, size_t size, size_t limit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vsnprintf_s(out, size, limit, format, args);
    va_end(args);
    return count;
}

int __cdecl crt_cprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = crt_vfprintf(stdout, format, args);
    va_end(args);
    return count;
}

/* print_core.h - the printf family, for char and for wchar_t: what goes to a stream.
 *
 * Through the stream's buffer, or one lent for the call (stderr, console).  The includer says what
 * print_memory.h needs, and PUT(text, length, stream), which tells whether all was written.
 */
#include "crt.h"

static void stream_put(struct crt_sink *sink, const void *text, int length)
{
    if (!PUT(text, length, sink->target))
        sink->failed = 1;
}

int __cdecl PRINT(vfprintf)(FILE *stream, const CHAR *format, va_list args)
{
    if (stream == NULL || format == NULL) {
        *_errno() = EINVAL;
        return -1;
    }
    struct crt_sink sink = {.put = stream_put, .target = stream};
    crt_stream_lock(stream);
    int began = crt_buffer_begin(stream);
    FORMAT(&sink, format, args);
    crt_buffer_end(stream, began);
    crt_stream_unlock(stream);
    return sink.failed ? -1 : sink.count;
}

#include "print_memory.h"

int __cdecl PRINT(vprintf)(const CHAR *format, va_list args)
{
    return PRINT(vfprintf)(stdout, format, args);
}

#define STREAM FILE *stream,
VARIADIC(PRINT(printf), NOTHING, PRINT(vfprintf)(stdout, format, args))
VARIADIC(PRINT(fprintf), STREAM, PRINT(vfprintf)(stream, format, args))

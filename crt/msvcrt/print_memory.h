/* print_memory.h - the printf family, for char and for wchar_t: what goes to memory.
 *
 * As many characters as there is room for; what is over is counted.  The forms differ in how they
 * end, as documented:
 *     sprintf      always ends with 0          _snprintf   -1 and no 0 if it does not fit
 *     sprintf_s    empty and -1 if too small   _snprintf_s cut at `limit` (or _TRUNCATE)
 *     _scprintf    only counts
 *
 * Included by print_core.h and by ntdll/crt, which say: CHAR; FORMAT, the engine; PRINT(name), our
 * name of a function of the family; VSNPRINTF and SNPRINTF, which are called by their C names.
 */
static void memory_put(struct crt_sink *sink, const void *text, int length)
{
    size_t part = (size_t)length < sink->room ? (size_t)length : sink->room;
    memcpy(sink->target, text, part * sizeof(CHAR));
    sink->target = (CHAR *)sink->target + part;
    sink->room -= part;
}

/* Formats into `room` characters, with no 0 at the end; what it would have been, or -1. */
static int to_memory(CHAR *out, size_t room, const CHAR *format, va_list args)
{
    struct crt_sink sink = {.put = memory_put, .target = out, .room = room};
    FORMAT(&sink, format, args);
    return sink.failed ? -1 : sink.count;
}

int __cdecl PRINT(vsprintf)(CHAR *out, const CHAR *format, va_list args)
{
    int count = to_memory(out, INT_MAX, format, args);
    if (count >= 0)
        out[count] = 0;
    return count;
}

int __cdecl VSNPRINTF(CHAR *out, size_t size, const CHAR *format, va_list args)
{
    int count = to_memory(out, size, format, args);
    if (count >= 0 && (size_t)count < size)
        out[count] = 0;
    return count >= 0 && (size_t)count > size && out != NULL ? -1 : count;
}

int __cdecl PRINT(vscprintf)(const CHAR *format, va_list args)
{
    return to_memory(NULL, 0, format, args);
}

int __cdecl PRINT(vsnprintf_s)(CHAR *out, size_t size, size_t limit, const CHAR *format,
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

int __cdecl PRINT(vsprintf_s)(CHAR *out, size_t size, const CHAR *format, va_list args)
{
    return PRINT(vsnprintf_s)(out, size, size, format, args);
}

/* The forms with their arguments after the format: all end in one of the above. */
#define VARIADIC(NAME, FIRST, CALL)                                                      \
    int __cdecl NAME(FIRST const CHAR *format, ...)                                      \
    {                                                                                    \
        va_list args;                                                                    \
        va_start(args, format);                                                          \
        int count = CALL;                                                                \
        va_end(args);                                                                    \
        return count;                                                                    \
    }
#define NOTHING
#define MEMORY CHAR *out,
#define SIZED  CHAR *out, size_t size,
#define CUT    CHAR *out, size_t size, size_t limit,
VARIADIC(PRINT(sprintf), MEMORY, PRINT(vsprintf)(out, format, args))
VARIADIC(SNPRINTF, SIZED, VSNPRINTF(out, size, format, args))
VARIADIC(PRINT(scprintf), NOTHING, to_memory(NULL, 0, format, args))
VARIADIC(PRINT(sprintf_s), SIZED, PRINT(vsprintf_s)(out, size, format, args))
VARIADIC(PRINT(snprintf_s), CUT, PRINT(vsnprintf_s)(out, size, limit, format, args))

/* sinks.h - where printf's characters go and where scanf's come from.
 *
 * The engines (msvcrt/format_core.h, msvcrt/scan_core.h) know nothing else of a stream or of
 * memory.  msvcrt and ntdll compile them each for itself (crt/msvcrt/crt.h, ntdll/crt/ncrt.h).
 */
#ifndef FATHOM_CRT_SINKS_H
#define FATHOM_CRT_SINKS_H

#include <stddef.h>

/* A sink takes characters; `count` is what would be written. */
struct crt_sink {
    void (*put)(struct crt_sink *sink, const void *text, int length);
    void *target;
    size_t room;
    int count;
    int failed;
};

/* A source gives characters and takes the last one back. */
struct crt_source {
    int (*get)(struct crt_source *source);
    void (*unget)(struct crt_source *source, int character);
    void *from;
    int read;
    size_t room;
};

#endif

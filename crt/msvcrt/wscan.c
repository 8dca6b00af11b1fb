/* wscan.c - the scanf family for wide text. */
#include "crt.h"
#include <wchar.h>
#define CHAR wchar_t
#define UNIT wchar_t
#define SCAN crt_wscan
#include "scan_core.h"

static int stream_get(struct crt_source *source)
{
    int wide = crt_getwc(source->from);
    return wide == WEOF ? EOF : wide;
}

static void stream_unget(struct crt_source *source, int character)
{
    crt_ungetwc(character, source->from);
}

static int text_get(struct crt_source *source)
{
    const wchar_t *at = source->from;
    if (!*at)
        return EOF;
    source->from = (void *)(at + 1);
    return *at;
}

static void text_unget(struct crt_source *source, int character)
{
    (void)character;
    source->from = (wchar_t *)source->from - 1;
}

static int scan_stream(FILE *stream, int secure, const wchar_t *format, va_list args)
{
    struct crt_source source = {stream_get, stream_unget, stream, 0, (size_t)secure};
    crt_stream_lock(stream);
    int count = crt_wscan(&source, format, args);
    crt_stream_unlock(stream);
    return count;
}

static int scan_memory(const wchar_t *text, int secure, const wchar_t *format,
                       va_list args)
{
    struct crt_source source = {text_get, text_unget, (void *)text, 0, (size_t)secure};
    return crt_wscan(&source, format, args);
}

#define SCANNER(NAME, FIRST, FUNCTION, FROM, SECURE)                                     \
    int __cdecl NAME(FIRST const wchar_t *format, ...)                                   \
    {                                                                                    \
        va_list args;                                                                    \
        va_start(args, format);                                                          \
        int count = FUNCTION(FROM, SECURE, format, args);                                \
        va_end(args);                                                                    \
        return count;                                                                    \
    }
#define NOTHING
#define STREAM        FILE *stream,
#define TEXT_ARGUMENT const wchar_t *text,
SCANNER(crt_wscanf, NOTHING, scan_stream, stdin, 0)
SCANNER(crt_wscanf_s, NOTHING, scan_stream, stdin, 1)
SCANNER(crt_fwscanf, STREAM, scan_stream, stream, 0)
SCANNER(crt_fwscanf_s, STREAM, scan_stream, stream, 1)
SCANNER(crt_swscanf, TEXT_ARGUMENT, scan_memory, text, 0)
SCANNER(crt_swscanf_s, TEXT_ARGUMENT, scan_memory, text, 1)

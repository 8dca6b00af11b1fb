/* scan.c - the scanf family for narrow text: its engine, and where the characters come
 * from. */
#include "crt.h"
#define CHAR char
#define UNIT unsigned char
#define SCAN crt_scan
#include "scan_core.h"

static int stream_get(struct crt_source *source)
{
    return crt_getc(source->from);
}

static void stream_unget(struct crt_source *source, int character)
{
    crt_ungetc(character, source->from);
}

/* At the end nothing is taken, so nothing is given back. */
static int text_get(struct crt_source *source)
{
    const unsigned char *at = source->from;
    if (!*at)
        return EOF;
    source->from = (void *)(at + 1);
    return *at;
}

static void text_unget(struct crt_source *source, int character)
{
    (void)character;
    source->from = (char *)source->from - 1;
}

static int scan_stream(FILE *stream, int secure, const char *format, va_list args)
{
    struct crt_source source = {stream_get, stream_unget, stream, 0, (size_t)secure};
    crt_stream_lock(stream);
    int count = crt_scan(&source, format, args);
    crt_stream_unlock(stream);
    return count;
}

static int scan_memory(const char *text, int secure, const char *format, va_list args)
{
    struct crt_source source = {text_get, text_unget, (void *)text, 0, (size_t)secure};
    return crt_scan(&source, format, args);
}

#define SCANNER(NAME, FIRST, FUNCTION, FROM, SECURE)                                     \
    int __cdecl NAME(FIRST const char *format, ...)                                      \
    {                                                                                    \
        va_list args;                                                                    \
        va_start(args, format);                                                          \
        int count = FUNCTION(FROM, SECURE, format, args);                                \
        va_end(args);                                                                    \
        return count;                                                                    \
    }
#define NOTHING
#define STREAM        FILE *stream,
#define TEXT_ARGUMENT const char *text,
SCANNER(crt_scanf, NOTHING, scan_stream, stdin, 0)
SCANNER(crt_scanf_s, NOTHING, scan_stream, stdin, 1)
SCANNER(crt_fscanf, STREAM, scan_stream, stream, 0)
SCANNER(crt_fscanf_s, STREAM, scan_stream, stream, 1)
SCANNER(crt_sscanf, TEXT_ARGUMENT, scan_memory, text, 0)
SCANNER(crt_sscanf_s, TEXT_ARGUMENT, scan_memory, text, 1)

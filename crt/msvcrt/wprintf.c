/* wprintf.c - the wide printf family and wide streams; encoding.c says in which bytes.
 *
 * Source: Microsoft C runtime reference, fputwc, wprintf and so on.
 */
#include "crt.h"
#include <wchar.h>

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

static int put_wide(const wchar_t *text, int length, FILE *stream)
{
    int whole = 1;
    for (int i = 0; i < length; i++)
        whole &= crt_putwc(text[i], stream) != WEOF;
    return whole;
}

#define CHAR        wchar_t
#define FORMAT      crt_wformat
#define PRINT(name) crt_w##name
#define VSNPRINTF   _vsnwprintf
#define SNPRINTF    _snwprintf
#define PUT         put_wide
#include "print_core.h"

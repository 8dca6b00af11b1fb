/* encoding.c - wide characters in a stream, as bytes.
 *
 *     binary         the two bytes of each
 *     text           one byte of each (the "C" locale); line ends are the descriptor's work
 *     _O_U16TEXT     the two bytes, and CR LF for a line end      } _setmode, or fopen's
 *     _O_U8TEXT      UTF-8, and CR LF for a line end              } "ccs=..."
 *     a console      under these two: its own code page
 *
 * A file opened for writing with ccs= begins with its mark (BOM); one opened for reading is
 * in what its mark says.  Half of a surrogate pair waits in the descriptor's record.
 * Source: Microsoft C runtime reference, fopen, _setmode, "Unicode stream I/O".
 */
#include "stream.h"
#include <wchar.h>

#define NO_UNIT 0

static int put_byte(int byte, FILE *stream)
{
    return crt_putc(byte, stream) != EOF;
}

static int put_code(unsigned int code, FILE *stream)
{
    if (code < 0x80)
        return put_byte((int)code, stream);
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    int done = put_byte((0xFF00 >> (more + 1) & 0xFF) | (int)(code >> 6 * more), stream);
    while (more-- > 0)
        done &= put_byte(0x80 | (code >> 6 * more & 0x3F), stream);
    return done;
}

static int put_utf8(wchar_t unit, struct crt_file *file, FILE *stream)
{
    wchar_t first = file->half;
    file->half = NO_UNIT;
    if ((unit & 0xFC00) == 0xD800) {
        file->half = unit;
        return 1;
    }
    if (first != NO_UNIT && (unit & 0xFC00) == 0xDC00)
        return put_code(0x10000 + ((first & 0x3FFu) << 10 | (unit & 0x3FFu)), stream);
    return put_code(unit, stream);
}

static int put_console(wchar_t unit, FILE *stream)
{
    char bytes[8];
    int count = WideCharToMultiByte(GetConsoleOutputCP(), 0, &unit, 1, bytes,
                                    sizeof(bytes), NULL, NULL);
    return crt_put(bytes, (size_t)count, stream) == (size_t)count;
}

static int put_encoded(wchar_t unit, struct crt_file *file, FILE *stream)
{
    DWORD mode;
    if ((file->flags & CRT_FDEV) && GetConsoleMode(file->handle, &mode))
        return put_console(unit, stream);
    if (unit == L'\n' && !put_encoded(L'\r', file, stream))
        return 0;
    if (file->encoding == CRT_UTF8)
        return put_utf8(unit, file, stream);
    return crt_put(&unit, sizeof(unit), stream) == sizeof(unit);
}

int crt_putwc(int wide, FILE *stream)
{
    struct crt_file *file = crt_file_peek(stream->_file);
    wchar_t unit = (wchar_t)wide;
    if (file != NULL && file->encoding != CRT_BYTES)
        return put_encoded(unit, file, stream) ? unit : WEOF;
    if (file == NULL || (file->flags & CRT_FTEXT)) {
        char byte;
        if (wctomb(&byte, unit) != 1) {
            stream->_flag |= _IOERR;
            return WEOF;
        }
        return crt_putc((unsigned char)byte, stream) == EOF ? WEOF : unit;
    }
    return crt_put(&unit, sizeof(unit), stream) == sizeof(unit) ? unit : WEOF;
}

static int get_unit(FILE *stream)
{
    int low = crt_getc(stream), high = low == EOF ? EOF : crt_getc(stream);
    return high == EOF ? WEOF : low | high << 8;
}

/* What is no UTF-8 comes as U+FFFD. */
static int get_utf8(struct crt_file *file, FILE *stream)
{
    int first = file->half != NO_UNIT ? file->half : crt_getc(stream);
    if (file->half != NO_UNIT || first == EOF || first < 0x80) {
        file->half = NO_UNIT;
        return first == EOF ? WEOF : first;
    }
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    unsigned int code = first & (0x3F >> more);
    if (first < 0xC2 || first > 0xF4)
        return 0xFFFD;
    while (more-- > 0) {
        int next = crt_getc(stream);
        if ((next & 0xC0) != 0x80) {
            crt_ungetc(next, stream);
            return 0xFFFD;
        }
        code = code << 6 | (next & 0x3F);
    }
    if (code < 0x10000)
        return (int)code;
    file->half = (wchar_t)(0xDC00 | (code & 0x3FF));
    return (int)(0xD800 | (code - 0x10000) >> 10);
}

static int get_encoded(struct crt_file *file, FILE *stream)
{
    return file->encoding == CRT_UTF8 ? get_utf8(file, stream) : get_unit(stream);
}

int crt_getwc(FILE *stream)
{
    struct crt_file *file = crt_file_peek(stream->_file);
    if (file == NULL || (file->encoding == CRT_BYTES && (file->flags & CRT_FTEXT))) {
        int byte = crt_getc(stream);
        return byte == EOF ? WEOF : byte;
    }
    if (file->encoding == CRT_BYTES)
        return get_unit(stream);
    int unit = get_encoded(file, stream);
    if (unit != L'\r')
        return unit;
    unit = get_encoded(file, stream);
    if (unit == L'\n')
        return unit;
    crt_ungetwc(unit, stream);
    return L'\r';
}

int crt_ungetwc(int wide, FILE *stream)
{
    struct crt_file *file = crt_file_peek(stream->_file);
    if (wide == WEOF)
        return WEOF;
    if (file != NULL && file->encoding == CRT_UTF8 && wide >= 0x80) {
        if (file->half != NO_UNIT)
            return WEOF;
        file->half = (wchar_t)wide;
        return wide;
    }
    int bytes = file != NULL && file->encoding != CRT_UTF8 &&
                (file->encoding == CRT_UTF16 || !(file->flags & CRT_FTEXT));
    if (bytes && crt_ungetc(wide >> 8 & 0xFF, stream) == EOF)
        return WEOF;
    return crt_ungetc(wide & 0xFF, stream) == EOF ? WEOF : wide;
}

/* ---- fopen's ccs= ---- */

/* The descriptor's encoding from its mark, which is read; `otherwise` where there is none. */
static int read_mark(int fd, int otherwise)
{
    unsigned char mark[3] = {0};
    int got = _read(fd, mark, 3);
    if (got >= 2 && mark[0] == 0xFF && mark[1] == 0xFE) {
        _lseek(fd, 2, SEEK_SET);
        return CRT_UTF16;
    }
    if (got == 3 && memcmp(mark, "\xEF\xBB\xBF", 3) == 0)
        return CRT_UTF8;
    _lseek(fd, 0, SEEK_SET);
    return otherwise;
}

/* Under "ccs=UTF-8", "ccs=UTF-16LE" or "ccs=UNICODE" after the comma of a mode the new
 * descriptor is in that; 0 and EINVAL: another word. */
int crt_encode(int fd, const char *mode)
{
    const char *word = strstr(mode, "ccs=");
    struct crt_file *file = crt_file_peek(fd);
    if (word == NULL || file == NULL || !(file->flags & CRT_FTEXT))
        return 1;
    int unicode = _strnicmp(word + 4, "UNICODE", 7) == 0;
    int wanted = _strnicmp(word + 4, "UTF-8", 5) == 0                 ? CRT_UTF8
                 : unicode || _strnicmp(word + 4, "UTF-16LE", 8) == 0 ? CRT_UTF16
                                                                      : CRT_BYTES;
    if (wanted == CRT_BYTES) {
        *_errno() = EINVAL;
        return 0;
    }
    file->flags &= (unsigned char)~CRT_FTEXT;
    if (_filelengthi64(fd) == 0 && *mode != 'r') {
        const char *mark = wanted == CRT_UTF8 ? "\xEF\xBB\xBF" : "\xFF\xFE";
        _write(fd, mark, wanted == CRT_UTF8 ? 3 : 2);
    } else if (*mode == 'r') {
        wanted = read_mark(fd, unicode ? CRT_BYTES : wanted);
        if (wanted == CRT_BYTES)
            file->flags |= CRT_FTEXT;
    }
    file->encoding = (unsigned char)wanted;
    return 1;
}

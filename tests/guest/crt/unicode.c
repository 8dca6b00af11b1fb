/* unicode.c - wide streams in UTF-16 and UTF-8: _setmode, fopen's ccs=, marks, pairs. */
#include <windows.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <wchar.h>
#include "documented.h"

#define NAME "unicode.tmp"

/* The file's bytes, as they are. */
static int holds(const char *bytes, size_t size)
{
    char room[256];
    FILE *file = fopen(NAME, "rb");
    CHECK(file != NULL);
    const size_t got = fread(room, 1, sizeof room, file);
    fclose(file);
    return got == size && memcmp(room, bytes, size) == 0;
}

static void written(const char *mode, const wchar_t *text)
{
    FILE *file = fopen(NAME, mode);
    CHECK(file != NULL && fputws(text, file) >= 0 && fclose(file) == 0);
}

static const wchar_t *line_of(const char *mode)
{
    static wchar_t line[64];
    FILE *file = fopen(NAME, mode);
    CHECK(file != NULL);
    line[0] = 0;
    fgetws(line, 64, file);
    fclose(file);
    return line;
}

int main(void)
{
    static const wchar_t text[] = L"h\x00e9\x4e2d\xd83d\xde00\n";
    static const char utf16[] = "\xFF\xFEh\0\xE9\0\x2D\x4E\x3D\xD8\0\xDE\r\0\n\0";
    static const char utf8[] = "\xEF\xBB\xBFh\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\r\n";
    written("w, ccs=UTF-16LE", text);
    documented("fopen", "ccs=UTF-16LE: a new file gets a BOM, text is UTF-16, CR LF",
               SAME, holds(utf16, 16));
    documented("fopen", "a file with a BOM is read in what the BOM says", SAME,
               wcscmp(line_of("r, ccs=UNICODE"), text) == 0 &&
                   wcscmp(line_of("r, ccs=UTF-8"), text) == 0);
    written("w, ccs=UTF-8", text);
    documented("fopen", "ccs=UTF-8: a new file gets a BOM, text is UTF-8", SAME,
               holds(utf8, 15));
    documented("fopen", "a UTF-8 BOM is recognized, surrogate pairs come whole", SAME,
               wcscmp(line_of("r, ccs=UTF-16LE"), text) == 0);
    written("a, ccs=UTF-8", L"x");
    documented("fopen", "appending writes no second BOM", SAME,
               holds("\xEF\xBB\xBFh\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\r\nx", 16));
    written("w", L"ansi\n");
    documented("fopen", "ccs=UNICODE without a BOM reads ANSI", SAME,
               wcscmp(line_of("r, ccs=UNICODE"), L"ansi\n") == 0);
    errno = 0;
    documented("fopen", "another encoding is refused: NULL, EINVAL", SAME,
               fopen(NAME, "r, ccs=KOI8") == NULL && errno == EINVAL);
    FILE *file = fopen(NAME, "w");
    documented("_setmode", "_O_U16TEXT is set; the former mode is returned", SAME,
               _setmode(_fileno(file), _O_U16TEXT) == _O_TEXT &&
                   _setmode(_fileno(file), _O_U8TEXT) == _O_U16TEXT &&
                   _setmode(_fileno(file), _O_U16TEXT) == _O_U8TEXT);
    fwprintf(file, L"%d\n", 7);
    fclose(file);
    documented("_setmode", "wide text is UTF-16 then, without a BOM", SAME,
               holds("7\0\r\0\n\0", 6));
    file = fopen(NAME, "rb+");
    fwrite("a\rb\xFFz", 1, 5, file);
    rewind(file);
    _setmode(_fileno(file), _O_U8TEXT);
    documented("fgetwc", "a CR alone stays; bytes that are no UTF-8 are replaced", SAME,
               fgetwc(file) == L'a' && fgetwc(file) == L'\r' && fgetwc(file) == L'b' &&
                   fgetwc(file) == 0xFFFD && fgetwc(file) == L'z');
    documented("ungetwc", "the character comes again", SAME,
               ungetwc(0x4E2D, file) == 0x4E2D && fgetwc(file) == 0x4E2D);
    fclose(file);
    remove(NAME);
    return undocumented();
}

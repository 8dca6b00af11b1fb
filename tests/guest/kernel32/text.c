/* text.c - code pages, case, comparison, lstr*, MulDiv, FormatMessage. */
#include <windows.h>
#include <string.h>
#include "check.h"

static void to_wide(void)
{
    WCHAR out[16];

    CHECK_EQUAL(MultiByteToWideChar(CP_ACP, 0, "a\x80\xFC", 3, out, 16), 3);
    CHECK(out[0] == 'a' && out[1] == 0x20AC && out[2] == 0xFC);
    CHECK_EQUAL(MultiByteToWideChar(437, 0, "\x81\xE1", -1, out, 16), 3);
    CHECK(out[0] == 0xFC && out[1] == 0xDF && out[2] == 0);
    CHECK_EQUAL(MultiByteToWideChar(CP_UTF8, 0, "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", 9,
                                    out, 16),
                4);
    CHECK(out[0] == 0xFC && out[1] == 0x20AC && out[2] == 0xD83D && out[3] == 0xDE00);
    CHECK_EQUAL(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, NULL, 0), 4);
    SetLastError(0);
    CHECK_EQUAL(MultiByteToWideChar(CP_UTF8, 0, "abc", -1, out, 3), 0);
    CHECK_EQUAL(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    SetLastError(0);
    CHECK_EQUAL(
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xC0\x80", 2, out, 16), 0);
    CHECK_EQUAL(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, "\xE2\x82", 2, out, 16) >= 1);
    CHECK_EQUAL(out[0], 0xFFFD);
    SetLastError(0);
    CHECK_EQUAL(MultiByteToWideChar(12345, 0, "a", 1, out, 16), 0);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void to_bytes(void)
{
    char out[16];
    BOOL used = FALSE;

    CHECK_EQUAL(WideCharToMultiByte(CP_ACP, 0, L"\x20AC\xFC", 2, out, 16, NULL, NULL), 2);
    CHECK(!memcmp(out, "\x80\xFC", 2));
    CHECK_EQUAL(WideCharToMultiByte(CP_ACP, WC_NO_BEST_FIT_CHARS, L"\x4E2D", 1, out, 16,
                                    "!", &used),
                1);
    CHECK(out[0] == '!' && used);
    CHECK_EQUAL(WideCharToMultiByte(CP_UTF8, 0, L"\xD83D\xDE00", -1, out, 16, NULL, NULL),
                5);
    CHECK(!strcmp(out, "\xF0\x9F\x98\x80"));
    CHECK_EQUAL(WideCharToMultiByte(CP_UTF8, 0, L"\xD83D", 1, out, 16, NULL, NULL), 3);
    CHECK(!memcmp(out, "\xEF\xBF\xBD", 3));
    SetLastError(0);
    CHECK_EQUAL(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, L"\xD83D", 1, out, 16,
                                    NULL, NULL),
                0);
    CHECK_EQUAL(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    SetLastError(0);
    CHECK_EQUAL(WideCharToMultiByte(CP_ACP, 0, L"abc", -1, out, 2, NULL, NULL), 0);
    CHECK_EQUAL(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
}

static void letters(void)
{
    WORD types[4];
    WCHAR out[8];
    CPINFO info;

    CHECK(GetStringTypeW(CT_CTYPE1, L"aZ5 ", 4, types));
    CHECK((types[0] & (C1_LOWER | C1_ALPHA | C1_XDIGIT)) ==
          (C1_LOWER | C1_ALPHA | C1_XDIGIT));
    CHECK((types[1] & (C1_UPPER | C1_ALPHA | C1_XDIGIT)) == (C1_UPPER | C1_ALPHA));
    CHECK((types[2] & (C1_DIGIT | C1_XDIGIT)) == (C1_DIGIT | C1_XDIGIT));
    CHECK((types[3] & (C1_SPACE | C1_BLANK)) == (C1_SPACE | C1_BLANK));
    CHECK_EQUAL(LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, L"a\xE4z", -1, out, 8),
                4);
    CHECK(!lstrcmpW(out, L"A\xC4Z"));
    CHECK_EQUAL(CompareStringW(LOCALE_USER_DEFAULT, NORM_IGNORECASE, L"FATHOM", -1,
                               L"fathom", -1),
                CSTR_EQUAL);
    CHECK_EQUAL(CompareStringA(LOCALE_USER_DEFAULT, 0, "abc", -1, "abd", -1),
                CSTR_LESS_THAN);
    CHECK(GetCPInfo(CP_UTF8, &info) && info.MaxCharSize == 4);
    CHECK(GetCPInfo(CP_ACP, &info) && info.MaxCharSize == 1 &&
          info.DefaultChar[0] == '?');
    CHECK(IsValidCodePage(1252) && IsValidCodePage(65001) && !IsValidCodePage(12345));
    CHECK(!IsDBCSLeadByteEx(CP_ACP, 0xE4));
}

static void lstr(void)
{
    char buffer[16];

    CHECK_EQUAL(lstrlenA("abc"), 3);
    CHECK_EQUAL(lstrlenA((char *)8), 0);
    CHECK_EQUAL(lstrlenW((WCHAR *)8), 0);
    CHECK(lstrcpyA(buffer, "abc") == buffer && lstrcatA(buffer, "de") == buffer);
    CHECK(!strcmp(buffer, "abcde"));
    CHECK(lstrcpynA(buffer, "abcdef", 4) == buffer && !strcmp(buffer, "abc"));
    CHECK(lstrcpyA(buffer, (char *)8) == NULL);
    CHECK(lstrcmpiA("ABC", "abc") == 0 && lstrcmpA("a", "b") < 0);
    CHECK_EQUAL(MulDiv(7, 3, 2), 11);
    CHECK_EQUAL(MulDiv(-7, 3, 2), -11);
    CHECK_EQUAL(MulDiv(1, 1, 0), -1);
    CHECK_EQUAL(MulDiv(0x7FFFFFFF, 2, 1), -1);
}

static void messages(void)
{
    char text[256], *made = NULL;
    DWORD_PTR values[2] = {(DWORD_PTR) "deep", 42};
    DWORD length;

    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                            NULL, ERROR_INVALID_HANDLE, 0, text, sizeof text, NULL);
    CHECK(length && strlen(text) == length && !strcmp(text + length - 2, "\r\n"));
    length =
        FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                       "%1 is %2!05d!%%", 0, 0, text, sizeof text, (va_list *)values);
    CHECK(!strcmp(text, "deep is 00042%") && length == 14);
    length =
        FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER |
                           FORMAT_MESSAGE_ARGUMENT_ARRAY,
                       "[%1!6s!] %2!x!%nend", 0, 0, (char *)&made, 0, (va_list *)values);
    CHECK(made && !strcmp(made, "[  deep] 2a\r\nend") && length == strlen(made));
    CHECK(LocalFree(made) == NULL);
    SetLastError(0);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "abcdef", 0, 0, text, 3, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    SetLastError(0);
    CHECK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x12345678, 0, text,
                          sizeof text, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_MR_MID_NOT_FOUND);
}

static char made_of[256];

/* FormatMessage of a text with these inserts, in lines of width characters (255: as they come). */
static const char *message(DWORD width, const char *text, ...)
{
    va_list list;
    va_start(list, text);
    memset(made_of, '?', sizeof made_of);
    FormatMessageA(FORMAT_MESSAGE_FROM_STRING | width, text, 0, 0, made_of,
                   sizeof made_of, &list);
    va_end(list);
    return made_of;
}
#define MESSAGE(wanted, ...) CHECK(!strcmp(message(__VA_ARGS__), wanted))

static void message_forms(void)
{
    MESSAGE("no line end", 0, "no line end%0 and no more");
    MESSAGE("one\r\ntwo\r\nthree\r\n", 0, "one\ntwo\r\nthree\r");
    MESSAGE("a.b!c d%", 0, "a%.b%!c% d%%");
    MESSAGE("  Bi Bob   Bill", 0, "%1!*.*s! %4 %5!*s!", 4, 2, "Bill", "Bob", 6, "Bill");
    MESSAGE("left  |", 0, "%1!*s!|", -6, "left");
    MESSAGE("00042|   42|42   |0x2a|+", 0, "%1!.5d!|%1!5d!|%1!-5d!|%1!#x!|+", 42);
    MESSAGE("-007", 0, "%1!.3d!", -7);
    MESSAGE("one two three", 255, "one\ntwo\r\nthree");
    MESSAGE("one\r\ntwo three", 255, "one%ntwo\nthree");
    MESSAGE("short\r\nlong line\r\nof text", 9, "short long line of text");
    MESSAGE("a\r\nunbreakable\r\nb", 4, "a unbreakable b");
    MESSAGE("one\r\ntwo\r\nsix", 5, "one\ntwo%nsix");
    MESSAGE("an insert\r\nof blanks", 9, "an %1 blanks", "insert of");
}

int main(void)
{
    to_wide();
    to_bytes();
    letters();
    lstr();
    messages();
    message_forms();
    return 0;
}

/* messages.c - user32 without a screen: message boxes, wsprintf, characters. */
#include "documented.h"

/* What the call writes to standard error goes to a file; its text. */
static const char *said(int (*show)(void), int *answer)
{
    static char text[200];
    DWORD length = 0;
    HANDLE before = GetStdHandle(STD_ERROR_HANDLE);
    HANDLE file = CreateFileA("C:\\Temp\\said", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    SetStdHandle(STD_ERROR_HANDLE, file);
    *answer = show();
    SetStdHandle(STD_ERROR_HANDLE, before);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ReadFile(file, text, sizeof text - 1, &length, NULL);
    text[length] = 0;
    CloseHandle(file);
    return text;
}
static int plain(void)
{
    return MessageBoxA(NULL, "the text", "Title", MB_ICONERROR);
}
static int choice(void)
{
    return MessageBoxW(NULL, L"sure?", NULL, MB_YESNO | MB_DEFBUTTON2);
}
static int wrong(void)
{
    return MessageBoxA(NULL, "x", "y", 9);
}

static BOOL formats(const char *expected, const char *format, ...)
{
    char text[1100];
    va_list values;
    va_start(values, format);
    const int length = wvsprintfA(text, format, values);
    va_end(values);
    if (strcmp(text, expected))
        printf("  \"%s\" gives \"%s\", expected \"%s\"\n", format, text, expected);
    return !strcmp(text, expected) && length == (int)strlen(expected);
}

int main(void)
{
    int answer;
    char word[] = "aB1";
    WCHAR wide[40];
    documented("MessageBox", "text and title, on standard error here; one button: IDOK",
               DIFFERS,
               !strcmp(said(plain, &answer), "Title: the text\n") && answer == IDOK);
    documented(
        "MessageBox", "no title is Error; the default button is the answer", DIFFERS,
        !strcmp(said(choice, &answer), "Error: sure? Yes [No]\n") && answer == IDNO);
    documented("MessageBox", "a style that is none fails", SAME,
               !*said(wrong, &answer) && answer == 0);
    documented("wsprintf", "numbers", SAME,
               formats("-5|00042|2a|0X2A|  7|7  |4294967295",
                       "%d|%05d|%x|%#X|%3i|%-3d|%u", -5, 42, 42, 42, 7, 7, -1));
    documented("wsprintf", "strings and characters, of both widths", SAME,
               formats("abc|ab|  x|wide|W|n|100%", "%s|%.2s|%3c|%S|%lc|%hs|100%%", "abc",
                       "abc", 'x', L"wide", 'W', "n"));
    documented("wsprintf", "long and pointer", SAME,
               formats("-1 0012ABCD", "%ld %p", -1L, (void *)0x12ABCD));
    documented("wsprintf", "the wide form", SAME,
               wsprintfW(wide, L"%s %S %c %02X", L"w", "n", L'c', 10) == 8 &&
                   !lstrcmpW(wide, L"w n c 0A"));
    documented("CharUpper", "a string in place, or one character", SAME,
               CharUpperA(word) == word && !strcmp(word, "AB1") &&
                   CharUpperA((LPSTR)'x') == (LPSTR)'X' &&
                   CharLowerW((LPWSTR)L'\u00C4') == (LPWSTR)L'\u00E4');
    documented("IsCharAlpha", "letters", SAME,
               IsCharAlphaA('x') && !IsCharAlphaA('1') && IsCharAlphaNumericW('1') &&
                   IsCharUpperA('X') && !IsCharLowerA('X'));
    documented("CharNext", "stops at the end", SAME,
               CharNextA(word + 2) == word + 3 && CharNextA(word + 3) == word + 3 &&
                   CharPrevA(word, word) == word &&
                   CharPrevA(word, word + 2) == word + 1);
    return undocumented();
}

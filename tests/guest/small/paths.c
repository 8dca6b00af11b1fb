/* paths.c - CommandLineToArgvW of shell32, and the paths of shlwapi. */
/* link: -lshlwapi */
#include "documented.h"
#include <shellapi.h>
#include <shlwapi.h>

/* The arguments of the line, each in angle brackets. */
static const WCHAR *split(const WCHAR *line)
{
    static WCHAR all[200];
    int count = 0;
    WCHAR **words = CommandLineToArgvW(line, &count);
    all[0] = 0;
    for (int i = 0; words && i < count; i++) {
        lstrcatW(all, L"<");
        lstrcatW(all, words[i]);
        lstrcatW(all, L">");
    }
    CHECK(LocalFree(words) == NULL);
    return all;
}
static BOOL splits(const WCHAR *line, const WCHAR *expected)
{
    const WCHAR *seen = split(line);
    if (lstrcmpW(seen, expected))
        printf("  %ls gives %ls, expected %ls\n", line, seen, expected);
    return !lstrcmpW(seen, expected);
}

int main(void)
{
    WCHAR own[MAX_PATH + 3] = L"<";
    int count;
    GetModuleFileNameW(NULL, own + 1, MAX_PATH);
    lstrcatW(own, L">");
    documented("CommandLineToArgvW", "an empty line: the path of the program", SAME,
               splits(L"", own));
    documented("CommandLineToArgvW", "blanks and quotes", SAME,
               splits(L"prog a  \"b c\" d\"e f\"g", L"<prog><a><b c><de fg>"));
    documented("CommandLineToArgvW",
               "2n and 2n + 1 backslashes before a quote, others are plain", SAME,
               splits(L"prog a\\\\b \"c\\\\\" d\\\"e f\\\\\\\"g",
                      L"<prog><a\\\\b><c\\><d\"e><f\\\"g>"));
    documented("CommandLineToArgvW", "the program's name has no escapes", SAME,
               splits(L"\"C:\\a b\\\" x", L"<C:\\a b\\><x>"));
    documented("CommandLineToArgvW", "a quote twice in quotes is a quote, and ends them",
               SAME, splits(L"prog \"a\"\"b\" c", L"<prog><a\"b c>"));
    documented("CommandLineToArgvW", "a trailing backslash", SAME,
               splits(L"prog a\\ b", L"<prog><a\\><b>"));
    documented("PathIsRelative", "a path without a root or a drive", SAME,
               PathIsRelativeA("a\\b") && PathIsRelativeA("") &&
                   !PathIsRelativeA("\\a") && !PathIsRelativeA("C:\\a") &&
                   !PathIsRelativeW(L"C:a") && PathIsRelativeW(L"..\\a"));
    documented("PathFindFileName", "what follows the last backslash", SAME,
               !strcmp(PathFindFileNameA("C:\\a\\b.txt"), "b.txt") &&
                   !strcmp(PathFindFileNameA("x"), "x"));
    documented("PathFindExtension", "from the last period", SAME,
               !strcmp(PathFindExtensionA("a.b\\c.d.txt"), ".txt") &&
                   !*PathFindExtensionA("a.b\\c"));
    documented("PathFileExists", "looks at the file system", SAME,
               PathFileExistsA("C:\\kernel32.dll") && !PathFileExistsW(L"C:\\none"));
    fflush(stdout);
    documented("CommandLineToArgvW", "NULL is refused", SAME,
               FAILS(CommandLineToArgvW(NULL, &count), ERROR_INVALID_PARAMETER));
    return undocumented();
}

/* patterns.c - a search ends, whatever its pattern: as many wild cards as a path has room for. */
#include "check.h"
#include <string.h>
#include <windows.h>

/* Whether a file in C:\patterns matches before repeated count times, then after. */
static BOOL found(const char *before, const char *after, int count)
{
    char path[1024] = "C:\\patterns\\";
    WIN32_FIND_DATAA data;
    while (count--)
        strcat(path, before);
    strcat(path, after);
    HANDLE search = FindFirstFileA(path, &data);
    if (search == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL ours = FALSE;
    do
        ours |= data.cFileName[0] != '.';
    while (FindNextFileA(search, &data));
    return FindClose(search) && ours;
}

static void make(const char *path)
{
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(CloseHandle(file));
}

int main(void)
{
    char path[256] = "C:\\patterns\\";
    CHECK(CreateDirectoryA("C:\\patterns", NULL));
    make("C:\\patterns\\readme.old.txt");
    memset(path + strlen(path), 'a', 200);
    make(path);

    CHECK(found("*", "", 1));
    CHECK(found("", "README.*", 1));
    CHECK(found("", "*.txt", 1));
    CHECK(found("", "readme.old.tx??",
                1)); /* a question mark is also no character at the end */
    CHECK(found("", "read????.old.txt", 1)); /* and before a dot */
    CHECK(!found("", "?readme.old.txt", 1));
    CHECK(
        found("", "readme.old.txt.*", 1)); /* a dot before a wild card is also the end */
    CHECK(!found("", "*.tx", 1));

    /* Depths at which a matcher that calls itself is at the end of its stack. */
    for (int count = 210; count <= 250; count += 10)
        found("?", "", count);
    CHECK(found("?", "", 200));
    CHECK(found("*", "", 240));
    CHECK(found("*?", "", 100));
    /* And stars that such a matcher needs 10^20 years for. */
    CHECK(found("*a", "", 100));
    CHECK(!found("*a", "b", 100));
    CHECK(!found("*a", "*b", 110));
    return 0;
}

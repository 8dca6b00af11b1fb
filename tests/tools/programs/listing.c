/* listing.c [FOLDER] - every file and folder below C:\ or FOLDER: name, attributes, size, both
 * times, and a sum of its bytes; then the console's modes.  Two listings are the same text if,
 * and only if, these are the same. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static unsigned long sum_of(const char *path)
{
    unsigned long sum = 5381;
    int c;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    while ((c = getc(file)) != EOF)
        sum = sum * 33 + c;
    fclose(file);
    return sum;
}

static void list(const char *folder, int depth)
{
    char path[MAX_PATH];
    WIN32_FIND_DATAA found;
    snprintf(path, sizeof path, "%s\\*", folder);
    HANDLE search = FindFirstFileA(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (strcmp(found.cFileName, ".") == 0 || strcmp(found.cFileName, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s\\%s", folder, found.cFileName);
        const BOOL inner = (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        printf("%s %lx %lu %08lx%08lx %08lx%08lx %lx\n", path, found.dwFileAttributes,
               found.nFileSizeLow, found.ftCreationTime.dwHighDateTime,
               found.ftCreationTime.dwLowDateTime, found.ftLastWriteTime.dwHighDateTime,
               found.ftLastWriteTime.dwLowDateTime, inner ? 0 : sum_of(path));
        if (inner && depth < 8)
            list(path, depth + 1);
    } while (FindNextFileA(search, &found));
    FindClose(search);
}

int main(int count, char **words)
{
    static const char *const consoles[] = {"CONIN$", "CONOUT$"};
    list(count > 1 ? words[1] : "C:", 0);
    for (int i = 0; i < 2; i++) {
        DWORD mode = 0;
        HANDLE console = CreateFileA(consoles[i], GENERIC_READ | GENERIC_WRITE, 3, NULL,
                                     OPEN_EXISTING, 0, NULL);
        BOOL good = GetConsoleMode(console, &mode);
        printf("%s %d %lx\n", consoles[i], good, mode);
    }
    return 0;
}

/* edges.c - the edges of files and modules: who hinders whom, odd names, patterns, modules
 * as data. */
#include <windows.h>
#include <string.h>
#include "documented.h"

static HANDLE made(const char *name, DWORD access, DWORD share)
{
    return CreateFileA(name, access, share, NULL, OPEN_ALWAYS, 0, NULL);
}

static void sharing(void)
{
    HANDLE first = made("edge.tmp", 0, 0), second = made("edge.tmp", GENERIC_READ, 0);

    documented(
        "CreateFile",
        "dwDesiredAccess zero: attributes alone, hindering nobody and hindered by nobody",
        SAME,
        first != INVALID_HANDLE_VALUE && second != INVALID_HANDLE_VALUE &&
            CloseHandle(first) &&
            (first = made("edge.tmp", 0, 0)) != INVALID_HANDLE_VALUE);
    documented("CreateFile", "dwShareMode zero: a second open for data fails", SAME,
               made("edge.tmp", GENERIC_READ, 7) == INVALID_HANDLE_VALUE &&
                   GetLastError() == ERROR_SHARING_VIOLATION);
    CloseHandle(first);
    CloseHandle(second);
    documented("CreateFile", "a file's name does not end in a backslash", SAME,
               made("edge.tmp\\", GENERIC_READ, 0) == INVALID_HANDLE_VALUE &&
                   GetLastError() == ERROR_INVALID_NAME);
    CHECK(DeleteFileA("edge.tmp"));
}

/* How many of the directory's files the pattern finds. */
static int found(const char *pattern)
{
    WIN32_FIND_DATAA data;
    HANDLE search = FindFirstFileA(pattern, &data);
    int count = 0;

    if (search == INVALID_HANDLE_VALUE)
        return 0;
    do
        count += data.cFileName[0] != '.';
    while (FindNextFileA(search, &data));
    FindClose(search);
    return count;
}

static void patterns(void)
{
    static const char *const names[] = {"edges\\noext", "edges\\aa.txt", "edges\\a.b.c"};

    CHECK(CreateDirectoryA("edges", NULL));
    for (int i = 0; i < 3; i++)
        CloseHandle(made(names[i], GENERIC_WRITE, 0));
    documented("FindFirstFile", "a dot before a wild card is also the end of the name",
               SAME,
               found("edges\\*.*") == 3 && found("edges\\noext.*") == 1 &&
                   found("edges\\noext.?") == 1 && found("edges\\a*.*.*") == 2 &&
                   found("edges\\*.b.*") == 1 && found("edges\\*.txt") == 1 &&
                   found("edges\\zz.*") == 0);
    for (int i = 0; i < 3; i++)
        CHECK(DeleteFileA(names[i]));
    CHECK(RemoveDirectoryA("edges"));
}

static void modules(void)
{
    HMODULE module = LoadLibraryExA("oleaut32.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
    char *base = (char *)((ULONG_PTR)module & ~3u), name[MAX_PATH] = "";
    HANDLE file;
    DWORD written;

    documented("LoadLibraryEx",
               "LOAD_LIBRARY_AS_DATAFILE maps the file and prepares nothing", SAME,
               (ULONG_PTR)module % 4 == 1 && base[0] == 'M' && base[1] == 'Z' &&
                   !GetModuleHandleA("oleaut32.dll") &&
                   !GetProcAddress(module, "SysAllocString") &&
                   !GetModuleFileNameA(module, name, sizeof name) &&
                   FreeLibrary(module) && !FreeLibrary(module));
    module = LoadLibraryExA("oleaut32.dll", NULL,
                            LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    documented("LoadLibraryEx", "LOAD_LIBRARY_AS_IMAGE_RESOURCE maps it as an image",
               SAME,
               (ULONG_PTR)module % 4 == 2 && !GetModuleHandleA("oleaut32.dll") &&
                   FreeLibrary(module));
    documented("LoadLibraryEx", "hFile is reserved; so are the other flags", SAME,
               FAILS(LoadLibraryExA("oleaut32.dll", GetCurrentProcess(), 0),
                     ERROR_INVALID_PARAMETER) &&
                   FAILS(LoadLibraryExA("oleaut32.dll", NULL, 0x80000000),
                         ERROR_INVALID_PARAMETER));
    file = made("edge.dll", GENERIC_WRITE, 0);
    CHECK(WriteFile(file, name, 100, &written, NULL) && CloseHandle(file));
    documented("LoadLibraryEx", "no module: ERROR_BAD_EXE_FORMAT", SAME,
               FAILS(LoadLibraryExA("edge.dll", NULL, LOAD_LIBRARY_AS_DATAFILE),
                     ERROR_BAD_EXE_FORMAT));
    CHECK(DeleteFileA("edge.dll"));
    documented("FreeLibrary", "the program itself is no data file, wherever one points",
               SAME,
               !FreeLibrary((HMODULE)((ULONG_PTR)modules | 1)) &&
                   !FreeLibrary((HMODULE)((ULONG_PTR)GetModuleHandleA(NULL) | 1)));
    documented(
        "GetProcAddress", "an empty name is not found, no ordinal", SAME,
        FAILS(GetProcAddress(GetModuleHandleA("kernel32"), ""), ERROR_PROC_NOT_FOUND) &&
            FAILS(GetProcAddress(GetModuleHandleA("kernel32"), (char *)0xFFFF),
                  ERROR_INVALID_ORDINAL));
}

static void temporary(void)
{
    char name[MAX_PATH];

    documented("GetTempFileName", "a directory that is not there: ERROR_DIRECTORY", SAME,
               FAILS(GetTempFileNameA("nowhere", "x", 0, name), ERROR_DIRECTORY));
}

int main(void)
{
    sharing();
    patterns();
    modules();
    temporary();
    return undocumented();
}

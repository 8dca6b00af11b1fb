/* upset.c - changes everything on C: that a program can: names, folders, attributes, times,
 * contents; and the console's modes.  It ends with 0 if each change was possible. */
#include <stdio.h>
#include <windows.h>

static int failed;

#define DO(what)                                                                         \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            printf("%s: error %lu\n", #what, GetLastError());                            \
            failed = 1;                                                                  \
        }                                                                                \
    } while (0)

static BOOL write_to(const char *path, DWORD how, DWORD bytes)
{
    static char text[65536];
    DWORD done = 0;
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, how, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL good = WriteFile(file, text, bytes, &done, NULL) && done == bytes;
    return CloseHandle(file) && good;
}

static BOOL old_times(const char *path)
{
    const FILETIME old = {1, 0x01000000};
    HANDLE file =
        CreateFileA(path, FILE_WRITE_ATTRIBUTES, 0, NULL, OPEN_EXISTING, 0, NULL);
    BOOL good = SetFileTime(file, &old, NULL, &old);
    return CloseHandle(file) && good;
}

int main(void)
{
    /* Another gets the name of the next program, and so does this one. */
    DO(MoveFileA("C:\\listing.exe", "C:\\Temp\\away.exe") ||
       GetLastError() == ERROR_FILE_NOT_FOUND);
    DO(CopyFileA("C:\\hello.exe", "C:\\listing.exe", FALSE));
    DO(MoveFileExA("C:\\leaks.exe", "C:\\listing.exe", MOVEFILE_REPLACE_EXISTING));
    DO(MoveFileA("C:\\upset.exe", "C:\\ends.exe"));
    /* DLLs that every program needs. */
    DO(MoveFileA("C:\\psapi.dll", "C:\\Windows\\psapi.dll"));
    DO(DeleteFileA("C:\\oleaut32.dll"));
    DO(write_to("C:\\ole32.dll", OPEN_EXISTING, 65536));
    DO(write_to("C:\\attacks.exe", TRUNCATE_EXISTING, 7));
    /* Written, then deleted: the bytes must go too. */
    DO(write_to("C:\\walk.exe", OPEN_EXISTING, 65536) && DeleteFileA("C:\\walk.exe"));
    DO(SetFileAttributesA("C:\\hello.exe",
                          FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN));
    DO(old_times("C:\\shell.exe"));
    /* Folders of the system's and of its own, one of them in place of a file. */
    DO(RemoveDirectoryA("C:\\Windows\\System32"));
    DO(MoveFileA("C:\\Temp", "C:\\Windows\\System32"));
    DO(CreateDirectoryA("C:\\walk.exe", NULL) &&
       CreateDirectoryA("C:\\walk.exe\\a", NULL));
    DO(MoveFileA("C:\\fathom.dll", "C:\\walk.exe\\a\\fathom.dll"));
    DO(write_to("C:\\walk.exe\\a\\new", CREATE_NEW, 65536));
    DO(SetFileAttributesA("C:\\walk.exe\\a\\new", FILE_ATTRIBUTE_READONLY));
    DO(CreateFileA("C:\\walk.exe\\open", GENERIC_WRITE, 0, NULL, CREATE_NEW,
                   FILE_FLAG_DELETE_ON_CLOSE, NULL) != INVALID_HANDLE_VALUE);
    HANDLE console = CreateFileA("CONIN$", GENERIC_READ | GENERIC_WRITE, 3, NULL,
                                 OPEN_EXISTING, 0, NULL);
    DO(SetConsoleMode(console, 0));
    console = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING,
                          0, NULL);
    DO(SetConsoleMode(console, 0));
    return failed;
}

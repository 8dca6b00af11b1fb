/* program.c - CreateProcess: which program, which words, which directory, as documented.
 *
 * The child is this program again: it ends with 7, or says where it is. */
#include <windows.h>
#include <string.h>
#include "documented.h"

static char self[MAX_PATH];

/* The child's exit code, or the error, negative, with which it could not be started. */
static long run(const char *application, const char *line, DWORD flags,
                const char *directory, STARTUPINFOA *info)
{
    static char words[70000];
    STARTUPINFOA none = {.cb = sizeof none};
    PROCESS_INFORMATION process;
    DWORD code;

    strcpy(words, line);
    if (!CreateProcessA(application, words, NULL, NULL, TRUE, flags, NULL, directory,
                        info ? info : &none, &process))
        return -(long)GetLastError();
    CHECK_EQUAL(WaitForSingleObject(process.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.hProcess, &code));
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return (long)code;
}

static void which(void)
{
    char line[MAX_PATH + 50];

    CHECK(CopyFileA(self, "other.exe", FALSE));
    documented("CreateProcess",
               "lpApplicationName must include the extension: none is assumed", SAME,
               run("other", "x 7", 0, NULL, NULL) == -ERROR_FILE_NOT_FOUND &&
                   run("other.exe", "x 7", 0, NULL, NULL) == 7);
    documented("CreateProcess",
               "the first word of lpCommandLine without an extension: .exe is appended",
               SAME,
               run(NULL, "other 7", 0, NULL, NULL) == 7 &&
                   run(NULL, "\"other\" 7", 0, NULL, NULL) == 7);
    documented("CreateProcess", "a dot in the directory's name is no extension", SAME,
               run(NULL, ".\\other 7", 0, NULL, NULL) == 7);
    documented("CreateProcess", "a program that is not there: ERROR_FILE_NOT_FOUND", SAME,
               run(NULL, "nowhere 7", 0, NULL, NULL) == -ERROR_FILE_NOT_FOUND &&
                   run("nowhere.exe", "x", 0, NULL, NULL) == -ERROR_FILE_NOT_FOUND);
    documented(
        "CreateProcess", "in a directory that is not there: ERROR_PATH_NOT_FOUND", SAME,
        run("C:\\nowhere\\x.exe", "x", 0, NULL, NULL) == -ERROR_PATH_NOT_FOUND &&
            run(NULL, "C:\\nowhere\\x.exe", 0, NULL, NULL) == -ERROR_PATH_NOT_FOUND);
    CHECK(CopyFileA(self, "two words.exe", FALSE));
    documented("CreateProcess", "an unquoted name with blanks is tried longer and longer",
               SAME, run(NULL, "two words 7", 0, NULL, NULL) == 0);
    snprintf(line, sizeof line, "\"%s\" 7", self);
    documented("CreateProcess", "DETACHED_PROCESS cannot be used with CREATE_NEW_CONSOLE",
               SAME,
               run(NULL, line, DETACHED_PROCESS | CREATE_NEW_CONSOLE, NULL, NULL) ==
                   -ERROR_INVALID_PARAMETER);
    DeleteFileA("other.exe");
    DeleteFileA("two words.exe");
}

static void words(void)
{
    static char line[70000];

    memset(line, 'x', sizeof line - 1);
    memcpy(line, self, strlen(self));
    memcpy(line + strlen(self), " 7 ", 3);
    line[32766] = 0;
    documented("CreateProcess",
               "the command line's longest is 32,767 characters with the NUL", SAME,
               run(NULL, line, 0, NULL, NULL) == 7);
    line[32766] = 'x';
    line[32767] = 0;
    documented("CreateProcess", "one more is refused", SAME,
               run(NULL, line, 0, NULL, NULL) == -ERROR_FILENAME_EXCED_RANGE);
}

static void where(void)
{
    STARTUPINFOA info = {.cb = sizeof info,
                         .dwX = 1,
                         .dwY = 2,
                         .dwXSize = 3,
                         .dwYSize = 4,
                         .dwXCountChars = 5,
                         .dwYCountChars = 6,
                         .dwFillAttribute = 7};
    char line[MAX_PATH + 50];

    snprintf(line, sizeof line, "\"%s\" where", self);
    CHECK(SetCurrentDirectoryA("C:\\"));
    documented("CreateProcess", "lpCurrentDirectory is made a full path", SAME,
               run(NULL, line, 0, "C:", NULL) == 3 &&
                   run(NULL, line, 0, "C:\\", NULL) == 3 &&
                   run(NULL, line, 0, ".", NULL) == 3);
    documented("CreateProcess", "a directory that is not there: ERROR_DIRECTORY", SAME,
               run(NULL, line, 0, "C:\\nowhere", NULL) == -ERROR_DIRECTORY &&
                   run(NULL, line, 0, self, NULL) == -ERROR_DIRECTORY);
    snprintf(line, sizeof line, "\"%s\" startup", self);
    documented("GetStartupInfo", "tells what the starter gave", SAME,
               run(NULL, line, 0, NULL, &info) == 1234567);
}

int main(int count, char **given)
{
    char directory[MAX_PATH];
    STARTUPINFOA info;

    if (count > 1 && !strcmp(given[1], "where"))
        return GetCurrentDirectoryA(sizeof directory, directory);
    if (count > 1 && !strcmp(given[1], "startup")) {
        GetStartupInfoA(&info);
        return info.dwX * 1000000 + info.dwY * 100000 + info.dwXSize * 10000 +
               info.dwYSize * 1000 + info.dwXCountChars * 100 + info.dwYCountChars * 10 +
               info.dwFillAttribute;
    }
    if (count > 1)
        return atoi(given[1]);
    CHECK(GetModuleFileNameA(NULL, self, sizeof self));
    which();
    words();
    where();
    return undocumented();
}

/* files.c - files, directories, names, times, the environment. */
#include <windows.h>
#include <string.h>
#include "check.h"

static int in_wine;

static const char name[] = "sounding.txt", moved[] = "moved.txt";

static void read_and_write(void)
{
    HANDLE file =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    LARGE_INTEGER size, at = {.QuadPart = -2};
    FILETIME written;
    char text[32] = "";
    DWORD done;

    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "twelve fathoms", 14, &done, NULL) && done == 14);
    CHECK(GetFileSizeEx(file, &size) && size.QuadPart == 14);
    CHECK_EQUAL(SetFilePointer(file, 7, NULL, FILE_BEGIN), 7);
    CHECK(ReadFile(file, text, sizeof text, &done, NULL) && done == 7 &&
          !memcmp(text, "fathoms", 7));
    CHECK(ReadFile(file, text, sizeof text, &done, NULL) && done == 0);
    CHECK(SetFilePointerEx(file, at, &size, FILE_END) && size.QuadPart == 12);
    CHECK(SetEndOfFile(file));
    CHECK_EQUAL(GetFileSize(file, NULL), 12);
    SetLastError(0);
    CHECK_EQUAL(SetFilePointer(file, -1, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER);
    CHECK_EQUAL(GetLastError(), ERROR_NEGATIVE_SEEK);
    CHECK_EQUAL(GetFileType(file), FILE_TYPE_DISK);
    CHECK(GetFileTime(file, NULL, NULL, &written));
    CHECK(CloseHandle(file));
    SetLastError(0);
    CHECK(CreateFileA(name, GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_EXISTS);
    file = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    SetLastError(0);
    CHECK(!WriteFile(file, "x", 1, &done, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(file));
    SetLastError(0);
    CHECK(CreateFileA("not there", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static void find(void)
{
    WIN32_FIND_DATAA data;
    HANDLE search = FindFirstFileA("sound*.t?t", &data);

    CHECK(search != INVALID_HANDLE_VALUE);
    CHECK(!strcmp(data.cFileName, name) && data.nFileSizeLow == 12);
    SetLastError(0);
    CHECK(!FindNextFileA(search, &data));
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK(FindClose(search));
    SetLastError(0);
    CHECK(FindFirstFileA("no such *", &data) == INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static void names(void)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    char path[MAX_PATH], *part;

    CHECK(GetFileAttributesExA(name, GetFileExInfoStandard, &data) &&
          data.nFileSizeLow == 12);
    CHECK(!(GetFileAttributesA(name) & FILE_ATTRIBUTE_DIRECTORY));
    CHECK(MoveFileA(name, moved));
    SetLastError(0);
    CHECK_EQUAL(GetFileAttributesA(name), INVALID_FILE_ATTRIBUTES);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(GetFullPathNameA(moved, MAX_PATH, path, &part) && !strcmp(part, moved));
    CHECK(GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES);
    CHECK(DeleteFileA(moved));
    SetLastError(0);
    CHECK(!DeleteFileA(moved));
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(GetFileAttributesA(".") & FILE_ATTRIBUTE_DIRECTORY);
    CHECK(GetCurrentDirectoryA(MAX_PATH, path) && SetCurrentDirectoryA(path));
    SetLastError(0);
    CHECK(!SetCurrentDirectoryA("not there"));
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(GetTempPathA(MAX_PATH, path) && path[strlen(path) - 1] == '\\');
    CHECK(GetModuleFileNameA(NULL, path, MAX_PATH) && strstr(path, ".exe"));
    SetLastError(0);
    CHECK_EQUAL(GetModuleFileNameA(NULL, path, 4), 4);
    CHECK_EQUAL(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(path[3] == 0 || in_wine); /* which ends the W form alone */
}

static void directories(void)
{
    CHECK(CreateDirectoryA("deep", NULL));
    SetLastError(0);
    CHECK(!CreateDirectoryA("deep", NULL));
    CHECK_EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK(GetFileAttributesA("deep") & FILE_ATTRIBUTE_DIRECTORY);
    CHECK(CloseHandle(
        CreateFileA("deep\\x", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL)));
    SetLastError(0);
    CHECK(!RemoveDirectoryA("deep"));
    CHECK_EQUAL(GetLastError(), ERROR_DIR_NOT_EMPTY);
    CHECK(DeleteFileA("deep\\x") && RemoveDirectoryA("deep"));
}

static void times(void)
{
    SYSTEMTIME system = {2026, 11, 0, 22, 16, 30, 5, 7}, back;
    FILETIME file, now;
    WORD date, clock;

    CHECK(SystemTimeToFileTime(&system, &file) && FileTimeToSystemTime(&file, &back));
    CHECK(back.wYear == 2026 && back.wDayOfWeek == 0 && back.wMilliseconds == 7);
    CHECK(FileTimeToDosDateTime(&file, &date, &clock) &&
          DosDateTimeToFileTime(date, clock, &now));
    CHECK_EQUAL(date, (46 << 9) | (11 << 5) | 22);
    system.wMonth = 13;
    SetLastError(0);
    CHECK(!SystemTimeToFileTime(&system, &file));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    GetSystemTimeAsFileTime(&now);
    GetSystemTimeAsFileTime(&file);
    CHECK(CompareFileTime(&now, &file) <= 0);
}

static void environment(void)
{
    char value[32];
    DWORD length;

    CHECK(SetEnvironmentVariableA("DEPTH", "12"));
    CHECK_EQUAL(GetEnvironmentVariableA("depth", value, sizeof value), 2);
    CHECK(!strcmp(value, "12"));
    CHECK_EQUAL(GetEnvironmentVariableA("DEPTH", value, 2), 3);
    length = ExpandEnvironmentStringsA("<%DEPTH%> %NONE%", value, sizeof value);
    CHECK(!strcmp(value, "<12> %NONE%") && length >= 12);
    CHECK(SetEnvironmentVariableA("DEPTH", NULL));
    SetLastError(0);
    CHECK_EQUAL(GetEnvironmentVariableA("DEPTH", value, sizeof value), 0);
    CHECK_EQUAL(GetLastError(), ERROR_ENVVAR_NOT_FOUND);
}

int main(void)
{
    in_wine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
    read_and_write();
    find();
    names();
    directories();
    times();
    environment();
    return 0;
}

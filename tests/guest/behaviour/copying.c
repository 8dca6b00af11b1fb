/* copying - CopyFile keeps attributes and the time; names that are none; TRUNCATE_EXISTING. */
#include "documented.h"

static FILETIME written_at(const char *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    CHECK(GetFileAttributesExA(name, GetFileExInfoStandard, &data));
    return data.ftLastWriteTime;
}

static void attributes(void)
{
    const FILETIME old = {0x12345600, 0x01C00000};
    HANDLE file = CreateFileA("one.tmp", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    FILETIME kept;

    CHECK(file != INVALID_HANDLE_VALUE && SetFileTime(file, NULL, NULL, &old));
    CloseHandle(file);
    CHECK(SetFileAttributesA("one.tmp", FILE_ATTRIBUTE_READONLY));
    CHECK(CopyFileA("one.tmp", "two.tmp", TRUE));
    documented("CopyFile", "the file attributes of the existing file are copied", SAME,
               GetFileAttributesA("two.tmp") & FILE_ATTRIBUTE_READONLY);
    kept = written_at("two.tmp");
    documented(
        "CopyFile", "the time of the last write is copied", SAME,
        CompareFileTime(&kept, &(FILETIME){old.dwLowDateTime, old.dwHighDateTime}) == 0);
    CHECK(CopyFileA("one.tmp", "NUL", FALSE)); /* a device keeps no attributes */
    documented("CopyFile", "onto a read-only file: ERROR_ACCESS_DENIED", SAME,
               FAILS(CopyFileA("one.tmp", "two.tmp", FALSE), ERROR_ACCESS_DENIED));
    CHECK(SetFileAttributesA("one.tmp", FILE_ATTRIBUTE_NORMAL) &&
          SetFileAttributesA("two.tmp", FILE_ATTRIBUTE_NORMAL));
    documented("CreateFile", "TRUNCATE_EXISTING needs GENERIC_WRITE", SAME,
               FAILS(CreateFileA("one.tmp", GENERIC_READ, 0, NULL, TRUNCATE_EXISTING, 0,
                                 NULL) != INVALID_HANDLE_VALUE,
                     ERROR_INVALID_PARAMETER));
    CHECK(DeleteFileA("one.tmp") && DeleteFileA("two.tmp"));
}

static void no_name(void)
{
    WIN32_FIND_DATAA data;
    documented("CreateDirectory", "no name: ERROR_PATH_NOT_FOUND", SAME,
               FAILS(CreateDirectoryA(NULL, NULL), ERROR_PATH_NOT_FOUND) &&
                   FAILS(RemoveDirectoryA(NULL), ERROR_PATH_NOT_FOUND));
    documented("DeleteFile", "no name: ERROR_PATH_NOT_FOUND", SAME,
               FAILS(DeleteFileA(NULL), ERROR_PATH_NOT_FOUND));
    documented(
        "GetFileAttributes", "no name: ERROR_PATH_NOT_FOUND", SAME,
        FAILS(GetFileAttributesA(NULL) != INVALID_FILE_ATTRIBUTES, ERROR_PATH_NOT_FOUND));
    documented(
        "FindFirstFile", "no name: ERROR_PATH_NOT_FOUND", SAME,
        FAILS(FindFirstFileA(NULL, &data) != INVALID_HANDLE_VALUE, ERROR_PATH_NOT_FOUND));
    documented("CopyFile", "no name: ERROR_PATH_NOT_FOUND", SAME,
               FAILS(CopyFileA(NULL, "x", FALSE), ERROR_PATH_NOT_FOUND));
}

int main(void)
{
    attributes();
    no_name();
    return undocumented();
}

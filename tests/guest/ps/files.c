/* files.c - files made, written, read, searched, renamed and deleted; sharing; devices. */
#include <windows.h>
#include <string.h>
#include "check.h"

static void write_and_read(void)
{
    char text[40] = "";
    DWORD done;
    HANDLE file = CreateFileA("one.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);

    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "hello world", 11, &done, NULL) && done == 11);
    CHECK_EQUAL(GetFileSize(file, NULL), 11);
    CHECK_EQUAL(SetFilePointer(file, 6, NULL, FILE_BEGIN), 6);
    CHECK(ReadFile(file, text, sizeof text, &done, NULL));
    CHECK_EQUAL(done, 5);
    CHECK(!memcmp(text, "world", 5));
    CHECK(ReadFile(file, text, sizeof text, &done,
                   NULL)); /* at the end: TRUE and nothing */
    CHECK_EQUAL(done, 0);
    CHECK_EQUAL(SetFilePointer(file, 100000, NULL, FILE_BEGIN), 100000);
    CHECK(WriteFile(file, "x", 1, &done, NULL)); /* what lies between is zero */
    CHECK_EQUAL(GetFileSize(file, NULL), 100001);
    SetFilePointer(file, 50000, NULL, FILE_BEGIN);
    CHECK(ReadFile(file, text, 4, &done, NULL) && done == 4);
    CHECK(!memcmp(text, "\0\0\0\0", 4));
    SetFilePointer(file, 5, NULL, FILE_BEGIN);
    CHECK(SetEndOfFile(file));
    CHECK_EQUAL(GetFileSize(file, NULL), 5);
    CHECK(CloseHandle(file));
    CHECK(GetFileAttributesA("one.tmp") != INVALID_FILE_ATTRIBUTES);
    CHECK(GetFileAttributesA("ONE.TMP") != INVALID_FILE_ATTRIBUTES);
}

static void sharing(void)
{
    HANDLE file = CreateFileA("one.tmp", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(CreateFileA("one.tmp", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
                      NULL) == INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_SHARING_VIOLATION);
    CHECK(!DeleteFileA("one.tmp"));
    CHECK_EQUAL(GetLastError(), ERROR_SHARING_VIOLATION);
    CHECK(!WriteFile(file, "x", 1, &(DWORD){0}, NULL)); /* opened for reading */
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(file));
    CHECK(CreateFileA("one.tmp", GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_EXISTS);
}

static void search(void)
{
    WIN32_FIND_DATAA found;
    int count = 0;
    HANDLE file = CreateFileA("two.tmp", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(CloseHandle(file));
    HANDLE find = FindFirstFileA("*.tmp", &found);
    CHECK(find != INVALID_HANDLE_VALUE);
    do
        count +=
            !strcmp(found.cFileName, "one.tmp") || !strcmp(found.cFileName, "two.tmp");
    while (FindNextFileA(find, &found));
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK(FindClose(find));
    CHECK_EQUAL(count, 2);
    CHECK(FindFirstFileA("*.none", &found) == INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static DWORD truncate_with(DWORD disposition, DWORD attributes)
{
    HANDLE file =
        CreateFileA("one.tmp", GENERIC_WRITE, 0, NULL, disposition, attributes, NULL);
    const DWORD error = GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CHECK(CloseHandle(file));
    return file == INVALID_HANDLE_VALUE ? error : 0;
}

/* CREATE_ALWAYS replaces the attributes, but no hidden or system file unless these are asked for,
 * and CopyFile neither; TRUNCATE_EXISTING leaves them. */
static void hidden(void)
{
    static const DWORD kinds[] = {FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM,
                                  FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM};
    for (unsigned i = 0; i < 3; i++) {
        CHECK(SetFileAttributesA("one.tmp", kinds[i]));
        CHECK_EQUAL(truncate_with(CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL),
                    ERROR_ACCESS_DENIED);
        CHECK(!CopyFileA("two.tmp", "one.tmp", FALSE));
        CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
        CHECK_EQUAL(truncate_with(TRUNCATE_EXISTING, 0), 0);
        CHECK_EQUAL(GetFileAttributesA("one.tmp"), kinds[i]);
        CHECK_EQUAL(truncate_with(CREATE_ALWAYS, kinds[i]), 0);
        CHECK_EQUAL(GetFileAttributesA("one.tmp"), kinds[i] | FILE_ATTRIBUTE_ARCHIVE);
    }
    CHECK(SetFileAttributesA("one.tmp", FILE_ATTRIBUTE_NORMAL));
    CHECK_EQUAL(truncate_with(CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN), 0);
    CHECK_EQUAL(GetFileAttributesA("one.tmp"),
                FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
}

static void move_and_delete(void)
{
    CHECK(!MoveFileA("one.tmp", "two.tmp"));
    CHECK_EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK(MoveFileA("one.tmp", "three.tmp"));
    CHECK(GetFileAttributesA("one.tmp") == INVALID_FILE_ATTRIBUTES);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(DeleteFileA("two.tmp") && DeleteFileA("three.tmp"));
    CHECK(!DeleteFileA("three.tmp"));
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(CreateDirectoryA("folder", NULL));
    CHECK(!CreateDirectoryA("folder", NULL));
    CHECK_EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    HANDLE file =
        CreateFileA("folder\\in.txt", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
    CHECK(!RemoveDirectoryA("folder"));
    CHECK_EQUAL(GetLastError(), ERROR_DIR_NOT_EMPTY);
    CHECK(DeleteFileA("folder\\in.txt"));
    CHECK(RemoveDirectoryA("folder"));
    CHECK(CreateFileA("folder\\in.txt", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK_EQUAL(GetLastError(), ERROR_PATH_NOT_FOUND);
}

static void devices(void)
{
    DWORD done = 99;
    char byte;
    HANDLE nul =
        CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    CHECK(nul != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(nul, "gone", 4, &done, NULL) && done == 4);
    CHECK(ReadFile(nul, &byte, 1, &done, NULL) && done == 0);
    CHECK_EQUAL(GetFileType(nul), FILE_TYPE_CHAR);
    CHECK(CloseHandle(nul));
}

static void pipes(void)
{
    HANDLE out, in;
    char text[10];
    DWORD done;

    CHECK(CreatePipe(&out, &in, NULL, 0));
    CHECK_EQUAL(GetFileType(out), FILE_TYPE_PIPE);
    CHECK(WriteFile(in, "abcdef", 6, &done, NULL) && done == 6);
    CHECK(ReadFile(out, text, 4, &done, NULL) && done == 4 && !memcmp(text, "abcd", 4));
    CHECK(CloseHandle(in));
    CHECK(ReadFile(out, text, 4, &done, NULL) && done == 2 && !memcmp(text, "ef", 2));
    CHECK(!ReadFile(out, text, 4, &done, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_BROKEN_PIPE);
    CHECK(CloseHandle(out));
}

static DWORD WINAPI write_four(void *pipe)
{
    DWORD done;
    return WriteFile(pipe, "wxyz", 4, &done, NULL) && done == 4;
}

/* Where the second half of a read cannot be stored, the writer knows of the room that the
 * first has made, if it has. */
static void half_read(void)
{
    static char bytes[4096];
    HANDLE out, in;
    DWORD done, old, length;
    char *pages = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    CHECK(pages && VirtualProtect(pages + 4096, 4096, PAGE_READONLY, &old));
    CHECK(CreatePipe(&out, &in, NULL, 4096));
    CHECK(WriteFile(in, bytes, 4096, &done, NULL));
    CHECK(ReadFile(out, bytes, 4092, &done, NULL));
    CHECK(WriteFile(in, bytes, 4092, &done, NULL)); /* full, and round the corner */
    HANDLE writer = CreateThread(NULL, 0, write_four, in, 0, NULL);
    Sleep(40);
    CHECK(!ReadFile(out, pages + 4092, 8, &done, NULL));
    Sleep(40);
    CHECK(PeekNamedPipe(out, NULL, 0, NULL, &length, NULL));
    CHECK_EQUAL(length, 4096);
    CHECK(ReadFile(out, bytes, 4096, &done, NULL) && done == 4096);
    CHECK_EQUAL(WaitForSingleObject(writer, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(writer) && CloseHandle(in) && CloseHandle(out));
    CHECK(VirtualFree(pages, 0, MEM_RELEASE));
}

int main(void)
{
    write_and_read();
    sharing();
    search();
    hidden();
    move_and_delete();
    devices();
    pipes();
    half_read();
    return 0;
}

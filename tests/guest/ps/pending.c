/* link: -lntdll */
/* pending.c - what is to be deleted lives until its last handle is closed, whatever that
 * handle is good for; and a folder that is to go, or has gone, takes nothing new in.
 */
#include <windows.h>
#include <winternl.h>
#include "documented.h"

#define DELETE_PENDING ((NTSTATUS)0xC0000056)

static HANDLE opened(const char *name, DWORD access, DWORD flags)
{
    HANDLE handle =
        CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, flags, NULL);
    CHECK(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static BOOL made(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    return file != INVALID_HANDLE_VALUE && CloseHandle(file);
}

/* By NtCreateFile, below the folder that the handle is of. */
static NTSTATUS made_within(HANDLE folder)
{
    WCHAR text[] = L"child";
    UNICODE_STRING name = {sizeof text - sizeof *text, sizeof text, text};
    OBJECT_ATTRIBUTES attributes = {sizeof attributes,    folder, &name,
                                    OBJ_CASE_INSENSITIVE, NULL,   NULL};
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    NTSTATUS status = NtCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb,
                                   NULL, 0, 0, FILE_CREATE, 0x20, NULL, 0);
    if (status >= 0)
        NtClose(file);
    return status;
}

static void a_file(void)
{
    CHECK(made("pending.tmp"));
    HANDLE looker = opened("pending.tmp", FILE_READ_ATTRIBUTES, 0);
    CHECK(DeleteFileA("pending.tmp"));
    documented("DeleteFile",
               "marks a file for deletion on close; until the last handle is closed, "
               "CreateFile fails with ERROR_ACCESS_DENIED",
               SAME, !made("pending.tmp") && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(looker));
    CHECK(made("pending.tmp") && DeleteFileA("pending.tmp"));
}

static void a_folder(DWORD access)
{
    CHECK(CreateDirectoryA("folder", NULL) && made("other.tmp"));
    HANDLE folder = opened("folder", access, FILE_FLAG_BACKUP_SEMANTICS);
    documented(
        "RemoveDirectory",
        "marks a directory for deletion on close: it is not removed until the last "
        "handle to the directory is closed",
        SAME,
        RemoveDirectoryA("folder") && !CreateDirectoryA("folder", NULL) &&
            GetLastError() != ERROR_FILE_NOT_FOUND);
    CHECK(!made("folder\\child"));
    CHECK(!CreateDirectoryA("folder\\child", NULL));
    CHECK(!MoveFileA("other.tmp", "folder\\other.tmp"));
    CHECK_EQUAL(made_within(folder), DELETE_PENDING);
    CHECK(CloseHandle(folder));
    CHECK_EQUAL(GetFileAttributesA("folder"), INVALID_FILE_ATTRIBUTES);
    CHECK(DeleteFileA("other.tmp"));
}

/* It cannot go at the end as long as there is something in it. */
static void a_full_folder(void)
{
    CHECK(CreateDirectoryA("full", NULL) && made("full\\child"));
    HANDLE folder =
        opened("full", DELETE, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_DELETE_ON_CLOSE);
    CHECK(CloseHandle(folder));
    CHECK(made("full\\second"));
    CHECK(DeleteFileA("full\\child") && DeleteFileA("full\\second"));
    CHECK(RemoveDirectoryA("full"));
}

int main(void)
{
    for (int i = 0; i < 50; i++) {
        a_file();
        a_folder(FILE_READ_ATTRIBUTES);
        a_folder(GENERIC_READ);
        a_full_folder();
    }
    return undocumented();
}

/* link: -lntdll */
/* deep.c - folders in folders: what cleans up after a program goes down as far as it must.
 *
 * Folders at this depth are made by handles, each in the one before.  They stay; the audit that
 * follows the program's end (tools/fathom) finds them gone.
 */
#include "check.h"
#include <windows.h>
#include <winternl.h>

#define LEVELS 2000

int main(void)
{
    HANDLE at = CreateFileA("C:\\", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    UNICODE_STRING name = {2, 2, (WCHAR *)L"d"};
    CHECK(at != INVALID_HANDLE_VALUE);
    for (int i = 0; i < LEVELS; i++) {
        OBJECT_ATTRIBUTES attributes = {sizeof attributes, at, &name, 0, NULL, NULL};
        IO_STATUS_BLOCK iosb;
        HANDLE below;
        NOTE("level", i);
        CHECK_EQUAL(NtCreateFile(&below, FILE_LIST_DIRECTORY | FILE_ADD_SUBDIRECTORY,
                                 &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                                 FILE_DIRECTORY_FILE, NULL, 0),
                    0);
        CHECK(CloseHandle(at));
        at = below;
    }
    return 0;
}

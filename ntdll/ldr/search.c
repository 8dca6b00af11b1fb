/* search.c - where a DLL is looked for.
 *
 *   the program's folder; the system's folder (C:\Windows\System32, then C:\, where
 * Fathom's own DLLs are); the current folder; the folders of PATH
 *
 * as documented ("Dynamic-Link Library Search Order", safe search mode).  A name with a
 * folder in it is taken as it is.  A caller's search path replaces all of this.
 */
#include "ldrp.h"

#define PATH_CHARS 1024

static BOOLEAN HasFolder(PCUNICODE_STRING name)
{
    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++)
        if (name->Buffer[i] == '\\' || name->Buffer[i] == '/' || name->Buffer[i] == ':')
            return TRUE;
    return FALSE;
}

/* Try folder + name; the full Win32 path in *full (allocated) if the file opens. */
static NTSTATUS TryFolder(PCWSTR folder, ULONG folderChars, PCUNICODE_STRING name,
                          UNICODE_STRING *full, HANDLE *file)
{
    WCHAR path[PATH_CHARS], whole[PATH_CHARS];
    ULONG chars = folderChars, nameChars = name->Length / sizeof(WCHAR);
    if (chars + nameChars + 2 > PATH_CHARS)
        return STATUS_NAME_TOO_LONG;
    memcpy(path, folder, chars * sizeof(WCHAR));
    if (chars && path[chars - 1] != '\\' && path[chars - 1] != '/')
        path[chars++] = '\\';
    memcpy(path + chars, name->Buffer, name->Length);
    path[chars + nameChars] = 0;
    ULONG bytes = RtlGetFullPathName_U(path, sizeof whole, whole, NULL);
    if (!bytes || bytes > sizeof whole - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    UNICODE_STRING ntName;
    if (!RtlDosPathNameToNtPathName_U(whole, &ntName, NULL, NULL))
        return STATUS_OBJECT_NAME_INVALID;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    InitializeObjectAttributes(&attributes, &ntName, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenFile(file, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE,
                                 &attributes, &iosb, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                 FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    RtlFreeUnicodeString(&ntName);
    if (!NT_SUCCESS(status))
        return status;
    if (!RtlCreateUnicodeString(full, whole)) {
        NtClose(*file);
        return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

/* Each folder of a list separated by semicolons. */
static NTSTATUS TryList(PCWSTR list, ULONG chars, PCUNICODE_STRING name,
                        UNICODE_STRING *full, HANDLE *file)
{
    for (ULONG start = 0, end; start < chars; start = end + 1) {
        for (end = start; end < chars && list[end] != ';'; end++)
            ;
        if (end > start &&
            NT_SUCCESS(TryFolder(list + start, end - start, name, full, file)))
            return STATUS_SUCCESS;
    }
    return STATUS_DLL_NOT_FOUND;
}

static NTSTATUS TryEnvironmentPath(PCUNICODE_STRING name, UNICODE_STRING *full,
                                   HANDLE *file)
{
    WCHAR buffer[PATH_CHARS];
    UNICODE_STRING variable, value = {0, sizeof buffer, buffer};
    RtlInitUnicodeString(&variable, L"PATH");
    if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &variable, &value)))
        return STATUS_DLL_NOT_FOUND;
    return TryList(buffer, value.Length / sizeof(WCHAR), name, full, file);
}

/* Open the file that name means.  STATUS_DLL_NOT_FOUND if there is none; on success the
 * caller closes *file and frees *full. */
NTSTATUS LdrpOpenDll(PCWSTR searchPath, PCUNICODE_STRING name, UNICODE_STRING *full,
                     HANDLE *file)
{
    PRTL_USER_PROCESS_PARAMETERS parameters = NtPeb()->ProcessParameters;
    if (HasFolder(name)) {
        NTSTATUS status = TryFolder(L"", 0, name, full, file);
        return status == STATUS_NO_MEMORY || NT_SUCCESS(status) ? status
                                                                : STATUS_DLL_NOT_FOUND;
    }
    if (searchPath)
        return TryList(searchPath, wcslen(searchPath), name, full, file);
    PCUNICODE_STRING image = &parameters->ImagePathName;
    ULONG folder = image->Length / sizeof(WCHAR);
    while (folder && image->Buffer[folder - 1] != '\\')
        folder--;
    if (folder && NT_SUCCESS(TryFolder(image->Buffer, folder, name, full, file)))
        return STATUS_SUCCESS;
    static const WCHAR system[] = L"C:\\Windows\\System32;C:\\";
    NTSTATUS status = TryList(system, wcslen(system), name, full, file);
    if (!NT_SUCCESS(status))
        status = TryFolder(L".", 1, name, full, file);
    return NT_SUCCESS(status) ? status : TryEnvironmentPath(name, full, file);
}

/* path.c - DOS paths: their kind, the full path, the NT path.
 *
 *   \\server\share\x  UNC         c:\x   drive, absolute     c:x  drive, relative
 *   \x                rooted      x      relative
 *   \\.\x             device      \\.    the root of devices
 *
 * The full path (RtlGetFullPathName_U): the current folder before it where it is missing, '/'
 * as '\', '.' and '..' resolved, the last part without trailing dots and blanks, as documented
 * ("Naming Files, Paths, and Namespaces").  The NT path: \??\ before it; CON, NUL and their
 * kind are devices in any folder.  Sizes are bytes unless they say characters.
 */
#include "ntdllp.h"

static BOOLEAN Slash(WCHAR c)
{
    return c == '\\' || c == '/';
}

RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path)
{
    if (Slash(Path[0])) {
        if (!Slash(Path[1]))
            return RtlPathTypeRooted;
        if (Path[2] != '.' && Path[2] != '?')
            return RtlPathTypeUncAbsolute;
        if (Slash(Path[3]))
            return RtlPathTypeLocalDevice;
        return Path[3] ? RtlPathTypeUncAbsolute : RtlPathTypeRootLocalDevice;
    }
    if (!Path[0] || Path[1] != ':')
        return RtlPathTypeRelative;
    return Slash(Path[2]) ? RtlPathTypeDriveAbsolute : RtlPathTypeDriveRelative;
}

/* Is the last part of Path one of DOS's devices?  (offset << 16 | length), in bytes; 0:
 * no. */
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path)
{
    static const struct {
        WCHAR Name[8];
        UCHAR Chars, Digit; /* Digit: 1..9 follows */
    } devices[] = {{L"CONOUT$", 7, 0}, {L"CONIN$", 6, 0}, {L"CON", 3, 0}, {L"NUL", 3, 0},
                   {L"PRN", 3, 0},     {L"AUX", 3, 0},    {L"COM", 3, 1}, {L"LPT", 3, 1}};
    SIZE_T end = wcslen(Path), start = end;
    RTL_PATH_TYPE type = RtlDetermineDosPathNameType_U(Path);
    if (type == RtlPathTypeLocalDevice || type == RtlPathTypeUncAbsolute)
        return 0;
    while (start && !Slash(Path[start - 1]) && Path[start - 1] != ':')
        start--;
    SIZE_T stop = start; /* an extension, a colon or blanks after the name do not count */
    while (stop < end && Path[stop] != '.' && Path[stop] != ':')
        stop++;
    while (stop > start && Path[stop - 1] == ' ')
        stop--;
    SIZE_T chars = stop - start;
    for (ULONG i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        SIZE_T want = devices[i].Chars;
        if (chars != want + devices[i].Digit ||
            RtlCompareUnicodeStrings(Path + start, want, devices[i].Name, want, TRUE))
            continue;
        if (devices[i].Digit && (Path[start + want] < '1' || Path[start + want] > '9'))
            continue;
        return (ULONG)(start * sizeof(WCHAR)) << 16 | (ULONG)(chars * sizeof(WCHAR));
    }
    return 0;
}

/* A path being made whole: characters that do not fit are counted all the same. */
typedef struct _WHOLE {
    PWSTR Buffer;
    ULONG Room, Count; /* characters */
} WHOLE;

static void Put(WHOLE *whole, WCHAR c)
{
    if (whole->Count < whole->Room)
        whole->Buffer[whole->Count] = c;
    whole->Count++;
}

static void PutPart(WHOLE *whole, PCWSTR part, ULONG chars)
{
    if (whole->Count && whole->Count <= whole->Room &&
        whole->Buffer[whole->Count - 1] != '\\')
        Put(whole, '\\');
    for (ULONG i = 0; i < chars; i++)
        Put(whole, part[i]);
}

/* The parts of path, '.' and '..' taken out; '..' cannot take the first `first`
 * characters, nor the first `fixed` parts (server and share). */
static void PutParts(WHOLE *whole, PCWSTR path, ULONG first, ULONG fixed)
{
    ULONG root = first, parts = 0;
    for (PCWSTR end, at = path; *at; at = end) {
        while (Slash(*at))
            at++;
        for (end = at; *end && !Slash(*end);)
            end++;
        ULONG chars = (ULONG)(end - at);
        if (chars == 2 && at[0] == '.' && at[1] == '.') {
            while (whole->Count > root && whole->Buffer[--whole->Count] != '\\')
                ;
            continue;
        }
        while (!*end && chars && (at[chars - 1] == '.' || at[chars - 1] == ' '))
            chars--;
        if (*end && chars > 1 && at[chars - 1] == '.' && at[chars - 2] != '.')
            chars--; /* inside, a single dot at a part's end */
        if (chars && !(chars == 1 && at[0] == '.')) {
            PutPart(whole, at, chars);
            if (++parts == fixed)
                root = whole->Count;
        }
    }
    if (path[0] && Slash(path[wcslen(path) - 1])) /* a slash at the end stays */
        PutPart(whole, path, 0);
}

static void PutText(WHOLE *whole, PCWSTR text, ULONG chars)
{
    for (ULONG i = 0; i < chars; i++)
        Put(whole, text[i]);
}

/* A path with a drive, or without one: then that of the current directory.  The current
 * directory goes before a relative path, if it is on the drive. */
static void PutOnDrive(WHOLE *whole, PCWSTR path, RTL_PATH_TYPE type)
{
    PCUNICODE_STRING current = &NtPeb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG have = current->Length / sizeof(WCHAR);
    WCHAR own = have > 1 ? current->Buffer[0] : 'C', drive = own;
    if (type == RtlPathTypeDriveAbsolute || type == RtlPathTypeDriveRelative) {
        drive = path[0];
        path += 2;
    }
    BOOLEAN here = type == RtlPathTypeRelative ||
                   (type == RtlPathTypeDriveRelative && have > 1 &&
                    RtlUpcaseUnicodeChar(drive) == RtlUpcaseUnicodeChar(own));
    Put(whole, drive);
    PutText(whole, L":\\", 2);
    ULONG root = whole->Count;
    if (here && have > 3)
        PutText(whole, current->Buffer + 3, have - 3);
    while (whole->Count > root && whole->Buffer[whole->Count - 1] == '\\')
        whole->Count--;
    PutParts(whole, path, root, 0);
}

/* device: RtlIsDosDeviceName_U's answer, offset and length in bytes; 0: none.  The PEB's lock
 * is held. */
static void PutWhole(WHOLE *whole, PCWSTR path, ULONG device)
{
    RTL_PATH_TYPE type = RtlDetermineDosPathNameType_U(path);
    if (device) {
        PutText(whole, L"\\\\.\\", 4);
        PutText(whole, path + (device >> 16) / sizeof(WCHAR),
                (device & 0xFFFF) / sizeof(WCHAR));
    } else if (type == RtlPathTypeLocalDevice || type == RtlPathTypeRootLocalDevice) {
        PutText(whole, L"\\\\", 2);
        Put(whole, path[2]);
        Put(whole, '\\');
        PutParts(whole, path + 3, whole->Count, 0);
    } else if (type == RtlPathTypeUncAbsolute) {
        PutText(whole, L"\\\\", 2);
        PutParts(whole, path + 2, whole->Count, 2);
    } else {
        PutOnDrive(whole, path, type);
    }
}

/* The full path of Path in Buffer (Bytes long).  Its length in bytes without the NUL; if that
 * does not fit, the bytes needed with the NUL; 0: not a path.  *FilePart: the last part. */
ULONG NTAPI RtlGetFullPathName_U(PCWSTR Path, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart)
{
    enum { LONGEST = 2048 };
    WCHAR work[LONGEST];
    WHOLE whole = {work, LONGEST - 1, 0};
    if (FilePart)
        *FilePart = NULL;
    if (!Path || !Path[0] || wcslen(Path) > LONGEST / 2)
        return 0;
    ULONG device = RtlIsDosDeviceName_U(Path);
    RtlAcquirePebLock();
    PutWhole(&whole, Path, device);
    RtlReleasePebLock();
    if (whole.Count > whole.Room)
        return 0;
    if ((whole.Count + 1) * sizeof(WCHAR) > Bytes)
        return (whole.Count + 1) * sizeof(WCHAR);
    work[whole.Count] = 0;
    memcpy(Buffer, work, (whole.Count + 1) * sizeof(WCHAR));
    ULONG last = whole.Count;
    while (last && Buffer[last - 1] != '\\')
        last--;
    if (FilePart && last < whole.Count && !device)
        *FilePart = Buffer + last;
    return whole.Count * sizeof(WCHAR);
}

/* The NT name, in a new buffer for RtlFreeUnicodeString.  STATUS_OBJECT_NAME_INVALID,
 * STATUS_NAME_TOO_LONG, STATUS_NO_MEMORY. */
NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR Path,
                                                       PUNICODE_STRING NtName,
                                                       PWSTR *FilePart,
                                                       PRTL_RELATIVE_NAME_U Relative)
{
    enum { PREFIX = 4 }; /* \??\ and as long, \\?\ and \\.\ */
    WCHAR whole[1024];
    PWSTR file = NULL;
    ULONG bytes, skip = 0;
    if (Path && Path[0] == '\\' && Path[1] == '\\' && Path[2] == '?' && Path[3] == '\\') {
        bytes = wcslen(Path) * sizeof(WCHAR); /* taken as it is */
        if (bytes >= sizeof whole)
            return STATUS_NAME_TOO_LONG;
        memcpy(whole, Path, bytes + sizeof(WCHAR));
        skip = PREFIX;
    } else {
        bytes = RtlGetFullPathName_U(Path, sizeof whole, whole, &file);
        if (!bytes)
            return STATUS_OBJECT_NAME_INVALID;
        if (bytes >= sizeof whole)
            return STATUS_NAME_TOO_LONG;
        if (whole[0] == '\\' && whole[1] == '\\' && whole[2] == '.' && whole[3] == '\\')
            skip = PREFIX;
    }
    BOOLEAN unc = !skip && whole[0] == '\\';
    PCWSTR prefix = unc ? L"\\??\\UNC" : L"\\??\\";
    SIZE_T prefixChars = wcslen(prefix);
    if (unc)
        skip = 1;
    SIZE_T chars = bytes / sizeof(WCHAR) - skip, size = (prefixChars + chars + 1) * 2;
    PWSTR buffer = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, size);
    if (!buffer)
        return STATUS_NO_MEMORY;
    memcpy(buffer, prefix, prefixChars * sizeof(WCHAR));
    memcpy(buffer + prefixChars, whole + skip, (chars + 1) * sizeof(WCHAR));
    *NtName = (UNICODE_STRING){(USHORT)(size - 2), (USHORT)size, buffer};
    if (FilePart)
        *FilePart = file ? buffer + prefixChars + (file - whole) - skip : NULL;
    if (Relative)
        *Relative = (RTL_RELATIVE_NAME_U){0};
    return STATUS_SUCCESS;
}

BOOL NTAPI RtlDosPathNameToNtPathName_U(PCWSTR Path, PUNICODE_STRING NtName,
                                        PCWSTR *FilePart, VOID *Relative)
{
    return NT_SUCCESS(RtlDosPathNameToNtPathName_U_WithStatus(
        Path, NtName, (PWSTR *)FilePart, Relative));
}

/* ---- the current folder ---- */

/* Bytes without the NUL, or the bytes needed with it. */
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG Bytes, PWSTR Buffer)
{
    PCUNICODE_STRING path = &NtPeb()->ProcessParameters->CurrentDirectory.DosPath;
    RtlAcquirePebLock();
    ULONG bytes = path->Length;
    if (bytes > 3 * sizeof(WCHAR) && path->Buffer[bytes / sizeof(WCHAR) - 1] == '\\')
        bytes -= sizeof(WCHAR); /* kept with the slash, returned without; but C:\ */
    if (bytes + sizeof(WCHAR) <= Bytes) {
        memcpy(Buffer, path->Buffer, bytes);
        Buffer[bytes / sizeof(WCHAR)] = 0;
    } else {
        bytes += sizeof(WCHAR);
    }
    RtlReleasePebLock();
    return bytes;
}

static NTSTATUS OpenFolder(PCWSTR path, HANDLE *folder)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, &name, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenFile(folder, FILE_TRAVERSE | SYNCHRONIZE, &attributes, &iosb,
                        FILE_SHARE_READ | FILE_SHARE_WRITE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&name);
    return status;
}

/* The folder must exist: STATUS_OBJECT_NAME_NOT_FOUND, STATUS_NOT_A_DIRECTORY; then the
 * old one stays. */
NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING Path)
{
    static WCHAR buffer[264]; /* the folder's home from the first change on */
    WCHAR path[264], whole[264];
    if (Path->Length > 260 * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    memcpy(path, Path->Buffer, Path->Length);
    path[Path->Length / sizeof(WCHAR)] = 0;
    ULONG bytes = RtlGetFullPathName_U(path, sizeof whole - sizeof(WCHAR), whole, NULL);
    if (!bytes || bytes > sizeof whole - 2 * sizeof(WCHAR))
        return bytes ? STATUS_NAME_TOO_LONG : STATUS_OBJECT_NAME_INVALID;
    HANDLE folder;
    NTSTATUS status = OpenFolder(whole, &folder);
    if (!NT_SUCCESS(status))
        return status;
    NtClose(folder);
    if (whole[bytes / sizeof(WCHAR) - 1] != '\\') {
        whole[bytes / sizeof(WCHAR)] = '\\';
        bytes += sizeof(WCHAR);
    }
    RtlAcquirePebLock();
    memcpy(buffer, whole, bytes);
    NtPeb()->ProcessParameters->CurrentDirectory.DosPath =
        (UNICODE_STRING){(USHORT)bytes, sizeof buffer, buffer};
    RtlReleasePebLock();
    return STATUS_SUCCESS;
}

/* volume.c - the one volume: C:, the archive that the machine was booted with. */
#include "k32.h"

typedef struct {
    LARGE_INTEGER TotalAllocationUnits, AvailableAllocationUnits;
    ULONG SectorsPerAllocationUnit, BytesPerSector;
} SIZES;

static BOOL QuerySizes(LPCWSTR directory, SIZES *sizes)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    NTSTATUS status;

    if (!BasepNtPath(directory ? directory : L"\\", &nt, &attributes, NULL))
        return FALSE;
    status = NtOpenFile(&file, SYNCHRONIZE, &attributes, &iosb, FILE_SHARE_READ,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&nt);
    if (!BasepResult(status))
        return FALSE;
    status = NtQueryVolumeInformationFile(file, &iosb, sizes, sizeof *sizes,
                                          FileFsSizeInformation);
    NtClose(file);
    return BasepResult(status);
}

WINBOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR directory, PULARGE_INTEGER available,
                                   PULARGE_INTEGER total, PULARGE_INTEGER free)
{
    SIZES sizes;
    ULONGLONG unit;

    if (!QuerySizes(directory, &sizes))
        return FALSE;
    unit = (ULONGLONG)sizes.SectorsPerAllocationUnit * sizes.BytesPerSector;
    if (available)
        available->QuadPart = sizes.AvailableAllocationUnits.QuadPart * unit;
    if (total)
        total->QuadPart = sizes.TotalAllocationUnits.QuadPart * unit;
    if (free)
        free->QuadPart = sizes.AvailableAllocationUnits.QuadPart * unit;
    return TRUE;
}

WINBOOL WINAPI GetDiskFreeSpaceExA(LPCSTR directory, PULARGE_INTEGER available,
                                   PULARGE_INTEGER total, PULARGE_INTEGER free)
{
    LPWSTR wide = BasepToWide(directory);
    BOOL done = (wide || !directory) && GetDiskFreeSpaceExW(wide, available, total, free);
    BasepFree(wide);
    return done;
}

/* In clusters, whose size the first two say. */
WINBOOL WINAPI GetDiskFreeSpaceW(LPCWSTR root, LPDWORD sectors, LPDWORD bytes,
                                 LPDWORD free, LPDWORD total)
{
    SIZES sizes;

    if (!QuerySizes(root, &sizes))
        return FALSE;
    if (sectors)
        *sectors = sizes.SectorsPerAllocationUnit;
    if (bytes)
        *bytes = sizes.BytesPerSector;
    if (free)
        *free = sizes.AvailableAllocationUnits.LowPart;
    if (total)
        *total = sizes.TotalAllocationUnits.LowPart;
    return TRUE;
}

WINBOOL WINAPI GetDiskFreeSpaceA(LPCSTR root, LPDWORD sectors, LPDWORD bytes,
                                 LPDWORD free, LPDWORD total)
{
    LPWSTR wide = BasepToWide(root);
    BOOL done = (wide || !root) && GetDiskFreeSpaceW(wide, sectors, bytes, free, total);
    BasepFree(wide);
    return done;
}

static BOOL IsRootC(LPCWSTR root)
{
    return !root || !_wcsicmp(root, L"C:\\") || !_wcsicmp(root, L"C:") ||
           !wcscmp(root, L"\\");
}

/* A file system of its own kind: case-preserving, Unicode on disk, no security. */
BOOL WINAPI GetVolumeInformationW(LPCWSTR root, LPWSTR label, DWORD labelSize,
                                  LPDWORD serial, LPDWORD componentLength, LPDWORD flags,
                                  LPWSTR fileSystem, DWORD fileSystemSize)
{
    if (!IsRootC(root))
        return BasepFail(ERROR_PATH_NOT_FOUND);
    if ((label && labelSize < 7) || (fileSystem && fileSystemSize < 6))
        return BasepFail(ERROR_BAD_LENGTH);
    if (label)
        wcscpy(label, L"FATHOM");
    if (serial)
        *serial = 0;
    if (componentLength)
        *componentLength = 100; /* a ustar name */
    if (flags)
        *flags = FILE_CASE_PRESERVED_NAMES;
    if (fileSystem)
        wcscpy(fileSystem, L"USTAR");
    return TRUE;
}

UINT WINAPI GetDriveTypeW(LPCWSTR root)
{
    return IsRootC(root) ? DRIVE_RAMDISK : DRIVE_NO_ROOT_DIR;
}

UINT WINAPI GetDriveTypeA(LPCSTR root)
{
    LPWSTR wide = BasepToWide(root);
    UINT type = GetDriveTypeW(wide);
    BasepFree(wide);
    return type;
}

DWORD WINAPI GetLogicalDrives(void)
{
    return 1u << ('C' - 'A');
}

/* The volumes by GUID name: there is none to list. ERROR_NO_MORE_FILES. */
HANDLE WINAPI FindFirstVolumeW(LPWSTR name, DWORD size)
{
    (void)name, (void)size;
    RtlSetLastWin32Error(ERROR_NO_MORE_FILES);
    return INVALID_HANDLE_VALUE;
}

BOOL WINAPI FindNextVolumeW(HANDLE find, LPWSTR name, DWORD size)
{
    (void)find, (void)name, (void)size;
    return BasepFail(ERROR_NO_MORE_FILES);
}

BOOL WINAPI FindVolumeClose(HANDLE find)
{
    (void)find;
    return BasepFail(ERROR_INVALID_HANDLE);
}

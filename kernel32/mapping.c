/* mapping.c - file mappings: sections under their documented names.
 *
 * CreateFileMapping makes a section, of a file or of the paging file's commit charge
 * (INVALID_HANDLE_VALUE); MapViewOfFile maps a view of it at a multiple of 64 KiB.
 */
#include "k32.h"

#define SECTION_PROTECT                                                                  \
    (PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READ |               \
     PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

/* NULL with ERROR_INVALID_PARAMETER, ERROR_FILE_INVALID (an empty file and no size),
 * ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT; ERROR_ALREADY_EXISTS with a handle
 * when the name was there. */
HANDLE WINAPI CreateFileMappingW(HANDLE file, LPSECURITY_ATTRIBUTES security,
                                 DWORD protect, DWORD sizeHigh, DWORD sizeLow,
                                 LPCWSTR name)
{
    LARGE_INTEGER size = {.LowPart = sizeLow, .HighPart = (LONG)sizeHigh};
    ULONG page = protect & SECTION_PROTECT, attributes = protect & ~SECTION_PROTECT;
    ACCESS_MASK access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;
    BASE_NAME object;
    HANDLE section = NULL;
    NTSTATUS status;

    if (!attributes)
        attributes = SEC_COMMIT;
    if (!page || (file == INVALID_HANDLE_VALUE && !size.QuadPart)) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (page & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
        access |= SECTION_MAP_WRITE;
    if (page & (PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY))
        access |= SECTION_MAP_EXECUTE_EXPLICIT | SECTION_MAP_EXECUTE;
    if (!BaseFormatObjectAttributes(&object, security, name, OBJ_OPENIF))
        return NULL;
    status = NtCreateSection(&section, access, &object.Attributes,
                             size.QuadPart ? &size : NULL, page, attributes,
                             file == INVALID_HANDLE_VALUE ? NULL : file);
    return BasepCreated(status, section);
}

HANDLE WINAPI CreateFileMappingA(HANDLE file, LPSECURITY_ATTRIBUTES security,
                                 DWORD protect, DWORD sizeHigh, DWORD sizeLow,
                                 LPCSTR name)
{
    LPWSTR wide = BasepToWide(name);
    HANDLE section = NULL;
    DWORD error;

    if (wide || !name)
        section = CreateFileMappingW(file, security, protect, sizeHigh, sizeLow, wide);
    error = RtlGetLastWin32Error();
    BasepFree(wide);
    RtlSetLastWin32Error(error);
    return section;
}

/* ERROR_FILE_NOT_FOUND. */
HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL inherit, LPCWSTR name)
{
    BASE_NAME object;
    HANDLE section = NULL;
    ULONG wanted = access;

    if (!name) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if ((access & ~FILE_MAP_EXECUTE) ==
        FILE_MAP_COPY) /* copies are read from the section */
        wanted = SECTION_MAP_READ;
    if (access & FILE_MAP_EXECUTE)
        wanted = (wanted & ~FILE_MAP_EXECUTE) | SECTION_MAP_EXECUTE_EXPLICIT |
                 SECTION_MAP_EXECUTE;
    if (!BaseFormatObjectAttributes(&object, NULL, name, inherit ? OBJ_INHERIT : 0))
        return NULL;
    return BasepResult(NtOpenSection(&section, wanted, &object.Attributes)) ? section
                                                                            : NULL;
}

HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL inherit, LPCSTR name)
{
    LPWSTR wide = BasepToWide(name);
    HANDLE section = wide || !name ? OpenFileMappingW(access, inherit, wide) : NULL;
    DWORD error = RtlGetLastWin32Error();
    BasepFree(wide);
    RtlSetLastWin32Error(error);
    return section;
}

/* The page protection of a view by the access that was asked for.  FILE_MAP_COPY means a copy
 * alone; beside any other right but FILE_MAP_EXECUTE it is SECTION_QUERY, which has that bit. */
static ULONG ViewProtection(DWORD access)
{
    BOOL execute = (access & FILE_MAP_EXECUTE) != 0;

    if ((access & ~FILE_MAP_EXECUTE) == FILE_MAP_COPY)
        return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (access & FILE_MAP_WRITE)
        return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (access & FILE_MAP_READ)
        return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return PAGE_NOACCESS;
}

/* bytes 0: to the end. NULL with ERROR_MAPPED_ALIGNMENT (offset or address no multiple of
 * 64 KiB), ERROR_ACCESS_DENIED, ERROR_INVALID_ADDRESS, ERROR_NOT_ENOUGH_MEMORY. */
LPVOID WINAPI MapViewOfFileEx(HANDLE section, DWORD access, DWORD offsetHigh,
                              DWORD offsetLow, SIZE_T bytes, LPVOID address)
{
    LARGE_INTEGER offset = {.LowPart = offsetLow, .HighPart = (LONG)offsetHigh};
    PVOID base = address;
    SIZE_T size = bytes;
    NTSTATUS status =
        NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, &offset, &size,
                           ViewShare, 0, ViewProtection(access));
    return BasepResult(status) ? base : NULL;
}

LPVOID WINAPI MapViewOfFile(HANDLE section, DWORD access, DWORD offsetHigh,
                            DWORD offsetLow, SIZE_T bytes)
{
    return MapViewOfFileEx(section, access, offsetHigh, offsetLow, bytes, NULL);
}

/* One node: any node is as good. */
LPVOID WINAPI MapViewOfFileExNuma(HANDLE section, DWORD access, DWORD offsetHigh,
                                  DWORD offsetLow, SIZE_T bytes, LPVOID address,
                                  DWORD node)
{
    if (!BasepIsNode(node))
        return NULL;
    return MapViewOfFileEx(section, access, offsetHigh, offsetLow, bytes, address);
}

/* Any address within the view will do. ERROR_INVALID_ADDRESS. */
BOOL WINAPI UnmapViewOfFile(LPCVOID address)
{
    return BasepResult(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)address));
}

/* Of an image nothing is ever written back: so it is already. */
BOOL WINAPI FlushViewOfFile(LPCVOID address, SIZE_T bytes)
{
    PVOID base = (PVOID)address;
    SIZE_T size = bytes;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtFlushVirtualMemory(NtCurrentProcess(), &base, &size, &iosb);
    return BasepResult(status == STATUS_NOT_MAPPED_DATA ? STATUS_SUCCESS : status);
}

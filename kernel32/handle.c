/* handle.c - what all handles have in common. */
#include "k32.h"

#define OBJECT_HANDLE_FLAGS 4 /* ObjectHandleFlagInformation */

typedef struct {
    BOOLEAN Inherit, ProtectFromClose;
} HANDLE_FLAGS;

HANDLE BasepResolve(HANDLE handle)
{
    DWORD which = (DWORD)(ULONG_PTR)handle;
    if (which == STD_INPUT_HANDLE || which == STD_OUTPUT_HANDLE ||
        which == STD_ERROR_HANDLE)
        return GetStdHandle(which);
    return handle;
}

BOOL WINAPI CloseHandle(HANDLE handle)
{
    return BasepResult(NtClose(BasepResolve(handle)));
}

/* DUPLICATE_CLOSE_SOURCE closes the source whatever happens. */
BOOL WINAPI DuplicateHandle(HANDLE sourceProcess, HANDLE source, HANDLE targetProcess,
                            LPHANDLE target, DWORD access, BOOL inherit, DWORD options)
{
    return BasepResult(NtDuplicateObject(sourceProcess, BasepResolve(source),
                                         targetProcess, target, access,
                                         inherit ? OBJ_INHERIT : 0, options));
}

BOOL WINAPI GetHandleInformation(HANDLE handle, LPDWORD flags)
{
    HANDLE_FLAGS info;

    if (!BasepResult(NtQueryObject(BasepResolve(handle), OBJECT_HANDLE_FLAGS, &info,
                                   sizeof info, NULL)))
        return FALSE;
    *flags = (info.Inherit ? HANDLE_FLAG_INHERIT : 0) |
             (info.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}

BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags)
{
    HANDLE_FLAGS info;

    if (!BasepResult(NtQueryObject(BasepResolve(handle), OBJECT_HANDLE_FLAGS, &info,
                                   sizeof info, NULL)))
        return FALSE;
    if (mask & HANDLE_FLAG_INHERIT)
        info.Inherit = (flags & HANDLE_FLAG_INHERIT) != 0;
    if (mask & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        info.ProtectFromClose = (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    return BasepResult(NtSetInformationObject(BasepResolve(handle), OBJECT_HANDLE_FLAGS,
                                              &info, sizeof info));
}

/* Handles are bounded by the kernel's table; the number is only handed back. */
UINT WINAPI SetHandleCount(UINT count)
{
    return count;
}

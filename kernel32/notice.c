/* notice.c - memory resource notifications: objects that the kernel signals while memory is scarce
 * (LowMemoryResourceNotification) or plentiful (HighMemoryResourceNotification).
 *
 * Both are events of the kernel's, \KernelObjects\LowMemoryCondition and HighMemoryCondition.  A
 * handle to one can be waited for and queried, and is closed by CloseHandle.
 */
#include "k32.h"

#define EVENT_QUERY_STATE 1
typedef struct { /* EVENT_BASIC_INFORMATION, class 0 of NtQueryEvent */
    LONG Type, State;
} EVENT;

/* NULL: ERROR_INVALID_PARAMETER for another type. */
HANDLE WINAPI CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE type)
{
    static const PCWSTR names[] = {L"\\KernelObjects\\LowMemoryCondition",
                                   L"\\KernelObjects\\HighMemoryCondition"};
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;

    if ((DWORD)type > HighMemoryResourceNotification) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    RtlInitUnicodeString(&name, names[type]);
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    return BasepResult(NtOpenEvent(&handle, SYNCHRONIZE | EVENT_QUERY_STATE, &attributes))
               ? handle
               : NULL;
}

/* *state: TRUE while memory is so.  FALSE with ERROR_INVALID_HANDLE, or ERROR_INVALID_PARAMETER. */
WINBOOL WINAPI QueryMemoryResourceNotification(HANDLE notification, PBOOL state)
{
    EVENT event;

    if (!state || !notification)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!BasepResult(NtQueryEvent(notification, 0, &event, sizeof event, NULL)))
        return FALSE;
    *state = event.State != 0;
    return TRUE;
}

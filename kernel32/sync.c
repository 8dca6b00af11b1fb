/* sync.c - what threads wait on by handle: events, mutexes, semaphores, waitable timers.
 *
 * Names live in \BaseNamedObjects; "Local\" and "Global\" lead to the same directory,
 * since there is one session.  Critical sections, SRW locks and condition variables are
 * ntdll's and forwarded; what needs a time in milliseconds has its frame here.
 */
#include "k32.h"

#define DIRECTORY L"\\BaseNamedObjects\\"

static LPCWSTR WithoutSession(LPCWSTR name)
{
    if (!wcsncmp(name, L"Global\\", 7))
        return name + 7;
    return wcsncmp(name, L"Local\\", 6) ? name : name + 6;
}

BOOL BaseFormatObjectAttributes(BASE_NAME *out, LPSECURITY_ATTRIBUTES security,
                                LPCWSTR name, ULONG flags)
{
    ULONG inherit = security && security->bInheritHandle ? OBJ_INHERIT : 0;
    PVOID descriptor = security ? security->lpSecurityDescriptor : NULL;
    size_t length;

    InitializeObjectAttributes(&out->Attributes, NULL, flags | inherit, NULL, descriptor);
    if (!name || !*name)
        return TRUE;
    name = WithoutSession(name);
    length = wcslen(name);
    if (length > MAX_PATH)
        return BasepFail(ERROR_FILENAME_EXCED_RANGE);
    if (wcschr(name, L'\\'))
        return BasepFail(ERROR_PATH_NOT_FOUND);
    memcpy(out->Text, DIRECTORY, sizeof DIRECTORY);
    memcpy(out->Text + sizeof DIRECTORY / sizeof(WCHAR) - 1, name,
           (length + 1) * sizeof(WCHAR));
    RtlInitUnicodeString(&out->Name, out->Text);
    out->Attributes.ObjectName = &out->Name;
    return TRUE;
}

HANDLE BasepCreated(NTSTATUS status, HANDLE handle)
{
    if (!BasepResult(status))
        return NULL;
    RtlSetLastWin32Error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS
                                                             : NO_ERROR);
    return handle;
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    BASE_NAME attributes;
    HANDLE handle = NULL;
    NTSTATUS status;

    if (!BaseFormatObjectAttributes(&attributes, security, name, OBJ_OPENIF))
        return NULL;
    status = NtCreateEvent(&handle, access, &attributes.Attributes,
                           flags & CREATE_EVENT_MANUAL_RESET ? 0 : 1,
                           (flags & CREATE_EVENT_INITIAL_SET) != 0);
    return BasepCreated(status, handle);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL set,
                           LPCWSTR name)
{
    DWORD flags =
        (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (set ? CREATE_EVENT_INITIAL_SET : 0);
    return CreateEventExW(security, name, flags, EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    BASE_NAME attributes;
    HANDLE handle = NULL;
    NTSTATUS status;

    if (!BaseFormatObjectAttributes(&attributes, security, name, OBJ_OPENIF))
        return NULL;
    status = NtCreateMutant(&handle, access, &attributes.Attributes,
                            (flags & CREATE_MUTEX_INITIAL_OWNER) != 0);
    return BasepCreated(status, handle);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES security, BOOL owned, LPCWSTR name)
{
    return CreateMutexExW(security, name, owned ? CREATE_MUTEX_INITIAL_OWNER : 0,
                          MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES security, LONG initial,
                                 LONG maximum, LPCWSTR name, DWORD flags, DWORD access)
{
    BASE_NAME attributes;
    HANDLE handle = NULL;
    NTSTATUS status;

    (void)flags;
    if (!BaseFormatObjectAttributes(&attributes, security, name, OBJ_OPENIF))
        return NULL;
    status = NtCreateSemaphore(&handle, access, &attributes.Attributes, initial, maximum);
    return BasepCreated(status, handle);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                               LPCWSTR name)
{
    return CreateSemaphoreExW(security, initial, maximum, name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES security, LPCWSTR name,
                                     DWORD flags, DWORD access)
{
    BASE_NAME attributes;
    HANDLE handle = NULL;
    NTSTATUS status;

    if (!BaseFormatObjectAttributes(&attributes, security, name, OBJ_OPENIF))
        return NULL;
    status = NtCreateTimer(&handle, access, &attributes.Attributes,
                           flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? 0 : 1);
    return BasepCreated(status, handle);
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES security, BOOL manual,
                                   LPCWSTR name)
{
    return CreateWaitableTimerExW(security, name,
                                  manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

/* The A forms: the name in UTF-16, the rest as it is. */
#define WITH_WIDE_NAME(name, call)                                                       \
    LPWSTR wide = BasepToWide(name);                                                     \
    HANDLE handle = wide || !(name) ? call : NULL;                                       \
    DWORD error = RtlGetLastWin32Error();                                                \
    BasepFree(wide);                                                                     \
    RtlSetLastWin32Error(error);                                                         \
    return handle

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL set,
                           LPCSTR name)
{
    WITH_WIDE_NAME(name, CreateEventW(security, manual, set, wide));
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES security, LPCSTR name, DWORD flags,
                             DWORD access)
{
    WITH_WIDE_NAME(name, CreateEventExW(security, wide, flags, access));
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES security, BOOL owned, LPCSTR name)
{
    WITH_WIDE_NAME(name, CreateMutexW(security, owned, wide));
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES security, LPCSTR name, DWORD flags,
                             DWORD access)
{
    WITH_WIDE_NAME(name, CreateMutexExW(security, wide, flags, access));
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                               LPCSTR name)
{
    WITH_WIDE_NAME(name, CreateSemaphoreW(security, initial, maximum, wide));
}

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES security, LONG initial,
                                 LONG maximum, LPCSTR name, DWORD flags, DWORD access)
{
    WITH_WIDE_NAME(name,
                   CreateSemaphoreExW(security, initial, maximum, wide, flags, access));
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES security, BOOL manual,
                                   LPCSTR name)
{
    WITH_WIDE_NAME(name, CreateWaitableTimerW(security, manual, wide));
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES security, LPCSTR name,
                                     DWORD flags, DWORD access)
{
    WITH_WIDE_NAME(name, CreateWaitableTimerExW(security, wide, flags, access));
}

typedef NTSTATUS(NTAPI *OPEN)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);

/* ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE for another type, ERROR_INVALID_PARAMETER. */
static HANDLE Open(OPEN open, DWORD access, BOOL inherit, LPCWSTR name)
{
    BASE_NAME attributes;
    HANDLE handle = NULL;

    if (!name) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!BaseFormatObjectAttributes(&attributes, NULL, name, inherit ? OBJ_INHERIT : 0))
        return NULL;
    return BasepResult(open(&handle, access, &attributes.Attributes)) ? handle : NULL;
}

HANDLE WINAPI OpenEventW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return Open(NtOpenEvent, access, inherit, name);
}

HANDLE WINAPI OpenEventA(DWORD access, BOOL inherit, LPCSTR name)
{
    WITH_WIDE_NAME(name, Open(NtOpenEvent, access, inherit, wide));
}

HANDLE WINAPI OpenMutexW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return Open(NtOpenMutant, access, inherit, name);
}

HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, LPCSTR name)
{
    WITH_WIDE_NAME(name, Open(NtOpenMutant, access, inherit, wide));
}

HANDLE WINAPI OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return Open(NtOpenSemaphore, access, inherit, name);
}

HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name)
{
    WITH_WIDE_NAME(name, Open(NtOpenSemaphore, access, inherit, wide));
}

HANDLE WINAPI OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return Open(NtOpenTimer, access, inherit, name);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name)
{
    WITH_WIDE_NAME(name, Open(NtOpenTimer, access, inherit, wide));
}

/* keyed.c - keyed events: a waiter and a releaser meet at a key, and both go on.
 *
 * A key is an address of the process, its lowest bit clear; ntdll's locks use the address
 * of the lock.  The thread that comes first waits; the other finds it, wakes it and returns
 * at once.  A handle of NULL is the one event that every process has
 * (CritSecOutOfMemoryEvent).
 *
 *   ExpMeetings -> { event, process, key, waiting or releasing, KEVENT } -> ...
 *
 * Windows keeps the waiters in a hash of lists; here are few threads, and one list.
 */
#include "exp.h"
#include "services.h"

#define KEYEDEVENT_WAIT       1
#define KEYEDEVENT_WAKE       2
#define KEYEDEVENT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | 3)

typedef struct {
    LIST_ENTRY Entry; /* in ExpMeetings; self-linked: found */
    void *Event;      /* the keyed event's body, or NULL for the common one */
    EPROCESS *Process;
    ULONG_PTR Key;
    BOOLEAN Releasing;
    KEVENT Met;
} MEETING;

static LIST_ENTRY ExpMeetings = {&ExpMeetings, &ExpMeetings};

const OBTYPE ExKeyedEventType = {
    .Name = "KeyedEvent",
    .ValidAccess = KEYEDEVENT_ALL_ACCESS,
    .Generic = {STANDARD_RIGHTS_READ | KEYEDEVENT_WAIT,
                STANDARD_RIGHTS_WRITE | KEYEDEVENT_WAKE, STANDARD_RIGHTS_EXECUTE,
                KEYEDEVENT_ALL_ACCESS},
};

NTSTATUS NTAPI NtCreateKeyedEvent(HANDLE *userHandle, ACCESS_MASK desired,
                                  POBJECT_ATTRIBUTES userAttributes, ULONG flags)
{
    OBATTRIBUTES attributes;
    void *event;
    if (flags != 0)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = ObBeginCreate(&ExKeyedEventType, sizeof(ULONG), userAttributes,
                                    &attributes, &event);
    if (!NT_SUCCESS(status))
        return status;
    return ObInsertNamed(event, &attributes, desired, userHandle);
}

OB_OPEN_SERVICE(NtOpenKeyedEvent, ExKeyedEventType)

static MEETING *ExpFindPartner(const MEETING *self)
{
    LIST_EACH(MEETING, other, &ExpMeetings, Entry) {
        if (other->Event == self->Event && other->Process == self->Process &&
            other->Key == self->Key && other->Releasing != self->Releasing)
            return other;
    }
    return NULL;
}

static NTSTATUS ExpMeet(HANDLE handle, ULONG_PTR key, BOOLEAN alertable,
                        const LARGE_INTEGER *userTimeout, BOOLEAN releasing)
{
    LARGE_INTEGER copy, *timeout;
    void *event = NULL;
    NTSTATUS status = ExCaptureTimeout(userTimeout, &copy, &timeout);
    if (NT_SUCCESS(status) && (key & 1))
        status = STATUS_INVALID_PARAMETER_1;
    if (NT_SUCCESS(status) && handle != NULL)
        status = ObReferenceHandle(handle, &ExKeyedEventType,
                                   releasing ? KEYEDEVENT_WAKE : KEYEDEVENT_WAIT, &event);
    if (!NT_SUCCESS(status))
        return status;
    MEETING self = {.Event = event,
                    .Process = PsCurrentProcess(),
                    .Key = key,
                    .Releasing = releasing};
    MEETING *other = ExpFindPartner(&self);
    if (other != NULL) {
        RemoveEntryList(&other->Entry);
        KeSetEvent(&other->Met);
    } else {
        KeInitializeEvent(&self.Met, EventNotificationObject, FALSE);
        InsertTailList(&ExpMeetings, &self.Entry);
        status = KeWaitForSingleObject(&self.Met, alertable, TRUE, timeout);
        if (self.Met.Header.SignalState != 0)
            status =
                STATUS_SUCCESS; /* found at the last moment: the other counts on it */
        RemoveEntryList(&self.Entry);
    }
    if (event != NULL)
        ObDereferenceObject(event);
    return status;
}

NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE handle, PVOID key, BOOLEAN alertable,
                                   LARGE_INTEGER *timeout)
{
    return ExpMeet(handle, (ULONG_PTR)key, alertable, timeout, FALSE);
}

NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE handle, PVOID key, BOOLEAN alertable,
                                   LARGE_INTEGER *timeout)
{
    return ExpMeet(handle, (ULONG_PTR)key, alertable, timeout, TRUE);
}

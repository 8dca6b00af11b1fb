/* event.c - events, mutants and semaphores as services: named or not, made, opened, used.
 *
 * The objects are ke's; here are handles, names and user pointers.  The three services of
 * making end alike (ObInsertNamed): an existing object of the name is opened when the
 * caller asked for that (OBJ_OPENIF), with STATUS_OBJECT_NAME_EXISTS.
 */
#include "exp.h"
#include "services.h"

#define EVENT_QUERY_STATE     1
#define SEMAPHORE_QUERY_STATE 1

static void ExpTellEvent(void *body, void *facts)
{
    const KEVENT *event = body;
    LONG *answer = facts;
    ExLookAtMemory();
    answer[0] = event->Header.Type & 0x7F;
    answer[1] = event->Header.SignalState;
}

static void ExpTellMutant(void *body, void *facts)
{
    const KMUTANT *mutant = body;
    struct {
        LONG CurrentCount;
        BOOLEAN OwnedByCaller, AbandonedState;
    } *answer = facts;
    answer->CurrentCount = mutant->Header.SignalState;
    answer->OwnedByCaller = mutant->OwnerThread == KeGetCurrentThread();
    answer->AbandonedState = mutant->Abandoned;
}

static void ExpTellSemaphore(void *body, void *facts)
{
    const KSEMAPHORE *semaphore = body;
    LONG *answer = facts;
    answer[0] = semaphore->Header.SignalState;
    answer[1] = semaphore->Limit;
}

/* The last reference to a mutant that a thread still owns: it leaves the thread's list. */
static void ExpDeleteMutant(void *body)
{
    KMUTANT *mutant = body;
    if (mutant->OwnerThread != NULL)
        RemoveEntryList(&mutant->MutantListEntry);
}

const OBTYPE ExEventType = {
    .Name = "Event",
    .ValidAccess = EVENT_ALL_ACCESS,
    .Generic = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
                STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EVENT_ALL_ACCESS},
    .Waitable = TRUE,
    .Tell = ExpTellEvent,
    .FactsSize = 2 * sizeof(LONG),
};
const OBTYPE ExMutantType = {
    .Name = "Mutant",
    .Delete = ExpDeleteMutant,
    .ValidAccess = MUTANT_ALL_ACCESS,
    .Generic = {STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE, STANDARD_RIGHTS_WRITE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, MUTANT_ALL_ACCESS},
    .Waitable = TRUE,
    .Tell = ExpTellMutant,
    .FactsSize = 2 * sizeof(LONG),
};
const OBTYPE ExSemaphoreType = {
    .Name = "Semaphore",
    .ValidAccess = SEMAPHORE_ALL_ACCESS,
    .Generic = {STANDARD_RIGHTS_READ | SEMAPHORE_QUERY_STATE,
                STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, SEMAPHORE_ALL_ACCESS},
    .Waitable = TRUE,
    .Tell = ExpTellSemaphore,
    .FactsSize = 2 * sizeof(LONG),
};

/* ---- events ---- */

NTSTATUS NTAPI NtCreateEvent(HANDLE *userHandle, ACCESS_MASK desired,
                             POBJECT_ATTRIBUTES userAttributes, ULONG type, BOOLEAN state)
{
    OBATTRIBUTES attributes;
    KEVENT *event;
    if (type > EventSynchronizationObject)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObBeginCreate(&ExEventType, sizeof *event, userAttributes,
                                    &attributes, (void **)&event);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(event, type, state);
    return ObInsertNamed(event, &attributes, desired, userHandle);
}

NTSTATUS NTAPI NtOpenEvent(HANDLE *handle, ACCESS_MASK desired,
                           POBJECT_ATTRIBUTES attributes)
{
    OBATTRIBUTES captured;
    NTSTATUS status = ObCaptureAttributes(attributes, &captured);
    if (!NT_SUCCESS(status))
        return status;
    KEVENT *condition = ExFindCondition(captured.Name, captured.NameLength);
    ObReleaseAttributes(&captured);
    if (condition == NULL)
        return ObOpenNamed(&ExEventType, attributes, desired, handle);
    const ACCESS_MASK access = ObMapAccess(&ExEventType, desired);
    if (access & ~(ACCESS_MASK)(SYNCHRONIZE | READ_CONTROL | EVENT_QUERY_STATE))
        return STATUS_ACCESS_DENIED;
    return ObReturnHandle(condition, access, captured.Attributes & OBJ_INHERIT, handle);
}

static NTSTATUS ExpActOnEvent(HANDLE handle, LONG *userPrevious, LONG (*act)(KEVENT *))
{
    KEVENT *event;
    NTSTATUS status = ObProbeOptional(userPrevious, sizeof *userPrevious);
    if (NT_SUCCESS(status))
        status = ObReferenceHandle(handle, &ExEventType, EVENT_MODIFY_STATE, &event);
    if (!NT_SUCCESS(status))
        return status;
    LONG previous = act(event);
    ObDereferenceObject(event);
    return ObReturnOptional(userPrevious, &previous, sizeof previous);
}

NTSTATUS NTAPI NtSetEvent(HANDLE handle, LONG *userPrevious)
{
    return ExpActOnEvent(handle, userPrevious, KeSetEvent);
}

NTSTATUS NTAPI NtResetEvent(HANDLE handle, LONG *userPrevious)
{
    return ExpActOnEvent(handle, userPrevious, KeResetEvent);
}

NTSTATUS NTAPI NtPulseEvent(HANDLE handle, LONG *userPrevious)
{
    return ExpActOnEvent(handle, userPrevious, KePulseEvent);
}

NTSTATUS NTAPI NtClearEvent(HANDLE handle)
{
    return ExpActOnEvent(handle, NULL, KeResetEvent);
}

NTSTATUS NTAPI NtQueryEvent(HANDLE handle, ULONG class, void *user, ULONG length,
                            ULONG *userReturned)
{
    return ObQuery(&ExEventType, handle, class, user, length, userReturned);
}

/* ---- mutants ---- */

NTSTATUS NTAPI NtCreateMutant(HANDLE *userHandle, ACCESS_MASK desired,
                              POBJECT_ATTRIBUTES userAttributes, BOOLEAN owned)
{
    OBATTRIBUTES attributes;
    KMUTANT *mutant;
    NTSTATUS status = ObBeginCreate(&ExMutantType, sizeof *mutant, userAttributes,
                                    &attributes, (void **)&mutant);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeMutant(mutant, owned);
    return ObInsertNamed(mutant, &attributes, desired, userHandle);
}

OB_OPEN_SERVICE(NtOpenMutant, ExMutantType)

NTSTATUS NTAPI NtReleaseMutant(HANDLE handle, LONG *userPrevious)
{
    KMUTANT *mutant;
    LONG previous;
    NTSTATUS status = ObProbeOptional(userPrevious, sizeof previous);
    if (NT_SUCCESS(status))
        status = ObReferenceHandle(handle, &ExMutantType, 0, &mutant);
    if (!NT_SUCCESS(status))
        return status;
    status = KeReleaseMutant(mutant, &previous);
    ObDereferenceObject(mutant);
    return NT_SUCCESS(status) ? ObReturnOptional(userPrevious, &previous, sizeof previous)
                              : status;
}

NTSTATUS NTAPI NtQueryMutant(HANDLE handle, ULONG class, void *user, ULONG length,
                             ULONG *userReturned)
{
    return ObQuery(&ExMutantType, handle, class, user, length, userReturned);
}

/* ---- semaphores ---- */

NTSTATUS NTAPI NtCreateSemaphore(HANDLE *userHandle, ACCESS_MASK desired,
                                 POBJECT_ATTRIBUTES userAttributes, LONG initial,
                                 LONG maximum)
{
    OBATTRIBUTES attributes;
    KSEMAPHORE *semaphore;
    if (maximum <= 0 || initial < 0 || initial > maximum)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObBeginCreate(&ExSemaphoreType, sizeof *semaphore, userAttributes,
                                    &attributes, (void **)&semaphore);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeSemaphore(semaphore, initial, maximum);
    return ObInsertNamed(semaphore, &attributes, desired, userHandle);
}

OB_OPEN_SERVICE(NtOpenSemaphore, ExSemaphoreType)

NTSTATUS NTAPI NtReleaseSemaphore(HANDLE handle, LONG count, LONG *userPrevious)
{
    KSEMAPHORE *semaphore;
    LONG previous;
    if (count <= 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObProbeOptional(userPrevious, sizeof previous);
    if (NT_SUCCESS(status))
        status = ObReferenceHandle(handle, &ExSemaphoreType, SEMAPHORE_MODIFY_STATE,
                                   &semaphore);
    if (!NT_SUCCESS(status))
        return status;
    status = KeReleaseSemaphore(semaphore, count, &previous);
    ObDereferenceObject(semaphore);
    return NT_SUCCESS(status) ? ObReturnOptional(userPrevious, &previous, sizeof previous)
                              : status;
}

NTSTATUS NTAPI NtQuerySemaphore(HANDLE handle, ULONG class, void *user, ULONG length,
                                ULONG *userReturned)
{
    return ObQuery(&ExSemaphoreType, handle, class, user, length, userReturned);
}

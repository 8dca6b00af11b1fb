/* service.c - the services that treat all handles alike: close, duplicate, query, set.
 *
 * Sources: learn.microsoft.com, pages of NtClose, DuplicateHandle, NtQueryObject,
 * SetHandleInformation.
 */
#include "obp.h"
#include "services.h"

#define QUERY_STATE 1 /* of events, mutants, semaphores and timers */

NTSTATUS (*ObProcessTable)(HANDLE, ACCESS_MASK, void **, OBHANDLE_TABLE **);

NTSTATUS ObReturnStructure(const void *from, ULONG size, void *user, ULONG length,
                           ULONG *userReturned, BOOLEAN atLeast)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (atLeast ? length < size : length != size)
        status = STATUS_INFO_LENGTH_MISMATCH;
    if (NT_SUCCESS(status))
        status = MmCopyToUser(user, from, size);
    if (status != STATUS_ACCESS_VIOLATION) {
        NTSTATUS told = ObReturnOptional(userReturned, &size, sizeof size);
        if (!NT_SUCCESS(told))
            status = told;
    }
    return status;
}

NTSTATUS ObCaptureInOut(void *user, void *copy, SIZE_T size)
{
    const NTSTATUS status = MmProbeForWrite(user, size, 4);
    return NT_SUCCESS(status) ? MmCopyFromUser(copy, user, size) : status;
}

NTSTATUS ObProbeOptional(void *user, SIZE_T size)
{
    return user != NULL ? MmProbeForWrite(user, size, 1) : STATUS_SUCCESS;
}

NTSTATUS ObReturnOptional(void *user, const void *from, SIZE_T size)
{
    return user != NULL ? MmCopyToUser(user, from, size) : STATUS_SUCCESS;
}

NTSTATUS ObQuery(const OBTYPE *type, HANDLE handle, ULONG class, void *user, ULONG length,
                 ULONG *userReturned)
{
    void *body;
    ULONGLONG facts[OB_FACTS / sizeof(ULONGLONG)] = {0};
    if (class != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != type->FactsSize) /* before the handle is looked at, as on Windows */
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = ObReferenceHandle(handle, type, QUERY_STATE, &body);
    if (!NT_SUCCESS(status))
        return status;
    type->Tell(body, facts);
    ObDereferenceObject(body);
    return ObReturnStructure(facts, length, user, length, userReturned, FALSE);
}

NTSTATUS NTAPI NtClose(HANDLE handle)
{
    /* Closing a pseudo handle has no effect (GetCurrentProcess, "Remarks"). */
    if (handle == NtCurrentProcess() || handle == NtCurrentThread())
        return STATUS_SUCCESS;
    return ObCloseHandle(ObCurrentTable(), handle);
}

/* The object of a handle of any process; referenced. */
static NTSTATUS ObpReferenceSource(OBHANDLE_TABLE *table, HANDLE handle, void **body,
                                   ACCESS_MASK *granted, ULONG *attributes)
{
    *attributes = 0;
    if ((LONG_PTR)handle < 0) /* a pseudo handle means the caller, whatever the process */
        return ObReferenceObjectByHandle(handle, NULL, 0, body, granted);
    NTSTATUS status = ObLookupHandle(table, handle, body, granted, attributes);
    if (NT_SUCCESS(status))
        ObReferenceObject(*body);
    return status;
}

static NTSTATUS ObpDuplicateInto(HANDLE targetProcess, HANDLE *userTarget, void *body,
                                 ACCESS_MASK access, ULONG attributes)
{
    void *target;
    OBHANDLE_TABLE *table;
    NTSTATUS status = ObProcessTable(targetProcess, PROCESS_DUP_HANDLE, &target, &table);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpReturnHandle(table, body, access, attributes, userTarget);
    ObDereferenceObject(target);
    return status;
}

/* DUPLICATE_CLOSE_SOURCE closes the source whatever else fails, as DuplicateHandle says. */
NTSTATUS NTAPI NtDuplicateObject(HANDLE sourceProcess, HANDLE sourceHandle,
                                 HANDLE targetProcess, HANDLE *userTarget,
                                 ACCESS_MASK desired, ULONG attributes, ULONG options)
{
    void *source, *body;
    OBHANDLE_TABLE *table;
    ACCESS_MASK granted;
    ULONG sourceAttributes;
    NTSTATUS status = ObProcessTable(sourceProcess, PROCESS_DUP_HANDLE, &source, &table);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpReferenceSource(table, sourceHandle, &body, &granted, &sourceAttributes);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(source);
        return status;
    }
    if (targetProcess != NULL) {
        ACCESS_MASK access = options & DUPLICATE_SAME_ACCESS
                                 ? granted
                                 : ObMapAccess(ObGetType(body), desired);
        ULONG inherit =
            options & 4 /* DUPLICATE_SAME_ATTRIBUTES */ ? sourceAttributes
                                                        : attributes & OBJ_INHERIT;
        status = ObpDuplicateInto(targetProcess, userTarget, body, access, inherit);
    } else if (!(options & DUPLICATE_CLOSE_SOURCE)) {
        status = STATUS_INVALID_HANDLE;
    }
    if ((options & DUPLICATE_CLOSE_SOURCE) && (LONG_PTR)sourceHandle > 0)
        ObCloseHandle(table, sourceHandle);
    ObDereferenceObject(body);
    ObDereferenceObject(source);
    return status;
}

/* A UNICODE_STRING and its characters after it, as classes 1 and 2 begin. */
static NTSTATUS ObpReturnString(const char *narrow, const WCHAR *wide, const char *prefix,
                                SIZE_T head, void *user, ULONG length, ULONG *needed)
{
    WCHAR text[300];
    UNICODE_STRING string;
    USHORT n = 0;
    for (; *prefix && n < 299; prefix++)
        text[n++] = (UCHAR)*prefix;
    for (; wide != NULL && *wide && n < 299; wide++)
        text[n++] = *wide;
    for (; narrow != NULL && *narrow && n < 299; narrow++)
        text[n++] = (UCHAR)*narrow;
    text[n] = 0;
    ULONG bytes = n ? (n + 1) * sizeof(WCHAR) : 0;
    *needed = head + bytes;
    if (length < *needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    string.Length = n * sizeof(WCHAR);
    string.MaximumLength = bytes;
    string.Buffer = n ? (WCHAR *)((UCHAR *)user + head) : NULL;
    NTSTATUS status = MmCopyToUser(user, &string, sizeof string);
    if (NT_SUCCESS(status) && bytes)
        status = MmCopyToUser((UCHAR *)user + head, text, bytes);
    return status;
}

static NTSTATUS ObpQueryType(void *body, void *user, ULONG length, ULONG *needed)
{
    OBJECT_TYPE_INFORMATION type = {0};
    const SIZE_T head = sizeof type;
    NTSTATUS status =
        ObpReturnString(ObGetType(body)->Name, NULL, "", head, user, length, needed);
    if (!NT_SUCCESS(status))
        return status;
    type.GenericMapping = ObGetType(body)->Generic;
    type.ValidAccessMask = ObGetType(body)->ValidAccess;
    return MmCopyToUser((UCHAR *)user + sizeof(UNICODE_STRING),
                        (UCHAR *)&type + sizeof(UNICODE_STRING),
                        head - sizeof(UNICODE_STRING));
}

NTSTATUS NTAPI NtQueryObject(HANDLE handle, OBJECT_INFORMATION_CLASS class, PVOID user,
                             ULONG length, PULONG userReturned)
{
    void *body;
    ACCESS_MASK granted;
    ULONG attributes, needed = 0;
    NTSTATUS status =
        ObpReferenceSource(ObCurrentTable(), handle, &body, &granted, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    const WCHAR *name = OBJECT_OF(body)->Name;
    const OBJECT_DATA_INFORMATION flags = {(attributes & OBJ_INHERIT) != 0,
                                           (attributes & OBJ_PROTECT_CLOSE) != 0};
    const OBJECT_BASIC_INFORMATION basic = {.Attributes = attributes,
                                            .GrantedAccess = granted,
                                            .HandleCount = OBJECT_OF(body)->HandleCount,
                                            .PointerCount =
                                                OBJECT_OF(body)->PointerCount};
    switch ((ULONG) class) {
    case ObjectBasicInformation:
        status =
            ObReturnStructure(&basic, sizeof basic, user, length, userReturned, TRUE);
        break;
    case ObjectNameInformation:
        status = ObpReturnString(NULL, name, name != NULL ? "\\BaseNamedObjects\\" : "",
                                 sizeof(UNICODE_STRING), user, length, &needed);
        break;
    case ObjectTypeInformation:
        status = ObpQueryType(body, user, length, &needed);
        break;
    case ObjectDataInformation: /* Windows: ObjectHandleFlagInformation */
        status =
            ObReturnStructure(&flags, sizeof flags, user, length, userReturned, TRUE);
        break;
    default:
        status = STATUS_INVALID_INFO_CLASS;
    }
    ObDereferenceObject(body);
    if (needed) {
        NTSTATUS copied = ObReturnOptional(userReturned, &needed, sizeof needed);
        if (!NT_SUCCESS(copied))
            status = copied;
    }
    return status;
}

NTSTATUS NTAPI NtSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class,
                                      PVOID user, ULONG length)
{
    OBJECT_DATA_INFORMATION flags;
    if (class != ObjectDataInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof flags)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromUser(&flags, user, sizeof flags);
    if (!NT_SUCCESS(status))
        return status;
    return ObSetHandleAttributes(ObCurrentTable(), handle,
                                 (flags.InheritHandle ? OBJ_INHERIT : 0) |
                                     (flags.ProtectFromClose ? OBJ_PROTECT_CLOSE : 0));
}

/* userprocess.c - NtCreateUserProcess: a process made by another.
 *
 * What the caller gives is captured first, whole: parameters, strings, environment, the image's
 * name.  Then the process is built as create.c draws it, and its handles, ids and image facts
 * go back.  Nothing runs before all of that has been written; whatever fails, nothing is left. */
#include "psp.h"
#include "services.h"

#define PROCESS_CREATE_FLAGS_INHERIT_HANDLES 0x4
#define LARGEST_HANDLE_LIST                  0x4000u /* bytes */

typedef struct {
    RTL_USER_PROCESS_PARAMETERS Params; /* strings and environment: pool */
    WCHAR *Strings[PSP_STRINGS];
    WCHAR *ImagePath; /* NT path */
} CAPTURED;

static void PspReleaseCaptured(CAPTURED *captured)
{
    for (ULONG i = 0; i < PSP_STRINGS; i++)
        ExFreePool(captured->Strings[i]);
    ExFreePool(captured->Params.Environment);
    ExFreePool(captured->ImagePath);
}

static NTSTATUS PspCaptureBytes(const void *user, SIZE_T size, WCHAR **copy)
{
    *copy = ExAllocatePool(size + 2 * sizeof(WCHAR), PSP_TAG);
    if (*copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return size ? MmCopyFromUser(*copy, user, size) : STATUS_SUCCESS;
}

#define LARGEST_ENVIRONMENT 0x100000u /* bytes; Windows 7 has no bound of its own */

/* An environment without a size: read up to its two zeros. */
static NTSTATUS PspMeasureEnvironment(const WCHAR *user, ULONG *size)
{
    WCHAR c, before = 1;
    for (ULONG i = 0; i < LARGEST_ENVIRONMENT / sizeof c; i++, before = c) {
        NTSTATUS status = MmCopyFromUser(&c, user + i, sizeof c);
        if (!NT_SUCCESS(status))
            return status;
        if (c == 0 && (before == 0 || i == 0)) {
            *size = (i + 1) * sizeof c;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS PspCaptureParameters(const RTL_USER_PROCESS_PARAMETERS *user,
                                     CAPTURED *captured)
{
    RTL_USER_PROCESS_PARAMETERS *params = &captured->Params;
    NTSTATUS status = MmCopyFromUser(params, user, sizeof *params);
    PVOID environment = params->Environment;
    params->Environment = NULL;
    for (ULONG i = 0; i < PSP_STRINGS && NT_SUCCESS(status); i++) {
        UNICODE_STRING *string = PspStringOf(params, i);
        if (string->Buffer == NULL) {
            string->Length = 0;
            continue;
        }
        const UCHAR *from = (const UCHAR *)string->Buffer;
        if (!(params->Flags & RTL_USER_PROC_PARAMS_NORMALIZED))
            from += (ULONG_PTR)user;
        if (string != &params->RuntimeData) /* that one is bytes */
            string->Length &= ~1u;
        status = PspCaptureBytes(from, string->Length, &captured->Strings[i]);
        string->Buffer = captured->Strings[i];
    }
    if (NT_SUCCESS(status) && params->EnvironmentSize == 0 && environment != NULL)
        status = PspMeasureEnvironment(environment, &params->EnvironmentSize);
    if (NT_SUCCESS(status) && params->EnvironmentSize > LARGEST_ENVIRONMENT)
        status = STATUS_INVALID_PARAMETER;
    if (environment == NULL)
        params->EnvironmentSize = 0;
    if (NT_SUCCESS(status))
        status = PspCaptureBytes(environment, params->EnvironmentSize,
                                 (WCHAR **)&params->Environment);
    if (NT_SUCCESS(status) && params->EnvironmentSize == 0)
        params->EnvironmentSize = 2 * sizeof(WCHAR); /* PspCaptureBytes left two zeros */
    return status;
}

/* The image's name is an attribute; without one, the parameters say it. */
static NTSTATUS PspCaptureImageName(const PSATTRIBUTES *list, CAPTURED *captured)
{
    const PS_ATTRIBUTE *item = &list->Item[PsAttributeImageName];
    if (item->Size == 0)
        return STATUS_INVALID_PARAMETER;
    if (item->Size > 0xFFFE || item->Size % sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    return PspCaptureBytes((const void *)item->Value, item->Size, &captured->ImagePath);
}

/* Not inheriting: the standard handles alone are duplicated, when they are handles. */
static NTSTATUS PspDuplicateStandard(EPROCESS *parent, EPROCESS *process,
                                     RTL_USER_PROCESS_PARAMETERS *params)
{
    HANDLE *handles = &params->StandardInput; /* and output and error after it */
    for (ULONG i = 0; i < 3; i++) {
        void *body;
        ACCESS_MASK granted;
        ULONG attributes;
        if (!NT_SUCCESS(ObLookupHandle(parent->Handles, handles[i], &body, &granted,
                                       &attributes)))
            continue;
        NTSTATUS status =
            ObInsertHandle(process->Handles, body, granted, attributes, &handles[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

/* Of the parent's inheritable handles all, or those that the attribute lists. */
static NTSTATUS PspInherit(EPROCESS *parent, EPROCESS *process, const PS_ATTRIBUTE *item)
{
    HANDLE *only = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (item->Size % sizeof *only || item->Size > LARGEST_HANDLE_LIST)
        return STATUS_INVALID_PARAMETER;
    if (item->Size != 0)
        status = PspCaptureBytes((const void *)item->Value, item->Size, (WCHAR **)&only);
    if (NT_SUCCESS(status))
        status = ObInheritHandles(parent->Handles, process->Handles, only,
                                  item->Size / sizeof *only);
    ExFreePool(only);
    return status;
}

static NTSTATUS PspGiveHandles(EPROCESS *parent, EPROCESS *process, ULONG flags,
                               const PSATTRIBUTES *list,
                               RTL_USER_PROCESS_PARAMETERS *params)
{
    ULONG standard[2] = {1, 0}; /* PsRequestDuplicate */
    const PS_ATTRIBUTE *item = &list->Item[PsAttributeStdHandleInfo];
    if (flags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES)
        return PspInherit(parent, process, &list->Item[PsAttributeHandleList]);
    if (item->Size >= sizeof standard) {
        NTSTATUS status =
            MmCopyFromUser(standard, (const void *)item->Value, sizeof standard);
        if (!NT_SUCCESS(status))
            return status;
    }
    return (standard[0] & 3) ? PspDuplicateStandard(parent, process, params)
                             : STATUS_SUCCESS;
}

/* A handle to the process that shall be the parent, or none: the caller is.  *parent is
 * referenced. */
static NTSTATUS PspFindParent(const PSATTRIBUTES *list, EPROCESS **parent)
{
    const PS_ATTRIBUTE *item = &list->Item[PsAttributeParentProcess];
    const HANDLE handle = item->Size ? (HANDLE)item->Value : NtCurrentProcess();
    NTSTATUS status =
        ObReferenceHandle(handle, &PsProcessType, PROCESS_CREATE_PROCESS, parent);
    if (NT_SUCCESS(status) && (*parent)->Handles == NULL) {
        ObDereferenceObject(*parent);
        status = STATUS_PROCESS_IS_TERMINATING;
    }
    return status;
}

/* What the child has from its first instruction on: the attributes' priority class and error
 * mode.  Without them it has the defaults and the parent's mode. */
static NTSTATUS PspSetModes(EPROCESS *process, const PSATTRIBUTES *list)
{
    const PS_ATTRIBUTE *class = &list->Item[PsAttributePriorityClass];
    const PS_ATTRIBUTE *mode = &list->Item[PsAttributeErrorMode];
    NTSTATUS status = STATUS_SUCCESS;
    if (class->Size != 0)
        status = PspSetNumber(process, 18, class->Value << 8); /* ProcessPriorityClass */
    if (NT_SUCCESS(status) && mode->Size != 0)
        process->ErrorMode = mode->Value;
    return status;
}

static NTSTATUS PspBuildChild(EPROCESS *parent, EPROCESS *process, CAPTURED *captured,
                              ULONG processFlags, ULONG threadFlags,
                              const PSATTRIBUTES *list, ETHREAD **thread)
{
    PEB own;
    NTSTATUS status = PspMapImages(process, captured->ImagePath);
    if (NT_SUCCESS(status))
        status = PspGiveHandles(parent, process, processFlags, list, &captured->Params);
    PspJoinConsole(process, parent, &captured->Params);
    if (NT_SUCCESS(status))
        status = PspSetModes(process, list);
    if (NT_SUCCESS(status)) /* NtGlobalFlag of the run holds for the children too */
        status = MmCopyFromUser(&own, PsCurrentProcess()->Peb, sizeof own);
    if (NT_SUCCESS(status))
        status = PspFillPeb(process, &captured->Params, own.NtGlobalFlag);
    if (NT_SUCCESS(status))
        status = PspCreateFirstThread(
            process, (threadFlags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED) != 0, thread);
    return status;
}

static NTSTATUS PspReturnAll(EPROCESS *process, ETHREAD *thread, const PSATTRIBUTES *list,
                             HANDLE *userProcess, ACCESS_MASK processAccess,
                             ULONG processInherit, HANDLE *userThread,
                             ACCESS_MASK threadAccess, ULONG threadInherit)
{
    HANDLE handle;
    MMIMAGEINFO info;
    MmDescribeImage(process->Image, process->ImageBase, &info);
    NTSTATUS status = PspReturnThreadAttributes(list, thread);
    if (NT_SUCCESS(status))
        status = PspReturnAttribute(list, PsAttributeImageInfo, &info, sizeof info);
    if (NT_SUCCESS(status))
        status = ObReturnOpened(process, processAccess, processInherit, userProcess);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReturnOpened(thread, threadAccess, threadInherit, userThread);
    if (!NT_SUCCESS(status) &&
        NT_SUCCESS(MmCopyFromUser(&handle, userProcess, sizeof handle))) {
        void *body; /* only if it still is the one we wrote */
        if (NT_SUCCESS(ObLookupHandle(ObCurrentTable(), handle, &body, NULL, NULL)) &&
            body == process)
            ObCloseHandle(ObCurrentTable(), handle);
    }
    return status;
}

/* Where Windows' kernel32 looks when the call failed; `dt PS_CREATE_INFO` (72 bytes on
 * x86). */
static void PspReportState(void *createInfo, NTSTATUS status)
{
    const ULONG state =
        NT_SUCCESS(status)                       ? 6  /* PsCreateSuccess */
        : status == STATUS_INVALID_IMAGE_FORMAT  ? 2  /* ..FailOnSectionCreate */
        : status == STATUS_OBJECT_NAME_NOT_FOUND ? 1  /* ..FailOnFileOpen */
                                                 : 0; /* ..InitialState */
    if (createInfo != NULL)
        MmCopyToUser((ULONG *)createInfo + 1, &state, sizeof state);
}

/* As Windows 7's.  STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND (no such
 * file), STATUS_INVALID_IMAGE_FORMAT and its kin, STATUS_INVALID_PARAMETER,
 * STATUS_ACCESS_VIOLATION, memory's; nothing is left on failure. */
NTSTATUS NTAPI NtCreateUserProcess(HANDLE *userProcess, HANDLE *userThread,
                                   ACCESS_MASK processAccess, ACCESS_MASK threadAccess,
                                   POBJECT_ATTRIBUTES processAttributes,
                                   POBJECT_ATTRIBUTES threadAttributes,
                                   ULONG processFlags, ULONG threadFlags,
                                   PVOID userParams, PVOID createInfo, PVOID userList)
{
    PSATTRIBUTES list;
    OBATTRIBUTES ofProcess, ofThread;
    EPROCESS *process, *parent;
    ETHREAD *thread;
    if (threadFlags & THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER) /* not of a first thread */
        return STATUS_INVALID_PARAMETER;
    CAPTURED *captured = ExAllocatePool(sizeof *captured, PSP_TAG);
    if (captured == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = PspCaptureAttributes(userList, &list);
    if (NT_SUCCESS(status) &&
        NT_SUCCESS(status = ObCaptureAttributes(processAttributes, &ofProcess)))
        ObReleaseAttributes(&ofProcess);
    if (NT_SUCCESS(status) &&
        NT_SUCCESS(status = ObCaptureAttributes(threadAttributes, &ofThread)))
        ObReleaseAttributes(&ofThread);
    if (NT_SUCCESS(status))
        status = PspCaptureImageName(&list, captured);
    if (NT_SUCCESS(status))
        status = PspCaptureParameters(userParams, captured);
    if (NT_SUCCESS(status) && NT_SUCCESS(status = PspFindParent(&list, &parent))) {
        status = PspCreateProcess(parent, &process);
        if (!NT_SUCCESS(status))
            ObDereferenceObject(parent);
    }
    if (NT_SUCCESS(status)) {
        BOOLEAN built = FALSE;
        status = PspBuildChild(parent, process, captured, processFlags, threadFlags,
                               &list, &thread);
        if (NT_SUCCESS(status)) {
            built = TRUE;
            status = PspReturnAll(process, thread, &list, userProcess, processAccess,
                                  ofProcess.Attributes, userThread, threadAccess,
                                  ofThread.Attributes);
        }
        if (NT_SUCCESS(status)) {
            PspTraceCreated(process);
            PspStartThread(thread);
            ObDereferenceObject(thread);
        } else {
            if (built)
                PspAbandonThread(thread);
            PspCleanProcess(process, status);
        }
        ObDereferenceObject(process);
        ObDereferenceObject(parent);
    }
    PspReleaseCaptured(captured);
    ExFreePool(captured);
    PspReportState(createInfo, status);
    return status;
}

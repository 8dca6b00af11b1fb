/* create.c - a process from an image: PsCreateInitialProcess and NtCreateUserProcess.
 *
 *   file -> image section -> empty process -> exe and ntdll mapped -> parameters, PEB
 *        -> handles -> first thread (TEB, stack) -> handles to the caller -> it runs
 *
 * Whatever fails on the way, the half-made process is cleaned and nothing is left.
 */
#include "psp.h"

static void SetName(EPROCESS *process, const WCHAR *path)
{
    const WCHAR *base = path;
    ULONG i = 0;

    for (const WCHAR *p = path; *p; p++)
        if (*p == '\\')
            base = p + 1;
    for (; base[i] && i < sizeof process->Name - 1; i++)
        process->Name[i] = base[i] < 0x7F && base[i] >= ' ' ? base[i] : '?';
}

static NTSTATUS SetImagePath(EPROCESS *process, const WCHAR *path)
{
    static const WCHAR volume[] = L"\\Device\\HarddiskVolume1";
    SIZE_T skip = 0, length = 0;

    while (path[skip] && path[skip] != ':')
        skip++;
    skip = path[skip] ? skip + 1 : 0;
    while (path[skip + length])
        length++;
    process->ImagePath = ExAllocatePool(sizeof volume + length * sizeof(WCHAR), PSP_TAG);
    if (process->ImagePath == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __builtin_memcpy(process->ImagePath, volume, sizeof volume);
    __builtin_memcpy(process->ImagePath + sizeof volume / sizeof(WCHAR) - 1, path + skip,
                     length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS PspMapImages(EPROCESS *process, MMFILE *file, const WCHAR *path)
{
    PVOID base = NULL, ntdll = NULL;
    SIZE_T size = 0;
    MMSECTION_FACTS facts;
    NTSTATUS status = MmCreateSection(file, 0, PAGE_EXECUTE, SEC_IMAGE, &process->Image);

    if (!NT_SUCCESS(status))
        return status;
    MmQuerySection(process->Image, &facts);
    if (facts.Characteristics & IMAGE_FILE_DLL)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (PspNtdll == NULL)
        return STATUS_DLL_NOT_FOUND;
    SetName(process, path);
    status = SetImagePath(process, path);
    /* Data execution is refused unless the image was linked before NX: the opt-in. */
    process->ExecuteFlags =
        facts.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_NX_COMPAT ? 0x09 : 0x02;
    if (NT_SUCCESS(status))
        status = MmMapViewOfSection(process->Image, process->Space, &base, 0, 0, NULL,
                                    &size, 0, PAGE_EXECUTE);
    if (!NT_SUCCESS(status))
        return status;
    process->ImageBase = (ULONG_PTR)base;
    size = 0;
    status = MmMapViewOfSection(PspNtdll, process->Space, &ntdll, 0, 0, NULL, &size, 0,
                                PAGE_EXECUTE);
    if (NT_SUCCESS(status) && (ULONG_PTR)ntdll != PspNtdllBase)
        status = STATUS_CONFLICTING_ADDRESSES; /* the exe lies where ntdll must be */
    return status;
}

static NTSTATUS CreateFirstThread(EPROCESS *process, BOOLEAN suspended, ETHREAD **thread)
{
    MMSECTION_FACTS facts;

    MmQuerySection(process->Image, &facts);
    const PSTHREAD wanted = {.Start = process->ImageBase + facts.EntryPoint,
                             .Argument = (ULONG_PTR)process->Peb,
                             .Suspended = suspended};
    return PspCreateThread(process, &wanted, thread);
}

static void SetString(UNICODE_STRING *string, const WCHAR *text)
{
    SIZE_T length = 0;

    while (text[length])
        length++;
    string->Buffer = (WCHAR *)text;
    string->Length = length * sizeof(WCHAR);
    string->MaximumLength = string->Length + sizeof(WCHAR);
}

const WCHAR PsDefaultEnvironment[] =
    L"ComSpec=C:\\Windows\\System32\\cmd.exe\0NUMBER_OF_PROCESSORS=1\0OS=Windows_NT\0"
    L"Path=C:\\Windows\\System32;C:\\Windows;C:\\\0PROCESSOR_ARCHITECTURE=x86\0"
    L"SystemDrive=C:\0SystemRoot=C:\\Windows\0TEMP=C:\\Temp\0TMP=C:\\Temp\0windir=C:"
    L"\\Windows\0";

static SIZE_T EnvironmentSize(const WCHAR *block)
{
    SIZE_T i = 0;

    while (block[i] != 0)
        while (block[i++] != 0)
            ;
    return (i + 1) * sizeof(WCHAR);
}

/* The three standard handles, inheritable as a console's children expect. */
static NTSTATUS OpenStandard(EPROCESS *process, RTL_USER_PROCESS_PARAMETERS *params)
{
    HANDLE *handles[3] = {&params->StandardInput, &params->StandardOutput,
                          &params->StandardError};

    for (ULONG i = 0; i < 3; i++) {
        void *body;
        NTSTATUS status =
            IoCreateStandardObject(i, process->HostStreams, process->HostIndex, &body);
        if (!NT_SUCCESS(status))
            return status;
        status = ObInsertHandle(process->Handles, body, ObGetType(body)->ValidAccess,
                                OBJ_INHERIT, handles[i]);
        ObDereferenceObject(body);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS BuildInitial(EPROCESS *process, const PSCREATE *create, ETHREAD **thread)
{
    RTL_USER_PROCESS_PARAMETERS params = {0};
    MMFILE *file;
    NTSTATUS status = IoOpenMmFile(create->ImagePath, &file);

    if (!NT_SUCCESS(status))
        return status;
    status = PspMapImages(process, file, create->ImagePath);
    file->Dereference(file);
    if (NT_SUCCESS(status))
        status = OpenStandard(process, &params);
    if (!NT_SUCCESS(status))
        return status;
    SetString(&params.CurrentDirectory.DosPath,
              create->CurrentDirectory != NULL ? create->CurrentDirectory : L"C:\\");
    SetString(&params.ImagePathName, create->ImagePath);
    SetString(&params.CommandLine, create->CommandLine);
    SetString(&params.DllPath, L"C:\\Windows\\System32;C:\\Windows;C:\\");
    SetString(&params.WindowTitle, create->ImagePath);
    params.Environment =
        (PVOID)(create->Environment != NULL ? create->Environment : PsDefaultEnvironment);
    params.EnvironmentSize = EnvironmentSize(params.Environment);
    status = PspFillPeb(process, &params, create->GlobalFlag);
    if (NT_SUCCESS(status))
        status = CreateFirstThread(process, FALSE, thread);
    return status;
}

NTSTATUS PsCreateInitialProcess(const PSCREATE *create, EPROCESS **result)
{
    EPROCESS *process;
    ETHREAD *thread;
    NTSTATUS status = PspCreateProcess(NULL, &process);

    if (!NT_SUCCESS(status))
        return status;
    process->HostStreams = create->HostStreams;
    process->HostIndex = create->HostIndex;
    status = BuildInitial(process, create, &thread);
    if (!NT_SUCCESS(status)) {
        PspCleanProcess(process, status);
        ObDereferenceObject(process);
        return status;
    }
    KD_TRACE(ProcessCreate, process->Id, process->ParentId);
    PspStartThread(thread);
    ObDereferenceObject(thread);
    *result = process;
    return STATUS_SUCCESS;
}

/* ---- NtCreateUserProcess ---- */

#define PROCESS_CREATE_FLAGS_INHERIT_HANDLES 0x4
#define THREAD_CREATE_FLAGS_CREATE_SUSPENDED 0x1

typedef struct {
    RTL_USER_PROCESS_PARAMETERS Params; /* strings and environment: pool */
    WCHAR *Strings[8];
    WCHAR *ImagePath; /* NT path */
} CAPTURED;

static UNICODE_STRING *StringOf(RTL_USER_PROCESS_PARAMETERS *p, ULONG i)
{
    UNICODE_STRING *const all[8] = {&p->CurrentDirectory.DosPath,
                                    &p->DllPath,
                                    &p->ImagePathName,
                                    &p->CommandLine,
                                    &p->WindowTitle,
                                    &p->DesktopInfo,
                                    &p->ShellInfo,
                                    &p->RuntimeData};

    return all[i];
}

static void ReleaseCaptured(CAPTURED *captured)
{
    for (ULONG i = 0; i < 8; i++)
        if (captured->Strings[i] != NULL)
            ExFreePool(captured->Strings[i]);
    if (captured->Params.Environment != NULL)
        ExFreePool(captured->Params.Environment);
    if (captured->ImagePath != NULL)
        ExFreePool(captured->ImagePath);
}

static NTSTATUS CaptureBytes(const void *user, SIZE_T size, WCHAR **copy)
{
    *copy = ExAllocatePool(size + 2 * sizeof(WCHAR), PSP_TAG);
    if (*copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return size ? MmCopyFromUser(*copy, user, size) : STATUS_SUCCESS;
}

#define LARGEST_ENVIRONMENT 0x100000u /* bytes; Windows 7 has no bound of its own */

/* An environment without a size: read up to its two zeros. */
static NTSTATUS MeasureEnvironment(const WCHAR *user, ULONG *size)
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

static NTSTATUS CaptureParameters(const RTL_USER_PROCESS_PARAMETERS *user,
                                  CAPTURED *captured)
{
    RTL_USER_PROCESS_PARAMETERS *params = &captured->Params;
    NTSTATUS status = MmCopyFromUser(params, user, sizeof *params);
    PVOID environment = params->Environment;

    params->Environment = NULL;
    for (ULONG i = 0; i < 8 && NT_SUCCESS(status); i++) {
        UNICODE_STRING *string = StringOf(params, i);
        if (string->Buffer == NULL) {
            string->Length = 0;
            continue;
        }
        const UCHAR *from = (const UCHAR *)string->Buffer;
        if (!(params->Flags & RTL_USER_PROC_PARAMS_NORMALIZED))
            from += (ULONG_PTR)user;
        string->Length &= ~1u;
        status = CaptureBytes(from, string->Length, &captured->Strings[i]);
        string->Buffer = captured->Strings[i];
    }
    if (NT_SUCCESS(status) && params->EnvironmentSize == 0 && environment != NULL)
        status = MeasureEnvironment(environment, &params->EnvironmentSize);
    if (NT_SUCCESS(status) && params->EnvironmentSize > LARGEST_ENVIRONMENT)
        status = STATUS_INVALID_PARAMETER;
    if (environment == NULL)
        params->EnvironmentSize = 0;
    if (NT_SUCCESS(status))
        status = CaptureBytes(environment, params->EnvironmentSize,
                              (WCHAR **)&params->Environment);
    if (NT_SUCCESS(status) && params->EnvironmentSize == 0)
        params->EnvironmentSize = 2 * sizeof(WCHAR); /* CaptureBytes left two zeros */
    return status;
}

/* The image's name is an attribute; without one, the parameters say it. */
static NTSTATUS CaptureImageName(const PSATTRIBUTES *list, CAPTURED *captured)
{
    const PS_ATTRIBUTE *item = &list->Item[PsAttributeImageName];

    if (item->Size == 0)
        return STATUS_INVALID_PARAMETER;
    if (item->Size > 0xFFFE || item->Size % sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    return CaptureBytes((const void *)item->Value, item->Size, &captured->ImagePath);
}

/* Not inheriting: the standard handles alone are duplicated, when they are handles. */
static NTSTATUS DuplicateStandard(EPROCESS *process, RTL_USER_PROCESS_PARAMETERS *params)
{
    HANDLE *handles[3] = {&params->StandardInput, &params->StandardOutput,
                          &params->StandardError};

    for (ULONG i = 0; i < 3; i++) {
        void *body;
        ACCESS_MASK granted;
        ULONG attributes;
        if (!NT_SUCCESS(ObLookupHandle(ObCurrentTable(), *handles[i], &body, &granted,
                                       &attributes)))
            continue;
        NTSTATUS status =
            ObInsertHandle(process->Handles, body, granted, attributes, handles[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS GiveHandles(EPROCESS *process, ULONG flags, const PSATTRIBUTES *list,
                            RTL_USER_PROCESS_PARAMETERS *params)
{
    ULONG standard[2] = {1, 0}; /* PsRequestDuplicate */
    const PS_ATTRIBUTE *item = &list->Item[PsAttributeStdHandleInfo];

    if (flags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES)
        return ObInheritHandles(ObCurrentTable(), process->Handles);
    if (item->Size >= sizeof standard) {
        NTSTATUS status =
            MmCopyFromUser(standard, (const void *)item->Value, sizeof standard);
        if (!NT_SUCCESS(status))
            return status;
    }
    return (standard[0] & 3) ? DuplicateStandard(process, params) : STATUS_SUCCESS;
}

static NTSTATUS BuildChild(EPROCESS *process, CAPTURED *captured, ULONG processFlags,
                           ULONG threadFlags, const PSATTRIBUTES *list, ETHREAD **thread)
{
    MMFILE *file;
    PEB own;
    NTSTATUS status = IoOpenMmFile(captured->ImagePath, &file);

    if (!NT_SUCCESS(status))
        return status;
    status = PspMapImages(process, file, captured->ImagePath);
    file->Dereference(file);
    if (NT_SUCCESS(status))
        status = GiveHandles(process, processFlags, list, &captured->Params);
    if (NT_SUCCESS(status)) /* NtGlobalFlag of the run holds for the children too */
        status = MmCopyFromUser(&own, PsCurrentProcess()->Peb, sizeof own);
    if (NT_SUCCESS(status))
        status = PspFillPeb(process, &captured->Params, own.NtGlobalFlag);
    if (NT_SUCCESS(status))
        status = CreateFirstThread(
            process, (threadFlags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED) != 0, thread);
    return status;
}

/* SECTION_IMAGE_INFORMATION, 30h bytes on x86; `dt nt!_SECTION_IMAGE_INFORMATION`. */
static NTSTATUS ReturnImageInfo(const PSATTRIBUTES *list, EPROCESS *process)
{
    MMSECTION_FACTS facts;

    MmQuerySection(process->Image, &facts);
    const ULONG info[12] = {
        process->ImageBase + facts.EntryPoint,
        0,
        facts.StackReserve,
        facts.StackCommit,
        facts.Subsystem,
        facts.SubsystemMinor | facts.SubsystemMajor << 16,
        0,
        facts.Characteristics | facts.DllCharacteristics << 16,
        facts.Machine | 1 << 16, /* ImageContainsCode */
        0,
        facts.Size,
        0,
    };
    return PspReturnAttribute(list, PsAttributeImageInfo, info, sizeof info);
}

static NTSTATUS ReturnAll(EPROCESS *process, ETHREAD *thread, const PSATTRIBUTES *list,
                          HANDLE *userProcess, ACCESS_MASK processAccess,
                          ULONG processInherit, HANDLE *userThread,
                          ACCESS_MASK threadAccess, ULONG threadInherit)
{
    HANDLE handle;
    NTSTATUS status = PspReturnThreadAttributes(list, thread);

    if (NT_SUCCESS(status))
        status = ReturnImageInfo(list, process);
    if (NT_SUCCESS(status))
        status = ObReturnHandle(process, ObMapAccess(&PsProcessType, processAccess),
                                processInherit, userProcess);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReturnHandle(thread, ObMapAccess(&PsThreadType, threadAccess),
                            threadInherit, userThread);
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
static void ReportState(void *createInfo, NTSTATUS status)
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
 * STATUS_ACCESS_VIOLATION, memory's; nothing is left behind on failure. */
NTSTATUS NTAPI NtCreateUserProcess(HANDLE *userProcess, HANDLE *userThread,
                                   ACCESS_MASK processAccess, ACCESS_MASK threadAccess,
                                   POBJECT_ATTRIBUTES processAttributes,
                                   POBJECT_ATTRIBUTES threadAttributes,
                                   ULONG processFlags, ULONG threadFlags,
                                   PVOID userParams, PVOID createInfo, PVOID userList)
{
    PSATTRIBUTES list;
    OBATTRIBUTES ofProcess, ofThread;
    EPROCESS *process;
    ETHREAD *thread;
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
        status = CaptureImageName(&list, captured);
    if (NT_SUCCESS(status))
        status = CaptureParameters(userParams, captured);
    if (NT_SUCCESS(status))
        status = PspCreateProcess(PsCurrentProcess(), &process);
    if (NT_SUCCESS(status)) {
        BOOLEAN built = FALSE;
        status = BuildChild(process, captured, processFlags, threadFlags, &list, &thread);
        if (NT_SUCCESS(status)) {
            built = TRUE;
            status = ReturnAll(process, thread, &list, userProcess, processAccess,
                               ofProcess.Attributes & OBJ_INHERIT, userThread,
                               threadAccess, ofThread.Attributes & OBJ_INHERIT);
        }
        if (NT_SUCCESS(status)) {
            KD_TRACE(ProcessCreate, process->Id, process->ParentId);
            PspStartThread(thread);
            ObDereferenceObject(thread);
        } else {
            if (built)
                PspAbandonThread(thread);
            PspCleanProcess(process, status);
        }
        ObDereferenceObject(process);
    }
    ReleaseCaptured(captured);
    ExFreePool(captured);
    ReportState(createInfo, status);
    return status;
}

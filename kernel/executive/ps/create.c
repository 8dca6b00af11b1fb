/* create.c - a process from an image, and the first one: PsCreateInitialProcess.
 *
 *   file -> image section -> empty process -> exe and ntdll mapped -> parameters, PEB
 *        -> handles -> first thread (TEB, stack) -> handles to the caller -> it runs
 *
 * Whatever fails on the way, the half-made process is cleaned and nothing is left.
 */
#include "psp.h"

static void PspSetName(EPROCESS *process, const WCHAR *path)
{
    const WCHAR *base = path;
    ULONG i = 0;
    for (const WCHAR *p = path; *p; p++)
        if (*p == '\\')
            base = p + 1;
    for (; base[i] && i < sizeof process->Name - 1; i++)
        process->Name[i] = base[i] < 0x7F && base[i] >= ' ' ? base[i] : '?';
}

static NTSTATUS PspSetImagePath(EPROCESS *process, const WCHAR *path)
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

NTSTATUS PspMapImages(EPROCESS *process, const WCHAR *path)
{
    PVOID base = NULL, ntdll = NULL;
    SIZE_T size = 0;
    MMSECTION_FACTS facts;
    MMFILE *file;
    NTSTATUS status = IoOpenMmFile(path, &file);
    if (!NT_SUCCESS(status))
        return status;
    status = MmCreateSection(file, 0, PAGE_EXECUTE, SEC_IMAGE, &process->Image);
    file->Dereference(file);
    if (!NT_SUCCESS(status))
        return status;
    MmQuerySection(process->Image, &facts);
    if (facts.Characteristics & IMAGE_FILE_DLL)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (PspNtdll == NULL)
        return STATUS_DLL_NOT_FOUND;
    PspSetName(process, path);
    status = PspSetImagePath(process, path);
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

/* A process is whole: it, and the images that no loader of its own maps. */
void PspTraceCreated(EPROCESS *process)
{
    MMSECTION_FACTS image, ntdll;
    MmQuerySection(process->Image, &image);
    MmQuerySection(PspNtdll, &ntdll);
    KD_TRACE(ProcessCreate, process->Id, process->ParentId, (ULONG)process->Name);
    KD_TRACE(ModuleLoad, process->ImageBase, (ULONG)image.Size, process->Id,
             (ULONG)image.Name);
    KD_TRACE(ModuleLoad, PspNtdllBase, (ULONG)ntdll.Size, process->Id, (ULONG)ntdll.Name);
}

NTSTATUS PspCreateFirstThread(EPROCESS *process, BOOLEAN suspended, ETHREAD **thread)
{
    MMSECTION_FACTS facts;
    MmQuerySection(process->Image, &facts);
    const PSTHREAD wanted = {.Start = process->ImageBase + facts.EntryPoint,
                             .Argument = (ULONG_PTR)process->Peb,
                             .Suspended = suspended};
    return PspCreateThread(process, &wanted, thread);
}

static void PspSetString(UNICODE_STRING *string, const WCHAR *text)
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

static SIZE_T PspEnvironmentSize(const WCHAR *block)
{
    SIZE_T i = 0;
    while (block[i] != 0)
        while (block[i++] != 0)
            ;
    return (i + 1) * sizeof(WCHAR);
}

/* The three standard handles, inheritable as a console's children expect. */
static NTSTATUS PspOpenStandard(EPROCESS *process, RTL_USER_PROCESS_PARAMETERS *params)
{
    HANDLE *handles = &params->StandardInput; /* and output and error after it */
    for (ULONG i = 0; i < 3; i++) {
        void *body;
        NTSTATUS status =
            IoCreateStandardObject(i, process->HostStreams, process->HostIndex, &body);
        if (!NT_SUCCESS(status))
            return status;
        status = ObInsertHandle(process->Handles, body, ObGetType(body)->ValidAccess,
                                OBJ_INHERIT, &handles[i]);
        ObDereferenceObject(body);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspBuildInitial(EPROCESS *process, const PSCREATE *create,
                                ETHREAD **thread)
{
    RTL_USER_PROCESS_PARAMETERS params = {0};
    NTSTATUS status = PspMapImages(process, create->ImagePath);
    if (NT_SUCCESS(status))
        status = PspOpenStandard(process, &params);
    if (!NT_SUCCESS(status))
        return status;
    PspSetString(&params.CurrentDirectory.DosPath,
                 create->CurrentDirectory != NULL ? create->CurrentDirectory : L"C:\\");
    PspSetString(&params.ImagePathName, create->ImagePath);
    PspSetString(&params.CommandLine, create->CommandLine);
    PspSetString(&params.DllPath, L"C:\\Windows\\System32;C:\\Windows;C:\\");
    PspSetString(&params.WindowTitle, create->ImagePath);
    params.Environment =
        (PVOID)(create->Environment != NULL ? create->Environment : PsDefaultEnvironment);
    params.EnvironmentSize = PspEnvironmentSize(params.Environment);
    status = PspFillPeb(process, &params, create->GlobalFlag);
    if (NT_SUCCESS(status))
        status = PspCreateFirstThread(process, FALSE, thread);
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
    status = PspBuildInitial(process, create, &thread);
    if (!NT_SUCCESS(status)) {
        PspCleanProcess(process, status);
        ObDereferenceObject(process);
        return status;
    }
    PspTraceCreated(process);
    PspStartThread(thread);
    ObDereferenceObject(thread);
    *result = process;
    return STATUS_SUCCESS;
}

/* runlist.c - the run list: many programs in one boot, verdicts by the host port.
 *
 * The file `run' of the archive's store has lines key=value, values percent-encoded (%XX of
 * UTF-8):
 *
 *   env=NAME=VALUE     for all programs below; any number
 *   gflags=N           NtGlobalFlag for all below
 *   poolfail=N         of the kernel's own allocations for the next program the N-th fails
 *   file=STORED NAME   the store's file STORED is C:\NAME for the next program alone
 *   stdin=STORED       so are its bytes its standard input; else the host is asked
 *   run=C:\PROG.EXE A  image, and the whole text as command line
 *
 * Each program finds C: as the archive has it, with its own files: the ones before it leave
 * nothing there, and it sees none of theirs.  Around each program the machine is
 * measured (measure.c).  docs/hostport.md has the frames.
 *
 * A list of several programs keeps the images of the DLLs that nearly all of them map, as ntdll's
 * is always kept.  Otherwise each program's copy is new code to the processor: translating it
 * again was two thirds of a small program's time in QEMU. */
#include "exp.h"

#define LONGEST_COMMAND 32766u /* characters: what a UNICODE_STRING can say */

enum { Exited = 0, Crashed = 1, Killed = 2, NotStarted = 3 };

typedef struct {
    const char *Next, *End; /* of the file */
    ULONG Index;
    ULONG GlobalFlag, PoolFail;
    EXENVIRONMENT Environment;
    const UCHAR *Input; /* of the next program, as are the ones below */
    ULONG InputSize;
    NTSTATUS Status;  /* why it cannot start */
    BOOLEAN Measured; /* Before is filled */
    ULONG Programs;
    EXMEASURE Before;
    WCHAR *Value; /* of the line read last; room for the longest */
    ULONG ValueLength;
    WCHAR Path[MAX_PATH]; /* of the program that runs */
} RUNLIST;

static KEVENT ExpKillEvent;

void ExHostCommand(ULONG type, const void *payload, ULONG length)
{
    if (type == 'K')
        KeSetEvent(&ExpKillEvent);
    else if (type == 'D')
        IoHostData(payload, length);
}

static void ExpSendVerdict(ULONG index, ULONG kind, ULONG status, ULONG address,
                           const char *place)
{
    struct {
        ULONG Index, Kind, Status, Address;
        char Place[64];
    } frame = {index, kind, status, address, ""};
    int length = RtlSnprintf(frame.Place, sizeof frame.Place, "%s", place);
    KdHostSend('X', &frame, 4 * sizeof(ULONG) + length);
}

/* A process that has not ended; NULL: there is none. */
static EPROCESS *ExpRunningProcess(void)
{
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry) {
        if (process->Header.SignalState == 0)
            return process;
    }
    return NULL;
}

/* Every process begins to end.  No program runs meanwhile, and none comes back to user mode after
 * it: so no process or thread is made that was not reached. */
static void ExpTerminateAll(void)
{
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry)
        PsTerminateProcess(process, STATUS_PROCESS_IS_TERMINATING);
}

/* Processes that the program left running end with it. */
static void ExpEndAllProcesses(void)
{
    ExpTerminateAll();
    for (EPROCESS *process; (process = ExpRunningProcess()) != NULL;) {
        ObReferenceObject(process);
        KeWaitForSingleObject(process, FALSE, FALSE, NULL);
        ObDereferenceObject(process);
    }
}

/* The dead threads' stacks are freed by other threads: give them time, for a while. */
static void ExpWaitForReaping(const EXMEASURE *before)
{
    for (ULONG ticks = 0; ticks < 64 && PsThreadCount > before->Threads; ticks++) {
        LARGE_INTEGER tick = {.QuadPart = -(LONGLONG)KE_TICK_100NS / 4};
        KeDelayExecutionThread(FALSE, FALSE, &tick);
    }
}

/* Wait for the end, or for the host's word; TRUE: the host ended it. */
static BOOLEAN ExpWaitForProgram(EPROCESS *process)
{
    void *objects[2] = {process, &ExpKillEvent};
    KeResetEvent(&ExpKillEvent);
    if (KeWaitForMultipleObjects(2, objects, FALSE, FALSE, FALSE, NULL, NULL) ==
        STATUS_WAIT_0)
        return FALSE;
    KdSendThreadStacks();
    PsTerminateProcess(process, STATUS_TIMEOUT);
    return TRUE;
}

static void ExpJudge(ULONG index, const EPROCESS *process, BOOLEAN killed)
{
    const NTSTATUS status = process->ExitStatus;
    if (!killed && process->Crashed && status == (NTSTATUS)process->CrashCode)
        ExpSendVerdict(index, Crashed, status, process->CrashAddress,
                       process->CrashPlace);
    else
        ExpSendVerdict(index,
                       killed                                           ? Killed
                       : status != 0 && status == process->StartFailure ? NotStarted
                                                                        : Exited,
                       status, 0, "");
}

/* The first word of the command line, or what is in quotes. */
static void ExpImageOf(const WCHAR *commandLine, WCHAR *path, ULONG room)
{
    const WCHAR stop = *commandLine == '"' ? '"' : ' ';
    ULONG n = 0;
    commandLine += *commandLine == '"';
    for (; *commandLine && *commandLine != stop && n < room - 1; commandLine++)
        path[n++] = *commandLine;
    path[n] = 0;
}

/* Before anything is done for the next program. */
static void ExpMeasureOnce(RUNLIST *list)
{
    if (!list->Measured)
        ExMeasure(&list->Before);
    list->Measured = TRUE;
}

/* The file of the store that the value's first word names; returns what follows the word. */
static const WCHAR *ExpFindStored(RUNLIST *list, const UCHAR **data, ULONG *size)
{
    char stored[16];
    ULONG n = 0;
    for (; list->Value[n] > ' ' && n < sizeof stored - 1; n++)
        stored[n] = (char)list->Value[n];
    stored[n] = 0;
    if (!IoFindStored(stored, data, size))
        list->Status = STATUS_OBJECT_NAME_NOT_FOUND;
    return list->Value + n + (list->Value[n] == ' ');
}

/* The next program's own file. */
static void ExpPlaceFile(RUNLIST *list)
{
    const UCHAR *data;
    ULONG size;
    ExpMeasureOnce(list);
    const WCHAR *name = ExpFindStored(list, &data, &size);
    if (NT_SUCCESS(list->Status))
        list->Status = IoPlaceFile(name, data, size);
}

/* The process of the list's line; what keeps it from starting. */
static NTSTATUS ExpCreateProcess(const RUNLIST *list, EPROCESS **process)
{
    const PSCREATE create = {.ImagePath = list->Path,
                             .CommandLine = list->Value,
                             .Environment = list->Environment.Block,
                             .HostStreams = TRUE,
                             .HostIndex = list->Index,
                             .GlobalFlag = list->GlobalFlag};
    if (!NT_SUCCESS(list->Status))
        return list->Status;
    if (list->ValueLength > LONGEST_COMMAND)
        return STATUS_NAME_TOO_LONG;
    return PsCreateInitialProcess(&create, process);
}

/* To its end; returns the regions that were left. */
static ULONG ExpFollowProgram(const RUNLIST *list, EPROCESS *process)
{
    const BOOLEAN killed = ExpWaitForProgram(process);
    ExpEndAllProcesses();
    ExpJudge(list->Index, process, killed);
    ExpWaitForReaping(&list->Before);
    const ULONG regions = MmQueryRegions(process->Space, NULL, 0);
    ObDereferenceObject(process);
    return regions;
}

static void ExpRunProgram(RUNLIST *list)
{
    EPROCESS *process;
    ULONG regions = 0;
    ExpImageOf(list->Value, list->Path, MAX_PATH);
    IoSetHostInput(list->Input, list->InputSize);
    KdHostSend('S', &list->Index, sizeof list->Index);
    ExpMeasureOnce(list);
    list->Before.Allocations = MmAllocations;
    MmPoolFailAt = list->PoolFail; /* counted from here on */
    const NTSTATUS status = ExpCreateProcess(list, &process);
    if (NT_SUCCESS(status)) {
        regions = ExpFollowProgram(list, process);
    } else {
        DbgPrint("fathom: %S: could not start (%08x)\n", list->Path, (unsigned)status);
        ExpSendVerdict(list->Index, NotStarted, status, 0, "");
    }
    MmPoolFailAt = 0;
    IoResetFiles();
    ExSendAudit(list->Index, &list->Before, regions);
    list->Index++;
    list->PoolFail = KeBootNumber("poolfail", 0);
    list->Input = NULL;
    list->Status = STATUS_SUCCESS;
    list->Measured = FALSE;
    IoSetHostInput(NULL, 0);
}

static BOOLEAN ExpHasKey(const char *line, const char *end, const char *key)
{
    const SIZE_T length = strlen(key);
    return (SIZE_T)(end - line) >= length && memcmp(line, key, length) == 0;
}

/* Starts with key: its value is decoded into list->Value. */
static BOOLEAN ExpKey(RUNLIST *list, const char *line, const char *end, const char *key)
{
    if (!ExpHasKey(line, end, key))
        return FALSE;
    list->ValueLength = ExDecodeValue(line + strlen(key), end, list->Value);
    return TRUE;
}

static void ExpDoLine(RUNLIST *list, const char *line, const char *end)
{
    if (ExpKey(list, line, end, "env="))
        ExSetVariable(&list->Environment, list->Value);
    else if (ExpKey(list, line, end, "gflags="))
        list->GlobalFlag = ExNumber(list->Value);
    else if (ExpKey(list, line, end, "poolfail="))
        list->PoolFail = ExNumber(list->Value);
    else if (ExpKey(list, line, end, "file="))
        ExpPlaceFile(list);
    else if (ExpKey(list, line, end, "stdin="))
        ExpFindStored(list, &list->Input, &list->InputSize);
    else if (ExpKey(list, line, end, "run="))
        ExpRunProgram(list);
}

/* The next line, without its end; FALSE: there is none. */
static BOOLEAN ExpNextLine(RUNLIST *list, const char **line, const char **end)
{
    if (list->Next >= list->End)
        return FALSE;
    *line = *end = list->Next;
    while (*end < list->End && **end != '\n')
        ++*end;
    list->Next = *end + 1;
    return TRUE;
}

/* Room for each value, and for the whole environment. */
static BOOLEAN ExpMakeRoom(RUNLIST *list)
{
    ULONG longest = 0, environment = 0;
    const char *first = list->Next;
    for (const char *line, *end; ExpNextLine(list, &line, &end);) {
        longest = max(longest, (ULONG)(end - line));
        if (ExpHasKey(line, end, "env="))
            environment += end - line;
        list->Programs += ExpHasKey(line, end, "run=");
    }
    list->Next = first;
    list->Value = ExAllocatePool((longest + 1) * sizeof(WCHAR), EX_TAG);
    return list->Value != NULL && ExMakeEnvironment(&list->Environment, environment);
}

/* The image of a system's DLL stays from now on, all its pages brought, so that no program seems to
 * lose one.  Without the file, or with too little memory for it, nothing is kept. */
static void ExpKeepImage(const WCHAR *name)
{
    MMSECTION *section;
    MMFILE *file = IoOpenArchiveFile(name);
    if (file == NULL)
        return;
    if (NT_SUCCESS(MmCreateSection(file, 0, PAGE_EXECUTE, SEC_IMAGE, &section)) &&
        !NT_SUCCESS(MmPrefetchSection(section)))
        MmDereferenceSection(section);
    file->Dereference(file);
}

static void ExpDoLines(RUNLIST *list, const UCHAR *text, ULONG size)
{
    list->Next = (const char *)text;
    list->End = list->Next + size;
    list->GlobalFlag = KeBootNumber("gflags", 0);
    list->PoolFail = KeBootNumber("poolfail", 0);
    if (!ExpMakeRoom(list)) {
        DbgPrint("fathom: too little memory for the run list\n");
        return;
    }
    if (list->Programs > 1) {
        ExpKeepImage(L"kernel32.dll");
        ExpKeepImage(L"msvcrt.dll");
    }
    for (const char *line, *end; ExpNextLine(list, &line, &end);)
        ExpDoLine(list, line, end);
    ExFreePool(list->Environment.Block);
    ExFreePool(list->Value);
}

BOOLEAN ExRunList(void)
{
    const UCHAR *text;
    ULONG size;
    if (!IoFindStored("run", &text, &size))
        return FALSE;
    RUNLIST *list = ExAllocatePool(sizeof *list, EX_TAG);
    KeInitializeEvent(&ExpKillEvent, EventSynchronizationObject, FALSE);
    if (list == NULL)
        return FALSE;
    ExpDoLines(list, text, size);
    ExFreePool(list);
    return TRUE;
}

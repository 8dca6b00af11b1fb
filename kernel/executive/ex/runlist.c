/* runlist.c - the run list: many programs in one boot, verdicts by the host port.
 *
 * The file fathom.run of the archive has lines key=value, values percent-encoded (%XX of
 * UTF-8):
 *
 *   env=NAME=VALUE     for all programs below; any number
 *   gflags=N           NtGlobalFlag for all below
 *   poolfail=N         of the kernel's own allocations for the next program the N-th fails
 *   stdin=FILE         of the archive, for the next program; else the host is asked
 *   run=C:\PROG.EXE A  image, and the whole text as command line
 *
 * Around each program the machine is measured (measure.c).  docs/hostport.md has the frames. */
#include "exp.h"

#define LONGEST_LINE     4096u
#define ENVIRONMENT_ROOM 16384u /* characters */

enum { Exited = 0, Crashed = 1, Killed = 2, NotStarted = 3 };

typedef struct {
    const char *Next, *End; /* of the file */
    ULONG Index;
    ULONG GlobalFlag, PoolFail;
    MMFILE *Input;
    WCHAR *Environment;
    ULONG EnvironmentLength; /* characters, without the last zero */
    WCHAR Value[LONGEST_LINE];
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

static int ExpHexDigit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* The next byte of an encoded value. */
static UCHAR ExpDecodeByte(const char **at, const char *end)
{
    const char *p = *at;
    if (*p == '%' && end - p >= 3 && ExpHexDigit(p[1]) >= 0 && ExpHexDigit(p[2]) >= 0) {
        *at = p + 3;
        return ExpHexDigit(p[1]) << 4 | ExpHexDigit(p[2]);
    }
    *at = p + 1;
    return *p;
}

/* Percent-decoding, then UTF-8 to UTF-16. */
static void ExpDecodeValue(const char *at, const char *end, WCHAR *value)
{
    ULONG n = 0;
    while (at < end && n < LONGEST_LINE - 3) {
        ULONG point = ExpDecodeByte(&at, end);
        ULONG follow = point >= 0xF0 ? 3 : point >= 0xE0 ? 2 : point >= 0xC0 ? 1 : 0;
        if (follow)
            point &= 0x3F >> follow;
        while (follow-- && at < end)
            point = point << 6 | (ExpDecodeByte(&at, end) & 0x3F);
        if (point >= 0x10000) {
            value[n++] = 0xD7C0 + (point >> 10);
            point = 0xDC00 | (point & 0x3FF);
        }
        value[n++] = point;
    }
    value[n] = 0;
}

static void ExpAddEnvironment(RUNLIST *list, const WCHAR *entry)
{
    ULONG length = 0;
    while (entry[length])
        length++;
    if (list->EnvironmentLength + length + 2 > ENVIRONMENT_ROOM)
        return;
    memcpy(list->Environment + list->EnvironmentLength, entry,
           (length + 1) * sizeof(WCHAR));
    list->EnvironmentLength += length + 1;
    list->Environment[list->EnvironmentLength] = 0;
}

static ULONG ExpNumber(const WCHAR *text)
{
    ULONG value = 0, base = 10;
    if (text[0] == '0' && (text[1] | 32) == 'x') {
        base = 16;
        text += 2;
    }
    for (int digit;
         (digit = *text < 0x7F ? ExpHexDigit(*text) : -1) >= 0 && digit < (int)base;
         text++)
        value = value * base + digit;
    return value;
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

/* Processes that the program left running end with it. */
static void ExpEndAllProcesses(void)
{
    while (!IsListEmpty(&PsAllProcesses)) {
        EPROCESS *process = NULL;
        for (LIST_ENTRY *entry = PsAllProcesses.Flink; entry != &PsAllProcesses;
             entry = entry->Flink) {
            process = CONTAINING_RECORD(entry, EPROCESS, AllListEntry);
            if (process->Header.SignalState == 0)
                break;
            process = NULL;
        }
        if (process == NULL)
            return;
        ObReferenceObject(process);
        PsTerminateProcess(process, STATUS_PROCESS_IS_TERMINATING);
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
    KeWaitForSingleObject(process, FALSE, FALSE, NULL);
    return TRUE;
}

static void ExpJudge(ULONG index, const EPROCESS *process, BOOLEAN killed)
{
    if (killed)
        ExpSendVerdict(index, Killed, process->ExitStatus, 0, "");
    else if (process->Crashed && process->ExitStatus == (NTSTATUS)process->CrashCode)
        ExpSendVerdict(index, Crashed, process->CrashCode, process->CrashAddress,
                       process->CrashPlace);
    else if (process->StartFailure != 0 && process->ExitStatus == process->StartFailure)
        ExpSendVerdict(index, NotStarted, process->ExitStatus, 0, "");
    else
        ExpSendVerdict(index, Exited, process->ExitStatus, 0, "");
}

/* The first word of the command line, or what stands in quotes. */
static void ExpImageOf(const WCHAR *commandLine, WCHAR *path, ULONG room)
{
    const WCHAR stop = *commandLine == '"' ? '"' : ' ';
    ULONG n = 0;
    commandLine += *commandLine == '"';
    for (; *commandLine && *commandLine != stop && n < room - 1; commandLine++)
        path[n++] = *commandLine;
    path[n] = 0;
}

static void ExpRunProgram(RUNLIST *list)
{
    EPROCESS *process;
    const ULONG index = list->Index++;
    ExpImageOf(list->Value, list->Path, MAX_PATH);
    const PSCREATE create = {.ImagePath = list->Path,
                             .CommandLine = list->Value,
                             .Environment = list->Environment,
                             .HostStreams = TRUE,
                             .HostIndex = index,
                             .GlobalFlag = list->GlobalFlag};
    IoSetHostInput(list->Input);
    KdHostSend('S', &index, sizeof index);
    EXMEASURE before;
    ExMeasure(&before);
    MmPoolFailAt = list->PoolFail; /* counted from here on */
    NTSTATUS status = PsCreateInitialProcess(&create, &process);
    if (NT_SUCCESS(status)) {
        BOOLEAN killed = ExpWaitForProgram(process);
        ExpEndAllProcesses();
        ExpJudge(index, process, killed);
        ExpWaitForReaping(&before);
        ULONG regions = MmQueryRegions(process->Space, NULL, 0);
        ObDereferenceObject(process);
        IoResetFiles();
        MmPoolFailAt = 0;
        ExSendAudit(index, &before, regions);
    } else {
        MmPoolFailAt = 0;
        DbgPrint("fathom: %S: could not start (%08x)\n", list->Path, (unsigned)status);
        ExpSendVerdict(index, NotStarted, status, 0, "");
        ExSendAudit(index, &before, 0);
    }
    list->PoolFail = KeBootNumber("poolfail", 0);
    IoSetHostInput(NULL);
    if (list->Input != NULL)
        list->Input->Dereference(list->Input);
    list->Input = NULL;
}

/* Starts with key: its value is decoded into list->Value. */
static BOOLEAN ExpKey(RUNLIST *list, const char *line, const char *end, const char *key)
{
    const SIZE_T length = strlen(key);
    if ((SIZE_T)(end - line) < length || memcmp(line, key, length) != 0)
        return FALSE;
    ExpDecodeValue(line + length, end, list->Value);
    return TRUE;
}

static void ExpDoLine(RUNLIST *list, const char *line, const char *end)
{
    if (ExpKey(list, line, end, "env="))
        ExpAddEnvironment(list, list->Value);
    else if (ExpKey(list, line, end, "gflags="))
        list->GlobalFlag = ExpNumber(list->Value);
    else if (ExpKey(list, line, end, "poolfail="))
        list->PoolFail = ExpNumber(list->Value);
    else if (ExpKey(list, line, end, "stdin="))
        list->Input = IoOpenArchiveFile(list->Value);
    else if (ExpKey(list, line, end, "run="))
        ExpRunProgram(list);
}

static void ExpDefaultEnvironment(RUNLIST *list)
{
    for (const WCHAR *entry = PsDefaultEnvironment; *entry; entry++) {
        ExpAddEnvironment(list, entry);
        while (*entry)
            entry++;
    }
}

void ExRunList(void)
{
    MMFILE *file = IoOpenArchiveFile(L"fathom.run");
    RUNLIST *list = ExAllocatePool(sizeof *list, EX_TAG);
    WCHAR *environment = ExAllocatePool(ENVIRONMENT_ROOM * sizeof(WCHAR), EX_TAG);
    if (file == NULL || list == NULL || environment == NULL) {
        DbgPrint("fathom: the archive has no fathom.run\n");
        return;
    }
    IoHideFile(file);
    KeInitializeEvent(&ExpKillEvent, EventSynchronizationObject, FALSE);
    list->Next = (const char *)file->Data;
    list->End = list->Next + file->Size;
    list->Environment = environment;
    list->GlobalFlag = KeBootNumber("gflags", 0);
    list->PoolFail = KeBootNumber("poolfail", 0);
    ExpDefaultEnvironment(list);
    while (list->Next < list->End) {
        const char *line = list->Next, *end = line;
        while (end < list->End && *end != '\n')
            end++;
        list->Next = end + 1;
        if (end > line && end[-1] == '\r')
            end--;
        ExpDoLine(list, line, end);
    }
}

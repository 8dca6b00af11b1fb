/* toolhelp.c - snapshots of processes, threads, modules and heaps.
 *
 * A snapshot is a section: the handle is a real one, closed by CloseHandle and inheritable,
 * and each First/Next maps it, takes an entry and moves its cursor, as on Windows.
 *
 *      section:  SNAPSHOT | PROCESSENTRY32W[] | THREADENTRY32[] | MODULEENTRY32W[] | HEAPLIST32[]
 *
 * Processes and threads come from NtQuerySystemInformation; modules and heaps from the PEB of
 * the process that was named, read from outside like any debugger does.
 */
#include "k32.h"

enum { Processes, Threads, Modules, Heaps, Kinds };

typedef struct {
    struct {
        ULONG Offset, Count, Size, Cursor; /* bytes from the start, entries, bytes each */
    } Kind[Kinds];
} SNAPSHOT;

typedef struct { /* SystemProcessInformation of 7 on x86 */
    ULONG NextEntryOffset, NumberOfThreads;
    UCHAR Times[48];
    UNICODE_STRING ImageName;
    LONG BasePriority;
    ULONG UniqueProcessId, ParentProcessId, HandleCount;
    UCHAR Rest[0x68];
} PROCESS;
C_ASSERT(sizeof(PROCESS) == 0xB8);

typedef struct { /* one thread, after its process */
    UCHAR Times[28];
    ULONG StartAddress, ProcessId, ThreadId;
    LONG Priority, BasePriority;
    UCHAR Rest[16];
} THREAD;
C_ASSERT(sizeof(THREAD) == 0x40);

static PROCESS *QueryProcesses(void)
{
    ULONG length = 0x4000, needed;
    PROCESS *list;
    NTSTATUS status;

    for (;; length = needed + 0x1000) {
        list = RtlAllocateHeap(BaseHeap(), 0, length);
        if (!list) {
            RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        status =
            NtQuerySystemInformation(SystemProcessInformation, list, length, &needed);
        if (NT_SUCCESS(status))
            return list;
        RtlFreeHeap(BaseHeap(), 0, list);
        if (status != STATUS_INFO_LENGTH_MISMATCH) {
            BaseSetLastNTError(status);
            return NULL;
        }
    }
}

static PROCESS *NextProcess(PROCESS *at)
{
    return at->NextEntryOffset ? (PROCESS *)((PUCHAR)at + at->NextEntryOffset) : NULL;
}

/* The process's memory, or our own without a detour. */
static BOOL Peek(HANDLE process, LPCVOID address, PVOID out, SIZE_T bytes)
{
    return NT_SUCCESS(NtReadVirtualMemory(process, address, out, bytes, NULL));
}

static BOOL PeekPeb(HANDLE process, PEB *peb)
{
    struct {
        NTSTATUS ExitStatus;
        PVOID Peb;
        ULONG Rest[4];
    } basic;

    return NT_SUCCESS(NtQueryInformationProcess(process, ProcessBasicInformation, &basic,
                                                sizeof basic, NULL)) &&
           Peek(process, basic.Peb, peb, sizeof *peb);
}

static void PeekText(HANDLE process, const UNICODE_STRING *from, LPWSTR out, ULONG size)
{
    ULONG bytes = from->Length < (size - 1) * sizeof(WCHAR) ? from->Length
                                                            : (size - 1) * sizeof(WCHAR);
    if (!Peek(process, from->Buffer, out, bytes))
        bytes = 0;
    out[bytes / sizeof(WCHAR)] = 0;
}

/* Count, and when out is given fill, the loaded modules in load order. */
static ULONG ListModules(HANDLE process, DWORD id, MODULEENTRY32W *out, ULONG most)
{
    PEB peb;
    PEB_LDR_DATA ldr;
    LDR_DATA_TABLE_ENTRY entry;
    PLIST_ENTRY head, link;
    ULONG count = 0;

    if (!PeekPeb(process, &peb) || !Peek(process, peb.Ldr, &ldr, sizeof ldr))
        return 0;
    head = (PLIST_ENTRY)((PUCHAR)peb.Ldr + offsetof(PEB_LDR_DATA, InLoadOrderModuleList));
    for (link = ldr.InLoadOrderModuleList.Flink; link != head && count < most; count++) {
        if (!Peek(process, link, &entry, sizeof entry))
            break;
        if (out) {
            out[count] = (MODULEENTRY32W){.dwSize = sizeof *out,
                                          .th32ModuleID = 1,
                                          .th32ProcessID = id,
                                          .GlblcntUsage = entry.LoadCount,
                                          .ProccntUsage = entry.LoadCount,
                                          .modBaseAddr = entry.DllBase,
                                          .modBaseSize = entry.SizeOfImage,
                                          .hModule = entry.DllBase};
            PeekText(process, &entry.BaseDllName, out[count].szModule,
                     MAX_MODULE_NAME32 + 1);
            PeekText(process, &entry.FullDllName, out[count].szExePath, MAX_PATH);
        }
        link = entry.InLoadOrderLinks.Flink;
    }
    return count;
}

static ULONG ListHeaps(HANDLE process, DWORD id, HEAPLIST32 *out, ULONG most)
{
    PEB peb;
    PVOID heap;
    ULONG count;

    if (!PeekPeb(process, &peb))
        return 0;
    for (count = 0; count < peb.NumberOfHeaps && count < most; count++) {
        if (!out)
            continue;
        if (!Peek(process, peb.ProcessHeaps + count, &heap, sizeof heap))
            break;
        out[count] = (HEAPLIST32){.dwSize = sizeof *out,
                                  .th32ProcessID = id,
                                  .th32HeapID = (ULONG_PTR)heap,
                                  .dwFlags = heap == peb.ProcessHeap ? HF32_DEFAULT : 0};
    }
    return count;
}

static void FillProcesses(PROCESS *list, PROCESSENTRY32W *out)
{
    PROCESS *at;

    for (at = list; at; at = NextProcess(at), out++) {
        ULONG letters = at->ImageName.Length / sizeof(WCHAR);
        if (letters >= MAX_PATH)
            letters = MAX_PATH - 1;
        *out = (PROCESSENTRY32W){.dwSize = sizeof *out,
                                 .th32ProcessID = at->UniqueProcessId,
                                 .cntThreads = at->NumberOfThreads,
                                 .th32ParentProcessID = at->ParentProcessId,
                                 .pcPriClassBase = at->BasePriority};
        memcpy(out->szExeFile, at->ImageName.Buffer, letters * sizeof(WCHAR));
    }
}

static void FillThreads(PROCESS *list, THREADENTRY32 *out)
{
    PROCESS *at;
    ULONG i;

    for (at = list; at; at = NextProcess(at)) {
        const THREAD *thread = (const THREAD *)(at + 1);
        for (i = 0; i < at->NumberOfThreads; i++, out++, thread++)
            *out = (THREADENTRY32){.dwSize = sizeof *out,
                                   .th32ThreadID = thread->ThreadId,
                                   .th32OwnerProcessID = thread->ProcessId,
                                   .tpBasePri = thread->BasePriority};
    }
}

/* Count what the flags ask for, and lay the section out. Bytes of it. */
static ULONG Layout(SNAPSHOT *snapshot, DWORD flags, PROCESS *list, HANDLE process,
                    DWORD id)
{
    static const ULONG sizes[Kinds] = {sizeof(PROCESSENTRY32W), sizeof(THREADENTRY32),
                                       sizeof(MODULEENTRY32W), sizeof(HEAPLIST32)};
    ULONG offset = sizeof *snapshot, i;
    PROCESS *at;

    *snapshot = (SNAPSHOT){0};
    for (at = list; at; at = NextProcess(at)) {
        snapshot->Kind[Processes].Count += (flags & TH32CS_SNAPPROCESS) != 0;
        snapshot->Kind[Threads].Count +=
            flags & TH32CS_SNAPTHREAD ? at->NumberOfThreads : 0;
    }
    if (flags & TH32CS_SNAPMODULE)
        snapshot->Kind[Modules].Count = ListModules(process, id, NULL, ~0u);
    if (flags & TH32CS_SNAPHEAPLIST)
        snapshot->Kind[Heaps].Count = ListHeaps(process, id, NULL, ~0u);
    for (i = 0; i < Kinds; i++) {
        snapshot->Kind[i].Offset = offset;
        snapshot->Kind[i].Size = sizes[i];
        offset += snapshot->Kind[i].Count * sizes[i];
    }
    return offset;
}

static SNAPSHOT *MapSnapshot(HANDLE section)
{
    SNAPSHOT *snapshot = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!snapshot)
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return snapshot;
}

static PVOID Entries(SNAPSHOT *snapshot, ULONG kind)
{
    return (PUCHAR)snapshot + snapshot->Kind[kind].Offset;
}

/* INVALID_HANDLE_VALUE with ERROR_INVALID_PARAMETER (no such process), ERROR_NOT_ENOUGH_MEMORY. */
HANDLE WINAPI CreateToolhelp32Snapshot(DWORD flags, DWORD processId)
{
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, (flags & TH32CS_INHERIT) != 0};
    DWORD id = processId ? processId : GetCurrentProcessId();
    HANDLE process = NtCurrentProcess(), section = NULL;
    SNAPSHOT layout, *snapshot = NULL;
    PROCESS *list;

    if (id != GetCurrentProcessId() &&
        (flags & (TH32CS_SNAPMODULE | TH32CS_SNAPHEAPLIST))) {
        process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, id);
        if (!process)
            return INVALID_HANDLE_VALUE;
    }
    list = QueryProcesses();
    if (list) {
        ULONG bytes = Layout(&layout, flags, list, process, id);
        section = CreateFileMappingW(INVALID_HANDLE_VALUE, &security, PAGE_READWRITE, 0,
                                     bytes, NULL);
    }
    if (section)
        snapshot = MapSnapshot(section);
    if (snapshot) {
        *snapshot = layout;
        if (flags & TH32CS_SNAPPROCESS)
            FillProcesses(list, Entries(snapshot, Processes));
        if (flags & TH32CS_SNAPTHREAD)
            FillThreads(list, Entries(snapshot, Threads));
        /* What was loaded or made since it was counted is left out. */
        snapshot->Kind[Modules].Count = ListModules(
            process, id, Entries(snapshot, Modules), layout.Kind[Modules].Count);
        snapshot->Kind[Heaps].Count =
            ListHeaps(process, id, Entries(snapshot, Heaps), layout.Kind[Heaps].Count);
        UnmapViewOfFile(snapshot);
    }
    BasepFree(list);
    if (process != NtCurrentProcess())
        NtClose(process);
    if (snapshot)
        return section;
    if (section)
        NtClose(section);
    RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return INVALID_HANDLE_VALUE;
}

/* The entry at the cursor, if the caller's structure is as long; ERROR_NO_MORE_FILES at the
 * end, ERROR_BAD_LENGTH for a structure that is too short. */
static BOOL Take(HANDLE section, ULONG kind, BOOL first, PVOID out, SIZE_T size)
{
    SNAPSHOT *snapshot = MapSnapshot(section);
    ULONG error = NO_ERROR;

    if (!snapshot)
        return FALSE;
    if (first)
        snapshot->Kind[kind].Cursor = 0;
    if (size < snapshot->Kind[kind].Size)
        error = ERROR_BAD_LENGTH;
    else if (snapshot->Kind[kind].Cursor >= snapshot->Kind[kind].Count)
        error = ERROR_NO_MORE_FILES;
    else
        memcpy(out,
               (PUCHAR)Entries(snapshot, kind) +
                   snapshot->Kind[kind].Cursor++ * snapshot->Kind[kind].Size,
               snapshot->Kind[kind].Size);
    UnmapViewOfFile(snapshot);
    return !error || BasepFail(error);
}

WINBOOL WINAPI Process32FirstW(HANDLE snapshot, LPPROCESSENTRY32W entry)
{
    return Take(snapshot, Processes, TRUE, entry, entry->dwSize);
}

WINBOOL WINAPI Process32NextW(HANDLE snapshot, LPPROCESSENTRY32W entry)
{
    return Take(snapshot, Processes, FALSE, entry, entry->dwSize);
}

WINBOOL WINAPI Thread32First(HANDLE snapshot, LPTHREADENTRY32 entry)
{
    return Take(snapshot, Threads, TRUE, entry, entry->dwSize);
}

WINBOOL WINAPI Thread32Next(HANDLE snapshot, LPTHREADENTRY32 entry)
{
    return Take(snapshot, Threads, FALSE, entry, entry->dwSize);
}

WINBOOL WINAPI Module32FirstW(HANDLE snapshot, LPMODULEENTRY32W entry)
{
    return Take(snapshot, Modules, TRUE, entry, entry->dwSize);
}

WINBOOL WINAPI Module32NextW(HANDLE snapshot, LPMODULEENTRY32W entry)
{
    return Take(snapshot, Modules, FALSE, entry, entry->dwSize);
}

WINBOOL WINAPI Heap32ListFirst(HANDLE snapshot, LPHEAPLIST32 entry)
{
    return Take(snapshot, Heaps, TRUE, entry, entry->dwSize);
}

WINBOOL WINAPI Heap32ListNext(HANDLE snapshot, LPHEAPLIST32 entry)
{
    return Take(snapshot, Heaps, FALSE, entry, entry->dwSize);
}

static BOOL TakeProcessA(HANDLE snapshot, BOOL first, LPPROCESSENTRY32 entry)
{
    PROCESSENTRY32W wide;

    if (entry->dwSize < sizeof *entry)
        return BasepFail(ERROR_BAD_LENGTH);
    if (!Take(snapshot, Processes, first, &wide, sizeof wide))
        return FALSE;
    memcpy(entry, &wide, offsetof(PROCESSENTRY32W, szExeFile)); /* alike up to the name */
    entry->dwSize = sizeof *entry;
    BasepReturnAnsi(wide.szExeFile, entry->szExeFile, MAX_PATH);
    return TRUE;
}

WINBOOL WINAPI Process32First(HANDLE snapshot, LPPROCESSENTRY32 entry)
{
    return TakeProcessA(snapshot, TRUE, entry);
}

WINBOOL WINAPI Process32Next(HANDLE snapshot, LPPROCESSENTRY32 entry)
{
    return TakeProcessA(snapshot, FALSE, entry);
}

static BOOL TakeModuleA(HANDLE snapshot, BOOL first, LPMODULEENTRY32 entry)
{
    MODULEENTRY32W wide;

    if (entry->dwSize < sizeof *entry)
        return BasepFail(ERROR_BAD_LENGTH);
    if (!Take(snapshot, Modules, first, &wide, sizeof wide))
        return FALSE;
    memcpy(entry, &wide, offsetof(MODULEENTRY32W, szModule));
    entry->dwSize = sizeof *entry;
    BasepReturnAnsi(wide.szModule, entry->szModule, sizeof entry->szModule);
    BasepReturnAnsi(wide.szExePath, entry->szExePath, sizeof entry->szExePath);
    return TRUE;
}

WINBOOL WINAPI Module32First(HANDLE snapshot, LPMODULEENTRY32 entry)
{
    return TakeModuleA(snapshot, TRUE, entry);
}

WINBOOL WINAPI Module32Next(HANDLE snapshot, LPMODULEENTRY32 entry)
{
    return TakeModuleA(snapshot, FALSE, entry);
}

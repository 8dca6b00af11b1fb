/* heap32.c - toolhelp's walk of a heap's blocks, and Toolhelp32ReadProcessMemory.
 *
 * Each call finds its place again by walking from the start, as documented ("slow"): the entry
 * keeps the block's number in dwResvd.  A heap of another process is walked by a thread of ours
 * inside it, since its lock is there: kernel32 lies at the same address in all.  (Windows:
 * RtlQueryProcessDebugInformation, which does the same.)
 */
#include "k32.h"

typedef struct {
    HEAPENTRY32 Entry;
    ULONG_PTR Heap;
    DWORD Wanted;
} REQUEST;

static BOOL IsHeap(ULONG_PTR heap)
{
    HANDLE heaps[256];
    DWORD i = GetProcessHeaps(256, heaps);

    while (i > 0 && (i > 256 || heaps[i - 1] != (HANDLE)heap))
        i--;
    return i > 0;
}

/* Block number `wanted` of a heap of this process. */
static BOOL Find(LPHEAPENTRY32 entry, ULONG_PTR heapId, DWORD wanted)
{
    PROCESS_HEAP_ENTRY at = {0};
    HANDLE heap = (HANDLE)heapId;
    DWORD number = 0;
    BOOL found = FALSE;

    if (!IsHeap(heapId))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!HeapLock(heap))
        return FALSE;
    while (!found && HeapWalk(heap, &at))
        found = !(at.wFlags & (PROCESS_HEAP_REGION | PROCESS_HEAP_UNCOMMITTED_RANGE)) &&
                number++ == wanted;
    HeapUnlock(heap);
    if (!found)
        return BasepFail(ERROR_NO_MORE_FILES);
    *entry = (HEAPENTRY32){
        .dwSize = sizeof *entry,
        .hHandle = at.wFlags & PROCESS_HEAP_ENTRY_MOVEABLE ? at.Block.hMem : at.lpData,
        .dwAddress = (ULONG_PTR)at.lpData,
        .dwBlockSize = at.cbData,
        .dwFlags = at.wFlags & PROCESS_HEAP_ENTRY_MOVEABLE ? LF32_MOVEABLE
                   : at.wFlags & PROCESS_HEAP_ENTRY_BUSY   ? LF32_FIXED
                                                           : LF32_FREE,
        .dwResvd = wanted,
        .th32ProcessID = GetCurrentProcessId(),
        .th32HeapID = heapId};
    return TRUE;
}

/* The thread inside the other process; its exit code is the error. */
static DWORD WINAPI FindHere(LPVOID at)
{
    REQUEST *request = at;
    return Find(&request->Entry, request->Heap, request->Wanted) ? NO_ERROR
                                                                 : RtlGetLastWin32Error();
}

/* Asks process for the block; result: NO_ERROR, or what went wrong. */
static DWORD Ask(HANDLE process, REQUEST *request)
{
    DWORD error = NO_ERROR;
    PVOID there =
        VirtualAllocEx(process, NULL, sizeof *request, MEM_COMMIT, PAGE_READWRITE);
    HANDLE thread = NULL;

    if (there && WriteProcessMemory(process, there, request, sizeof *request, NULL))
        thread = CreateRemoteThread(process, NULL, 0, FindHere, there, 0, NULL);
    if (!thread || WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0 ||
        !GetExitCodeThread(thread, &error) ||
        !ReadProcessMemory(process, there, request, sizeof *request, NULL))
        error = RtlGetLastWin32Error();
    if (thread)
        CloseHandle(thread);
    if (there)
        VirtualFreeEx(process, there, 0, MEM_RELEASE);
    return error;
}

static BOOL FindThere(LPHEAPENTRY32 entry, DWORD processId, ULONG_PTR heapId,
                      DWORD wanted)
{
    REQUEST request = {.Entry = *entry, .Heap = heapId, .Wanted = wanted};
    HANDLE process =
        OpenProcess(PROCESS_CREATE_THREAD | PROCESS_QUERY_INFORMATION |
                        PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE,
                    FALSE, processId);
    DWORD error;

    if (!process)
        return FALSE;
    error = Ask(process, &request);
    CloseHandle(process);
    if (error)
        return BasepFail(error);
    *entry = request.Entry;
    return TRUE;
}

static BOOL FindIn(LPHEAPENTRY32 entry, DWORD processId, ULONG_PTR heapId, DWORD wanted)
{
    if (entry->dwSize != sizeof *entry || !heapId)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!processId || processId == GetCurrentProcessId())
        return Find(entry, heapId, wanted);
    return FindThere(entry, processId, heapId, wanted);
}

WINBOOL WINAPI Heap32First(LPHEAPENTRY32 entry, DWORD processId, ULONG_PTR heapId)
{
    return FindIn(entry, processId, heapId, 0);
}

WINBOOL WINAPI Heap32Next(LPHEAPENTRY32 entry)
{
    return FindIn(entry, entry->th32ProcessID, entry->th32HeapID, entry->dwResvd + 1);
}

WINBOOL WINAPI Toolhelp32ReadProcessMemory(DWORD processId, LPCVOID base, LPVOID buffer,
                                           SIZE_T size, SIZE_T *read)
{
    HANDLE process = OpenProcess(PROCESS_VM_READ, FALSE,
                                 processId ? processId : GetCurrentProcessId());
    BOOL done;

    if (!process)
        return FALSE;
    done = ReadProcessMemory(process, base, buffer, size, read);
    CloseHandle(process);
    return done;
}

/* heap32.c - toolhelp's walk of a heap's blocks, and Toolhelp32ReadProcessMemory.
 *
 * Each call finds its place again by walking from the start, as documented ("slow"): the entry
 * keeps the block's number in dwResvd.  Only the caller's own heaps are walked; another
 * process's would need a thread of ours inside it (ERROR_ACCESS_DENIED).
 */
#include "k32.h"

/* Block number `wanted` of the heap; a heap of another is ERROR_INVALID_PARAMETER. */
static BOOL Find(LPHEAPENTRY32 entry, DWORD processId, ULONG_PTR heapId, DWORD wanted)
{
    PROCESS_HEAP_ENTRY at = {0};
    HANDLE heap = (HANDLE)heapId;
    DWORD number = 0;
    BOOL found = FALSE;

    if (entry->dwSize != sizeof *entry || !heap)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (processId != GetCurrentProcessId())
        return BasepFail(ERROR_ACCESS_DENIED);
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
        .th32ProcessID = processId,
        .th32HeapID = heapId};
    return TRUE;
}

WINBOOL WINAPI Heap32First(LPHEAPENTRY32 entry, DWORD processId, ULONG_PTR heapId)
{
    return Find(entry, processId ? processId : GetCurrentProcessId(), heapId, 0);
}

WINBOOL WINAPI Heap32Next(LPHEAPENTRY32 entry)
{
    return Find(entry, entry->th32ProcessID, entry->th32HeapID, entry->dwResvd + 1);
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

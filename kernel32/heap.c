/* heap.c - the Heap family, except for the four that have no code here.
 *
 * HeapAlloc, HeapReAlloc, HeapFree and HeapSize are forwarded exports (kernel32.def): a
 * program that imports kernel32.HeapAlloc is bound to ntdll.RtlAllocateHeap itself.  What
 * is left makes, walks and asks heaps.  Windows: dt _HEAP, !heap -a.
 */
#include "local.h"

#define HEAP_CLASS_1_PRIVATE                                                             \
    0x1000u /* tag class that HeapCreate gives, as !heap shows it */
#define HEAP_CREATE_FLAGS                                                                \
    (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_CREATE_ENABLE_EXECUTE)

/* Sizes in bytes. maximum 0: growable. Otherwise fixed, at least a page and at least
 * initial. NULL with ERROR_NOT_ENOUGH_MEMORY. */
HANDLE WINAPI HeapCreate(DWORD options, SIZE_T initial, SIZE_T maximum)
{
    ULONG flags = (options & HEAP_CREATE_FLAGS) | HEAP_CLASS_1_PRIVATE;
    SIZE_T reserve = maximum;
    HANDLE heap;

    if (!maximum)
        flags |= HEAP_GROWABLE;
    else if (maximum < PAGE_SIZE)
        reserve = PAGE_SIZE;
    if (maximum && initial > reserve)
        reserve = initial;
    heap = RtlCreateHeap(flags, NULL, reserve, initial, NULL, NULL);
    if (!heap)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return heap;
}

/* The default heap is never destroyed: ERROR_INVALID_HANDLE. */
BOOL WINAPI HeapDestroy(HANDLE heap)
{
    return RtlDestroyHeap(heap) ? BasepFail(ERROR_INVALID_HANDLE) : TRUE;
}

HANDLE WINAPI GetProcessHeap(void)
{
    return BaseHeap();
}

/* How many heaps there are; the array is filled only when it is long enough for all. */
DWORD WINAPI GetProcessHeaps(DWORD count, PHANDLE heaps)
{
    return RtlGetProcessHeaps(count, heaps);
}

BOOL WINAPI HeapValidate(HANDLE heap, DWORD flags, LPCVOID block)
{
    return RtlValidateHeap(heap, flags, (PVOID)block);
}

/* Size of the largest committed free block in bytes; 0 with NO_ERROR means a full heap. */
SIZE_T WINAPI HeapCompact(HANDLE heap, DWORD flags)
{
    return RtlCompactHeap(heap, flags);
}

BOOL WINAPI HeapLock(HANDLE heap)
{
    return RtlLockHeap(heap);
}

BOOL WINAPI HeapUnlock(HANDLE heap)
{
    return RtlUnlockHeap(heap);
}

BOOL WINAPI HeapSetInformation(HANDLE heap, HEAP_INFORMATION_CLASS class,
                               PVOID information, SIZE_T length)
{
    return BasepResult((NTSTATUS)RtlSetHeapInformation(heap, class, information, length));
}

BOOL WINAPI HeapQueryInformation(HANDLE heap, HEAP_INFORMATION_CLASS class,
                                 PVOID information, SIZE_T length, PSIZE_T returned)
{
    return BasepResult(
        (NTSTATUS)RtlQueryHeapInformation(heap, class, information, length, returned));
}

/* PROCESS_HEAP_ENTRY to ntdll's entry: where the walk is, is all that has to survive. */
static void ToRtlEntry(const PROCESS_HEAP_ENTRY *from, RTL_HEAP_WALK_ENTRY *to)
{
    *to = (RTL_HEAP_WALK_ENTRY){.DataAddress = from->lpData,
                                .DataSize = from->cbData,
                                .OverheadBytes = from->cbOverhead,
                                .SegmentIndex = from->iRegionIndex};
    if (from->wFlags & PROCESS_HEAP_REGION) {
        to->Flags = RTL_HEAP_SEGMENT;
        to->Segment.CommittedSize = from->Region.dwCommittedSize;
        to->Segment.UnCommittedSize = from->Region.dwUnCommittedSize;
        to->Segment.FirstEntry = from->Region.lpFirstBlock;
        to->Segment.LastEntry = from->Region.lpLastBlock;
    } else if (from->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE) {
        to->Flags = RTL_HEAP_UNCOMMITTED_RANGE;
    } else if (from->wFlags & PROCESS_HEAP_ENTRY_BUSY) {
        to->Flags = RTL_HEAP_BUSY;
    }
}

static void FromRtlEntry(HANDLE heap, const RTL_HEAP_WALK_ENTRY *from,
                         PROCESS_HEAP_ENTRY *to)
{
    *to = (PROCESS_HEAP_ENTRY){.lpData = from->DataAddress,
                               .cbData = from->DataSize,
                               .cbOverhead = from->OverheadBytes,
                               .iRegionIndex = from->SegmentIndex};
    if (from->Flags & RTL_HEAP_SEGMENT) {
        to->wFlags = PROCESS_HEAP_REGION;
        to->Region.dwCommittedSize = from->Segment.CommittedSize;
        to->Region.dwUnCommittedSize = from->Segment.UnCommittedSize;
        to->Region.lpFirstBlock = from->Segment.FirstEntry;
        to->Region.lpLastBlock = from->Segment.LastEntry;
    } else if (from->Flags & RTL_HEAP_UNCOMMITTED_RANGE) {
        to->wFlags = PROCESS_HEAP_UNCOMMITTED_RANGE;
    } else if (from->Flags & RTL_HEAP_BUSY) {
        HANDLE handle;
        to->wFlags = PROCESS_HEAP_ENTRY_BUSY;
        if (heap == BaseHeap() && BasepMovableBlock(from->DataAddress, &handle)) {
            to->wFlags |= PROCESS_HEAP_ENTRY_MOVEABLE;
            if (BasepFlags(handle) & GMEM_DDESHARE)
                to->wFlags |= PROCESS_HEAP_ENTRY_DDESHARE;
            to->Block.hMem = handle;
        }
    }
}

/* One entry a call, from lpData == NULL on; FALSE with ERROR_NO_MORE_ITEMS at the end.
 * The caller holds the heap's lock if others use it. */
BOOL WINAPI HeapWalk(HANDLE heap, LPPROCESS_HEAP_ENTRY entry)
{
    RTL_HEAP_WALK_ENTRY rtl;
    NTSTATUS status;

    ToRtlEntry(entry, &rtl);
    status = RtlWalkHeap(heap, &rtl);
    if (!BasepResult(status))
        return FALSE;
    FromRtlEntry(heap, &rtl, entry);
    return TRUE;
}

/* The totals of a walk, in bytes: allocated, committed, reserved, and the maximum
 * reserve. */
BOOL WINAPI HeapSummary(HANDLE heap, DWORD flags, LPHEAP_SUMMARY summary)
{
    PROCESS_HEAP_ENTRY entry = {0};
    BOOL serialize = !(flags & HEAP_NO_SERIALIZE);

    if (!summary || summary->cb != sizeof *summary)
        return BasepFail(ERROR_INVALID_PARAMETER);
    *summary = (HEAP_SUMMARY){.cb = sizeof *summary};
    if (serialize && !HeapLock(heap))
        return FALSE;
    while (HeapWalk(heap, &entry)) {
        if (entry.wFlags & PROCESS_HEAP_REGION) {
            summary->cbCommitted += entry.Region.dwCommittedSize;
            summary->cbReserved +=
                entry.Region.dwCommittedSize + entry.Region.dwUnCommittedSize;
        } else if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            summary->cbAllocated += entry.cbData;
        }
    }
    summary->cbMaxReserve = summary->cbReserved;
    if (serialize)
        HeapUnlock(heap);
    return TRUE;
}

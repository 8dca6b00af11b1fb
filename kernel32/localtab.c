/* localtab.c - the handle table of movable objects.
 *
 * Reserved whole (512 KiB) at the first movable object and committed by the page as it fills;
 * free entries form a list.  65,536 handles, then there is none.  An entry never moves, so an
 * address in it is the handle.
 */
#include "local.h"

static BASE_HANDLE *Table, *TableEnd, *FreeEntries; /* [Table, TableEnd) is committed */
RTL_SRWLOCK BasepTableLock;

HLOCAL BasepHandleOf(BASE_HANDLE *entry)
{
    return (HLOCAL)&entry->Block;
}

/* The entry of a live handle; NULL for a pointer, a stale handle, or anything else. */
BASE_HANDLE *BasepEntryOf(HLOCAL handle)
{
    BASE_HANDLE *entry = CONTAINING_RECORD(handle, BASE_HANDLE, Block);
    if ((ULONG_PTR)entry & 7 || entry < Table || entry >= TableEnd)
        return NULL;
    return entry->Flags & BASE_HANDLE_USED ? entry : NULL;
}

/* Commit one more page of the table. Under the lock. */
static BOOL GrowTable(void)
{
    SIZE_T bytes = BASE_HANDLE_COUNT * sizeof(BASE_HANDLE), page = PAGE_SIZE;
    PVOID base = Table, end = TableEnd;
    BASE_HANDLE *entry, *limit;

    if (!Table) {
        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &bytes,
                                                MEM_RESERVE, PAGE_READWRITE)))
            return FALSE;
        Table = TableEnd = base;
        end = base;
    }
    if (TableEnd >= Table + BASE_HANDLE_COUNT)
        return FALSE;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &end, 0, &page,
                                            MEM_COMMIT, PAGE_READWRITE)))
        return FALSE;
    entry = TableEnd;
    limit = TableEnd = entry + PAGE_SIZE / sizeof *entry;
    while (limit-- > entry) {
        limit->NextFree = FreeEntries;
        FreeEntries = limit;
    }
    return TRUE;
}

/* A new entry, USED and empty; NULL: 65,536 are in use, or no memory. */
BASE_HANDLE *BasepTakeEntry(UINT flags)
{
    BASE_HANDLE *entry = NULL;
    RtlAcquireSRWLockExclusive(&BasepTableLock);
    if (FreeEntries || GrowTable()) {
        entry = FreeEntries;
        FreeEntries = entry->NextFree;
        *entry = (BASE_HANDLE){.Flags = BASE_HANDLE_USED | BASE_HANDLE_MOVEABLE};
        if (flags & GMEM_DDESHARE)
            entry->Flags |= BASE_HANDLE_DDESHARE;
        if (flags & LMEM_DISCARDABLE)
            entry->Flags |= BASE_HANDLE_DISCARDABLE;
    }
    RtlReleaseSRWLockExclusive(&BasepTableLock);
    return entry;
}

/* Give the entry of a live handle back; *block: what it held. FALSE: no such handle. Looking and
 * taking are one step, so that of two threads that free one handle only one succeeds. */
BOOL BasepReturnEntry(HLOCAL handle, PVOID *block)
{
    BASE_HANDLE *entry;

    RtlAcquireSRWLockExclusive(&BasepTableLock);
    entry = BasepEntryOf(handle);
    if (entry) {
        *block = entry->Block;
        *entry = (BASE_HANDLE){.NextFree = FreeEntries};
        FreeEntries = entry;
    }
    RtlReleaseSRWLockExclusive(&BasepTableLock);
    return entry != NULL;
}

/* The handle of a block, entry by entry: for a heap that keeps no user values (gflags' hpa).
 * NULL: none has it. */
HLOCAL BasepSearchBlock(PVOID block)
{
    HLOCAL found = NULL;

    RtlAcquireSRWLockExclusive(&BasepTableLock);
    for (BASE_HANDLE *entry = Table; entry < TableEnd && !found; entry++)
        if (entry->Flags & BASE_HANDLE_USED && entry->Block == block)
            found = BasepHandleOf(entry);
    RtlReleaseSRWLockExclusive(&BasepTableLock);
    return found;
}

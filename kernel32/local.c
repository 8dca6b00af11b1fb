/* local.c - Local and Global: one implementation, two names, on the default heap.
 *
 * Sixteen-bit Windows had a local and a global heap; Win32 has neither.  A fixed object is a
 * block of the default heap and its handle is the pointer.  A movable object is an entry of a
 * table; its block can move or be discarded while its lock count is 0:
 *
 *     HGLOBAL = entry + 4           handle table                default heap
 *     low bits 100: never a         +----------------+         +--------+------+-----------
 *     heap pointer, which is -----> | Block  ------- | ------> | Handle | Mark | bytes ...
 *     a multiple of 8               | locks, flags   |         +--------+------+-----------
 *                                   +----------------+                         ^
 *                                                                 GlobalLock's result
 *
 * The header before a movable block leads from the pointer to the handle (GlobalHandle), and
 * makes the pointer one that HeapFree refuses.  Windows keeps the same as the block's settable
 * user value.
 *
 * Invariants: an entry is USED or on the free list; a USED entry has Block != NULL unless
 * DISCARDED; Block->Handle is the entry's handle.  Lock: TableLock, held around entry changes.
 * The table is reserved whole and committed by the page: 65,535 handles, then
 * ERROR_NOT_ENOUGH_MEMORY.
 */
#include "local.h"

static BOOL LooksLikeHandle(HLOCAL handle)
{
    return ((ULONG_PTR)handle & 7) != 0;
}

/* Is this a fixed object, that is a block of the default heap? Anything may be asked. */
static BOOL IsFixed(HLOCAL memory)
{
    return memory && !LooksLikeHandle(memory) && BasepTouchRead((PUCHAR)memory - 1) &&
           RtlValidateHeap(BaseHeap(), 0, memory);
}

/* A block for a movable object, without its header's handle. NULL: no memory. */
static BASE_BLOCK *NewBlock(ULONG heapFlags, SIZE_T bytes)
{
    if (bytes > (SIZE_T)-1 - sizeof(BASE_BLOCK))
        return NULL;
    return RtlAllocateHeap(BaseHeap(), heapFlags, bytes + sizeof(BASE_BLOCK));
}

static void SetBlock(BASE_HANDLE *entry, BASE_BLOCK *block)
{
    *block = (BASE_BLOCK){.Handle = BasepHandleOf(entry), .Mark = BASE_BLOCK_MARK};
    entry->Flags &= ~BASE_HANDLE_DISCARDED;
    entry->Block = block;
}

/* LMEM_MOVEABLE: size 0 makes an object that is already discarded. */
HLOCAL BasepAllocateMovable(UINT flags, SIZE_T bytes)
{
    BASE_HANDLE *entry = BasepTakeEntry(flags);
    BASE_BLOCK *block;

    if (!entry)
        return NULL;
    if (!bytes) {
        entry->Flags |= BASE_HANDLE_DISCARDED;
        return BasepHandleOf(entry);
    }
    block = NewBlock(flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, bytes);
    if (!block) {
        BasepReturnEntry(BasepHandleOf(entry), &block);
        return NULL;
    }
    SetBlock(entry, block);
    return BasepHandleOf(entry);
}

/* NULL on success (and for NULL), the handle itself on failure. A locked object goes too. */
HLOCAL BasepFreeObject(HLOCAL memory)
{
    BASE_BLOCK *block;

    if (!memory)
        return NULL;
    if (!LooksLikeHandle(memory) && RtlFreeHeap(BaseHeap(), 0, memory))
        return NULL;
    if (!BasepReturnEntry(memory, &block)) {
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return memory;
    }
    /* Written over below its first byte: the heap is asked about a block that is none, so
     * that it says so. */
    if (block && (block->Mark != BASE_BLOCK_MARK || block->Handle != memory) &&
        !RtlFreeHeap(BaseHeap(), 0, block + 1))
        return memory;
    if (block) {
        block->Mark = 0; /* a stale pointer no longer leads to a handle */
        RtlFreeHeap(BaseHeap(), 0, block);
    }
    return NULL;
}

/* One more lock, to 255, where it stays. A fixed object is its own pointer. NULL with
 * ERROR_INVALID_HANDLE or ERROR_DISCARDED. */
LPVOID BasepLock(HLOCAL memory)
{
    BASE_HANDLE *entry;
    LPVOID pointer = NULL;
    ULONG error = ERROR_INVALID_HANDLE;

    if (!LooksLikeHandle(memory)) {
        if (memory && BasepTouchRead(memory))
            return memory;
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return NULL;
    }
    RtlAcquireSRWLockExclusive(&BasepTableLock);
    entry = BasepEntryOf(memory);
    if (entry && (entry->Flags & BASE_HANDLE_DISCARDED)) {
        error = ERROR_DISCARDED;
    } else if (entry) {
        if (entry->Locks < LMEM_LOCKCOUNT)
            entry->Locks++;
        pointer = entry->Block + 1;
    }
    RtlReleaseSRWLockExclusive(&BasepTableLock);
    if (!pointer)
        RtlSetLastWin32Error(error);
    return pointer;
}

/* TRUE: still locked. FALSE with NO_ERROR: now unlocked; ERROR_NOT_LOCKED: it was;
 * ERROR_INVALID_HANDLE. Only for movable objects. */
BOOL BasepUnlock(HLOCAL memory)
{
    BASE_HANDLE *entry;
    BOOL locked = FALSE;
    ULONG error = ERROR_INVALID_HANDLE;

    RtlAcquireSRWLockExclusive(&BasepTableLock);
    entry = BasepEntryOf(memory);
    if (entry) {
        error = ERROR_NOT_LOCKED;
        if (entry->Locks) {
            error = NO_ERROR;
            locked = --entry->Locks != 0;
        }
    }
    RtlReleaseSRWLockExclusive(&BasepTableLock);
    if (!locked)
        RtlSetLastWin32Error(error);
    return locked;
}

/* Lock count, GMEM_DISCARDED, GMEM_DISCARDABLE, GMEM_DDESHARE; 0 for a fixed object;
 * GMEM_INVALID_HANDLE with ERROR_INVALID_HANDLE. */
UINT BasepFlags(HLOCAL memory)
{
    BASE_HANDLE *entry = BasepEntryOf(memory);
    UINT flags = 0;

    if (!entry) {
        if (IsFixed(memory))
            return 0;
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return LMEM_INVALID_HANDLE;
    }
    flags = entry->Locks;
    if (entry->Flags & BASE_HANDLE_DISCARDED)
        flags |= LMEM_DISCARDED;
    if (entry->Flags & BASE_HANDLE_DISCARDABLE)
        flags |= GMEM_DISCARDABLE;
    if (entry->Flags & BASE_HANDLE_DDESHARE)
        flags |= GMEM_DDESHARE;
    return flags;
}

/* Bytes; 0 for a discarded object, and 0 with ERROR_INVALID_HANDLE for none. */
SIZE_T BasepSize(HLOCAL memory)
{
    BASE_HANDLE *entry = BasepEntryOf(memory);
    SIZE_T bytes = (SIZE_T)-1;

    if (entry && !entry->Block)
        return 0;
    if (entry)
        bytes = RtlSizeHeap(BaseHeap(), 0, entry->Block) - sizeof(BASE_BLOCK);
    else if (IsFixed(memory))
        bytes = RtlSizeHeap(BaseHeap(), 0, memory);
    if (bytes == (SIZE_T)-1) {
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return 0;
    }
    return bytes;
}

/* Is this heap block (not GlobalLock's result) the block of a movable object? */
BOOL BasepMovableBlock(PVOID block, HANDLE *handle)
{
    BASE_BLOCK header;
    BASE_HANDLE *entry;
    SIZE_T read;

    /* The pointer is anybody's word: the service reads without a fault. */
    if (!NT_SUCCESS(NtReadVirtualMemory(NtCurrentProcess(), block, &header, sizeof header,
                                        &read)) ||
        header.Mark != BASE_BLOCK_MARK)
        return FALSE;
    entry = BasepEntryOf(header.Handle);
    if (!entry || entry->Block != block)
        return FALSE;
    *handle = header.Handle;
    return TRUE;
}

/* The handle of a pointer: of GlobalLock's result the object's, of a fixed block the
 * pointer. NULL with ERROR_INVALID_HANDLE, or ERROR_INVALID_PARAMETER for NULL. */
HLOCAL BasepHandle(LPCVOID pointer)
{
    HANDLE handle;

    if (pointer && !LooksLikeHandle((HLOCAL)pointer)) {
        if (BasepMovableBlock((BASE_BLOCK *)pointer - 1, &handle))
            return handle;
        if (IsFixed((HLOCAL)pointer))
            return (HLOCAL)pointer;
    }
    RtlSetLastWin32Error(pointer ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
    return NULL;
}

/* LMEM_MODIFY: no size; a movable object's attributes, or fixed becomes movable. */
static HLOCAL Modify(HLOCAL memory, BASE_HANDLE *entry, UINT flags)
{
    HLOCAL movable;

    if (entry) {
        entry->Flags &= ~BASE_HANDLE_DISCARDABLE;
        if (flags & LMEM_DISCARDABLE)
            entry->Flags |= BASE_HANDLE_DISCARDABLE;
        return memory;
    }
    if (!(flags & LMEM_MOVEABLE))
        return memory;
    SIZE_T bytes = RtlSizeHeap(BaseHeap(), 0, memory);
    movable = BasepAllocateMovable(flags & ~LMEM_ZEROINIT, bytes);
    if (!movable) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (bytes)
        memcpy(BasepEntryOf(movable)->Block + 1, memory, bytes);
    RtlFreeHeap(BaseHeap(), 0, memory);
    return movable;
}

/* Give a movable object another size; with LMEM_MOVEABLE 0 discards it, unless it is
 * locked. */
static HLOCAL Resize(BASE_HANDLE *entry, SIZE_T bytes, ULONG heapFlags, UINT flags)
{
    BASE_BLOCK *block;

    if (!bytes) {
        if (entry->Locks || !(flags & LMEM_MOVEABLE)) {
            RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
            return NULL;
        }
        if (entry->Block)
            RtlFreeHeap(BaseHeap(), 0, entry->Block);
        entry->Block = NULL;
        entry->Flags |= BASE_HANDLE_DISCARDED;
        return BasepHandleOf(entry);
    }
    if (!entry->Block)
        block = NewBlock(heapFlags, bytes);
    else if (bytes > (SIZE_T)-1 - sizeof *block)
        block = NULL;
    else {
        ULONG place =
            entry->Locks && !(flags & LMEM_MOVEABLE) ? HEAP_REALLOC_IN_PLACE_ONLY : 0;
        block = RtlReAllocateHeap(BaseHeap(), heapFlags | place, entry->Block,
                                  bytes + sizeof *block);
    }
    if (!block) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    SetBlock(entry, block);
    return BasepHandleOf(entry);
}

/* NULL with the last error leaves the object as it was. What is fixed, or locked, moves
 * only with LMEM_MOVEABLE. */
HLOCAL BasepReAllocate(HLOCAL memory, SIZE_T bytes, UINT flags)
{
    BASE_HANDLE *entry = BasepEntryOf(memory);
    ULONG heapFlags = flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
    PVOID moved;

    if (!entry && !IsFixed(memory)) {
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (flags & LMEM_MODIFY)
        return Modify(memory, entry, flags);
    if (entry)
        return Resize(entry, bytes, heapFlags, flags);
    if (!(flags & LMEM_MOVEABLE))
        heapFlags |= HEAP_REALLOC_IN_PLACE_ONLY;
    moved = RtlReAllocateHeap(BaseHeap(), heapFlags, memory, bytes);
    if (!moved)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return moved;
}

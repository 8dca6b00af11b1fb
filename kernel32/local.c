/* local.c - Local and Global: one implementation, two names, on the default heap.
 *
 * Sixteen-bit Windows had a local and a global heap; Win32 has neither.  A fixed object is a
 * block of the default heap and its handle is the pointer.  A movable object is an entry of a
 * table; its block can move or be discarded while its lock count is 0:
 *
 *     handle table                           default heap
 *     +-------------------+                  +------------+-----------+------------+
 *     | flags, lock count |                  | HEAP_ENTRY | bytes ... | user value |
 *     +-------------------+                  +------------+-----------+------------+
 *     | Block  ---------- | ---------------------------->^                  |
 *     +-------------------+                               '- GlobalLock's    |
 *        ^                                                   result          |
 *        '-- HGLOBAL, low bits 100: never a block <--------------------------'
 *
 * The block is an ordinary one of the default heap.  Its settable user value is the handle
 * (GlobalHandle, HeapWalk), its user flag 1 says that it is movable.  HeapFree of a locked
 * pointer frees the block, and the handle leads to freed memory: as in Windows.
 *
 * Invariants: an entry is USED or on the free list; a USED entry has Block != NULL unless
 * DISCARDED; the block's user value is the entry's handle.  Lock: TableLock, held around entry
 * changes.  The table is reserved whole and committed by the page: 65,536 handles, then
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

/* A wild pointer cannot even be asked: ERROR_NOACCESS, as the touch of its header would say. */
static BOOL IsWild(HLOCAL memory)
{
    return !LooksLikeHandle(memory) &&
           !BasepTouchRead((PUCHAR)memory - sizeof(ULONGLONG));
}

/* Gives the entry a block of its own; FALSE: no memory. */
static BOOL NewBlock(BASE_HANDLE *entry, ULONG heapFlags, SIZE_T bytes)
{
    PVOID block = RtlAllocateHeap(
        BaseHeap(), heapFlags | HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAG1,
        bytes);

    if (!block)
        return FALSE;
    RtlSetUserValueHeap(BaseHeap(), 0, block, BasepHandleOf(entry));
    entry->Flags &= ~BASE_HANDLE_DISCARDED;
    entry->Block = block;
    return TRUE;
}

/* LMEM_MOVEABLE: size 0 makes an object that is already discarded. */
HLOCAL BasepAllocateMovable(UINT flags, SIZE_T bytes)
{
    BASE_HANDLE *entry = BasepTakeEntry(flags);
    PVOID block;

    if (!entry)
        return NULL;
    if (!bytes) {
        entry->Flags |= BASE_HANDLE_DISCARDED;
    } else if (!NewBlock(entry, flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, bytes)) {
        BasepReturnEntry(BasepHandleOf(entry), &block);
        return NULL;
    }
    return BasepHandleOf(entry);
}

/* NULL on success (and for NULL), the handle itself on failure, with ERROR_NOACCESS for a wild
 * pointer or ERROR_INVALID_HANDLE. A locked object goes too. */
HLOCAL BasepFreeObject(HLOCAL memory)
{
    PVOID block = memory;

    if (!memory)
        return NULL;
    if (IsWild(memory)) {
        RtlSetLastWin32Error(ERROR_NOACCESS);
        return memory;
    }
    if ((LooksLikeHandle(memory) && !BasepReturnEntry(memory, &block)) ||
        (block && !RtlFreeHeap(BaseHeap(), 0, block))) {
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return memory;
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
        pointer = entry->Block;
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
        bytes = RtlSizeHeap(BaseHeap(), 0, entry->Block);
    else if (IsFixed(memory))
        bytes = RtlSizeHeap(BaseHeap(), 0, memory);
    if (bytes == (SIZE_T)-1) {
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
        return 0;
    }
    return bytes;
}

/* Is this block of the default heap one of a movable object? */
BOOL BasepMovableBlock(PVOID block, HANDLE *handle)
{
    ULONG flags = 0;

    if (BasePeb()->NtGlobalFlag & FLG_HEAP_PAGE_ALLOCS)
        return (*handle = BasepSearchBlock(block)) != NULL;
    return RtlGetUserInfoHeap(BaseHeap(), 0, block, handle, &flags) &&
           flags & HEAP_SETTABLE_USER_FLAG1;
}

/* The handle of a pointer: of GlobalLock's result the object's, of a fixed block the
 * pointer. NULL with ERROR_INVALID_HANDLE, or ERROR_INVALID_PARAMETER for NULL. */
HLOCAL BasepHandle(LPCVOID pointer)
{
    HANDLE handle;

    if (IsFixed((HLOCAL)pointer))
        return BasepMovableBlock((PVOID)pointer, &handle) ? handle : (HLOCAL)pointer;
    RtlSetLastWin32Error(pointer ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
    return NULL;
}

/* A movable object with what a fixed one holds, which goes: GlobalReAlloc(GMEM_MODIFY |
 * GMEM_MOVEABLE). NULL with ERROR_NOT_ENOUGH_MEMORY, ERROR_NOACCESS or ERROR_INVALID_HANDLE. */
HLOCAL BasepMakeMovable(HLOCAL fixed, UINT flags)
{
    HLOCAL movable;
    SIZE_T bytes;

    if (!IsFixed(fixed)) {
        RtlSetLastWin32Error(IsWild(fixed) ? ERROR_NOACCESS : ERROR_INVALID_HANDLE);
        return NULL;
    }
    bytes = RtlSizeHeap(BaseHeap(), 0, fixed);
    movable = BasepAllocateMovable(flags & ~LMEM_ZEROINIT, bytes);
    if (!movable) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (bytes)
        memcpy(BasepEntryOf(movable)->Block, fixed, bytes);
    RtlFreeHeap(BaseHeap(), 0, fixed);
    return movable;
}

/* LMEM_MODIFY: no size, only a movable object's attributes; a fixed one has none. */
static HLOCAL Modify(HLOCAL memory, BASE_HANDLE *entry, UINT flags)
{
    if (entry) {
        entry->Flags &= ~BASE_HANDLE_DISCARDABLE;
        if (flags & LMEM_DISCARDABLE)
            entry->Flags |= BASE_HANDLE_DISCARDABLE;
    }
    return memory;
}

/* Give a movable object another size; with LMEM_MOVEABLE 0 discards it, unless it is
 * locked. */
static HLOCAL Resize(BASE_HANDLE *entry, SIZE_T bytes, ULONG heapFlags, UINT flags)
{
    const BOOL stays = entry->Locks && !(flags & LMEM_MOVEABLE);
    PVOID block;

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
    if (entry->Block) {
        block = RtlReAllocateHeap(BaseHeap(),
                                  heapFlags | (stays ? HEAP_REALLOC_IN_PLACE_ONLY : 0),
                                  entry->Block, bytes);
        entry->Block = block ? block : entry->Block;
    } else {
        block = NewBlock(entry, heapFlags, bytes) ? entry->Block : NULL;
    }
    if (block)
        return BasepHandleOf(entry);
    RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

/* NULL with the last error leaves the object as it was. What is fixed, or locked, moves
 * only with LMEM_MOVEABLE. */
HLOCAL BasepReAllocate(HLOCAL memory, SIZE_T bytes, UINT flags)
{
    BASE_HANDLE *entry = BasepEntryOf(memory);
    ULONG heapFlags = flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
    PVOID moved;

    if (!entry && !IsFixed(memory)) {
        RtlSetLastWin32Error(IsWild(memory) ? ERROR_NOACCESS : ERROR_INVALID_HANDLE);
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

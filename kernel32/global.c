/* global.c - the two sets of names over local.c.
 *
 * GlobalAlloc and LocalAlloc are the doors of the chain: the fixed case reaches
 * RtlAllocateHeap from their own frame.  The families differ only in the flags they
 * accept, in what unlocking answers for what is not movable, and in GMEM_MODIFY.
 * Source: the Microsoft pages of each function.
 */
#include "local.h"

/* Inlined, so that the caller of RtlAllocateHeap on the stack is the documented function. */
static inline __attribute__((always_inline)) HLOCAL Allocate(UINT flags, SIZE_T bytes)
{
    HLOCAL memory;

    if (flags & LMEM_MOVEABLE)
        memory = BasepAllocateMovable(flags, bytes);
    else
        memory = RtlAllocateHeap(BaseHeap(), flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0,
                                 bytes);
    if (!memory)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

static HLOCAL BadFlags(void)
{
    RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
    return NULL;
}

/* A pointer (GMEM_FIXED) or a handle (GMEM_MOVEABLE); NULL with ERROR_NOT_ENOUGH_MEMORY
 * or ERROR_INVALID_PARAMETER.  No fixed object is empty, unlike LocalAlloc's.  GMEM_DDESHARE is
 * remembered; no other process can read the block. */
HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T bytes)
{
    if (flags & ~GMEM_VALID_FLAGS)
        return BadFlags();
    return Allocate(flags, bytes || flags & GMEM_MOVEABLE ? bytes : 1);
}

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T bytes)
{
    if (flags & ~LMEM_VALID_FLAGS)
        return BadFlags();
    return Allocate(flags & ~GMEM_DDESHARE, bytes);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL memory)
{
    return BasepFreeObject(memory);
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    return BasepFreeObject(memory);
}

static BOOL IsPointer(HLOCAL memory)
{
    return memory && ((ULONG_PTR)memory & 7) == 0;
}

/* Attributes change with GMEM_MODIFY only. */
static BOOL AreGood(UINT flags, UINT valid)
{
    return !(flags & ~(valid | LMEM_MODIFY)) &&
           (flags & LMEM_MODIFY || !(flags & LMEM_DISCARDABLE));
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL memory, SIZE_T bytes, UINT flags)
{
    if (!AreGood(flags, GMEM_VALID_FLAGS))
        return BadFlags();
    if (flags & GMEM_MODIFY && flags & GMEM_MOVEABLE && IsPointer(memory))
        return BasepMakeMovable(memory, flags);
    return BasepReAllocate(memory, bytes, flags);
}

/* LMEM_MODIFY makes no fixed object movable: its handle is what the program has. */
HLOCAL WINAPI LocalReAlloc(HLOCAL memory, SIZE_T bytes, UINT flags)
{
    if (!AreGood(flags, LMEM_VALID_FLAGS))
        return BadFlags();
    return BasepReAllocate(memory, bytes, flags);
}

LPVOID WINAPI GlobalLock(HGLOBAL memory)
{
    return BasepLock(memory);
}

LPVOID WINAPI LocalLock(HLOCAL memory)
{
    return BasepLock(memory);
}

/* A fixed object is always "still locked"; so is, with ERROR_INVALID_HANDLE, what is no object
 * any more. */
BOOL WINAPI GlobalUnlock(HGLOBAL memory)
{
    return IsPointer(memory) || BasepUnlock(memory) ||
           (memory && RtlGetLastWin32Error() == ERROR_INVALID_HANDLE);
}

/* A fixed object never is: ERROR_NOT_LOCKED. */
BOOL WINAPI LocalUnlock(HLOCAL memory)
{
    if (IsPointer(memory))
        return BasepFail(ERROR_NOT_LOCKED);
    return BasepUnlock(memory);
}

SIZE_T WINAPI GlobalSize(HGLOBAL memory)
{
    return BasepSize(memory);
}

SIZE_T WINAPI LocalSize(HLOCAL memory)
{
    return BasepSize(memory);
}

UINT WINAPI GlobalFlags(HGLOBAL memory)
{
    return BasepFlags(memory);
}

/* The same but for the bits of "discardable": LMEM_DISCARDABLE is F00h. */
UINT WINAPI LocalFlags(HLOCAL memory)
{
    UINT flags = BasepFlags(memory);
    return flags & GMEM_DISCARDABLE ? flags | LMEM_DISCARDABLE : flags;
}

HGLOBAL WINAPI GlobalHandle(LPCVOID pointer)
{
    return BasepHandle(pointer);
}

HLOCAL WINAPI LocalHandle(LPCVOID pointer)
{
    return BasepHandle(pointer);
}

/* What sixteen-bit programs still call: locks by other names, and compactions of nothing. */
VOID WINAPI GlobalFix(HGLOBAL memory)
{
    BasepLock(memory);
}

VOID WINAPI GlobalUnfix(HGLOBAL memory)
{
    BasepUnlock(memory);
}

LPVOID WINAPI GlobalWire(HGLOBAL memory)
{
    return BasepLock(memory);
}

BOOL WINAPI GlobalUnWire(HGLOBAL memory)
{
    return GlobalUnlock(memory);
}

SIZE_T WINAPI GlobalCompact(DWORD least)
{
    (void)least;
    return RtlCompactHeap(BaseHeap(), 0);
}

SIZE_T WINAPI LocalCompact(UINT least)
{
    (void)least;
    return RtlCompactHeap(BaseHeap(), 0);
}

SIZE_T WINAPI LocalShrink(HLOCAL memory, UINT newSize)
{
    (void)memory;
    (void)newSize;
    return RtlCompactHeap(BaseHeap(), 0);
}

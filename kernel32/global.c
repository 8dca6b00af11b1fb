/* global.c - the two sets of names over local.c.
 *
 * GlobalAlloc and LocalAlloc are the doors of the chain: the fixed case reaches
 * RtlAllocateHeap from their own frame.  The families differ only in the flags they
 * accept and in what unlocking a fixed object answers.  Source: the Microsoft pages of
 * each function.
 */
#include "local.h"

/* Inlined, so that the caller of RtlAllocateHeap on the stack is the documented function.
 */
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
 * or ERROR_INVALID_PARAMETER. GMEM_DDESHARE is remembered; no other process can read the
 * block. */
HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T bytes)
{
    if (flags & ~GMEM_VALID_FLAGS)
        return BadFlags();
    return Allocate(flags, bytes);
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

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL memory, SIZE_T bytes, UINT flags)
{
    if (flags & ~(GMEM_VALID_FLAGS | GMEM_MODIFY))
        return BadFlags();
    return BasepReAllocate(memory, bytes, flags);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL memory, SIZE_T bytes, UINT flags)
{
    if (flags & ~(LMEM_VALID_FLAGS | LMEM_MODIFY))
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

/* A fixed object is always "still locked". */
BOOL WINAPI GlobalUnlock(HGLOBAL memory)
{
    return ((ULONG_PTR)memory & 7) == 0 || BasepUnlock(memory);
}

/* A fixed object never is: ERROR_NOT_LOCKED. */
BOOL WINAPI LocalUnlock(HLOCAL memory)
{
    if (((ULONG_PTR)memory & 7) == 0)
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

UINT WINAPI LocalFlags(HLOCAL memory)
{
    return BasepFlags(memory);
}

HGLOBAL WINAPI GlobalHandle(LPCVOID pointer)
{
    return BasepHandle(pointer);
}

HLOCAL WINAPI LocalHandle(LPCVOID pointer)
{
    return BasepHandle(pointer);
}

/* What sixteen-bit programs still call: locks by other names, and compactions of nothing.
 */
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

/* taskmem.c - CoTaskMemAlloc, CoTaskMemRealloc, CoTaskMemFree.
 *
 *     CoTaskMemAlloc ──> kernel32.HeapAlloc(GetProcessHeap())  (= ntdll.RtlAllocateHeap)
 *
 * Task memory is the default heap and nothing else: no header, no list.  What makes it
 * special is the agreement that a block may be made by one component and freed by
 * another.  IMalloc (malloc.c) is an object around these; in Windows it is the other way
 * about.
 *
 * When a spy is registered every call goes by way of spy.c, which calls it before and
 * after. Lock: the heap's own.  Source: Microsoft's pages for each function.
 */
#include "ole32.h"

/* Size bytes, contents undefined (0 gives a block of its own); null when there is no
 * memory. */
LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size)
{
    if (OlepSpy != NULL)
        return OlepSpyAlloc(Size);
    return HeapAlloc(GetProcessHeap(), 0, Size);
}

/* The block at Size bytes, perhaps elsewhere; null block: CoTaskMemAlloc; Size 0: freed,
 * and null.  No memory: null, and the old block stays as it was. */
LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size)
{
    if (OlepSpy != NULL)
        return OlepSpyRealloc(Block, Size);
    if (Block == NULL)
        return CoTaskMemAlloc(Size);
    if (Size == 0) {
        CoTaskMemFree(Block);
        return NULL;
    }
    return HeapReAlloc(GetProcessHeap(), 0, Block, Size);
}

/* Gives a block back; null is nothing. */
void WINAPI CoTaskMemFree(LPVOID Block)
{
    if (OlepSpy != NULL)
        OlepSpyFree(Block);
    else if (Block != NULL)
        HeapFree(GetProcessHeap(), 0, Block);
}

/* The bytes that were asked for; (SIZE_T)-1 for null. */
SIZE_T OlepSize(void *Block)
{
    return Block != NULL ? HeapSize(GetProcessHeap(), 0, Block) : (SIZE_T)-1;
}

/* 1: a block of task memory; 0: not; -1: cannot be told (null). */
int OlepDidAlloc(void *Block)
{
    if (Block == NULL)
        return -1;
    return HeapValidate(GetProcessHeap(), 0, Block) ? 1 : 0;
}

void OlepMinimize(void)
{
    HeapCompact(GetProcessHeap(), 0);
}

/* taskmem.c - a second task memory for ole32.dll, written from ole32/taskmem.h alone.
 *
 * The idea: nothing is kept.  A block of task memory is a block of the default heap, and
 * the object that IMalloc wants is a constant: a pointer to a table, and nothing else.
 *
 *   CoGetMalloc --> Object [ table ] --> Alloc, Realloc, Free, GetSize, DidAlloc ..
 *                                             |
 *   CoTaskMemAlloc, Realloc, Free ----------->|
 *                                             v
 *                        OlepHeap -> Alloc, ReAlloc, Free, Size, Validate, Compact
 *
 * Invariants
 *   - OlepHeap is read once in each function that needs it and kept in no variable that
 *     outlives a call (C6): a spy may come or go between any two calls
 *   - NULL never reaches the heap, and a size of 0 reaches Alloc alone
 *   - no variable is ever written, so any thread may call at any time (C7)
 */
#define CONST_VTABLE
#ifndef _OLE32_
#define _OLE32_ /* these functions are defined here, not imported */
#endif
#include "ole32/taskmem.h"

/* The identifiers as numbers: the file needs no library of them. */
static const IID IdUnknown = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const IID IdMalloc = {2, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

static BOOL IsSame(const IID *A, const IID *B)
{
    const BYTE *Left = (const BYTE *)A, *Right = (const BYTE *)B;
    for (ULONG i = 0; i < sizeof(IID); i++)
        if (Left[i] != Right[i])
            return FALSE;
    return TRUE;
}

/* ---- the three functions ---- */

LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size)
{
    return OlepHeap->Alloc(GetProcessHeap(), 0, Size);
}

void WINAPI CoTaskMemFree(LPVOID Block)
{
    if (Block)
        OlepHeap->Free(GetProcessHeap(), 0, Block);
}

/* NULL comes first: NULL and 0 give a block, as CoTaskMemAlloc(0) does. */
LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size)
{
    if (!Block)
        return CoTaskMemAlloc(Size);
    if (Size)
        return OlepHeap->ReAlloc(GetProcessHeap(), 0, Block, Size);
    CoTaskMemFree(Block);
    return NULL;
}

/* ---- the object ---- */

static HRESULT STDMETHODCALLTYPE QueryInterface(IMalloc *This, REFIID Id, void **Object)
{
    if (!Object)
        return E_POINTER;
    BOOL Known = IsSame(Id, &IdUnknown) || IsSame(Id, &IdMalloc);
    *Object = Known ? This : NULL;
    return Known ? S_OK : E_NOINTERFACE;
}

/* AddRef and Release: the object is there while the process is. */
static ULONG STDMETHODCALLTYPE CountNothing(IMalloc *This)
{
    (void)This;
    return 1;
}

static void *STDMETHODCALLTYPE Alloc(IMalloc *This, SIZE_T Size)
{
    (void)This;
    return CoTaskMemAlloc(Size);
}

static void *STDMETHODCALLTYPE Realloc(IMalloc *This, void *Block, SIZE_T Size)
{
    (void)This;
    return CoTaskMemRealloc(Block, Size);
}

static void STDMETHODCALLTYPE Free(IMalloc *This, void *Block)
{
    (void)This;
    CoTaskMemFree(Block);
}

static SIZE_T STDMETHODCALLTYPE GetSize(IMalloc *This, void *Block)
{
    (void)This;
    return Block ? OlepHeap->Size(GetProcessHeap(), 0, Block) : (SIZE_T)-1;
}

static int STDMETHODCALLTYPE DidAlloc(IMalloc *This, void *Block)
{
    (void)This;
    return Block ? OlepHeap->Validate(GetProcessHeap(), 0, Block) : -1;
}

static void STDMETHODCALLTYPE HeapMinimize(IMalloc *This)
{
    (void)This;
    OlepHeap->Compact(GetProcessHeap(), 0);
}

static const IMallocVtbl Table = {
    .QueryInterface = QueryInterface,
    .AddRef = CountNothing,
    .Release = CountNothing,
    .Alloc = Alloc,
    .Realloc = Realloc,
    .Free = Free,
    .GetSize = GetSize,
    .DidAlloc = DidAlloc,
    .HeapMinimize = HeapMinimize,
};
static IMalloc Object = {&Table};

HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    if (!Malloc)
        return E_INVALIDARG;
    *Malloc = Context == MEMCTX_TASK ? &Object : NULL;
    return *Malloc ? S_OK : E_INVALIDARG;
}

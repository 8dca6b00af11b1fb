/* taskmem.c - CoTaskMemAlloc, CoTaskMemRealloc, CoTaskMemFree, and the one IMalloc around them,
 * which CoGetMalloc returns to every caller.  taskmem.h is the contract.
 *
 *     IMalloc::Alloc ──> CoTaskMemAlloc ──> kernel32.HeapAlloc  (= ntdll.RtlAllocateHeap)
 *
 * Task memory is the default heap and nothing else: no header, no list.  What makes it
 * special is the agreement that a block may be allocated by one component and freed by
 * another.  In Windows the functions call the object; here the object calls the functions.
 *
 * Lock: the heap's own.
 */
#include "taskmem.h"

/* A frame of its own also when the object calls it: the walk shows it. */
DECLSPEC_NOINLINE LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size)
{
    return OlepHeap->Alloc(GetProcessHeap(), 0, Size);
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size)
{
    if (Block == NULL)
        return CoTaskMemAlloc(Size);
    if (Size == 0) {
        CoTaskMemFree(Block);
        return NULL;
    }
    return OlepHeap->ReAlloc(GetProcessHeap(), 0, Block, Size);
}

void WINAPI CoTaskMemFree(LPVOID Block)
{
    if (Block != NULL)
        OlepHeap->Free(GetProcessHeap(), 0, Block);
}

/* ---- IMalloc: a static object without state ---- */

static HRESULT STDMETHODCALLTYPE IMalloc_QueryInterface(IMalloc *This, REFIID Iid,
                                                        void **Object)
{
    if (Object == NULL)
        return E_POINTER;
    if (IsEqualIID(Iid, &IID_IUnknown) || IsEqualIID(Iid, &IID_IMalloc)) {
        *Object = This;
        return S_OK;
    }
    *Object = NULL;
    return E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE IMalloc_AddRef(IMalloc *This)
{
    (void)This;
    return 2;
}

static ULONG STDMETHODCALLTYPE IMalloc_Release(IMalloc *This)
{
    (void)This;
    return 1;
}

static void *STDMETHODCALLTYPE IMalloc_Alloc(IMalloc *This, SIZE_T Size)
{
    (void)This;
    return CoTaskMemAlloc(Size);
}

static void *STDMETHODCALLTYPE IMalloc_Realloc(IMalloc *This, void *Block, SIZE_T Size)
{
    (void)This;
    return CoTaskMemRealloc(Block, Size);
}

static void STDMETHODCALLTYPE IMalloc_Free(IMalloc *This, void *Block)
{
    (void)This;
    CoTaskMemFree(Block);
}

static SIZE_T STDMETHODCALLTYPE IMalloc_GetSize(IMalloc *This, void *Block)
{
    (void)This;
    return Block != NULL ? OlepHeap->Size(GetProcessHeap(), 0, Block) : (SIZE_T)-1;
}

static int STDMETHODCALLTYPE IMalloc_DidAlloc(IMalloc *This, void *Block)
{
    (void)This;
    return Block != NULL ? OlepHeap->Validate(GetProcessHeap(), 0, Block) : -1;
}

static void STDMETHODCALLTYPE IMalloc_HeapMinimize(IMalloc *This)
{
    (void)This;
    OlepHeap->Compact(GetProcessHeap(), 0);
}

static IMallocVtbl MallocTable = {
    IMalloc_QueryInterface, IMalloc_AddRef,   IMalloc_Release,
    IMalloc_Alloc,          IMalloc_Realloc,  IMalloc_Free,
    IMalloc_GetSize,        IMalloc_DidAlloc, IMalloc_HeapMinimize,
};
static IMalloc TheMalloc = {&MallocTable};

HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    if (Malloc == NULL)
        return E_INVALIDARG;
    *Malloc = Context == MEMCTX_TASK ? &TheMalloc : NULL;
    return Context == MEMCTX_TASK ? S_OK : E_INVALIDARG;
}

/* malloc.c - the one IMalloc, which CoGetMalloc hands to everyone.
 *
 *     IMalloc::Alloc ──> CoTaskMemAlloc ──> HeapAlloc(GetProcessHeap())
 *
 * A static object without state: AddRef and Release count nothing and it never goes away,
 * as Windows documents for the task allocator.  The order of the table is the
 * interface's. Source: Microsoft's pages for IMalloc and CoGetMalloc.
 */
#include "ole32.h"

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
    return OlepSpy != NULL ? OlepSpyGetSize(Block) : OlepSize(Block);
}

static int STDMETHODCALLTYPE IMalloc_DidAlloc(IMalloc *This, void *Block)
{
    (void)This;
    return OlepSpy != NULL ? OlepSpyDidAlloc(Block) : OlepDidAlloc(Block);
}

static void STDMETHODCALLTYPE IMalloc_HeapMinimize(IMalloc *This)
{
    (void)This;
    if (OlepSpy != NULL)
        OlepSpyHeapMinimize();
    else
        OlepMinimize();
}

static IMallocVtbl MallocTable = {
    IMalloc_QueryInterface, IMalloc_AddRef,   IMalloc_Release,
    IMalloc_Alloc,          IMalloc_Realloc,  IMalloc_Free,
    IMalloc_GetSize,        IMalloc_DidAlloc, IMalloc_HeapMinimize,
};
static IMalloc TheMalloc = {&MallocTable};

/* The task allocator.  Context must be MEMCTX_TASK (1), else E_INVALIDARG and *Malloc is
 * null. Works before CoInitialize, as on Windows. */
HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    if (Malloc == NULL)
        return E_INVALIDARG;
    *Malloc = Context == MEMCTX_TASK ? &TheMalloc : NULL;
    return Context == MEMCTX_TASK ? S_OK : E_INVALIDARG;
}

/* taskmem.c - a second task allocator for ole32.dll, written from ole32/taskmem.h alone: the
 * three functions call the object, as in Windows, and the object is in memory of its own, built
 * when it is first needed. */
#define COBJMACROS
#include "taskmem.h"

typedef struct {
    IMalloc Malloc; /* first: an interface pointer points to it */
    IMallocVtbl Table;
    LONG References;
} ALLOCATOR;

static ALLOCATOR *FromMalloc(IMalloc *Malloc)
{
    return (ALLOCATOR *)Malloc;
}

static HRESULT STDMETHODCALLTYPE Query(IMalloc *This, REFIID Iid, void **Object)
{
    if (Object == NULL)
        return E_POINTER;
    const BOOL Known = IsEqualIID(Iid, &IID_IMalloc) || IsEqualIID(Iid, &IID_IUnknown);
    *Object = Known ? This : NULL;
    return Known ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE Add(IMalloc *This)
{
    return InterlockedIncrement(&FromMalloc(This)->References);
}

static ULONG STDMETHODCALLTYPE Release(IMalloc *This)
{
    return InterlockedDecrement(&FromMalloc(This)->References);
}

static void *STDMETHODCALLTYPE Take(IMalloc *This, SIZE_T Size)
{
    (void)This;
    return OlepHeap->Alloc(GetProcessHeap(), 0, Size);
}

static void STDMETHODCALLTYPE Give(IMalloc *This, void *Block)
{
    (void)This;
    if (Block != NULL)
        OlepHeap->Free(GetProcessHeap(), 0, Block);
}

static void *STDMETHODCALLTYPE Change(IMalloc *This, void *Block, SIZE_T Size)
{
    if (Block != NULL && Size != 0)
        return OlepHeap->ReAlloc(GetProcessHeap(), 0, Block, Size);
    if (Block == NULL)
        return Take(This, Size);
    Give(This, Block);
    return NULL;
}

static SIZE_T STDMETHODCALLTYPE Size(IMalloc *This, void *Block)
{
    (void)This;
    if (Block == NULL)
        return (SIZE_T)-1;
    return OlepHeap->Size(GetProcessHeap(), 0, Block);
}

static int STDMETHODCALLTYPE IsOurs(IMalloc *This, void *Block)
{
    (void)This;
    if (Block == NULL)
        return -1;
    return OlepHeap->Validate(GetProcessHeap(), 0, Block);
}

static void STDMETHODCALLTYPE Trim(IMalloc *This)
{
    (void)This;
    OlepHeap->Compact(GetProcessHeap(), 0);
}

/* Two threads that build it at once write the same. */
static IMalloc *TheOne(void)
{
    static ALLOCATOR One;
    if (*(void *volatile *)&One.Malloc.lpVtbl == NULL) {
        One.Table = (IMallocVtbl){.QueryInterface = Query,
                                  .AddRef = Add,
                                  .Release = Release,
                                  .Alloc = Take,
                                  .Realloc = Change,
                                  .Free = Give,
                                  .GetSize = Size,
                                  .DidAlloc = IsOurs,
                                  .HeapMinimize = Trim};
        *(void *volatile *)&One.Malloc.lpVtbl = &One.Table;
    }
    return &One.Malloc;
}

HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    if (Malloc != NULL)
        *Malloc = NULL;
    if (Malloc == NULL || Context != MEMCTX_TASK)
        return E_INVALIDARG;
    *Malloc = TheOne();
    return S_OK;
}

LPVOID WINAPI CoTaskMemAlloc(SIZE_T Bytes)
{
    return IMalloc_Alloc(TheOne(), Bytes);
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Bytes)
{
    return IMalloc_Realloc(TheOne(), Block, Bytes);
}

void WINAPI CoTaskMemFree(LPVOID Block)
{
    IMalloc_Free(TheOne(), Block);
}

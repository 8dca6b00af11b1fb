/* spy.c - IMallocSpy: a debugging object that sees every task allocation, before and after.
 * spy.h is the contract.
 *
 * While a spy is registered, OlepHeap points to SpiedHeap, whose functions call the hooks and,
 * between them, kernel32; else it points to PlainHeap, which is kernel32's functions.
 * spied.c has the blocks that the spy saw allocated, by the pointer that the caller holds.
 *
 * Lock: SpyLock, from before the first hook until after the second, as documented ("the
 * allocator holds a lock on the spy between the two calls"); recursive, since a hook may
 * allocate for itself, and then is not called again (SpyDepth).
 */
#include "spy.h"

const OLEHEAP *volatile OlepHeap;
static IMallocSpy *Spy; /* or NULL */
static OLEHEAP PlainHeap;
static CRITICAL_SECTION SpyLock;
static BOOL SpyRevoked;
static int SpyDepth;

/* The registered spy with the lock held; or NULL (lock held too): the spy has gone since the
 * caller read OlepHeap, or this is a call from inside a hook. */
static IMallocSpy *Enter(void)
{
    EnterCriticalSection(&SpyLock);
    return SpyDepth++ == 0 ? Spy : NULL;
}

/* Lets go; a revoked spy whose last block is gone leaves now. */
static void Leave(void)
{
    IMallocSpy *Gone = NULL;
    if (--SpyDepth == 0 && SpyRevoked && OlepSpiedCount() == 0) {
        Gone = Spy;
        Spy = NULL;
        SpyRevoked = FALSE;
        OlepHeap = &PlainHeap;
    }
    LeaveCriticalSection(&SpyLock);
    if (Gone != NULL)
        Gone->lpVtbl->Release(Gone);
}

static void *AllocSpied(IMallocSpy *By, HANDLE Heap, SIZE_T Size)
{
    SIZE_T Wanted = By->lpVtbl->PreAlloc(By, Size);
    void *Block = NULL;
    /* A hook answers 0 to make an allocation fail, and is not called again then. */
    if (Wanted == 0 && Size != 0)
        return NULL;
    if (OlepSpiedRoom())
        Block = PlainHeap.Alloc(Heap, 0, Wanted);
    Block = By->lpVtbl->PostAlloc(By, Block);
    if (Block != NULL)
        OlepSpiedAdd(Block);
    return Block;
}

static LPVOID WINAPI SpiedAlloc(HANDLE Heap, DWORD Flags, SIZE_T Size)
{
    IMallocSpy *By = Enter();
    void *Block =
        By != NULL ? AllocSpied(By, Heap, Size) : PlainHeap.Alloc(Heap, Flags, Size);
    Leave();
    return Block;
}

static BOOL WINAPI SpiedFree(HANDLE Heap, DWORD Flags, LPVOID Pointer)
{
    IMallocSpy *By = Enter();
    BOOL Seen = OlepIsSpied(Pointer), Freed = TRUE;
    void *Block = By != NULL ? By->lpVtbl->PreFree(By, Pointer, Seen) : Pointer;
    if (Block != NULL)
        Freed = PlainHeap.Free(Heap, Flags, Block);
    if (By != NULL) {
        By->lpVtbl->PostFree(By, Seen);
        if (Seen)
            OlepSpiedRemove(Pointer);
    }
    Leave();
    return Freed;
}

/* An unspied block stays unspied: the hooks were called so, and its shape is the old. */
static void *ReAllocSpied(IMallocSpy *By, HANDLE Heap, void *Pointer, SIZE_T Size)
{
    void *Block = NULL, *Result = NULL;
    BOOL Seen = OlepIsSpied(Pointer);
    SIZE_T Wanted = By->lpVtbl->PreRealloc(By, Pointer, Size, &Block, Seen);
    if (Wanted == 0)
        return NULL;
    if (Block != NULL)
        Result = PlainHeap.ReAlloc(Heap, 0, Block, Wanted);
    BOOL Moved = Result != NULL;
    Result = By->lpVtbl->PostRealloc(By, Result, Seen);
    if (Moved && Seen) {
        OlepSpiedRemove(Pointer);
        OlepSpiedAdd(Result);
    }
    return Result;
}

static LPVOID WINAPI SpiedReAlloc(HANDLE Heap, DWORD Flags, LPVOID Pointer, SIZE_T Size)
{
    IMallocSpy *By = Enter();
    void *Result = By != NULL ? ReAllocSpied(By, Heap, Pointer, Size)
                              : PlainHeap.ReAlloc(Heap, Flags, Pointer, Size);
    Leave();
    return Result;
}

static SIZE_T WINAPI SpiedSize(HANDLE Heap, DWORD Flags, LPCVOID Pointer)
{
    IMallocSpy *By = Enter();
    void *Block = (void *)Pointer;
    BOOL Seen = OlepIsSpied(Block);
    if (By != NULL)
        Block = By->lpVtbl->PreGetSize(By, Block, Seen);
    SIZE_T Size = Block != NULL ? PlainHeap.Size(Heap, Flags, Block) : (SIZE_T)-1;
    if (By != NULL)
        Size = By->lpVtbl->PostGetSize(By, Size, Seen);
    Leave();
    return Size;
}

static BOOL WINAPI SpiedValidate(HANDLE Heap, DWORD Flags, LPCVOID Pointer)
{
    IMallocSpy *By = Enter();
    void *Block = (void *)Pointer;
    BOOL Seen = OlepIsSpied(Block);
    if (By != NULL)
        Block = By->lpVtbl->PreDidAlloc(By, Block, Seen);
    int Did = Block != NULL ? PlainHeap.Validate(Heap, Flags, Block) : -1;
    if (By != NULL)
        Did = By->lpVtbl->PostDidAlloc(By, (void *)Pointer, Seen, Did);
    Leave();
    return Did;
}

static SIZE_T WINAPI SpiedCompact(HANDLE Heap, DWORD Flags)
{
    IMallocSpy *By = Enter();
    if (By != NULL)
        By->lpVtbl->PreHeapMinimize(By);
    SIZE_T Largest = PlainHeap.Compact(Heap, Flags);
    if (By != NULL)
        By->lpVtbl->PostHeapMinimize(By);
    Leave();
    return Largest;
}

static const OLEHEAP SpiedHeap = {SpiedAlloc, SpiedReAlloc,  SpiedFree,
                                  SpiedSize,  SpiedValidate, SpiedCompact};

void OlepSpyInitialize(void)
{
    InitializeCriticalSection(&SpyLock);
    /* Imported: their addresses are known at run time. */
    PlainHeap =
        (OLEHEAP){HeapAlloc, HeapReAlloc, HeapFree, HeapSize, HeapValidate, HeapCompact};
    OlepHeap = &PlainHeap;
}

/* Makes NewSpy see every task allocation from now on.  E_INVALIDARG: no IMallocSpy;
 * CO_E_OBJISREG: there is one already. */
HRESULT WINAPI CoRegisterMallocSpy(LPMALLOCSPY NewSpy)
{
    IMallocSpy *Its = NULL;
    if (NewSpy == NULL ||
        FAILED(NewSpy->lpVtbl->QueryInterface(NewSpy, &IID_IMallocSpy, (void **)&Its)))
        return E_INVALIDARG;
    HRESULT Result = CO_E_OBJISREG;
    EnterCriticalSection(&SpyLock);
    if (Spy == NULL) {
        Spy = Its;
        OlepHeap = &SpiedHeap;
        Result = S_OK;
    }
    LeaveCriticalSection(&SpyLock);
    if (FAILED(Result))
        Its->lpVtbl->Release(Its);
    return Result;
}

/* Takes the spy away.  CO_E_OBJNOTREG: there is none; E_ACCESSDENIED: blocks it has seen are
 * still allocated, it goes when the last of them is freed. */
HRESULT WINAPI CoRevokeMallocSpy(void)
{
    HRESULT Result = S_OK;
    EnterCriticalSection(&SpyLock);
    SpyDepth++;
    if (Spy == NULL) {
        Result = CO_E_OBJNOTREG;
    } else {
        SpyRevoked = TRUE;
        if (OlepSpiedCount() != 0)
            Result = E_ACCESSDENIED;
    }
    Leave();
    return Result;
}

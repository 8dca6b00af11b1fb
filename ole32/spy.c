/* spy.c - IMallocSpy: a debugging object that sees every task allocation, before and
 * after.
 *
 *     PreAlloc(size) -> size'   HeapAlloc(size')   PostAlloc(block) -> what the caller
 * gets PreFree(pointer, spied) -> block             HeapFree(block)  PostFree(spied)
 *
 * The hooks may enlarge a request and shift the pointer, so the spy must be told, when a
 * block comes back, whether it had seen it being made ("spied").  The blocks it has seen,
 * by the pointer the caller holds, are in a table here.  A spy that is revoked while such
 * blocks live stays (E_ACCESSDENIED) until the last of them is freed, then goes by
 * itself.
 *
 * Lock: SpyLock, from before the first hook until after the second, as documented ("the
 * allocator holds a lock on the spy between the two calls"); recursive, since a hook may
 * allocate for itself, and then is not called again (SpyDepth).
 * Source: Microsoft's pages for IMallocSpy, CoRegisterMallocSpy and CoRevokeMallocSpy.
 */
#include "ole32.h"

IMallocSpy *volatile OlepSpy;
static CRITICAL_SECTION SpyLock;
static BOOL SpyRevoked;
static int SpyDepth;
/* Pointers as callers hold them; SpiedCount of SpiedRoom are used, in no order. */
static void **Spied;
static SIZE_T SpiedCount, SpiedRoom;

void OlepSpyInitialize(void)
{
    InitializeCriticalSection(&SpyLock);
}

/* The registered spy with the lock held, or null (lock held too): then there is none any
 * more, or this is a call from inside a hook. */
static IMallocSpy *Enter(void)
{
    EnterCriticalSection(&SpyLock);
    return SpyDepth++ == 0 ? OlepSpy : NULL;
}

/* Lets go; a revoked spy whose last block is gone leaves now. */
static void Leave(void)
{
    IMallocSpy *Gone = NULL;
    if (--SpyDepth == 0 && SpyRevoked && SpiedCount == 0) {
        Gone = OlepSpy;
        OlepSpy = NULL;
        SpyRevoked = FALSE;
    }
    LeaveCriticalSection(&SpyLock);
    if (Gone != NULL)
        Gone->lpVtbl->Release(Gone);
}

/* From the newest on: blocks mostly go in the order in which they came, backwards. */
static SIZE_T Find(void *Pointer)
{
    SIZE_T i = SpiedCount;
    while (i > 0 && Spied[i - 1] != Pointer)
        i--;
    return i > 0 ? i - 1 : SpiedCount;
}

static BOOL Room(void)
{
    if (SpiedCount < SpiedRoom)
        return TRUE;
    SIZE_T Larger = SpiedRoom != 0 ? SpiedRoom * 2 : 64;
    HANDLE Heap = GetProcessHeap();
    void **Moved = Spied != NULL ? HeapReAlloc(Heap, 0, Spied, Larger * sizeof(*Moved))
                                 : HeapAlloc(Heap, 0, Larger * sizeof(*Moved));
    if (Moved == NULL)
        return FALSE;
    Spied = Moved;
    SpiedRoom = Larger;
    return TRUE;
}

void *OlepSpyAlloc(SIZE_T Size)
{
    IMallocSpy *Spy = Enter();
    void *Block = NULL;
    if (Spy == NULL) {
        Block = HeapAlloc(GetProcessHeap(), 0, Size);
    } else {
        SIZE_T Wanted = Spy->lpVtbl->PreAlloc(Spy, Size);
        /* A hook answers 0 to make an allocation fail, and is not called again then. */
        if (Wanted != 0 || Size == 0) {
            if (Room())
                Block = HeapAlloc(GetProcessHeap(), 0, Wanted);
            Block = Spy->lpVtbl->PostAlloc(Spy, Block);
        }
        if (Block != NULL)
            Spied[SpiedCount++] = Block;
    }
    Leave();
    return Block;
}

void OlepSpyFree(void *Pointer)
{
    if (Pointer == NULL)
        return;
    IMallocSpy *Spy = Enter();
    if (Spy == NULL) {
        HeapFree(GetProcessHeap(), 0, Pointer);
    } else {
        SIZE_T At = Find(Pointer);
        BOOL Seen = At < SpiedCount;
        void *Block = Spy->lpVtbl->PreFree(Spy, Pointer, Seen);
        if (Block != NULL)
            HeapFree(GetProcessHeap(), 0, Block);
        Spy->lpVtbl->PostFree(Spy, Seen);
        if (Seen)
            Spied[At] = Spied[--SpiedCount];
    }
    Leave();
}

void *OlepSpyRealloc(void *Pointer, SIZE_T Size)
{
    if (Pointer == NULL)
        return OlepSpyAlloc(Size);
    if (Size == 0) {
        OlepSpyFree(Pointer);
        return NULL;
    }
    IMallocSpy *Spy = Enter();
    void *Result = NULL;
    if (Spy == NULL) {
        Result = HeapReAlloc(GetProcessHeap(), 0, Pointer, Size);
    } else {
        void *Block = NULL;
        SIZE_T At = Find(Pointer);
        BOOL Seen = At < SpiedCount;
        SIZE_T Wanted = Spy->lpVtbl->PreRealloc(Spy, Pointer, Size, &Block, Seen);
        if (Wanted != 0 && Block != NULL)
            Result = HeapReAlloc(GetProcessHeap(), 0, Block, Wanted);
        BOOL Moved = Result != NULL;
        if (Wanted != 0)
            Result = Spy->lpVtbl->PostRealloc(Spy, Result, Seen);
        /* An unspied block stays unspied: the hooks were told so, and its shape is the
         * old. */
        if (Moved && Seen)
            Spied[At] = Result;
    }
    Leave();
    return Result;
}

SIZE_T OlepSpyGetSize(void *Pointer)
{
    IMallocSpy *Spy = Enter();
    SIZE_T Size;
    if (Spy == NULL) {
        Size = OlepSize(Pointer);
    } else {
        BOOL Seen = Find(Pointer) < SpiedCount;
        Size = OlepSize(Spy->lpVtbl->PreGetSize(Spy, Pointer, Seen));
        Size = Spy->lpVtbl->PostGetSize(Spy, Size, Seen);
    }
    Leave();
    return Size;
}

int OlepSpyDidAlloc(void *Pointer)
{
    IMallocSpy *Spy = Enter();
    int Did;
    if (Spy == NULL) {
        Did = OlepDidAlloc(Pointer);
    } else {
        BOOL Seen = Find(Pointer) < SpiedCount;
        Did = OlepDidAlloc(Spy->lpVtbl->PreDidAlloc(Spy, Pointer, Seen));
        Did = Spy->lpVtbl->PostDidAlloc(Spy, Pointer, Seen, Did);
    }
    Leave();
    return Did;
}

void OlepSpyHeapMinimize(void)
{
    IMallocSpy *Spy = Enter();
    if (Spy != NULL)
        Spy->lpVtbl->PreHeapMinimize(Spy);
    OlepMinimize();
    if (Spy != NULL)
        Spy->lpVtbl->PostHeapMinimize(Spy);
    Leave();
}

/* Makes Spy see every task allocation from now on.  E_INVALIDARG: no IMallocSpy;
 * CO_E_OBJISREG: there is one already. */
HRESULT WINAPI CoRegisterMallocSpy(LPMALLOCSPY Spy)
{
    IMallocSpy *Own = NULL;
    if (Spy == NULL ||
        FAILED(Spy->lpVtbl->QueryInterface(Spy, &IID_IMallocSpy, (void **)&Own)))
        return E_INVALIDARG;
    HRESULT Result = CO_E_OBJISREG;
    EnterCriticalSection(&SpyLock);
    if (OlepSpy == NULL) {
        OlepSpy = Own;
        Result = S_OK;
    }
    LeaveCriticalSection(&SpyLock);
    if (FAILED(Result))
        Own->lpVtbl->Release(Own);
    return Result;
}

/* Takes the spy away.  CO_E_OBJNOTREG: there is none; E_ACCESSDENIED: blocks it has seen
 * are still allocated, it goes when the last of them is freed. */
HRESULT WINAPI CoRevokeMallocSpy(void)
{
    HRESULT Result = S_OK;
    EnterCriticalSection(&SpyLock);
    SpyDepth++;
    if (OlepSpy == NULL) {
        Result = CO_E_OBJNOTREG;
    } else {
        SpyRevoked = TRUE;
        if (SpiedCount != 0)
            Result = E_ACCESSDENIED;
    }
    Leave();
    return Result;
}

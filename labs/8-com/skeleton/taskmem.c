/* taskmem.c - lab 8: COM's memory.  Task memory, the object around it, its spy, and [out].
 *
 * This file takes the place of three of ours.  Their contracts are
 *     ole32/taskmem.h    CoTaskMemAlloc, CoTaskMemRealloc, CoTaskMemFree, CoGetMalloc; IMalloc
 *     ole32/spy.h        CoRegisterMallocSpy, CoRevokeMallocSpy; the hooks and their order
 *     ole32/outparam.h   [out] parameters into a message and out of it
 * and labs/8-com/README.md says in which order to go about it.
 *
 * As it is, the file builds and the system boots.  Each function says to the debugger that it
 * is missing, and fails as its contract allows.  Replace one after another, and `make` after each.
 */
#include "outparam.h"
#include "spy.h"

/* What task memory is allocated with: see taskmem.h.  Nothing points to it yet. */
const OLEHEAP *volatile OlepHeap;

/* ---- part 1: the three functions (taskmem.h) ---- */

LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size)
{
    (void)Size;
    OutputDebugStringA("lab 8: CoTaskMemAlloc is missing\n");
    return NULL;
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size)
{
    (void)Block;
    (void)Size;
    OutputDebugStringA("lab 8: CoTaskMemRealloc is missing\n");
    return NULL;
}

void WINAPI CoTaskMemFree(LPVOID Block)
{
    (void)Block;
    OutputDebugStringA("lab 8: CoTaskMemFree is missing\n");
}

/* ---- part 2: the object (taskmem.h) ---- */

/* Yours: nine functions, an IMallocVtbl with them in the interface's order, one IMalloc. */

HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    (void)Context;
    (void)Malloc;
    OutputDebugStringA("lab 8: CoGetMalloc is missing\n");
    return E_NOTIMPL;
}

/* ---- part 3: the spy (spy.h) ---- */

void OlepSpyInitialize(void)
{
    /* DllMain calls this before anything else. */
}

HRESULT WINAPI CoRegisterMallocSpy(LPMALLOCSPY NewSpy)
{
    (void)NewSpy;
    OutputDebugStringA("lab 8: CoRegisterMallocSpy is missing\n");
    return E_NOTIMPL;
}

HRESULT WINAPI CoRevokeMallocSpy(void)
{
    OutputDebugStringA("lab 8: CoRevokeMallocSpy is missing\n");
    return E_NOTIMPL;
}

/* ---- part 4: [out] (outparam.h) ---- */

HRESULT OlepPutSounding(CALL_MESSAGE *Message, LPOLESTR Place, SOUNDING *Sounding,
                        ULONG Fathoms)
{
    (void)Place;
    (void)Sounding;
    (void)Fathoms;
    OlepSetLength(&Message->Header, sizeof(CALL_REPLY));
    OutputDebugStringA("lab 8: OlepPutSounding is missing\n");
    return E_NOTIMPL;
}

HRESULT OlepTakeSounding(const CALL_MESSAGE *Message, LPOLESTR *Place,
                         SOUNDING **Sounding, ULONG *Fathoms)
{
    (void)Message;
    (void)Place;
    (void)Sounding;
    (void)Fathoms;
    OutputDebugStringA("lab 8: OlepTakeSounding is missing\n");
    return E_NOTIMPL;
}

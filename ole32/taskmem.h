/* taskmem.h - the contract of COM memory: what ole32/taskmem.c is given and must provide.
 *
 * Three functions, and one object with an IMalloc interface around them.  Any file that keeps
 * this contract and includes "taskmem.h" can replace taskmem.c; tests/second/taskmem.c is
 * another one.  The build defines _OLE32_ and links libuuid (IID_IMalloc, IID_IUnknown).
 *
 *     make REPLACE=ole32/taskmem.c=MINE.c build/bin/ole32.dll
 *     tools/fathom run --add build/bin/ole32.dll PROGRAM.exe
 *
 *     IMalloc::Alloc ──> CoTaskMemAlloc ──> OlepHeap->Alloc ──> kernel32: the default heap
 *                                               │ while a spy is registered:
 *                                               └──> spy.c: hook ──> the heap ──> hook
 *
 * A spy (IMallocSpy) exchanges the table that OlepHeap points to: the module does not know of
 * spies.
 *
 * Invariants:
 *     C1  a block of task memory is a block of the default heap: what one component has
 *         allocated another may free, by CoTaskMemFree or by IMalloc::Free
 *     C2  no header, no list: the caller's pointer is what OlepHeap returned
 *     C3  the object is one for the process and never goes away, whatever is released
 *     C4  a call that fails returns NULL and changes no block
 *     C5  an out parameter of a method that fails is NULL
 *     C6  OlepHeap is read at each call, and no other function of a heap is called
 *     C7  each function can be called by any thread at any time, before CoInitialize too
 *
 * Tested by: tests/guest/ole32/taskmem.c and rules.c (C1..C5), spy.c and spies.c (C6, C7).
 */
#ifndef OLE32_TASKMEM_H
#define OLE32_TASKMEM_H
#include "ole32.h"

/* ---- given (spy.c) ---- kernel32's functions, to be called with GetProcessHeap() and no
 * flags: HeapAlloc, HeapReAlloc, HeapFree, HeapSize, HeapValidate and HeapCompact.  No Block
 * is NULL; ReAlloc's Size is not 0.  The block may move; NULL: no memory, nothing changed. */
typedef struct {
    LPVOID(WINAPI *Alloc)(HANDLE Heap, DWORD Flags, SIZE_T Size);
    LPVOID(WINAPI *ReAlloc)(HANDLE Heap, DWORD Flags, LPVOID Block, SIZE_T Size);
    BOOL(WINAPI *Free)(HANDLE Heap, DWORD Flags, LPVOID Block);
    SIZE_T(WINAPI *Size)(HANDLE Heap, DWORD Flags, LPCVOID Block);
    /* 1: a block of it */
    BOOL(WINAPI *Validate)(HANDLE Heap, DWORD Flags, LPCVOID Block);
    SIZE_T(WINAPI *Compact)(HANDLE Heap, DWORD Flags);
} OLEHEAP;
extern const OLEHEAP *volatile OlepHeap;

/* ---- to provide ---- exported by ole32.def, declared in <objbase.h>:
 *
 * CoTaskMemAlloc    Size bytes, contents undefined; 0 gives a block of its own; NULL: no memory
 * CoTaskMemRealloc  NULL block: CoTaskMemAlloc(Size), also of 0; else Size 0: freed, and NULL;
 *                   else the block at Size bytes, perhaps elsewhere, the bytes both sizes have
 *                   kept; NULL: no memory
 * CoTaskMemFree     NULL is ignored
 * CoGetMalloc       S_OK and the object for MEMCTX_TASK (1); E_INVALIDARG and a NULL *Malloc
 *                   for any other; E_INVALIDARG for a NULL Malloc
 *
 * IMalloc, its table in the interface's order:
 *
 * QueryInterface    S_OK for IUnknown and IMalloc, *Object is the object; E_NOINTERFACE for
 *                   any other, and *Object is NULL; E_POINTER for a NULL Object
 * AddRef, Release   any number above 0: nothing is counted
 * Alloc, Realloc, Free   as the three functions
 * GetSize           the bytes that were requested; (SIZE_T)-1 for NULL
 * DidAlloc          what Validate returns: 1, a block of task memory; 0; -1 for NULL
 * HeapMinimize      free memory goes back to the system where that is possible
 *
 * Source: Microsoft's pages for IMalloc, the three functions and CoGetMalloc. */
#endif

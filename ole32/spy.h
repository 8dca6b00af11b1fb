/* spy.h - the contract of IMallocSpy: what ole32/spy.c is given and must provide.
 *
 * A spy is an object of the program's that sees every call of task memory, before and after:
 *
 *     PreAlloc(size) -> size'             HeapAlloc(size')  PostAlloc(block) -> the pointer
 *                                                                       that the caller gets
 *     PreFree(pointer, spied) -> block    HeapFree(block)   PostFree(spied)
 *
 * and so for Realloc, GetSize, DidAlloc and HeapMinimize.  A hook may enlarge a request and shift
 * the pointer (a header for itself), so it is told of each block that comes back whether the spy
 * saw its allocation: `spied`.
 *
 * Invariants:
 *     S1  while no spy is registered OlepHeap's functions are kernel32's, and cost nothing more
 *     S2  a block is spied from its PostAlloc to its PostFree; PostRealloc of a spied block moves
 *         that to the new pointer; an unspied block stays unspied when it is reallocated
 *     S3  both hooks of a call and what lies between are one step: no other thread's call comes
 *         between them
 *     S4  a call of task memory from inside a hook works, and no hook sees it
 *     S5  a PreAlloc that returns 0 for a size other than 0 makes the call fail: NULL, no
 *         PostAlloc; so does a PreRealloc: the block stays as it is, no PostRealloc
 *     S6  a spy that is revoked while spied blocks live stays and sees what it saw, until the last
 *         of them is freed; then it is released.  No other can register meanwhile
 *
 * Given: spied.h, a set of pointers (no lock of its own).
 * Tested by: tests/guest/ole32/spy.c and spies.c.
 */
#ifndef OLE32_SPY_H
#define OLE32_SPY_H
#include "spied.h"
#include "taskmem.h"

/* ---- to provide, with OlepHeap of taskmem.h ----
 *
 * OlepSpyInitialize     from DllMain, before any task memory is asked for (declared in ole32.h)
 *
 * CoRegisterMallocSpy   S_OK: the spy sees every call from now on, and is referenced once, by its
 *                       QueryInterface for IMallocSpy; E_INVALIDARG: NULL, or no IMallocSpy;
 *                       CO_E_OBJISREG: there is one, and the new one is not kept
 * CoRevokeMallocSpy     S_OK: it sees nothing any more, and is released; CO_E_OBJNOTREG: there is
 *                       none; E_ACCESSDENIED: spied blocks live (S6)
 *
 * Source: Microsoft's pages for IMallocSpy, CoRegisterMallocSpy and CoRevokeMallocSpy. */
#endif

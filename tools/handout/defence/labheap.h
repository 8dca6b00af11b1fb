/* labheap.h - for a defence about a heap of labheap.dll, which has the student's file in it: the
 * heap, its blocks, and the step that takes one.  A block is at most one step's. */
#ifndef FATHOM_DEFENCE_LABHEAP_H
#define FATHOM_DEFENCE_LABHEAP_H
#include <windows.h>
#include "defence.h"

#define BLOCKS 10
static char says[DEFENCE_MOST][80], others[DEFENCE_MOST][80];
static struct {
    void *at; /* NULL: none */
    unsigned step;
} block[BLOCKS];
static unsigned step;
static HANDLE heap;
static PVOID(WINAPI *allocate)(PVOID, ULONG, SIZE_T);
static BOOLEAN(WINAPI *release)(PVOID, ULONG, PVOID);

static void make_heap(ULONG flags)
{
    HMODULE dll = LoadLibraryA("labheap.dll");
    PVOID(WINAPI * create)
    (ULONG, PVOID, SIZE_T, SIZE_T, PVOID, PVOID) =
        (void *)GetProcAddress(dll, "LabCreateHeap");
    allocate = (void *)GetProcAddress(dll, "LabAllocateHeap");
    release = (void *)GetProcAddress(dll, "LabFreeHeap");
    heap = create(flags, NULL, 0, 0, NULL, NULL);
}

/* size bytes; in the changed step more than three times as many. */
static void allocates(unsigned i, unsigned size)
{
    const unsigned larger = size * 3 + 40;
    snprintf(says[++step], sizeof *says, "RtlAllocateHeap(heap, 0, %u)", size);
    snprintf(others[step], sizeof *others, "RtlAllocateHeap(heap, 0, %u)", larger);
    defence_step(step, says[step], others[step], 0);
    block[i].at = allocate(heap, 0, step == defence_changed ? larger : size);
    defence_done(step, (unsigned)block[i].at);
    block[i].step = step;
}

#endif

/* heaps.c - many blocks or heaps in one call, and tags.
 *
 * RtlMultipleAllocateHeap and RtlMultipleFreeHeap are loops; RtlEnumProcessHeaps asks a
 * function about each heap.  Tags count a heap's blocks by purpose where gflags' htg is
 * set, which Fathom does not have: as in Windows without it, there is no tag to be had.
 *
 * Lock: of the list of heaps, for the enumeration.  In Windows: the same functions.
 */
#include "heap/heapp.h"

/* Allocates Count blocks of Size bytes into Blocks; result: how many there are.  Flags:
 * as for RtlAllocateHeap. */
ULONG NTAPI RtlMultipleAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size,
                                    ULONG Count, PVOID *Blocks)
{
    ULONG Done = 0;
    while (Done < Count) {
        Blocks[Done] = RtlAllocateHeap(HeapHandle, Flags, Size);
        if (!Blocks[Done])
            break;
        Done++;
    }
    return Done;
}

/* Frees Count blocks; result: how many were freed before one that could not be. */
ULONG NTAPI RtlMultipleFreeHeap(PVOID HeapHandle, ULONG Flags, ULONG Count, PVOID *Blocks)
{
    ULONG Done = 0;
    while (Done < Count && RtlFreeHeap(HeapHandle, Flags, Blocks[Done]))
        Done++;
    return Done;
}

/* Calls Routine with each heap, oldest first, until it does not succeed; result: what it
 * returned last.  It may not make or destroy a heap. */
NTSTATUS NTAPI RtlEnumProcessHeaps(PRTL_ENUM_HEAPS_ROUTINE Routine, PVOID Parameter)
{
    PPEB Peb = RtlpHeapPeb();
    NTSTATUS Status = STATUS_SUCCESS;
    RtlpEnterHeapList();
    for (ULONG i = 0; i < Peb->NumberOfHeaps && NT_SUCCESS(Status); i++)
        Status = Routine(Peb->ProcessHeaps[i], Parameter);
    RtlpLeaveHeapList();
    return Status;
}

/* The first of the tags that Names lists: none, 0. */
ULONG NTAPI RtlCreateTagHeap(PVOID HeapHandle, ULONG Flags, PWSTR Prefix, PWSTR Names)
{
    (void)HeapHandle, (void)Flags, (void)Prefix, (void)Names;
    return 0;
}

/* The name of a tag: null, there is no such. */
PWSTR NTAPI RtlQueryTagHeap(PVOID HeapHandle, ULONG Flags, USHORT Tag, BOOLEAN Reset,
                            PVOID Information)
{
    (void)HeapHandle, (void)Flags, (void)Tag, (void)Reset, (void)Information;
    return NULL;
}

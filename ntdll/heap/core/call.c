/* call.c - RtlAllocateHeap and RtlFreeHeap: the common path of both.
 *
 * HeapAlloc and HeapFree are these functions (kernel32 only forwards the names).  Nearly
 * every call is served here, by the front end, without the lock (front/front.h).  All else,
 * and every fault in what the program gave, goes to RtlpAllocateHeap and RtlpFreeHeap,
 * which decide again from the start:
 *
 *   RtlAllocateHeap --> RtlpFrontTake --> a block
 *          |   no heap, a flag, too large, none free; traced: batch.c takes it
 *          '--> RtlpAllocateHeap (allocate.c), with the lock
 *
 *   RtlFreeHeap --> RtlpFrontGive --> done
 *          |   no heap, a flag, not the front end's, not sound; traced: batch.c gives it
 *          '--> RtlpFreeHeap (free.c), with the lock
 *
 * This file alone is compiled to use only the registers that need no saving (mk/user.mk):
 * 12 instructions of a pair fewer, and a walk of the stack finds the arguments there.
 *
 * Lock: none.  In Windows: RtlAllocateHeap, RtlFreeHeap.
 */
#include "heap/heapp.h"
#include "heap/front/front.h"

/* Whether the header before Block says front end.  Block may be anything: where it cannot
 * be read the answer is no (probe.c). */
static inline bool RtlpIsMarked(const void *Block)
{
    bool Marked;
#ifndef _WIN32
    if (!Block) /* a fault each time would be dear there */
        return false;
#endif
    __asm__ volatile("1: testb $0x80, -1(%1)\n2:\n" RTLP_PROBE(1)
                     : "=@ccnz"(Marked)
                     : "r"(Block));
    return Marked;
}

/* Allocates Size bytes.
 *
 * Flags: HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, HEAP_ZERO_MEMORY,
 * HEAP_SETTABLE_USER_VALUE and _FLAGn.  Result: a block aligned to 8 bytes (16 on a heap
 * of HEAP_CREATE_ALIGN_16), of at least Size bytes; null if there is no memory, with
 * ERROR_NOT_ENOUGH_MEMORY as last error, or STATUS_NO_MEMORY raised.  (Microsoft:
 * HeapAlloc.) */
PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    HEAP *Heap = HeapHandle;
    if (RTLP_MOSTLY(!(Flags & LONG_PATH_FLAGS) && RtlpIsSigned(Heap))) {
        PVOID Block = RTLP_MOSTLY(!RtlpHeapTracing()) ? RtlpFrontTake(Heap, Size)
                                                      : RtlpTakeBatched(Heap, Size);
        if (RTLP_MOSTLY(Block)) {
            RTLP_AUDIT_SHORT(Heap);
            return Block;
        }
    }
    return RtlpAllocateHeap(Heap, Flags, Size);
}

/* Frees Block; null is freed already.
 *
 * Flags: HEAP_NO_SERIALIZE.  Result: TRUE; FALSE with ERROR_INVALID_PARAMETER if it is no
 * block in use of this heap and the process asked to survive that (else it ends with
 * STATUS_HEAP_CORRUPTION).  (Microsoft: HeapFree.) */
BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    if (RTLP_MOSTLY(!(Flags & LONG_PATH_FLAGS) && RtlpIsSigned(Heap) &&
                    RtlpIsMarked(Block) &&
                    (RTLP_MOSTLY(!RtlpHeapTracing()) ? RtlpFrontGive(Heap, Block)
                                                     : RtlpGiveBatched(Heap, Block)))) {
        RTLP_AUDIT_SHORT(Heap);
        return TRUE;
    }
    return RtlpFreeHeap(Heap, Flags, Block);
}

/* lab.h - a front end in one file: the FRONT_FILE of lab 6 (labs/6-frontend).
 *
 * front.h is the contract.  It wants four functions inline, with a structure of the front end's own
 * choice.  With this header they are calls, and FRONT_HEAP is known to the one file alone that
 * defines it: so one file is a whole front end, and the rest of the heap is compiled once.
 *
 * The file includes "heap/front/front.h" and defines
 *   struct _FRONT_HEAP                        the state of one heap's front end; no size is asked
 *   FRONT_HEAP RtlpNoFront                    one that has no block (F4)
 *   LabTake, LabGive, LabBytes, LabUnused     what front.h says of RtlpFrontTake and so on
 *   RtlpFrontAllocate .. RtlpFrontCheck       all that front.h declares
 * It counts allocations in HEAP.FrontUse (132 bytes, zero at first) until a size is its own.
 *
 * Rules of this lab, beside F1 to F5 of front.h:
 *   L1  A size is served from its 18th allocation on, once the heap has a front end from the 17th.
 *       Size: all requests that share a class.
 *   L2  The classes are those of Microsoft's table: 8-byte steps up to 256 bytes, then 16 to
 *       each power of two up to 16 KiB, header included.  A block has exactly the bytes of its
 *       class.
 *       Requests of no bytes may be treated in another way.
 *   L3  A block that is free may be given to any call that asks for its class or a smaller one.
 *   L4  Damage is reported (RtlpHeapFailure) and not followed.
 *
 * Cost today (labs/6-frontend): the reference 118 instructions a pair, the second solution 265.
 */
#ifndef FATHOM_LAB_FRONT_H
#define FATHOM_LAB_FRONT_H

#include "heap/heapp.h"

#define FRONT_INSIDE 1 /* its blocks may lie inside the back end's segments */

typedef struct _FRONT_HEAP FRONT_HEAP;

PVOID LabTake(HEAP *Heap, SIZE_T Size);
bool LabGive(HEAP *Heap, PVOID Block);
SIZE_T LabBytes(HEAP *Heap, const void *Block);
SIZE_T LabUnused(const void *Block);

static inline PVOID RtlpFrontTake(HEAP *Heap, SIZE_T Size)
{
    return LabTake(Heap, Size);
}
static inline bool RtlpFrontGive(HEAP *Heap, PVOID Block)
{
    return LabGive(Heap, Block);
}
static inline SIZE_T RtlpFrontBytes(HEAP *Heap, const void *Block)
{
    return LabBytes(Heap, Block);
}
static inline SIZE_T RtlpFrontUnused(const void *Block)
{
    return LabUnused(Block);
}

#endif

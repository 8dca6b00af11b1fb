/* lab.c - the default front end through lab.h: the doors of lab 6's reference.
 *
 * The rest of it is groups.c and its neighbours, linked beside this file (mk/heap.mk) or joined
 * with it in one (labs/6-frontend/lab.toml, also).
 */
#undef FRONT_FILE
#define FRONT_FILE "heap/front/groups.h"
#include "heap/front/groupsp.h"

PVOID LabTake(HEAP *Heap, SIZE_T Size);
bool LabGive(HEAP *Heap, PVOID Block);
SIZE_T LabBytes(HEAP *Heap, const void *Block);
SIZE_T LabUnused(const void *Block);

PVOID LabTake(HEAP *Heap, SIZE_T Size)
{
    return RtlpFrontTake(Heap, Size);
}

bool LabGive(HEAP *Heap, PVOID Block)
{
    return RtlpFrontGive(Heap, Block);
}

SIZE_T LabBytes(HEAP *Heap, const void *Block)
{
    return RtlpFrontBytes(Heap, Block);
}

SIZE_T LabUnused(const void *Block)
{
    return RtlpFrontUnused(Block);
}

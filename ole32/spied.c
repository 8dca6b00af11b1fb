/* spied.c - a set of pointers: open addressing, linear probing (Knuth, TAOCP 3, 6.4,
 * algorithms L and R).
 *
 *     Set[Home(pointer)], and the slots after it up to the first empty one, round the end
 *
 * At least half of the Room slots are empty, so a search ends soon whatever the number.
 * Memory comes from the default heap by HeapAlloc: no hook sees it.
 */
#include "spied.h"

static void **Set;         /* NULL: empty slot */
static SIZE_T Count, Room; /* Room: 0 or a power of two */

static SIZE_T Home(const void *Pointer)
{
    return ((ULONG_PTR)Pointer >> 3) * 2654435761u & (Room - 1);
}

/* The pointer's slot, or the empty one where it would go. */
static SIZE_T Find(const void *Pointer)
{
    SIZE_T i = Home(Pointer);
    while (Set[i] != NULL && Set[i] != Pointer)
        i = (i + 1) & (Room - 1);
    return i;
}

SIZE_T OlepSpiedCount(void)
{
    return Count;
}

BOOL OlepSpiedRoom(void)
{
    if (Room != 0 && Count < Room / 2)
        return TRUE;
    void **Old = Set;
    SIZE_T OldRoom = Room, NewRoom = Room != 0 ? Room * 2 : 128;
    void **New = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, NewRoom * sizeof(*New));
    if (New == NULL)
        return FALSE;
    Set = New;
    Room = NewRoom;
    for (SIZE_T i = 0; i < OldRoom; i++)
        if (Old[i] != NULL)
            Set[Find(Old[i])] = Old[i];
    if (Old != NULL)
        HeapFree(GetProcessHeap(), 0, Old);
    return TRUE;
}

void OlepSpiedAdd(void *Pointer)
{
    Set[Find(Pointer)] = Pointer;
    Count++;
}

BOOL OlepIsSpied(void *Pointer)
{
    return Pointer != NULL && Room != 0 && Set[Find(Pointer)] == Pointer;
}

/* The slots after the hole move up where their search would have passed it. */
void OlepSpiedRemove(void *Pointer)
{
    SIZE_T Hole = Find(Pointer);
    for (SIZE_T i = (Hole + 1) & (Room - 1); Set[i] != NULL; i = (i + 1) & (Room - 1)) {
        SIZE_T From = Home(Set[i]);
        if (((i - From) & (Room - 1)) >= ((i - Hole) & (Room - 1))) {
            Set[Hole] = Set[i];
            Hole = i;
        }
    }
    Set[Hole] = NULL;
    Count--;
}

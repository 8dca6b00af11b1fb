/* userblocks.c - the memory of subsegments: blocks of the back end, and a cache of them.
 *
 *   | HEAP_ENTRY | HEAP_USERDATA_HEADER | HEAP_ENTRY, data | HEAP_ENTRY, data | .. |
 *   '--- of the back end, HEAP_ENTRY_VIRTUAL_ALLOC -------------------------------'
 *
 * Their sizes are twelve classes, powers of two from 2^7 to 2^17 bytes and 78000h.  (UserBlockCache
 * has twelve entries: symbols.  The shifts 7 and 12h, the limit 78000h: Valasek,
 * RtlpAllocateUserBlock.  That the last class is the limit: ours.)  A 64-bit host counts granules
 * of 16 bytes, so twice that.
 *
 * User blocks that a subsegment gives back wait in UserBlockCache, linked by SFreeListEntry, for
 * any bucket that wants that class.  CACHE_BYTES or a part of the heap may wait (ours; Windows
 * compares AvailableBlocks with what the class has had).
 *
 * Lock: the heap's.  In Windows: RtlpAllocateUserBlock, RtlpFreeUserBlock.
 */
#include "heap/front/windows7/windows7p.h"

#define FIRST_CLASS_UNITS 16u     /* 2^7 bytes */
#define LAST_CLASS_UNITS  0xF000u /* 78000h bytes */
#define CACHE_BYTES       0x80000u
#define CACHE_SHARE       8u /* of so many bytes committed one may wait */

/* The UserBlocks of a class, header included, fill a block of the back end of this size. */
SIZE_T RtlpUserBlockBytes(ULONG Class)
{
    ULONG Units = Class < LFH_CLASSES - 1 ? FIRST_CLASS_UNITS << Class : LAST_CLASS_UNITS;
    return ((SIZE_T)Units << GRANULE_SHIFT) - sizeof(HEAP_ENTRY);
}

PVOID RtlpAllocateForFront(HEAP *Heap, SIZE_T Bytes)
{
    ULONG Units = (ULONG)((Bytes + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    HEAP_ENTRY *Entry = RtlpAllocateBlock(Heap, Units, HEAP_ENTRY_VIRTUAL_ALLOC);
    if (!Entry)
        return NULL;
    Entry->UnusedBytes = sizeof(HEAP_ENTRY);
    RtlZeroMemory(Entry + 1, Bytes);
    return Entry + 1;
}

bool RtlpIsUserBlock(const HEAP *Heap, const HEAP_USERDATA_HEADER *UserBlocks)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)UserBlocks - 1;
    if ((ULONG_PTR)UserBlocks % GRANULE || !RtlpIsReadable(Entry) ||
        !RtlpIsReadable((const HEAP_ENTRY *)UserBlocks) ||
        UserBlocks->Signature != HEAP_USERDATA_SIGNATURE ||
        UserBlocks->SizeIndex >= LFH_CLASSES)
        return false;
    ULONG Code = RtlpProbeEntry((HEAP *)Heap, Entry);
    return CODE_FLAGS(Code) & HEAP_ENTRY_BUSY &&
           CODE_FLAGS(Code) & HEAP_ENTRY_VIRTUAL_ALLOC &&
           (CODE_SIZE(Code) << GRANULE_SHIFT) >=
               RtlpUserBlockBytes((ULONG)UserBlocks->SizeIndex) + sizeof(HEAP_ENTRY);
}

/* The first of a class in the cache, taken out; null: none, or damage (reported, the class
 * emptied). */
static HEAP_USERDATA_HEADER *RtlpTakeCached(FRONT_HEAP *Front, ULONG Class)
{
    USER_MEMORY_CACHE_ENTRY *Cache = &Front->UserBlockCache[Class];
    if (!Cache->UserBlocks.Next)
        return NULL;
    HEAP_USERDATA_HEADER *UserBlocks =
        CONTAINING_RECORD(Cache->UserBlocks.Next, HEAP_USERDATA_HEADER, SFreeListEntry);
    if (!RtlpIsUserBlock(Front->Heap, UserBlocks) || UserBlocks->SizeIndex != Class) {
        RtlpHeapFailure(Front->Heap, heap_failure_listentry_corruption, UserBlocks,
                        "RtlpAllocateUserBlock");
        Cache->UserBlocks.Next = NULL;
        Front->SizeInCache -= Cache->AvailableBlocks * RtlpUserBlockBytes(Class);
        Cache->UserBlocks.Depth = 0;
        Cache->AvailableBlocks = 0;
        return NULL;
    }
    Cache->UserBlocks.Next = UserBlocks->SFreeListEntry.Next;
    Cache->UserBlocks.Depth--;
    Cache->AvailableBlocks--;
    Front->SizeInCache -= RtlpUserBlockBytes(Class);
    return UserBlocks;
}

HEAP_USERDATA_HEADER *RtlpAllocateUserBlock(FRONT_HEAP *Front, ULONG Class)
{
    HEAP_USERDATA_HEADER *UserBlocks = RtlpTakeCached(Front, Class);
    if (UserBlocks) {
        Front->CacheAllocs++;
        return UserBlocks;
    }
    HEAP *Heap = Front->Heap;
    ULONG Units = (ULONG)((RtlpUserBlockBytes(Class) >> GRANULE_SHIFT) + 1);
    HEAP_ENTRY *Entry = RtlpAllocateBlock(Heap, Units, HEAP_ENTRY_VIRTUAL_ALLOC);
    if (!Entry)
        return NULL;
    Entry->UnusedBytes = sizeof(HEAP_ENTRY);
    UserBlocks = (HEAP_USERDATA_HEADER *)(Entry + 1);
    *UserBlocks =
        (HEAP_USERDATA_HEADER){.SizeIndex = Class, .Signature = HEAP_USERDATA_SIGNATURE};
    return UserBlocks;
}

/* Back to the back end: the signature goes, so no late look takes it for user blocks. */
static void RtlpReleaseUserBlock(HEAP *Heap, HEAP_USERDATA_HEADER *UserBlocks)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)UserBlocks - 1;
    ULONG Code = RtlpCheckEntry(Heap, Entry);
    UserBlocks->Signature = 0;
    UserBlocks->SubSegment = NULL;
    if (Code)
        RtlpFreeBlock(Heap, Entry, CODE_SIZE(Code));
}

void RtlpEmptyUserBlockCache(FRONT_HEAP *Front, SIZE_T Most)
{
    for (ULONG Class = LFH_CLASSES; Class-- > 0 && Front->SizeInCache > Most;)
        while (Front->SizeInCache > Most) {
            HEAP_USERDATA_HEADER *UserBlocks = RtlpTakeCached(Front, Class);
            if (!UserBlocks)
                break;
            RtlpReleaseUserBlock(Front->Heap, UserBlocks);
        }
}

void RtlpFreeUserBlock(FRONT_HEAP *Front, HEAP_USERDATA_HEADER *UserBlocks)
{
    if (!RtlpIsUserBlock(Front->Heap, UserBlocks)) {
        RtlpHeapFailure(Front->Heap, heap_failure_entry_corruption, UserBlocks,
                        "RtlpFreeUserBlock");
        return;
    }
    USER_MEMORY_CACHE_ENTRY *Cache = &Front->UserBlockCache[UserBlocks->SizeIndex];
    UserBlocks->SFreeListEntry.Next = Cache->UserBlocks.Next;
    Cache->UserBlocks.Next = &UserBlocks->SFreeListEntry;
    Cache->UserBlocks.Depth++;
    Cache->AvailableBlocks++;
    Front->CacheFrees++;
    Front->SizeInCache += RtlpUserBlockBytes((ULONG)UserBlocks->SizeIndex);
    SIZE_T Share = Front->Heap->Counters.TotalMemoryCommitted / CACHE_SHARE;
    RtlpEmptyUserBlockCache(Front, Share > CACHE_BYTES ? Share : CACHE_BYTES);
}

/* lfh.c - the Low Fragmentation Heap: the front end for sizes that are asked for often.
 *
 * 128 buckets of sizes up to 16 KiB.  At the 18th allocation of a bucket's size (the 17th
 * once another bucket is active) the bucket starts to cut user blocks of the back end
 * into equal blocks:
 *
 *   back-end block  | HEAP_ENTRY | HEAP_USERDATA_HEADER | entry,data | entry,data | ... |
 *                                        |                   ^ First, First + BlockSize
 * ... zone            | HEAP_SUBSEGMENT: FreeMask 0110...  ----'
 *
 * A bucket has one active subsegment, from whose mask blocks are taken; it has a list of
 * others with free blocks; full ones it forgets (detached) until a block comes back.  One
 * that is all free goes back to the back end.  Descriptors lie in a region of their own,
 * the zone, which only grows: what an overrun of a block can reach is other blocks'
 * headers, and the code in each of those is bound to its address and the key.
 *
 *             refill                 last free block taken, refill
 *   unused ----------> active <---------------------> detached
 *      ^                 ^  refill                        | a block given back
 *      |  all free       '-------------- listed <---------'
 *      '------------------------------------'
 *
 * Not for heaps without lock, of fixed size, with HEAP_CREATE_ALIGN_16 or under checking
 * flags.
 *
 * Lock: the heap's for everything here; RtlpLfhTake and RtlpLfhGive (lfh.h) run without
 * it. In Windows: _LFH_HEAP; there a user block has up to 1,024 blocks and, before
 * Windows 8, its free list inside them.
 */
#include "lfh.h"

#define LFH_RESERVE       0x400000u /* bytes of the zone: 131,000 descriptors */
#define LFH_FIRST_USE     18
#define LFH_LATER_USE     17
#define LFH_FEWEST_BLOCKS 8u
#define LFH_USER_BYTES    0x10000u /* a user block is not made larger than this */
#define LFH_EXCLUDING                                                                    \
    (HEAP_NO_SERIALIZE | HEAP_CREATE_ALIGN_16 | HEAP_TAIL_CHECKING_ENABLED |             \
     HEAP_FREE_CHECKING_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED |                     \
     HEAP_VALIDATE_ALL_ENABLED)

/* The bucket of a block of Units granules, 1 to 128: 8-byte steps up to 256 bytes, then
 * 16 steps to each power of two.  (Microsoft: Low-fragmentation Heap, its table.) */
ULONG RtlpLfhBucket(ULONG Units)
{
    if (Units <= 32)
        return Units < 2 ? 2 : Units;
    ULONG Shift = 31 - (ULONG)__builtin_clz(Units - 1) - 4; /* 1 for 33..64 */
    return 32 + (Shift - 1) * 16 + ((Units - 1) >> Shift) - 15;
}

/* The largest block of a bucket, in granules. */
static ULONG RtlpLfhUnits(ULONG Bucket)
{
    if (Bucket <= 32)
        return Bucket;
    ULONG Shift = (Bucket - 33) / 16 + 1;
    return ((Bucket - 33) % 16 + 17) << Shift;
}

static NTSTATUS RtlpLfhCommit(HEAP *Heap, LFH_HEAP *Front, SIZE_T Bytes)
{
    SIZE_T Need = ALIGN_UP(Bytes, PAGE_SIZE);
    if (Need > LFH_RESERVE)
        return STATUS_NO_MEMORY;
    NTSTATUS Status = RtlpCommit((char *)Front + Front->Committed,
                                 Need - Front->Committed, PAGE_READWRITE);
    if (NT_SUCCESS(Status)) {
        Heap->Counters.TotalMemoryCommitted += Need - Front->Committed;
        Front->Committed = Need;
    }
    return Status;
}

/* Gives the heap a front end without any bucket; false: it may not have one, or no
 * memory. */
bool RtlpLfhEnable(HEAP *Heap)
{
    if (Heap->FrontEndHeap)
        return true;
    if (Heap->Flags & LFH_EXCLUDING || !(Heap->Flags & HEAP_GROWABLE))
        return false;
    PVOID Base = NULL;
    SIZE_T Bytes = ALIGN_UP(sizeof(LFH_HEAP), PAGE_SIZE);
    if (!NT_SUCCESS(RtlpReserve(&Base, LFH_RESERVE, PAGE_READWRITE)))
        return false;
    if (!NT_SUCCESS(RtlpCommit(Base, Bytes, PAGE_READWRITE))) {
        RtlpRelease(Base);
        return false;
    }
    LFH_HEAP *Front = Base;
    Front->Key = RtlpHeapRandom();
    Front->Heap = Heap;
    Front->Committed = Bytes;
    Front->Zone = (char *)ALIGN_UP(Front + 1, sizeof(HEAP_SUBSEGMENT));
    Front->None.State = SubSegmentUnused;
    RtlpInitializeList(&Front->Unused);
    for (ULONG i = 0; i < LFH_BUCKETS; i++) {
        Front->Active[i] = &Front->None;
        RtlpInitializeList(&Front->Buckets[i].Partial);
        Front->Buckets[i].SizeIndex = (UCHAR)i;
    }
    for (ULONG Units = 0; Units <= LFH_UNITS; Units++)
        Front->BucketOf[Units] = (UCHAR)RtlpLfhBucket(Units);
    Heap->Counters.TotalMemoryReserved += LFH_RESERVE;
    Heap->Counters.TotalMemoryCommitted += Bytes;
    Heap->FrontEndHeap = Front;
    Heap->FrontEndHeapType = 2;
    if (Heap->FrontHeapLockCount == 0)
        __atomic_store_n(&Heap->Front, Front, __ATOMIC_RELEASE);
    return true;
}

void RtlpLfhDestroy(HEAP *Heap)
{
    LFH_HEAP *Front = Heap->FrontEndHeap;
    Heap->Front = NULL;
    Heap->FrontEndHeap = NULL;
    if (Front)
        RtlpRelease(Front);
}

/* A descriptor that is in nobody's hands, or null. */
static HEAP_SUBSEGMENT *RtlpLfhNewDescriptor(HEAP *Heap, LFH_HEAP *Front)
{
    if (Front->Unused.Flink != &Front->Unused) {
        LIST_ENTRY *Link = Front->Unused.Flink;
        if (!RtlpSafeUnlink(Heap, Link))
            return NULL;
        return CONTAINING_RECORD(Link, HEAP_SUBSEGMENT, Link);
    }
    HEAP_SUBSEGMENT *Sub = (HEAP_SUBSEGMENT *)(Front->Zone + Front->ZoneUsed);
    SIZE_T End = (SIZE_T)((char *)(Sub + 1) - (char *)Front);
    if (End > Front->Committed && !NT_SUCCESS(RtlpLfhCommit(Heap, Front, End)))
        return NULL;
    __atomic_store_n(&Front->ZoneUsed, Front->ZoneUsed + (ULONG)sizeof(*Sub),
                     __ATOMIC_RELEASE);
    return Sub;
}

/* Blocks of the next user block: more, the more the bucket has. */
static ULONG RtlpLfhBlockCount(const HEAP_BUCKET *Bucket)
{
    ULONG Count = Bucket->TotalBlocks / 4;
    ULONG Fits = (LFH_USER_BYTES >> GRANULE_SHIFT) / Bucket->BlockUnits;
    if (Count < LFH_FEWEST_BLOCKS)
        Count = LFH_FEWEST_BLOCKS;
    if (Count > LFH_MOST_BLOCKS)
        Count = LFH_MOST_BLOCKS;
    return Count < Fits ? Count : Fits;
}

/* Cuts a new user block for the bucket; null: no memory. */
static HEAP_SUBSEGMENT *RtlpLfhNewSubSegment(HEAP *Heap, LFH_HEAP *Front,
                                             HEAP_BUCKET *Bucket)
{
    ULONG Count = RtlpLfhBlockCount(Bucket);
    SIZE_T BlockSize = (SIZE_T)Bucket->BlockUnits << GRANULE_SHIFT;
    SIZE_T Bytes = sizeof(HEAP_ENTRY) + sizeof(HEAP_USERDATA_HEADER) + Count * BlockSize;
    HEAP_SUBSEGMENT *Sub = RtlpLfhNewDescriptor(Heap, Front);
    if (!Sub)
        return NULL;
    HEAP_ENTRY *Outer = RtlpAllocateBlock(Heap, (ULONG)(Bytes >> GRANULE_SHIFT),
                                          HEAP_ENTRY_VIRTUAL_ALLOC);
    if (!Outer) {
        Sub->State = SubSegmentUnused;
        RtlpInsertBefore(&Front->Unused, &Sub->Link);
        return NULL;
    }
    Outer->UnusedBytes = 0;
    HEAP_USERDATA_HEADER *Header = (HEAP_USERDATA_HEADER *)(Outer + 1);
    Header->SubSegment = Sub;
    Header->Reserved = NULL;
    Header->SizeIndex = Bucket->SizeIndex;
    Header->Signature = HEAP_USERDATA_SIGNATURE;
    Sub->UserBlocks = Header;
    Sub->First = (char *)(Header + 1);
    Sub->BlockSize = (ULONG)BlockSize;
    Sub->BlockCount = (UCHAR)Count;
    Sub->SizeIndex = Bucket->SizeIndex;
    ULONG Code = (ULONG)((char *)Sub - Front->Zone);
    for (ULONG i = 0; i < Count; i++) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Sub->First + i * BlockSize);
        Entry->SubSegmentCode = (Code | i) ^ RtlpLfhCode(Front, Entry);
        Entry->PreviousSize = 0;
        Entry->SegmentOffset = Outer->SegmentOffset;
        Entry->UnusedBytes = HEAP_UNUSED_LFH;
    }
    __atomic_store_n(&Sub->ReleaseMask, LFH_NEVER, __ATOMIC_RELAXED);
    __atomic_store_n(&Sub->State, SubSegmentInUse, __ATOMIC_RELAXED);
    __atomic_store_n(&Sub->FreeMask, (1u << Count) - 1, __ATOMIC_RELEASE);
    Bucket->TotalBlocks += Count;
    Front->SubSegmentCreates++;
    return Sub;
}

/* Marks a subsegment that seems full as detached; false: a block came back, it is in use.
 */
static bool RtlpLfhDetach(HEAP_SUBSEGMENT *Sub)
{
    __atomic_store_n(&Sub->State, SubSegmentDetached, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&Sub->FreeMask, __ATOMIC_SEQ_CST) == 0)
        return true;
    __atomic_store_n(&Sub->State, SubSegmentInUse, __ATOMIC_SEQ_CST);
    return false;
}

/* Gives the bucket an active subsegment with a free block; false: no memory. */
static bool RtlpLfhRefill(HEAP *Heap, LFH_HEAP *Front, HEAP_BUCKET *Bucket)
{
    HEAP_SUBSEGMENT **Active = &Front->Active[Bucket->SizeIndex];
    HEAP_SUBSEGMENT *Sub = *Active;
    if (Sub != &Front->None && !RtlpLfhDetach(Sub))
        return true;
    while (Bucket->Partial.Flink != &Bucket->Partial) {
        Sub = CONTAINING_RECORD(Bucket->Partial.Flink, HEAP_SUBSEGMENT, Link);
        if (!RtlpSafeUnlink(Heap, &Sub->Link))
            return false;
        __atomic_store_n(&Sub->ReleaseMask, LFH_NEVER, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&Sub->FreeMask, __ATOMIC_RELAXED) || !RtlpLfhDetach(Sub)) {
            __atomic_store_n(Active, Sub, __ATOMIC_RELEASE);
            return true;
        }
    }
    Sub = RtlpLfhNewSubSegment(Heap, Front, Bucket);
    __atomic_store_n(Active, Sub ? Sub : &Front->None, __ATOMIC_RELEASE);
    return Sub != NULL;
}

/* Counts an allocation of the bucket's size; true: from now on it is the front end's. */
static bool RtlpLfhActivate(HEAP *Heap, ULONG Index)
{
    if (Heap->Flags & LFH_EXCLUDING || !(Heap->Flags & HEAP_GROWABLE))
        return false;
    if (++Heap->FrontUse[Index] < (Heap->FrontEndHeap ? LFH_LATER_USE : LFH_FIRST_USE))
        return false;
    Heap->FrontUse[Index] = 0;
    if (!RtlpLfhEnable(Heap))
        return false;
    Heap->FrontEndHeap->Buckets[Index].BlockUnits = (USHORT)RtlpLfhUnits(Index);
    return true;
}

PVOID RtlpLfhAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    if (Units > LFH_UNITS)
        return NULL;
    ULONG Index = RtlpLfhBucket(Units);
    LFH_HEAP *Front = Heap->FrontEndHeap;
    if (!Front || Front->Buckets[Index].BlockUnits == 0) {
        if (!RtlpLfhActivate(Heap, Index))
            return NULL;
        Front = Heap->FrontEndHeap;
    }
    for (;;) {
        PVOID Block = RtlpLfhTake(Front, Size);
        if (Block)
            return Block;
        if (!RtlpLfhRefill(Heap, Front, &Front->Buckets[Index]))
            return NULL;
    }
}

PVOID RtlpLfhUntake(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub, ULONG Index)
{
    __atomic_fetch_or(&Sub->FreeMask, 1u << Index, __ATOMIC_SEQ_CST);
    RtlpLfhSettle(Front->Heap, Sub);
    return NULL;
}

/* Looks after a subsegment that a block was given back to: one that its bucket forgot is
 * listed again; one that is all free and not the active one goes. */
void RtlpLfhSettle(HEAP *Heap, HEAP_SUBSEGMENT *Sub)
{
    LFH_HEAP *Front = Heap->FrontEndHeap;
    RtlpLockHeap(Heap);
    HEAP_BUCKET *Bucket = &Front->Buckets[Sub->SizeIndex];
    ULONG All = (1u << Sub->BlockCount) - 1;
    if (Sub->State == SubSegmentDetached) {
        RtlpInsertBefore(&Bucket->Partial, &Sub->Link);
        __atomic_store_n(&Sub->ReleaseMask, All, __ATOMIC_SEQ_CST);
        __atomic_store_n(&Sub->State, SubSegmentInUse, __ATOMIC_SEQ_CST);
    }
    if (Sub->State == SubSegmentInUse && Sub->ReleaseMask == All &&
        __atomic_compare_exchange_n(&Sub->FreeMask, &All, 0, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_RELAXED)) {
        __atomic_store_n(&Sub->State, SubSegmentUnused, __ATOMIC_RELAXED);
        __atomic_store_n(&Sub->ReleaseMask, LFH_NEVER, __ATOMIC_RELAXED);
        HEAP_ENTRY *Outer = (HEAP_ENTRY *)Sub->UserBlocks - 1;
        ULONG Code = RtlpCheckEntry(Heap, Outer);
        Sub->UserBlocks->Signature = 0;
        Bucket->TotalBlocks -= Sub->BlockCount;
        Front->SubSegmentDeletes++;
        if (Code && RtlpSafeUnlink(Heap, &Sub->Link)) {
            RtlpInsertBefore(&Front->Unused, &Sub->Link);
            RtlpFreeBlock(Heap, Outer, CODE_SIZE(Code));
        }
    }
    RTLP_AUDIT(Heap);
    RtlpUnlockHeap(Heap);
}

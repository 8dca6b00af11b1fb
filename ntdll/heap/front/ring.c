/* ring.c - front end: the ring of a bucket's regions that may have a free block.
 *
 *   bucket  Ring --> region <-> region <-> region <-.     RegionInUse
 *                      '----------------------------'
 *                    region                               RegionDetached: full
 *
 * A search goes from the active group to the end of its region, then through the next
 * region of the ring, from its start; so each pass finds what came back since the last
 * one.  A region that is found full leaves the ring (RtlpSearchAndDetach).  Its Alarm is
 * then ALARM_ALWAYS, and the next free of one of its blocks puts it back (groups.c,
 * RtlpAnswerAlarm).  The alarm is set before the last look: a block that comes back in
 * between is either seen by the look, or raises the alarm.
 *
 * Lock: the heap's; none for RtlpTakeFrom and for whoever follows Next, which leads
 * to a region of the same bucket whatever happens to the ring.
 * In Windows: the bucket's and the affinity slots' lists of subsegments.
 */
#include "heap/front/groupsp.h"

FRONT_REGION RtlpNoRegion = {.Next = &RtlpNoRegion, .State = RegionReleased};

FRONT_HEAP RtlpNoFront = {
    .Active = {[0 ... FRONT_BUCKETS - 1] = {RtlpNoFront.Zone, 0}},
    .Zone = {{.Region = &RtlpNoRegion}, {.Mask = GROUP_END, .Region = &RtlpNoRegion}}};

/* The bucket of a block of so many granules: 1 is a header alone; 8-byte steps up to 256 bytes,
 * then 16 steps to each power of two.  (Microsoft: Low-fragmentation Heap, its table.) */
#define STEP(Shift, Sixteenth)                                                           \
    [((Sixteenth) << (Shift)) + 1 ...((Sixteenth) + 1) << (Shift)] =                     \
        32 + ((Shift)-1) * 16 + (Sixteenth)-15
#define FOUR_STEPS(Shift, From)                                                          \
    STEP(Shift, From), STEP(Shift, (From) + 1), STEP(Shift, (From) + 2),                 \
        STEP(Shift, (From) + 3)
#define STEPS(Shift)                                                                     \
    FOUR_STEPS(Shift, 16), FOUR_STEPS(Shift, 20), FOUR_STEPS(Shift, 24),                 \
        FOUR_STEPS(Shift, 28)
const UCHAR RtlpBuckets[FRONT_UNITS + 1] = {
    0,  FRONT_ZERO, 2,  3,        4,        5,        6,        7,        8,       9,
    10, 11,         12, 13,       14,       15,       16,       17,       18,      19,
    20, 21,         22, 23,       24,       25,       26,       27,       28,      29,
    30, 31,         32, STEPS(1), STEPS(2), STEPS(3), STEPS(4), STEPS(5), STEPS(6)};

/* Granules of a bucket's blocks. */
ULONG RtlpBucketUnits(ULONG Bucket)
{
    if (Bucket == FRONT_ZERO)
        return ZERO_STRIDE >> GRANULE_SHIFT;
    if (Bucket <= 32)
        return Bucket;
    ULONG Shift = (Bucket - 33) / 16 + 1;
    return ((Bucket - 33) % 16 + 17) << Shift;
}

bool RtlpIsDescriptor(const FRONT_HEAP *Front, const FRONT_REGION *Region, ULONG Index)
{
    return RtlpIsInZone(Front, Region) && Region->Front == Front &&
           Region->SizeIndex == Index &&
           Region->BlockSize == RtlpBucketUnits(Index) << GRANULE_SHIFT &&
           Region->BlockLimit <= REGION_BLOCKS &&
           Region->BlockCount <= Region->BlockLimit;
}

bool RtlpIsInRing(const FRONT_HEAP *Front, const FRONT_REGION *Region, ULONG Index)
{
    return RtlpIsInZone(Front, Region) && Region->Front == Front &&
           Region->SizeIndex == Index && Region->State == RegionInUse &&
           Region->Ends <= REGION_GROUPS &&
           RTLP_READ(Region->Groups[Region->Ends].Mask) == GROUP_END &&
           RtlpIsInZone(Front, Region->Next) && Region->Next->Previous == Region &&
           RtlpIsInZone(Front, Region->Previous) && Region->Previous->Next == Region;
}

/* Makes Next the one after Region in the ring. */
void RtlpLinkRegions(FRONT_REGION *Region, FRONT_REGION *Next)
{
    FRONT_GROUP *End = &Region->Groups[Region->Ends];
    Next->Previous = Region;
    __atomic_store_n(&End->Next, Next->Groups, __ATOMIC_RELEASE);
    __atomic_store_n(&Region->Next, Next, __ATOMIC_RELEASE);
}

/* Puts Region into its bucket's ring, where it will be tried last.  A ring that cannot be followed
 * is reported. */
void RtlpAttachRegion(FRONT_REGION *Region)
{
    FRONT_HEAP *Front = Region->Front;
    FRONT_BUCKET *Bucket = &Front->Buckets[Region->SizeIndex];
    if (Bucket->Ring && !RtlpIsInRing(Front, Bucket->Ring, Region->SizeIndex)) {
        RtlpHeapFailure(Front->Heap, heap_failure_lfh_bitmap_mismatch, Bucket->Ring,
                        "RtlpAttachRegion");
        return;
    }
    FRONT_REGION *Before = Bucket->Ring ? Bucket->Ring : Region;
    FRONT_REGION *After = Bucket->Ring ? Before->Next : Region;
    Region->State = RegionInUse;
    __atomic_store_n(&Region->Alarm, ALARM_GROUP_FREE, __ATOMIC_SEQ_CST);
    RtlpLinkRegions(Region, After);
    RtlpLinkRegions(Before, Region);
    Bucket->Ring = Region;
    if (Before == Region)
        __atomic_store_n(&Front->Active[Region->SizeIndex].Group, Region->Groups,
                         __ATOMIC_RELEASE);
}

/* Takes Region out of its bucket's ring. */
void RtlpUnlinkRegion(FRONT_REGION *Region)
{
    FRONT_HEAP *Front = Region->Front;
    FRONT_BUCKET *Bucket = &Front->Buckets[Region->SizeIndex];
    FRONT_REGION *Before = Region->Previous;
    if (Before == Region) {
        Bucket->Ring = NULL;
        __atomic_store_n(&Front->Active[Region->SizeIndex].Group, Front->Zone,
                         __ATOMIC_RELAXED);
        return;
    }
    RtlpLinkRegions(Before, Region->Next);
    if (Bucket->Ring == Region)
        Bucket->Ring = Before;
}

/* Takes Region out of the ring if it is full. */
static bool RtlpDetachIfFull(FRONT_REGION *Region)
{
    const FRONT_GROUP *Group = Region->Groups;
    ULONG Alarm = __atomic_exchange_n(&Region->Alarm, ALARM_ALWAYS, __ATOMIC_SEQ_CST);
    while (!RTLP_READ(Group->Mask))
        Group++;
    if (RTLP_READ(Group->Mask) != GROUP_END) {
        __atomic_store_n(&Region->Alarm, Alarm, __ATOMIC_SEQ_CST);
        return false;
    }
    Region->State = RegionDetached;
    RtlpUnlinkRegion(Region);
    return true;
}

/* A free block from any of the bucket's regions, or null; those found full are detached.  A ring
 * that cannot be followed is reported. */
PVOID RtlpSearchAndDetach(HEAP *Heap, FRONT_BUCKET *Bucket, SIZE_T Size)
{
    const FRONT_HEAP *Front = Heap->FrontEndHeap;
    ULONG Index = (ULONG)(Bucket - Front->Buckets);
    PVOID Block = NULL;
    while (!Block && Bucket->Ring) {
        FRONT_REGION *Before = Bucket->Ring;
        FRONT_REGION *Region = RtlpIsInZone(Front, Before) ? Before->Next : NULL;
        if (!RtlpIsInRing(Front, Region, Index) || Region->Previous != Before) {
            RtlpHeapFailure(Heap, heap_failure_lfh_bitmap_mismatch, Before,
                            "RtlpSearchAndDetach");
            return NULL;
        }
        if (RtlpDetachIfFull(Region))
            continue;
        Block = RtlpTakeFrom(Region->Groups, Size);
        if (Block)
            Bucket->Ring = Region;
    }
    return Block;
}

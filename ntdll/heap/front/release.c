/* release.c - front end: regions that are all free are kept for a while, then released.
 *
 * A program that frees a batch of blocks often allocates the next one soon: with every
 * region released at its last free, ten rounds of 10^4 blocks of 16 to 64 bytes took
 * 28,294 page faults on a Linux host, and 3.5 times the time of glibc, which took 312.  So
 * a region that is all free is kept.  It stays in its bucket's ring and serves as any
 * other; the heap notes it in a queue:
 *
 *   Front->FirstKept --> region --> region --> region <-- Front->LastKept
 *          longest ago      NextKept
 *
 * When the regions in the queue have more than the budget committed, the first ones leave
 * it, and those that are all free are released.  RtlpFrontTrim (HeapCompact) does so with
 * all of them.
 *
 * Lock: the heap's.  In Windows: the UserBlockCache of _LFH_HEAP and the sixteen
 * CachedItems of each bucket.
 */
#include "heap/front/groupsp.h"

/* Bytes committed in kept regions, at most: what 10^4 blocks of a batch need (0.7 MiB on a
 * 64-bit host, 0.5 in the guest), or a quarter of what the heap has committed. */
#define KEPT_BYTES 0x100000u
#define KEPT_SHARE 4u

static SIZE_T RtlpKeptBudget(const HEAP *Heap)
{
    SIZE_T Share = Heap->Counters.TotalMemoryCommitted / KEPT_SHARE;
    return Share > KEPT_BYTES ? Share : KEPT_BYTES;
}

static bool RtlpIsRegionFree(const FRONT_REGION *Region)
{
    for (ULONG i = GROUPS_FOR(Region->BlockCount); i-- > 0;)
        if (RTLP_READ(Region->Groups[i].Mask) != RtlpFreeMask(Region, i))
            return false;
    return true;
}

/* Takes all blocks of a region that seems all free, group by group; if one is not, none.  (A late
 * reader may be about to take one.) */
static bool RtlpClaimRegion(FRONT_REGION *Region)
{
    ULONG Groups = GROUPS_FOR(Region->BlockCount), Claimed = 0;
    while (Claimed < Groups) {
        ULONG Expected = RtlpFreeMask(Region, Claimed);
        if (!__atomic_compare_exchange_n(&Region->Groups[Claimed].Mask, &Expected, 0,
                                         false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            break;
        Claimed++;
    }
    if (Claimed == Groups)
        return true;
    while (Claimed-- > 0)
        __atomic_fetch_or(&Region->Groups[Claimed].Mask, RtlpFreeMask(Region, Claimed),
                          __ATOMIC_SEQ_CST);
    return false;
}

/* Releases Region if every block is free, it is in use and not active. */
static void RtlpReleaseIfFree(FRONT_REGION *Region)
{
    FRONT_HEAP *Front = Region->Front;
    HEAP *Heap = Front->Heap;
    FRONT_BUCKET *Bucket = &Front->Buckets[Region->SizeIndex];
    if (Region->State != RegionInUse ||
        RtlpActiveGroup(Front, Region->SizeIndex)->Region == Region ||
        !RtlpIsRegionFree(Region))
        return;
    if (!RtlpIsUserBlocks(Region)) { /* another region's, perhaps */
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, Region->UserBlocks,
                        "RtlpReleaseIfFree");
        return;
    }
    if (!RtlpClaimRegion(Region))
        return;
    RtlpUnlinkRegion(Region);
    if (Bucket->Growing == Region)
        Bucket->Growing = NULL;
    if (Bucket->Silenced == Region)
        Bucket->Silenced = NULL;
    __atomic_store_n(&Bucket->TotalBlocks, Bucket->TotalBlocks - Region->BlockCount,
                     __ATOMIC_RELAXED);
    Front->RegionReleases++;
    Heap->Counters.TotalMemoryReserved -= Region->ReserveSize;
    Heap->Counters.TotalMemoryCommitted -= Region->CommitSize;
    RtlpPutDescriptor(Bucket, Region);
    RtlpRelease(Region->UserBlocks);
}

/* Takes the first region out of the queue; null: it is empty. */
static FRONT_REGION *RtlpUnkeepFirst(FRONT_HEAP *Front)
{
    FRONT_REGION *Region = Front->FirstKept;
    if (!Region)
        return NULL;
    Front->FirstKept = Region->NextKept;
    if (!Front->FirstKept)
        Front->LastKept = NULL;
    Front->KeptBytes -= Region->CommitSize;
    Region->NextKept = NULL;
    Region->IsKept = false;
    return Region;
}

/* Keeps Region if every block of it is free, and releases what is too much then. */
void RtlpKeepIfFree(FRONT_REGION *Region)
{
    FRONT_HEAP *Front = Region->Front;
    if (Region->State != RegionInUse || Region->IsKept || !RtlpIsRegionFree(Region))
        return;
    *(Front->LastKept ? &Front->LastKept->NextKept : &Front->FirstKept) = Region;
    Front->LastKept = Region;
    Front->KeptBytes += Region->CommitSize;
    Region->IsKept = true;
    while (Front->KeptBytes > RtlpKeptBudget(Front->Heap))
        RtlpReleaseIfFree(RtlpUnkeepFirst(Front));
}

void RtlpFrontTrim(HEAP *Heap)
{
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    if (!Front)
        return;
    while (RtlpUnkeepFirst(Front))
        continue;
    for (FRONT_REGION *Region = Front->Newest; Region; Region = RtlpOlderRegion(Region))
        RtlpReleaseIfFree(Region);
}

void RtlpFrontDestroy(HEAP *Heap)
{
    PVOID Front = Heap->FrontEndHeap;
    Heap->Front = &RtlpNoFront;
    for (FRONT_REGION *Region = RtlpNewestRegion(Heap); Region;
         Region = RtlpOlderRegion(Region)) {
        if (Region->State == RegionReleased)
            continue;
        if (RtlpIsUserBlocks(Region))
            RtlpRelease(Region->UserBlocks);
        else
            RtlpHeapFailure(Heap, heap_failure_entry_corruption, Region->UserBlocks,
                            "RtlpFrontDestroy");
    }
    Heap->FrontEndHeap = NULL;
    if (Front)
        RtlpRelease((char *)Front - FRONT_GUARD);
}

/* lend.c - front end: a bucket without a free block borrows one of a larger size.
 *
 * A bucket that grew whenever it has no free block would keep room for the most blocks
 * that it ever had at once.  With many sizes these peaks come at different times, so the
 * bucket first takes a block that one of the next larger sizes can spare.
 *
 *   blocks of 16 to 1,024 bytes, churn (make bench)       10^4 live    10^5 live
 *   committed over live, instructions, without lending    1.300, 91.5  1.094, 95.1
 *                                       with it           1.146, 109.2 1.080, 106.9
 *
 * Front->Lenders has a bit for each bucket whose Spare is not 0.  A search that has come
 * to the end of a region sets Spare to LEND_UNKNOWN; the first that asks counts.  All that
 * is beyond the bucket's own share it may lend, until it is counted anew.
 *
 * Lock: none.  Spare, Asked and Lenders are estimates: threads may overwrite each other's.
 * What is lent is taken as any block is.  In Windows: nothing of the kind.
 */
#include "heap/front/groupsp.h"

/* Each was chosen by make bench: bytes committed over live ones at 10^4 and 10^5 blocks, at most
 * 1.146 and 1.08, and instructions a step there.  With these values 1.146, 109.2 and 1.080, 106.9;
 * with others: */

/* Next larger sizes that are asked.  8: 1.161, 102.8 and 1.082, 101.9;
 * 16: 114.1 and 1.081, 108.3. */
#define LEND_REACH 12u

/* Of so many blocks one is the bucket's own share.  24: 1.158, 103.5 and 1.083, 100.7;
 * 56: 111.9 and 1.081, 110.1. */
#define LEND_KEPT 40u

/* Groups that are counted.  4: 1.161, 104.1 and 1.089, 97.5, batches 201 instead of 243;
 * 12: 1.151 and 107.1, batches 251. */
#define LEND_SEEN 10u

/* Blocks from which on a bucket asks all.  1: 1.148, and 10^3 live blocks cost 100.1 a step instead
 * of 97.1; 256: 1.152. */
#define LEND_FROM 64u

/* Of so many such questions a lender counts at one.  1: 114.2; 5: 1.148. */
#define LEND_PATIENCE 3u

/* Sets how many blocks the bucket may lend, or LEND_UNKNOWN. */
void RtlpSetSpare(FRONT_HEAP *Front, ULONG Index, ULONG Spare)
{
    FRONT_BUCKET *Bucket = &Front->Buckets[Index];
    ULONG *Word = &Front->Lenders[Index / 32];
    ULONG Was = RTLP_READ(Bucket->Spare);
    __atomic_store_n(&Bucket->Spare, (USHORT)Spare, __ATOMIC_RELAXED);
    if (Spare && !Was)
        RtlpSetBit(Word, Index % 32);
    else if (Was && !Spare)
        RtlpClearBit(Word, Index % 32);
}

/* How many blocks the bucket of Region can spare, by what Region's first groups have free. */
static ULONG RtlpCountSpare(const FRONT_REGION *Region)
{
    ULONG Groups = GROUPS_FOR(RTLP_READ(Region->BlockCount)), Free = 0;
    if (Groups > LEND_SEEN)
        Groups = LEND_SEEN;
    for (const FRONT_GROUP *Group = Region->Groups; Group < &Region->Groups[Groups];
         Group++)
        for (ULONG Mask = RTLP_READ(Group->Mask); Mask; Mask &= Mask - 1)
            Free++;
    ULONG Kept = Groups * GROUP_BLOCKS / LEND_KEPT + 1;
    return Free > Kept ? Free - Kept : 0;
}

/* A block of the bucket Lender, which has Spare to lend, or LEND_UNKNOWN: counted here.  Null:
 * none. */
static PVOID RtlpBorrowFrom(FRONT_HEAP *Front, ULONG Lender, ULONG Spare, SIZE_T Size)
{
    FRONT_GROUP *Active = RTLP_READ(Front->Active[Lender].Group);
    if (Spare == LEND_UNKNOWN)
        Spare = RtlpCountSpare(Active->Region);
    PVOID Block = Spare && Active->BlockSize == Front->Active[Lender].BlockSize
                      ? RtlpTakeFrom(Active, Size)
                      : NULL;
    RtlpSetSpare(Front, Lender, Block ? Spare - 1 : 0);
    return Block;
}

/* Bit i: bucket From + i may have a block to spare. */
static ULONG RtlpLenders(const FRONT_HEAP *Front, ULONG From)
{
    ULONG Bits = RTLP_READ(Front->Lenders[From / 32]) >> From % 32;
    if (From % 32)
        Bits |= RTLP_READ(Front->Lenders[From / 32 + 1]) << (32 - From % 32);
    return Bits & ((1u << LEND_REACH) - 1);
}

/* A block of any larger size within reach, counted anew: the bucket would grow else. */
static PVOID RtlpAskAll(FRONT_HEAP *Front, ULONG Index, SIZE_T Size)
{
    ULONG First = Index + 1u, End = First + LEND_REACH;
    if (RTLP_READ(Front->Buckets[Index].TotalBlocks) < LEND_FROM)
        return NULL;
    for (ULONG i = First; i < End && i < FRONT_BUCKETS; i++) {
        FRONT_BUCKET *Lender = &Front->Buckets[i];
        ULONG Asked = RTLP_READ(Lender->Asked) + 1u;
        bool Counts = Asked >= LEND_PATIENCE;
        __atomic_store_n(&Lender->Asked, (UCHAR)(Counts ? 0 : Asked), __ATOMIC_RELAXED);
        PVOID Block = Counts && RTLP_READ(Lender->TotalBlocks)
                          ? RtlpBorrowFrom(Front, i, LEND_UNKNOWN, Size)
                          : NULL;
        if (Block)
            return Block;
    }
    return NULL;
}

/* A block of the next larger size that has one to spare, or null. */
PVOID RtlpBorrowBlock(FRONT_HEAP *Front, ULONG Index, SIZE_T Size)
{
    if (Index == FRONT_ZERO) /* it has room for bytes, so nothing would stop them */
        return NULL;
    for (ULONG Lenders = RtlpLenders(Front, Index + 1); Lenders; Lenders &= Lenders - 1) {
        ULONG Lender = Index + 1 + (ULONG)__builtin_ctz(Lenders);
        ULONG Spare = RTLP_READ(Front->Buckets[Lender].Spare);
        PVOID Block = RtlpBorrowFrom(Front, Lender, Spare, Size);
        if (Block)
            return Block;
    }
    return RtlpAskAll(Front, Index, Size);
}

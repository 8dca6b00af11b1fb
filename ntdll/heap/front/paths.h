/* paths.h - the default front end's two paths without lock: take and give.
 *
 * groups.h has the structures and the rules, and includes this.
 */
#ifndef FATHOM_FRONT_PATHS_H
#define FATHOM_FRONT_PATHS_H

/* The two paths get by with the three registers that need no saving (mk/user.mk): an
 * address is computed once and held. */
#define RTLP_HOLD(Address) __asm__("" : "+r"(Address))

/* Writes down how many bytes of Block, header included, are not used. */
static inline void RtlpNoteUnused(PVOID Block, ULONG Unused)
{
    USHORT *Note = &((HEAP_ENTRY *)Block)[-1].PreviousSize;
    RTLP_WRITE(*Note, (USHORT)Unused);
}

/* &Front->Active[Index], computed once and held. */
static inline FRONT_ACTIVE *RtlpActiveOf(FRONT_HEAP *Front, ULONG Index)
{
    FRONT_ACTIVE *Active = &Front->Active[Index];
#ifdef __i386__ /* in one instruction; Active is at 0, its entries of 8 bytes (groups.h) */
    __asm__("leal (%1,%2,8), %0" : "=r"(Active) : "r"(Front), "r"(Index));
#else
    RTLP_HOLD(Active);
#endif
    return Active;
}

/* Group, which Active says, or another place in the zone's reservation: no wild pointer there
 * leads out of it. */
static inline FRONT_GROUP *RtlpInside(FRONT_HEAP *Front, const FRONT_GROUP *Group)
{
    ULONG_PTR Offset = (ULONG_PTR)Group - (ULONG_PTR)Front;
    Offset &= FRONT_RESERVE - sizeof(FRONT_GROUP);
    return (FRONT_GROUP *)((char *)Front + Offset);
}

/* See front.h.  From the active group to its region's end; then RtlpFrontSearch goes on. */
static inline PVOID RtlpFrontTake(HEAP *Heap, SIZE_T Size)
{
    FRONT_HEAP *Front = RTLP_READ(Heap->Front);
    if (RTLP_RARELY(Size > FRONT_LARGEST))
        return NULL;
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    FRONT_ACTIVE *Active = RtlpActiveOf(Front, RtlpBuckets[Units]);
    FRONT_GROUP *Group = RtlpInside(Front, RTLP_READ(Active->Group));
    ULONG Bit;
    if (RTLP_RARELY(!RtlpFirstBit(&Group->Mask, &Bit))) {
        do
            Group++;
        while (!RtlpFirstBit(&Group->Mask, &Bit));
        if (RTLP_RARELY(Bit >= GROUP_BLOCKS)) /* the end */
            return RtlpFrontSearch(Group, Size);
        __atomic_store_n(&Active->Group, Group, __ATOMIC_RELAXED);
    }
    ULONG BlockSize = Active->BlockSize;
    if (RTLP_RARELY(BlockSize != Group->BlockSize))
        return NULL; /* Active is damaged: RtlpFrontAllocate sets it anew */
    if (RTLP_RARELY(!RtlpClearBit(&Group->Mask, Bit))) /* another thread was first */
        return RtlpFrontSearch(Group, Size);
    char *Block = Group->First + Bit * (SIZE_T)BlockSize;
    RtlpNoteUnused(Block, BlockSize - (ULONG)Size);
    if (!Block)
        __builtin_unreachable(); /* the caller need not ask */
    return Block;
}

/* The group that a block's header names, *Bit the block's number there; null: the header is
 * not the one that this address must have.  Code: the header's, bound to the address:
 * the group's place in the zone and the number, XORed with the key. */
static inline FRONT_GROUP *RtlpNamedGroup(const FRONT_HEAP *Front, ULONG Code,
                                          const void *Block, ULONG *Bit)
{
    Code ^= Front->Key;
    if (RTLP_RARELY(Code >= RTLP_LOOK(Front->ZoneUsed)))
        return NULL;
    FRONT_GROUP *Group =
        (FRONT_GROUP *)((char *)Front->Zone + (Code & ~(ULONG)(sizeof(FRONT_GROUP) - 1)));
    RTLP_HOLD(Group);
    *Bit = Code % sizeof(FRONT_GROUP);
    return RTLP_MOSTLY(RtlpGroupBlock(Group, *Bit) == Block) ? Group : NULL;
}

__attribute__((no_sanitize("alignment"))) static inline ULONG
RtlpBlockCode(const void *Block)
{
    return ((const HEAP_ENTRY *)Block)[-1].SubSegmentCode ^
           (ULONG)((ULONG_PTR)Block >> GRANULE_SHIFT);
}

/* The same of a header where it is. */
static inline FRONT_GROUP *RtlpGroupOf(const FRONT_HEAP *Front, const void *Block,
                                       ULONG *Bit)
{
    return RtlpNamedGroup(Front, RtlpBlockCode(Block), Block, Bit);
}

/* Sets the bit of a block; false: it is free already. */
static inline bool RtlpGiveToGroup(FRONT_GROUP *Group, ULONG Bit)
{
    if (RTLP_RARELY(RtlpSetBit(&Group->Mask, Bit)))
        return false;
    if (RTLP_RARELY(RTLP_LOOK(Group->Mask) >= RTLP_LOOK(Group->Region->Alarm)))
        RtlpAnswerAlarm(Group);
    return true;
}

/* See front.h.  (A pointer into a block never has the header that its address dictates.) */
static inline bool RtlpFrontGive(HEAP *Heap, PVOID Block)
{
    ULONG Bit, Code = RtlpBlockCode(Block);
    RTLP_HOLD(Code);
    FRONT_GROUP *Group = RtlpNamedGroup(RTLP_READ(Heap->Front), Code, Block, &Bit);
    return RTLP_MOSTLY(Group) && RtlpGiveToGroup(Group, Bit);
}

#endif

/* bitmap.c - runs of bits in an array of ULONGs, counted from bit 0 of the first.
 *
 * Used for TLS and FLS slots and for other numbers that are handed out.  Plain loops over
 * bits: the maps are small, and the word-wise steps that skip whole words are what they
 * need. Documented: RtlInitializeBitMap and its family (WDK).
 */
#include "ntdllp.h"

#define NONE 0xFFFFFFFFu

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP Map, PULONG Buffer, ULONG Bits)
{
    Map->SizeOfBitMap = Bits;
    Map->Buffer = Buffer;
}

BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP Map, ULONG Bit)
{
    return Map->Buffer[Bit >> 5] >> (Bit & 31) & 1;
}

VOID NTAPI RtlSetBit(PRTL_BITMAP Map, ULONG Bit)
{
    Map->Buffer[Bit >> 5] |= 1u << (Bit & 31);
}

VOID NTAPI RtlClearBit(PRTL_BITMAP Map, ULONG Bit)
{
    Map->Buffer[Bit >> 5] &= ~(1u << (Bit & 31));
}

VOID NTAPI RtlSetBits(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++)
        RtlSetBit(Map, Start + i);
}

VOID NTAPI RtlClearBits(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++)
        RtlClearBit(Map, Start + i);
}

VOID NTAPI RtlSetAllBits(PRTL_BITMAP Map)
{
    memset(Map->Buffer, 0xFF, (Map->SizeOfBitMap + 31) / 32 * 4);
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP Map)
{
    memset(Map->Buffer, 0, (Map->SizeOfBitMap + 31) / 32 * 4);
}

/* Length of the run of bits equal to value that begins at start, at most limit. */
static ULONG Run(PRTL_BITMAP map, ULONG start, ULONG limit, BOOLEAN value)
{
    ULONG whole = value ? NONE : 0, end = start;
    while (end < map->SizeOfBitMap && end - start < limit) {
        if (!(end & 31) && map->Buffer[end >> 5] == whole)
            end += 32;
        else if (RtlTestBit(map, end) == value)
            end++;
        else
            break;
    }
    if (end > map->SizeOfBitMap)
        end = map->SizeOfBitMap;
    return end - start < limit ? end - start : limit;
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    return Count && Run(Map, Start, Count, TRUE) == Count;
}

BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    return Count && Run(Map, Start, Count, FALSE) == Count;
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP Map)
{
    ULONG count = 0;
    for (ULONG i = 0; i < Map->SizeOfBitMap; i++)
        count += RtlTestBit(Map, i);
    return count;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP Map)
{
    return Map->SizeOfBitMap - RtlNumberOfSetBits(Map);
}

static ULONG FindFrom(PRTL_BITMAP map, ULONG count, ULONG from, ULONG to, BOOLEAN value)
{
    for (ULONG at = from; at < to;) {
        ULONG run = Run(map, at, count, value);
        if (run == count)
            return at;
        at += run;
        at += Run(map, at, NONE, !value);
    }
    return NONE;
}

/* The first such run at or after Hint, else the first before it; FFFFFFFFh if none. */
static ULONG Find(PRTL_BITMAP map, ULONG count, ULONG hint, BOOLEAN value)
{
    ULONG from =
        hint < map->SizeOfBitMap ? hint & ~7u : 0; /* Windows: a byte at a time */
    if (!count)
        return from;
    ULONG found = FindFrom(map, count, from, map->SizeOfBitMap, value);
    return found == NONE && from ? FindFrom(map, count, 0, from, value) : found;
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    return Find(Map, Count, Hint, TRUE);
}

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    return Find(Map, Count, Hint, FALSE);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    ULONG found = Find(Map, Count, Hint, FALSE);
    if (found != NONE)
        RtlSetBits(Map, found, Count);
    return found;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    ULONG found = Find(Map, Count, Hint, TRUE);
    if (found != NONE)
        RtlClearBits(Map, found, Count);
    return found;
}

/* The length of the first run of value at or after from; *start: where it begins.  0: none. */
static ULONG NextRun(PRTL_BITMAP map, ULONG from, ULONG *start, BOOLEAN value)
{
    *start = from + Run(map, from, NONE, !value);
    return Run(map, *start, NONE, value);
}

static ULONG Longest(PRTL_BITMAP map, ULONG *start, BOOLEAN value)
{
    ULONG longest = 0, at, length;
    *start = NONE;
    for (at = 0; (length = NextRun(map, at, &at, value)); at += length)
        if (length > longest) {
            longest = length;
            *start = at;
        }
    return longest;
}

/* The bits of the longest run, of several the first; 0 and *Start FFFFFFFFh: there is none. */
ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP Map, PULONG Start)
{
    return Longest(Map, Start, FALSE);
}

ULONG NTAPI RtlFindLongestRunSet(PRTL_BITMAP Map, PULONG Start)
{
    return Longest(Map, Start, TRUE);
}

/* The bits of the first run that ends after From, counted from From on; 0: there is none. */
ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP Map, ULONG From, PULONG Start)
{
    return NextRun(Map, From, Start, FALSE);
}

/* The bits of the last run that begins at From or before, counted to From; 0: there is none. */
ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP Map, ULONG From, PULONG Start)
{
    ULONG end = From < Map->SizeOfBitMap ? From + 1 : Map->SizeOfBitMap, start;
    while (end && RtlTestBit(Map, end - 1))
        end--;
    for (start = end; start && !RtlTestBit(Map, start - 1);)
        start--;
    *Start = start;
    return end - start;
}

/* Puts the run before those that are shorter; beyond room the last one is dropped.  The count. */
static ULONG Insert(RTL_BITMAP_RUN *runs, ULONG count, ULONG room, RTL_BITMAP_RUN run)
{
    ULONG at = count < room ? count : room - 1;
    if (count == room && runs[at].NumberOfBits >= run.NumberOfBits)
        return count;
    for (; at && runs[at - 1].NumberOfBits < run.NumberOfBits; at--)
        runs[at] = runs[at - 1];
    runs[at] = run;
    return count < room ? count + 1 : count;
}

/* How many of the Size entries were filled: with the longest runs, the longest first, or with
 * the first ones. */
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP Map, RTL_BITMAP_RUN *Runs, ULONG Size,
                             BOOLEAN Longest)
{
    RTL_BITMAP_RUN run = {0, 0};
    ULONG count = 0;
    while (
        Size && (Longest || count < Size) &&
        (run.NumberOfBits = NextRun(Map, run.StartingIndex, &run.StartingIndex, FALSE))) {
        if (Longest)
            count = Insert(Runs, count, Size, run);
        else
            Runs[count++] = run;
        run.StartingIndex += run.NumberOfBits;
    }
    return count;
}

/* Number of the highest or lowest set bit; -1 if there is none. */
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    return Set ? (CCHAR)(63 - __builtin_clzll(Set)) : -1;
}

CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    return Set ? (CCHAR)__builtin_ctzll(Set) : -1;
}

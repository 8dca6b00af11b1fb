/* measure.c - what must be the same before and after a program, and the frame that says so.
 *
 * The run list measures before it starts a program and after everything of the program is gone
 * and C: is as it was.  A page, a page of commit charge, a handle, an object, a thread or a block
 * of the pool more is a leak of the kernel; one fewer was freed twice.  The frame A
 * (docs/hostport.md) has the numbers that the host compares, and in words what else differs.
 */
#include "exp.h"

void ExMeasure(EXMEASURE *measure)
{
    FATHOM_MEMORY memory;
    MmQueryMemory(&memory);
    MmQueryPool(measure->Pool);
    measure->FreePages = memory.Free + memory.Zeroed;
    measure->Committed = memory.Committed;
    measure->Handles = ObTotalHandles;
    measure->Objects = ObTotalObjects;
    measure->Threads = PsThreadCount;
    measure->Allocations = MmAllocations;
}

typedef struct _WORDS { /* a list of differences; what does not fit is cut */
    char Text[200];
    ULONG Length;
} WORDS;

/* Adds `WHAT FROM to TO' if the two differ. */
static void ExpDiffers(WORDS *words, const char *what, ULONG from, ULONG to)
{
    const ULONG room = sizeof words->Text - words->Length;
    if (from != to)
        words->Length +=
            RtlSnprintf(words->Text + words->Length, room, "%s%s %u to %u",
                        words->Length ? ", " : "", what, (unsigned)from, (unsigned)to);
}

static ULONG ExpBlocksOf(const MMPOOLTAG *pool, ULONG tag)
{
    for (ULONG i = 0; i < MM_POOL_TAGS; i++)
        if (pool[i].Blocks && pool[i].Tag == tag)
            return pool[i].Blocks;
    return 0;
}

static void ExpPoolDiffers(WORDS *words, ULONG tag, const EXMEASURE *before,
                           const EXMEASURE *after)
{
    char what[] = "pool blocks ....";
    memcpy(what + sizeof what - 1 - sizeof tag, &tag, sizeof tag);
    ExpDiffers(words, what, ExpBlocksOf(before->Pool, tag),
               ExpBlocksOf(after->Pool, tag));
}

static void ExpPoolsDiffer(WORDS *words, const EXMEASURE *before, const EXMEASURE *after)
{
    for (ULONG i = 0; i < MM_POOL_TAGS; i++) {
        const MMPOOLTAG *was = &before->Pool[i], *is = &after->Pool[i];
        if (is->Blocks)
            ExpPoolDiffers(words, is->Tag, before, after);
        if (was->Blocks && !ExpBlocksOf(after->Pool, was->Tag)) /* all are gone */
            ExpPoolDiffers(words, was->Tag, before, after);
    }
}

void ExSendAudit(ULONG index, const EXMEASURE *before, ULONG regions)
{
    struct {
        ULONG Index, Failures, Before, After, Regions, Handles, Allocations;
        WORDS Words;
    } frame;
    EXMEASURE after;
    ExMeasure(&after);
    frame.Index = index;
    frame.Failures = MmAudit();
    frame.Before = before->FreePages;
    frame.After = after.FreePages;
    frame.Regions = regions;
    frame.Handles = after.Handles - before->Handles;
    frame.Allocations = after.Allocations - before->Allocations;
    frame.Words.Length = 0;
    ExpDiffers(&frame.Words, "objects", before->Objects, after.Objects);
    ExpDiffers(&frame.Words, "threads", before->Threads, after.Threads);
    ExpDiffers(&frame.Words, "committed pages", before->Committed, after.Committed);
    ExpPoolsDiffer(&frame.Words, before, &after);
    KdHostSend('A', &frame, 7 * sizeof(ULONG) + frame.Words.Length);
}

/* page.c - a second page allocator, written from kernel/mm/pagealloc.h alone: stacks of runs.
 *
 * The idea: free pages that lie side by side are one run, and a run describes itself in
 * the Links of its own first two pages.  For each kind (old bytes, zeroed) and each zone
 * there is one stack of runs; only the length of the top run is kept outside of it.
 *
 *   PAGESTACK            page 40   41   42   43      page 7           page 90  91
 *   Top = 40, 4 pages -> [to 7]    -    -    -   --> [to 90*]  -->    [none]   [2]
 *   Pages = 7            four pages                  one page         two pages
 *
 * A Link names the run below by its first page; the star is the bit MANY: that run has
 * two pages or more, and the Link of its second one holds how many.  A page is taken from
 * the end of the top run.  A page that is put beside the top run lengthens it; any other
 * becomes a run of its own.  So each step touches two or three MMPFNs.
 *
 * Invariants
 *   - no page is in two runs, and a run lies in one zone
 *   - Pages is the sum of the lengths; an empty stack has Top.Length 0, Top.First NO_RUN
 *   - State of each page in a stack is MiPageFree or MiPageZeroed, by the stack's kind
 */
#include "mm/pagealloc.h"
#include "kd/kd.h"

/* The rules of lab 1 that a seed changes (labs/1-page/lab.toml); 0 is the contract as it is. */
#ifndef LAB_ORDER
#define LAB_ORDER 0 /* 1: the lowest zone first */
#define LAB_KIND  0 /* 1: the zone before the kind */
#define LAB_IDLE  0 /* 1: the idle thread zeroes the lowest zone first */
#endif

#define MANY   0x80000000u /* in a Link: the run below has a second page */
#define NO_RUN 0x7FFFFFFFu /* no page's number: they are below 2^23 (MI_MAX_PFN) */

typedef struct _PAGERUN {
    PFN_NUMBER First;
    ULONG Length;
} PAGERUN;

typedef struct _PAGESTACK {
    PAGERUN Top;
    ULONG Pages; /* of all runs */
} PAGESTACK;

enum { OLD, ZEROED, KINDS };

#define EMPTY                                                                            \
    {                                                                                    \
        {NO_RUN, 0}, 0                                                                   \
    }
static PAGESTACK Stacks[KINDS][MI_ZONES] = {{EMPTY, EMPTY, EMPTY}, {EMPTY, EMPTY, EMPTY}};

/* The run below the one that begins at first. */
static PAGERUN RunBelow(PFN_NUMBER first)
{
    ULONG link = MiPfn(first)->Link;
    PAGERUN below = {link & ~MANY, 1};
    if (link == NO_RUN)
        below.Length = 0;
    else if (link & MANY)
        below.Length = MiPfn(below.First + 1)->Link;
    return below;
}

/* The run becomes the top; the old top's length moves into its second page. */
static void PushRun(PAGESTACK *stack, PFN_NUMBER first, ULONG count)
{
    BOOLEAN many = stack->Top.Length > 1;
    if (many)
        MiPfn(stack->Top.First + 1)->Link = stack->Top.Length;
    MiPfn(first)->Link = stack->Top.First | (many ? MANY : 0);
    stack->Top.First = first;
    stack->Top.Length = count;
    stack->Pages += count;
}

/* An empty stack needs no case of its own: no page lies beside NO_RUN. */
static void PutPage(PAGESTACK *stack, PFN_NUMBER pfn)
{
    PAGERUN *top = &stack->Top;
    if (pfn != top->First + top->Length && pfn + 1 != top->First) {
        PushRun(stack, pfn, 1);
        return;
    }
    if (pfn < top->First) {
        MiPfn(pfn)->Link = MiPfn(top->First)->Link;
        top->First = pfn;
    }
    top->Length++;
    stack->Pages++;
}

/* The stack is not empty. */
static PFN_NUMBER TakeLast(PAGESTACK *stack)
{
    PFN_NUMBER pfn = stack->Top.First + --stack->Top.Length;
    stack->Pages--;
    if (!stack->Top.Length)
        stack->Top = RunBelow(pfn);
    return pfn;
}

/* The stack of the first zone, up to zone, that has a page of the kind; NULL: none. */
static PAGESTACK *FirstStack(ULONG kind, ULONG zone, BOOLEAN lowest)
{
    for (ULONG n = 0; n <= zone; n++) {
        PAGESTACK *stack = &Stacks[kind][lowest ? n : zone - n];
        if (stack->Pages)
            return stack;
    }
    return NULL;
}

static BOOLEAN IsZeroed(const PAGESTACK *stack)
{
    return stack >= Stacks[ZEROED];
}

/* Where the next page comes from; NULL: no zone up to zone has one. */
static PAGESTACK *NextStack(ULONG zone, BOOLEAN zeroed)
{
    PAGESTACK *wanted = FirstStack(zeroed ? ZEROED : OLD, zone, LAB_ORDER);
    PAGESTACK *other = FirstStack(zeroed ? OLD : ZEROED, zone, LAB_ORDER);
    if (!wanted || !LAB_KIND || !other)
        return wanted ? wanted : other;
    ULONG at = (ULONG)(wanted - Stacks[0]) % MI_ZONES;
    ULONG otherAt = (ULONG)(other - Stacks[0]) % MI_ZONES;
    return (LAB_ORDER ? at <= otherAt : at >= otherAt) ? wanted : other;
}

void MiAddPages(PFN_NUMBER first, ULONG count)
{
    PFN_NUMBER end = first + count;
    while (first < end) {
        ULONG zone = MiZoneOf(first);
        PFN_NUMBER next = first;
        for (; next < end && MiZoneOf(next) == zone; next++)
            MiPfn(next)->State = MiPageFree;
        PushRun(&Stacks[OLD][zone], first, next - first);
        first = next;
    }
}

PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    PAGESTACK *stack = NextStack(zone, zeroed);
    if (!stack)
        return PFN_NONE;
    PFN_NUMBER pfn = TakeLast(stack);
    if (zeroed && !IsZeroed(stack))
        MiZeroPage(pfn);
    return pfn;
}

void MiGivePage(PFN_NUMBER pfn)
{
    ASSERT(MiPfn(pfn)->State == MiPageFree);
    PutPage(&Stacks[OLD][MiZoneOf(pfn)], pfn);
}

/* Pages leave the old run at its end and join the zeroed run at its beginning: a run that
 * is zeroed page by page stays one run. */
BOOLEAN MmZeroOnePage(void)
{
    PAGESTACK *stack = FirstStack(OLD, MI_ZONE_FAR, LAB_IDLE);
    if (!stack)
        return FALSE;
    PFN_NUMBER pfn = TakeLast(stack);
    MiZeroPage(pfn);
    MiPfn(pfn)->State = MiPageZeroed;
    PutPage(&Stacks[ZEROED][MiZoneOf(pfn)], pfn);
    return TRUE;
}

void MiCountPages(MIPAGECOUNTS *counts)
{
    counts->Free = counts->Zeroed = 0;
    for (ULONG zone = 0; zone < MI_ZONES; zone++) {
        counts->Free += Stacks[OLD][zone].Pages;
        counts->Zeroed += Stacks[ZEROED][zone].Pages;
    }
}

/* 1: a run is longer than what is left of the count; 2: a page of another zone or state;
 * 3: the runs end too early.  The count bounds the walk, should the runs be a ring. */
static ULONG CheckStack(const PAGESTACK *stack, ULONG zone, ULONG state)
{
    ULONG left = stack->Pages;
    for (PAGERUN run = stack->Top; run.Length; run = RunBelow(run.First)) {
        if (run.Length > left)
            return 1;
        left -= run.Length;
        for (ULONG i = 0; i < run.Length; i++)
            if (MiZoneOf(run.First + i) != zone || MiPfn(run.First + i)->State != state)
                return 2;
    }
    return left ? 3 : 0;
}

/* Tens: the zone, and 3 more for a stack of zeroed pages; units: as CheckStack. */
ULONG MiCheckPages(void)
{
    for (ULONG kind = 0; kind < KINDS; kind++)
        for (ULONG zone = 0; zone < MI_ZONES; zone++) {
            ULONG state = kind == ZEROED ? MiPageZeroed : MiPageFree;
            ULONG wrong = CheckStack(&Stacks[kind][zone], zone, state);
            if (wrong)
                return (kind * MI_ZONES + zone) * 10 + wrong;
        }
    return 0;
}

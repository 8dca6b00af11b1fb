/* frontheld.c - the cases of lab 6 that are held back. */
#include "../../guest/front.h"

enum { LIVE = 1500, STEPS = 12000, THREADS = 3, SHARED = 64 };
static char *blocks[LIVE];
static unsigned sizes[LIVE];

/* Any order of calls: against a shadow of what each block holds. */
LAB_CASE(long_life)
{
    start();
    warm(24, 1);
    for (unsigned step = 0; step < STEPS; step++) {
        const unsigned i = below(LIVE);
        if (blocks[i]) {
            marked(blocks[i], sizes[i] < 32 ? sizes[i] : 32, i);
            LAB_EXPECT(lab_size(heap, 0, blocks[i]) == sizes[i], "LabUnused",
                       "a size of %u", "%u", sizes[i],
                       (unsigned)lab_size(heap, 0, blocks[i]));
            give(blocks[i]);
            blocks[i] = NULL;
        } else {
            sizes[i] = below(8) ? below(200) : below(3000);
            mark(blocks[i] = take(sizes[i]), sizes[i], i);
        }
        if (step % 1500 == 0)
            sound();
    }
    for (unsigned i = 0; i < LIVE; i++)
        if (blocks[i])
            give(blocks[i]);
    sound();
}

/* The same number of blocks again and again: the heap stops growing. */
LAB_CASE(no_growth)
{
    start();
    warm(24, 1);
    unsigned most = 0;
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < LIVE; i++)
            blocks[i] = take(20 + (i * 7 + round) % 6 * 40);
        for (unsigned i = 0; i < LIVE; i++)
            give(blocks[(i * 7) % LIVE]);
        if (round == 3)
            most = committed();
    }
    LAB_EXPECT(committed() <= most + most / 8, "LabGive",
               "%u bytes committed after 8 rounds as after 4", "%u", most, committed());
    sound();
}

static char *shared[SHARED];
static volatile LONG wrong;

/* Each thread takes what another left, frees it, leaves another. */
static DWORD WINAPI exchange(void *number)
{
    unsigned at = (unsigned)number;
    for (unsigned i = 0; i < 3000; i++) {
        at = at * 1664525u + 1013904223u;
        const unsigned size = 16 + (at >> 20) % 4 * 16;
        char *mine = lab_allocate(heap, 0, size);
        if (!mine) {
            InterlockedIncrement(&wrong);
            return 1;
        }
        memset(mine, (int)number, size);
        for (unsigned k = 0; k < size; k++)
            if (mine[k] != (char)number)
                InterlockedIncrement(&wrong);
        char *theirs =
            InterlockedExchangePointer((void *volatile *)&shared[at >> 26], mine);
        if (theirs && !lab_free(heap, 0, theirs))
            InterlockedIncrement(&wrong);
        if (i % 16 == 0)
            SwitchToThread();
    }
    return 0;
}

/* Between any two instructions of a call another thread has its turn: the trap flag stops this
 * one after `left` of them, and the helper does one call of its own.  (If this one has the
 * heap's lock there, the helper waits for it, and is waited for a little.) */
static HANDLE go, done;
static char *theirs, *to_free;
static volatile int left, turn, stepping, helping = 1;

static DWORD WINAPI help(void *unused)
{
    (void)unused;
    for (;;) {
        WaitForSingleObject(go, INFINITE);
        if (!helping)
            return 0;
        if (to_free)
            LAB_EXPECT(lab_free(heap, 0, to_free), "LabGive",
                       "TRUE for a block in use, after %u", "FALSE for %x",
                       (unsigned)turn, (unsigned)to_free);
        else
            theirs = lab_allocate(heap, 0, 40);
        SetEvent(done);
    }
}

static LONG CALLBACK stepped(EXCEPTION_POINTERS *at)
{
    if (at->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    at->ContextRecord->EFlags &= ~0x100u;
    if (!stepping)
        return EXCEPTION_CONTINUE_EXECUTION;
    if (--left > 0) {
        at->ContextRecord->EFlags |= 0x100;
    } else {
        SetEvent(go);
        if (WaitForSingleObject(done, 20) != 0)
            left = -1; /* not yet */
    }
    return EXCEPTION_CONTINUE_EXECUTION;
}
#define TRAP() __asm__ volatile("pushfl; orl $0x100, (%%esp); popfl" ::: "memory", "cc")
#define FREE_RUN()                                                                       \
    __asm__ volatile("pushfl; andl $~0x100, (%%esp); popfl" ::: "memory", "cc")

static void settle(void)
{
    if (left < 0)
        WaitForSingleObject(done, INFINITE);
    else if (left > 0) { /* the call was shorter: the helper's turn comes after it */
        SetEvent(go);
        WaitForSingleObject(done, INFINITE);
    }
}

static void interleave(unsigned calls)
{
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    done = CreateEventA(NULL, FALSE, FALSE, NULL);
    void *handler = AddVectoredExceptionHandler(1, stepped);
    HANDLE helper = CreateThread(NULL, 0, help, NULL, 0, NULL);
    for (unsigned i = 0; i < calls; i++) {
        to_free = NULL;
        left = (int)i + 1;
        stepping = 1;
        TRAP();
        char *mine = lab_allocate(heap, 0, 40);
        stepping = 0;
        FREE_RUN();
        settle();
        LAB_EXPECT(
            mine && theirs && mine != theirs, "LabTake",
            "two blocks for two threads, the second after %u instructions of the first",
            "%x and %x", i, (unsigned)mine, (unsigned)theirs);
        to_free = theirs;
        left = turn = (int)i + 1;
        stepping = 1;
        TRAP();
        const BOOLEAN freed = lab_free(heap, 0, mine);
        stepping = 0;
        FREE_RUN();
        settle();
        LAB_EXPECT(freed, "LabGive", "TRUE for a block in use", "FALSE for %x",
                   (unsigned)mine);
    }
    helping = 0;
    SetEvent(go);
    WaitForSingleObject(helper, INFINITE);
    RemoveVectoredExceptionHandler(handler);
}

LAB_CASE(any_thread)
{
    start();
    HANDLE threads[THREADS];
    for (unsigned size = 16; size <= 64; size += 16)
        if (class_of(size) != class_of(size - 16) || size == 16)
            warm(size, size == 16);
    take(40);
    interleave(110);
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, exchange, (void *)(ULONG_PTR)(i + 1), 0, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        LAB_EXPECT(WaitForSingleObject(threads[i], 8000) == 0, "LabTake",
                   "three threads that end", "one that waits for ever");
        CloseHandle(threads[i]);
    }
    LAB_EXPECT(wrong == 0, "LabTake, LabGive", "each block one owner's", "%u mistakes",
               (unsigned)wrong);
    for (unsigned i = 0; i < SHARED; i++)
        if (shared[i])
            give(shared[i]);
    sound();
}

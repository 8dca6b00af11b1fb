/* com.c - the shown cases of lab 8.  This program never loads the student's DLL: comjudge.h. */
#include "comjudge.h"

/* ---- the three functions ---- */

LAB_CASE(size0)
{
    static const unsigned ways[3] = {ALLOC, REALLOC, IALLOC};
    unsigned got[3];
    const unsigned before = blocks_now();
    for (int i = 0; i < 3; i++) {
        got[i] = get(ways[i], 0, 0);
        if (LAB_ZERO) {
            EXPECT(got[i] == 0, names[ways[i]], "NULL for 0 bytes", "%08X", got[i]);
        } else {
            EXPECT(got[i] != 0, names[ways[i]], "a block for 0 bytes", "NULL");
            EXPECT(get(HEAPSIZE, got[i], 0) == 0, names[ways[i]],
                   "a block of 0 bytes of the default heap", "%08X is none", got[i]);
        }
        for (int j = 0; j < i && !LAB_ZERO; j++)
            EXPECT(got[i] != got[j], names[ways[i]], "a block of its own", "%08X twice",
                   got[i]);
    }
    for (int i = 0; i < 3; i++)
        get(FREE, got[i], 0);
    EXPECT(blocks_now() == before, "CoTaskMemFree", "%u blocks, as before", "%u", before,
           blocks_now());
}

LAB_CASE(null)
{
    const unsigned before = blocks_now();
    get(FREE, 0, 0);
    get(IFREE, 0, 0);
    EXPECT(get(GETSIZE, 0, 0) == ~0u, "IMalloc::GetSize", "-1 for NULL", "%d",
           get(GETSIZE, 0, 0));
    EXPECT(get(DIDALLOC, 0, 0) == ~0u, "IMalloc::DidAlloc", "-1 for NULL", "%d",
           get(DIDALLOC, 0, 0));
    const unsigned block = get(REALLOC, 0, 24), other = get(IREALLOC, 0, 24);
    EXPECT(block != 0 && other != 0, "CoTaskMemRealloc", "a block, as CoTaskMemAlloc",
           "NULL");
    get(FREE, block, 0);
    get(FREE, other, 0);
    EXPECT(blocks_now() == before, "CoTaskMemFree", "%u blocks, as before", "%u", before,
           blocks_now());
}

LAB_CASE(getsize)
{
    static const unsigned sizes[] = {1, 7, 8, 13, 24, 100, 1000, 5000, 70000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const unsigned block = get(ALLOC, sizes[i], 0), size = get(GETSIZE, block, 0);
        EXPECT(size == rounded(sizes[i]), "IMalloc::GetSize", "%u for a block of %u",
               "%u", rounded(sizes[i]), sizes[i], size);
        const unsigned moved = get(IREALLOC, block, 2 * sizes[i] + 1);
        const unsigned grown = get(GETSIZE, moved, 0);
        EXPECT(grown == rounded(2 * sizes[i] + 1), "IMalloc::GetSize",
               "%u for a block reallocated to %u", "%u", rounded(2 * sizes[i] + 1),
               2 * sizes[i] + 1, grown);
        get(FREE, moved, 0);
    }
}

#define MOST 60
static struct {
    unsigned at, size, mark;
} held[MOST];
static unsigned char bytes[4096];

static unsigned next_random(unsigned below)
{
    static unsigned state = 20;
    state = state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)state * below >> 32);
}

static void mark(unsigned i)
{
    held[i].mark = next_random(256);
    for (unsigned j = 0; j < held[i].size; j++)
        bytes[j] = (unsigned char)(held[i].mark + j);
    copy_in(&one, held[i].at, bytes, held[i].size);
}

static void check_marks(unsigned i, unsigned size, const char *function)
{
    copy_out(&one, bytes, held[i].at, size);
    for (unsigned j = 0; j < size; j++)
        EXPECT(bytes[j] == (unsigned char)(held[i].mark + j), function,
               "byte %u of a block of %u stays %02X", "%02X", j, held[i].size,
               (unsigned char)(held[i].mark + j), bytes[j]);
}

static void check_apart(unsigned at, unsigned size)
{
    EXPECT(at % 8 == 0, "CoTaskMemAlloc", "a multiple of 8", "%08X", at);
    for (unsigned i = 0; i < MOST; i++)
        EXPECT(held[i].at == 0 || at + size <= held[i].at ||
                   held[i].at + held[i].size <= at,
               "CoTaskMemAlloc", "a block that no other shares",
               "%08X is in that at %08X", at, held[i].at);
}

LAB_CASE(blocks)
{
    for (unsigned n = 0; n < 400; n++) {
        const unsigned i = next_random(MOST);
        if (held[i].at != 0) {
            check_marks(i, held[i].size, "CoTaskMemAlloc");
            get(n % 2 ? FREE : IFREE, held[i].at, 0);
            held[i].at = 0;
            continue;
        }
        const unsigned size = next_random(n % 5 ? 200 : 4000) + 1;
        const unsigned at = get(n % 3 ? ALLOC : IALLOC, size, 0);
        EXPECT(at != 0, "CoTaskMemAlloc", "a block of %u bytes", "NULL", size);
        check_apart(at, size);
        check_fill(at, size, "CoTaskMemAlloc");
        EXPECT(get(HEAPSIZE, at, 0) == rounded(size), "CoTaskMemAlloc",
               "%u bytes of the default heap", "%d", rounded(size), get(HEAPSIZE, at, 0));
        held[i].at = at;
        held[i].size = size;
        mark(i);
    }
}

LAB_CASE(keeps_bytes)
{
    static const unsigned sizes[] = {40, 3000, 17, 900, 4000, 1, 300};
    held[0].size = 40;
    held[0].at = get(ALLOC, 40, 0);
    check_fill(held[0].at, 40, "CoTaskMemAlloc");
    for (unsigned i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        const unsigned least = sizes[i] < sizes[i - 1] ? sizes[i] : sizes[i - 1];
        mark(0);
        const unsigned moved = get(i % 2 ? REALLOC : IREALLOC, held[0].at, sizes[i]);
        EXPECT(moved != 0, "CoTaskMemRealloc", "a block of %u bytes", "NULL", sizes[i]);
        held[0].at = moved;
        check_marks(0, least, "CoTaskMemRealloc");
        held[0].size = sizes[i];
        EXPECT(get(HEAPSIZE, moved, 0) == rounded(sizes[i]), "CoTaskMemRealloc",
               "a block of %u bytes", "%d", rounded(sizes[i]), get(HEAPSIZE, moved, 0));
    }
    mark(0);
    const unsigned before = blocks_now(), none = get(REALLOC, held[0].at, 0x7FF00000);
    EXPECT(none == 0, "CoTaskMemRealloc", "NULL for 2 GiB", "%08X", none);
    EXPECT(blocks_now() == before &&
               get(HEAPSIZE, held[0].at, 0) == rounded(held[0].size),
           "CoTaskMemRealloc", "the block as it was, where there is no memory",
           "it is gone");
    check_marks(0, held[0].size, "CoTaskMemRealloc");
}

LAB_CASE(realloc0_frees)
{
    const unsigned before = blocks_now();
    for (unsigned i = 0; i < 8; i++) {
        const unsigned block = get(ALLOC, 40 + i, 0);
        const unsigned got = get(i % 2 ? REALLOC : IREALLOC, block, 0);
        EXPECT(got == 0, "CoTaskMemRealloc", "NULL for 0 bytes", "%08X", got);
        EXPECT(blocks_now() == before, "CoTaskMemRealloc",
               "the block is freed, and %u are left", "%u", before, blocks_now());
    }
}

/* ---- the object ---- */

LAB_CASE(face)
{
    const ANSWER first = ask(&one, GETMALLOC, MEMCTX_TASK, 1);
    EXPECT(first.r == 0 && first.x != 0, "CoGetMalloc", "S_OK and the object", "%08X",
           first.r);
    const ANSWER again = ask(&one, GETMALLOC, MEMCTX_TASK, 1);
    EXPECT(again.x == first.x, "CoGetMalloc", "one object", "%08X and %08X", first.x,
           again.x);
    for (unsigned context = 2; context < 5; context++) {
        const ANSWER wrong = ask(&one, GETMALLOC, context, 1);
        EXPECT(wrong.r == (unsigned)E_INVALIDARG, "CoGetMalloc",
               "E_INVALIDARG for context %u", "%08X", context, wrong.r);
        EXPECT(wrong.x == 0, "CoGetMalloc", "a NULL *Malloc where it fails", "%08X",
               wrong.x);
    }
    const unsigned null = get(GETMALLOC, MEMCTX_TASK, 0);
    EXPECT(null == (unsigned)E_INVALIDARG, "CoGetMalloc",
           "E_INVALIDARG for a NULL Malloc", "%08X", null);
    for (unsigned which = 0; which < 2; which++) {
        const ANSWER face = ask(&one, QUERY, which, 0);
        EXPECT(face.r == 0 && face.x == face.y, "IMalloc::QueryInterface",
               "S_OK and the object itself", "%08X and %08X", face.r, face.x);
    }
    const ANSWER other = ask(&one, QUERY, 2, 0);
    EXPECT(other.r == (unsigned)E_NOINTERFACE, "IMalloc::QueryInterface",
           "E_NOINTERFACE for IClassFactory", "%08X", other.r);
    EXPECT(other.x == 0, "IMalloc::QueryInterface", "a NULL *Object where it fails",
           "%08X", other.x);
    EXPECT(get(QUERY, 3, 0) == (unsigned)E_POINTER, "IMalloc::QueryInterface",
           "E_POINTER for a NULL Object", "%08X", get(QUERY, 3, 0));
    EXPECT(get(ADDREF, 0, 0) > 0, "IMalloc::AddRef", "a number above 0", "0");
    for (int i = 0; i < 5; i++)
        EXPECT(get(RELEASE, 0, 0) > 0, "IMalloc::Release",
               "a number above 0: it never goes", "0");
    get(MINIMIZE, 0, 0);
    const unsigned block = get(IALLOC, 30, 0);
    EXPECT(block != 0, "IMalloc::Alloc", "a block, whatever was released", "NULL");
    get(IFREE, block, 0);
}

LAB_CASE(default_heap)
{
    const unsigned before = blocks_now();
    for (unsigned size = 1; size < 3000; size = size * 3 + 1) {
        const unsigned block = get(ALLOC, size, 0);
        EXPECT(get(HEAPSIZE, block, 0) == rounded(size), "CoTaskMemAlloc",
               "a block of %u bytes of the default heap", "%d", rounded(size),
               get(HEAPSIZE, block, 0));
        check_fill(block, size, "CoTaskMemAlloc");
        EXPECT(get(HEAPFREE, block, 0) != 0, "CoTaskMemAlloc", "HeapFree can free it",
               "FALSE");
        const unsigned foreign = get(HEAPALLOC, size, 0);
        get(FREE, foreign, 0);
        EXPECT(blocks_now() == before, "CoTaskMemFree",
               "it frees a block of HeapAlloc: %u left", "%u", before, blocks_now());
        get(IFREE, get(ALLOC, size, 0), 0);
        get(FREE, get(IALLOC, size, 0), 0);
        EXPECT(blocks_now() == before, "IMalloc::Free",
               "what one way allocates the other frees: %u left", "%u", before,
               blocks_now());
    }
}

/* ---- the spy ---- */

static void register_spy(unsigned how)
{
    const unsigned result = get(SPY, how, 0);
    EXPECT(result == 0, "CoRegisterMallocSpy", "S_OK", "%08X", result);
}

LAB_CASE(spy_pre_post)
{
    register_spy(HEADER);
    const unsigned block = get(ALLOC, 100, 0);
    expect_hook(0, PREALLOC, 2, "CoTaskMemAlloc", "PreAlloc first");
    EXPECT(ask(&one, LOG, 0, 0).x == rounded(100), "CoTaskMemAlloc", "PreAlloc gets %u",
           "%u", rounded(100), ask(&one, LOG, 0, 0).x);
    expect_hook(1, POSTALLOC, 2, "CoTaskMemAlloc", "PostAlloc second");
    EXPECT(block == ask(&one, LOG, 1, 0).x + SHIFT, "CoTaskMemAlloc",
           "the pointer that PostAlloc returned", "%08X", block);
    EXPECT(get(HEAPSIZE, block - SHIFT, 0) == rounded(100) + SHIFT, "CoTaskMemAlloc",
           "a block of the size that PreAlloc returned, %u", "%d", rounded(100) + SHIFT,
           get(HEAPSIZE, block - SHIFT, 0));
    check_fill(block, 100, "CoTaskMemAlloc");
    get(LOGS, 0, 0);
    EXPECT(get(GETSIZE, block, 0) == rounded(100), "IMalloc::GetSize",
           "what PostGetSize returned, %u", "%u", rounded(100), get(GETSIZE, block, 0));
    expect_hook(0, PREGETSIZE, 1, "IMalloc::GetSize", "PreGetSize first");
    expect_hook(1, POSTGETSIZE, 1, "IMalloc::GetSize", "PostGetSize second");
    get(LOGS, 0, 0);
    EXPECT(get(DIDALLOC, block, 0) == 1, "IMalloc::DidAlloc", "1 for a block", "%d",
           get(DIDALLOC, block, 0));
    expect_hook(0, PREDIDALLOC, 1, "IMalloc::DidAlloc", "PreDidAlloc first");
    get(LOGS, 0, 0);
    const unsigned moved = get(REALLOC, block, 300);
    expect_hook(0, PREREALLOC, 1, "CoTaskMemRealloc", "PreRealloc first");
    expect_hook(1, POSTREALLOC, 1, "CoTaskMemRealloc", "PostRealloc second");
    EXPECT(get(HEAPSIZE, moved - SHIFT, 0) == rounded(300) + SHIFT, "CoTaskMemRealloc",
           "a block of the size that PreRealloc returned, %u", "%d", rounded(300) + SHIFT,
           get(HEAPSIZE, moved - SHIFT, 0));
    get(LOGS, 0, 0);
    get(FREE, moved, 0);
    expect_hook(0, PREFREE, 1, "CoTaskMemFree", "PreFree first");
    expect_hook(1, POSTFREE, 1, "CoTaskMemFree", "PostFree second");
    get(LOGS, 0, 0);
    get(MINIMIZE, 0, 0);
    expect_hook(0, PREMINIMIZE, 2, "IMalloc::HeapMinimize", "PreHeapMinimize first");
    expect_hook(1, POSTMINIMIZE, 2, "IMalloc::HeapMinimize", "PostHeapMinimize second");
    const unsigned revoked = get(REVOKE, 0, 0);
    EXPECT(revoked == 0, "CoRevokeMallocSpy", "S_OK: no block of it is left", "%08X",
           revoked);
    get(LOGS, 0, 0);
    get(FREE, get(ALLOC, 9, 0), 0);
    EXPECT(get(LOGS, 0, 0) == 0, "CoTaskMemAlloc", "no hook after CoRevokeMallocSpy",
           "one");
}

LAB_CASE(spy_fspyed)
{
    const unsigned early = get(ALLOC, 50, 0), kept = get(ALLOC, 60, 0);
    register_spy(HEADER);
    const unsigned late = get(ALLOC, 70, 0);
    const unsigned after = get(ALLOC, 70, 0); /* late cannot grow in place */
    check_fill(late, 70, "CoTaskMemAlloc");
    get(LOGS, 0, 0);
    EXPECT(get(GETSIZE, early, 0) == rounded(50), "IMalloc::GetSize",
           "%u for a block from before the spy", "%u", rounded(50),
           get(GETSIZE, early, 0));
    expect_hook(0, PREGETSIZE, 0, "IMalloc::GetSize", "PreGetSize first");
    get(LOGS, 0, 0);
    const unsigned moved = get(REALLOC, kept, 2000);
    expect_hook(0, PREREALLOC, 0, "CoTaskMemRealloc", "PreRealloc first");
    get(LOGS, 0, 0);
    get(FREE, moved, 0);
    expect_hook(0, PREFREE, 0, "CoTaskMemFree", "PreFree of a block that stays unspied");
    get(LOGS, 0, 0);
    get(FREE, early, 0);
    expect_hook(0, PREFREE, 0, "CoTaskMemFree", "PreFree of a block from before the spy");
    get(LOGS, 0, 0);
    const unsigned longer = get(REALLOC, late, 4000);
    get(LOGS, 0, 0);
    get(FREE, longer, 0);
    expect_hook(0, PREFREE, 1, "CoTaskMemFree",
                "PreFree of a spied block, after it moved");
    get(FREE, after, 0);
    EXPECT(get(REVOKE, 0, 0) == 0, "CoRevokeMallocSpy", "S_OK: no spied block is left",
           "E_ACCESSDENIED");
}

LAB_CASE(revoke_pending)
{
    const unsigned null = get(SPY, NULL_SPY, 0), none = get(SPY, NO_SPY, 0);
    EXPECT(null == (unsigned)E_INVALIDARG, "CoRegisterMallocSpy", "E_INVALIDARG for NULL",
           "%08X", null);
    EXPECT(none == (unsigned)E_INVALIDARG, "CoRegisterMallocSpy",
           "E_INVALIDARG for what has no IMallocSpy", "%08X", none);
    EXPECT(get(REVOKE, 0, 0) == (unsigned)CO_E_OBJNOTREG, "CoRevokeMallocSpy",
           "CO_E_OBJNOTREG: there is none", "%08X", get(REVOKE, 0, 0));
    register_spy(HEADER);
    EXPECT(get(REFERENCES, 0, 0) == 1, "CoRegisterMallocSpy", "one reference to the spy",
           "%u", get(REFERENCES, 0, 0));
    const unsigned first = get(ALLOC, 20, 0), second = get(ALLOC, 30, 0);
    const unsigned another = get(SPY, HEADER, 0);
    EXPECT(another == (unsigned)CO_E_OBJISREG, "CoRegisterMallocSpy",
           "CO_E_OBJISREG: there is one", "%08X", another);
    EXPECT(get(REFERENCES, 0, 0) == 1, "CoRegisterMallocSpy", "the new spy is not kept",
           "%u references", get(REFERENCES, 0, 0));
    const unsigned denied = get(REVOKE, 0, 0);
    EXPECT(denied == (unsigned)E_ACCESSDENIED, "CoRevokeMallocSpy",
           "E_ACCESSDENIED: spied blocks live", "%08X", denied);
    get(LOGS, 0, 0);
    get(FREE, first, 0);
    expect_hook(0, PREFREE, 1, "CoTaskMemFree",
                "PreFree of a spied block, though revoked");
    EXPECT(get(REFERENCES, 0, 0) == 1, "CoTaskMemFree",
           "the spy stays: a spied block lives", "%u references", get(REFERENCES, 0, 0));
    get(FREE, second, 0);
    EXPECT(get(REFERENCES, 0, 0) == 0, "CoTaskMemFree",
           "the spy is released with its last block", "%u references",
           get(REFERENCES, 0, 0));
    get(LOGS, 0, 0);
    get(FREE, get(ALLOC, 9, 0), 0);
    EXPECT(get(LOGS, 0, 0) == 0, "CoTaskMemAlloc", "no hook: the spy has gone", "one");
    register_spy(0);
    EXPECT(get(REVOKE, 0, 0) == 0, "CoRevokeMallocSpy", "S_OK", "a failure");
}

/* ---- [out] ---- */

static void check_sounding(ANSWER got)
{
    WCHAR place[9];
    SOUNDING sounding;
    unsigned numbers[5];
    EXPECT(got.z == 5966, "OlepTakeSounding", "5966 fathoms", "%u", got.z);
    EXPECT(get(HEAPSIZE, got.x, 0) >= 18 && get(HEAPSIZE, got.x, 0) != ~0u,
           "OlepTakeSounding", "the string is a block of this process", "%08X is none",
           got.x);
    copy_out(&one, place, got.x, sizeof place);
    EXPECT(wcscmp(place, L"Marianas") == 0, "OlepTakeSounding", "the string `Marianas`",
           "it begins with %04X", place[0]);
    copy_out(&one, &sounding, got.y, sizeof sounding);
    EXPECT(sounding.Count == 5, "OlepTakeSounding", "5 depths", "%u", sounding.Count);
    EXPECT(get(HEAPSIZE, (unsigned)sounding.Depths, 0) != ~0u, "OlepTakeSounding",
           "Depths is a block of this process", "%08X is none",
           (unsigned)sounding.Depths);
    copy_out(&one, numbers, (unsigned)sounding.Depths, sizeof numbers);
    for (unsigned i = 0; i < 5; i++)
        EXPECT(numbers[i] == depths[i], "OlepTakeSounding", "depth %u is %u", "%u", i,
               depths[i], numbers[i]);
    get(FREE, (unsigned)sounding.Depths, 0);
    get(FREE, got.y, 0);
    get(FREE, got.x, 0);
}

static unsigned server_blocks(void)
{
    return alone ? 0 : ask(&two, BUSY, 0, 0).r;
}

static void expect_nothing(unsigned how, unsigned result, const char *expected)
{
    ask(&two, STORY, how, 0);
    const unsigned before = blocks_now(), there = server_blocks();
    const ANSWER got = ask(&one, SOUND, 0, 0);
    EXPECT(got.r == result, "OlepPutSounding", expected, "%08X", got.r);
    EXPECT(got.x == 0 && got.y == 0 && got.z == 0, "OlepTakeSounding",
           "null [out] parameters of a call that fails", "%08X and %08X", got.x, got.y);
    EXPECT(blocks_now() == before, "OlepTakeSounding", "no block of a call that fails",
           "%d", blocks_now() - before);
    EXPECT(server_blocks() == there, "OlepPutSounding", "the server keeps no block",
           "%d of them", server_blocks() - there);
}

LAB_CASE(out_param)
{
    SIDE *const server = alone ? &one : &two;
    const unsigned made = ask(server, SERVE, 0, 0).r;
    EXPECT(made == 0, "CoRegisterClassObject", "S_OK", "%08X", made);
    const unsigned joined = get(JOIN, 0, 0);
    EXPECT(joined == 0, "CoCreateInstance", "S_OK", "%08X", joined);
    for (int i = 0; i < 3; i++) {
        const unsigned before = blocks_now(), there = server_blocks();
        const ANSWER got = ask(&one, SOUND, 0, 0);
        EXPECT(got.r == 0, "OlepTakeSounding", "S_OK", "%08X", got.r);
        check_sounding(got);
        EXPECT(blocks_now() == before, "OlepTakeSounding",
               "three blocks that the caller can free, and no more", "%d are left",
               blocks_now() - before);
        EXPECT(server_blocks() == there, "OlepPutSounding", "the server keeps no block",
               "%d of them", server_blocks() - there);
    }
    expect_nothing(FAILS, (unsigned)E_ACCESSDENIED, "the method's E_ACCESSDENIED");
    expect_nothing(LARGE, (unsigned)RPC_E_SERVER_CANTMARSHAL_DATA,
                   "RPC_E_SERVER_CANTMARSHAL_DATA for what does not fit");
}

/* ---- make bench: what a call costs, in instructions ---- */

static unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static void measure(const char *what, void *block, unsigned size)
{
    const unsigned times = 200;
    const unsigned long long start = ticks();
    for (unsigned i = 0; i < times; i++) {
        if (block == NULL)
            ole.free(ole.alloc(size));
        else
            block = ole.realloc(block, size + i % 2 * 8);
    }
    printf("bench %-40s %6u instructions\n", what, (unsigned)((ticks() - start) / times));
    ole.free(block);
}

LAB_CASE(bench)
{
    if (!alone)
        return;
    load();
    measure("CoTaskMemAlloc and CoTaskMemFree of 24", NULL, 24);
    measure("CoTaskMemAlloc and CoTaskMemFree of 4000", NULL, 4000);
    measure("CoTaskMemRealloc of 100, 8 more or less", ole.alloc(100), 100);
    ole.spy(&the_spy);
    mode = HEADER;
    measure("the same pair of 24 with a spy", NULL, 24);
    ole.revoke();
    fflush(stdout);
}

/* cost.cpp - what a pair of calls costs, in guest instructions.
 *
 * Only under icount does the time-stamp counter count instructions; otherwise nothing is
 * shown, because a number that differs from run to run proves nothing.  The loop is
 * measured empty and taken off.
 */
#include "walk.h"

static const unsigned rounds = 256;

static ULONGLONG now()
{
    return __builtin_ia32_rdtsc();
}
NOINLINE static void pair_none()
{
    __asm__ volatile("");
}
NOINLINE static void pair_heap()
{
    HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 32));
}
NOINLINE static void pair_local()
{
    LocalFree(LocalAlloc(LMEM_FIXED, 32));
}
NOINLINE static void pair_global()
{
    GlobalFree(GlobalAlloc(GMEM_FIXED, 32));
}

static ULONG measure(void (*pair)())
{
    for (unsigned i = 0; i < 64; i++)
        pair();
    ULONGLONG best = ~0ull;
    for (int attempt = 0; attempt < 3; attempt++) { /* a timer tick may fall into one */
        ULONGLONG begin = now();
        for (unsigned i = 0; i < rounds; i++)
            pair();
        ULONGLONG spent = now() - begin;
        best = spent < best ? spent : best;
    }
    return (ULONG)(best / rounds);
}

void show_costs()
{
    if (!capture_counts())
        return;
    title("What a pair costs");
    ULONG none = measure(pair_none), heap = measure(pair_heap) - none,
          local = measure(pair_local) - none, global = measure(pair_global) - none;
    say("  HeapAlloc + HeapFree      %5lu instructions", heap);
    say("  LocalAlloc + LocalFree    %5lu instructions", local);
    say("  GlobalAlloc + GlobalFree  %5lu instructions", global);
    proof(local > heap, "6", "Local costs more than HeapAlloc: %lu more", local - heap);
    proof(global > heap, "5", "Global costs more than HeapAlloc: %lu more",
          global - heap);
}

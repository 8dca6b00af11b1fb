/* heap.cpp - the heap that is attacked, and what it answers. */
#include "attacks.h"
#include <cstdio>

HANDLE heap;
static bool on_front_end; /* the blocks attacked are the front end's */

/* The front end takes over a size after enough blocks of it: those that are used here. */
void make_heap(bool front_end)
{
    static const size_t sizes[] = {40, 100, 200, 600};
    heap = HeapCreate(0, 0, 0);
    on_front_end = front_end;
    for (size_t size : sizes)
        for (int i = 0; front_end && i < 40; i++)
            take(size);
}

/* What the documentation says a refusal looks like. */
int answer(const char *call, bool refused)
{
    unsigned long error = GetLastError();
    std::printf("%s %s, last error %lu\n", call, refused ? "failed" : "succeeded", error);
    std::fflush(stdout);
    return refused ? 0 : UNNOTICED;
}

int give(void *block)
{
    SetLastError(0);
    return answer("HeapFree", !HeapFree(heap, 0, block));
}

/* Damage may show only later: use the heap, then ask it.  A block of the front end holds
 * nothing of the heap's: then the heap is sound, and says so. */
int use_and_ask()
{
    void *blocks[40];
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 40; i++)
            blocks[i] = take(16 + i * 8);
        for (int i = 0; i < 40; i++)
            if (blocks[i])
                HeapFree(heap, 0, blocks[i]);
    }
    SetLastError(0);
    BOOL sound = HeapValidate(heap, 0, nullptr);
    int result = answer("HeapValidate", !sound);
    return sound && on_front_end ? HARMLESS : result;
}

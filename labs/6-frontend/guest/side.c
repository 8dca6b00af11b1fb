/* side.c - the program under test of lab 6's recordings: a heap of labheap.dll, which has the
 * student's front end, and the operations that the judge writes into this process (replay.h). */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include "judge/replay.h"

typedef PVOID(WINAPI *CREATE)(ULONG, PVOID, SIZE_T, SIZE_T, PVOID, PVOID);
typedef PVOID(WINAPI *ALLOCATE)(PVOID, ULONG, SIZE_T);
typedef BOOLEAN(WINAPI *FREE)(PVOID, ULONG, PVOID);
typedef PVOID(WINAPI *REALLOCATE)(PVOID, ULONG, PVOID, SIZE_T);

static ALLOCATE allocate;
static FREE release;
static REALLOCATE reallocate;
static HANDLE heap;

static int find_all(void)
{
    HMODULE dll = LoadLibraryA("labheap.dll");
    if (!dll)
        return 0;
    CREATE create = (CREATE)(void *)GetProcAddress(dll, "LabCreateHeap");
    allocate = (ALLOCATE)(void *)GetProcAddress(dll, "LabAllocateHeap");
    release = (FREE)(void *)GetProcAddress(dll, "LabFreeHeap");
    reallocate = (REALLOCATE)(void *)GetProcAddress(dll, "LabReAllocateHeap");
    heap = create(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    return heap != NULL;
}

static void *replay_take(unsigned size)
{
    return allocate(heap, 0, size);
}

static void *replay_resize(void *block, unsigned size)
{
    return reallocate(heap, 0, block, size);
}

static void replay_give(void *block)
{
    release(heap, 0, block);
}

int main(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    struct ask ask;
    DWORD n;
    if (!find_all())
        return 91;
    while (ReadFile(in, &ask, sizeof ask, &n, NULL) && n == sizeof ask) {
        const struct answer answer =
            replay(ask.count, replay_take, replay_resize, replay_give);
        if (!WriteFile(out, &answer, sizeof answer, &n, NULL))
            return 93;
    }
    return 0;
}

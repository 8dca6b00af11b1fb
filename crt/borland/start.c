/* start.c - how cw3220.dll starts; errno; exit functions.
 *
 * The heap itself is made empty: the first malloc brings the first arena, so a program
 * can watch it.  errno is one for each thread, in a TLS word (the number itself, no
 * memory behind it is needed: the word's own address cannot be had, so a small table by
 * thread number holds it).
 */
#include "borland/heap.h"

#define ERRNO_SLOTS 64

static struct {
    volatile LONG thread;
    int value;
} errno_table[ERRNO_SLOTS];
static int errno_shared;

/* The errno of the calling thread.  Past sixty-four threads the rest share one. */
int *__cdecl errno_place(void)
{
    LONG own = (LONG)GetCurrentThreadId();
    for (int i = 0; i < ERRNO_SLOTS; i++) {
        LONG owner = errno_table[i].thread;
        if (owner == own || (owner == 0 && InterlockedCompareExchange(
                                               &errno_table[i].thread, own, 0) == 0))
            return &errno_table[i].value;
    }
    return &errno_shared;
}

static void errno_detach(void)
{
    LONG own = (LONG)GetCurrentThreadId();
    for (int i = 0; i < ERRNO_SLOTS; i++) {
        if (errno_table[i].thread == own) {
            errno_table[i].value = 0;
            errno_table[i].thread = 0;
        }
    }
}

void heap_start(void)
{
    LARGE_INTEGER counter;
    InitializeCriticalSection(&heap.lock);
    QueryPerformanceCounter(&counter);
    heap.key = (counter.LowPart ^ GetCurrentProcessId() * 0x9E3779B1u) | 1;
    heap.next_arena = ARENA_GRAIN;
}

void __cdecl exit(int code)
{
    ExitProcess((UINT)code);
}

void __cdecl abort(void)
{
    static const char text[] = "Abnormal program termination\r\n";
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, sizeof(text) - 1, &written, NULL);
    ExitProcess(HEAP_ABORT_CODE);
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        heap_start();
    if (reason == DLL_THREAD_DETACH)
        errno_detach();
    /* Unloaded while the process goes on: every arena goes back. */
    if (reason == DLL_PROCESS_DETACH && reserved == NULL) {
        while (heap.arenas != NULL) {
            struct arena *arena = heap.arenas;
            heap.arenas = arena->next;
            VirtualFree(arena, 0, MEM_RELEASE);
        }
        DeleteCriticalSection(&heap.lock);
    }
    return TRUE;
}

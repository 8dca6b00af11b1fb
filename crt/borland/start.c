/* start.c - how cw3220.dll starts and ends; exit.
 *
 * The heap starts empty: the first malloc brings the first memory, so a program can watch it.
 */
#include "borland/given.h"

static uint32_t make_key(void)
{
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    return (counter.LowPart ^ GetCurrentProcessId() * 0x9E3779B1u) | 1;
}

void __cdecl exit(int code)
{
    ExitProcess((UINT)code);
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module;
    if (reason == DLL_PROCESS_ATTACH) {
        given_start();
        heap_start(make_key());
    }
    if (reason == DLL_THREAD_DETACH)
        errno_detach();
    /* Unloaded while the process goes on: all memory goes back. */
    if (reason == DLL_PROCESS_DETACH && reserved == NULL) {
        heap_end();
        given_end();
    }
    return TRUE;
}

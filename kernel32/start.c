/* start.c - DllMain, and the first frame below every thread's own function.
 *
 * Windows: kernel32!BaseThreadInitThunk is between ntdll!RtlUserThreadStart and the
 * program on every stack that WinDbg shows.
 */
#include "k32.h"

HMODULE BaseDllHandle;

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    switch (reason) {
    case DLL_PROCESS_ATTACH:
        BaseDllHandle = module;
        BasepInitializeExceptions();
        BasepInitializeProcess();
        BasepInitializeControl();
        break;
    case DLL_THREAD_DETACH:
    case DLL_PROCESS_DETACH:
        /* kernel32 is initialised first and so told last: every other module has had its
         * say, and the callbacks of its fiber slots run now. */
        BasepThreadEnds();
        break;
    }
    return TRUE;
}

/* ECX = 0 (1: a CSR thread), EDX = the function, one stack argument. Never returns. */
VOID __attribute__((fastcall, noreturn))
BaseThreadInitThunk(ULONG kind, LPTHREAD_START_ROUTINE start, PVOID argument)
{
    (void)kind;
    RtlExitUserThread((NTSTATUS)start(argument));
    __builtin_unreachable();
}

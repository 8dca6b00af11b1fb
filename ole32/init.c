/* init.c - CoInitialize and its kind, and what ole32 does when it is loaded.
 *
 * Lock: none; Threads is counted by interlocked steps.
 */
#include "ole32.h"

static LONG Threads; /* that have COM */

/* S_OK the first time on a thread, S_FALSE then; RPC_E_CHANGED_MODE: the thread has the
 * other mode, and nothing is counted; E_INVALIDARG. */
HRESULT WINAPI CoInitializeEx(LPVOID Reserved, DWORD Flags)
{
    if (Reserved != NULL || (Flags & ~0xFu) != 0)
        return E_INVALIDARG;
    ULONG_PTR State = OlepApartment();
    ULONG_PTR Mode = Flags & COINIT_APARTMENTTHREADED ? 1 : 0;
    if (State >= OLEP_COUNT_ONE && (State & 1) != Mode)
        return RPC_E_CHANGED_MODE;
    HRESULT Result = State >= OLEP_COUNT_ONE ? S_FALSE : S_OK;
    if (Result == S_OK)
        InterlockedIncrement(&Threads);
    OlepSetApartment(((State & ~(ULONG_PTR)1) + OLEP_COUNT_ONE) | Mode);
    return Result;
}

HRESULT WINAPI CoInitialize(LPVOID Reserved)
{
    return CoInitializeEx(Reserved, COINIT_APARTMENTTHREADED);
}

/* Undoes one CoInitialize.  The thread's last, where it is the last of the process: what
 * it serves is revoked, and clients are cut off. */
void WINAPI CoUninitialize(void)
{
    ULONG_PTR State = OlepApartment();
    if (State < OLEP_COUNT_ONE)
        return;
    OlepSetApartment(State - OLEP_COUNT_ONE);
    if (State - OLEP_COUNT_ONE < OLEP_COUNT_ONE && InterlockedDecrement(&Threads) == 0)
        OlepStopServing();
}

HRESULT WINAPI OleInitialize(LPVOID Reserved)
{
    return CoInitialize(Reserved);
}

void WINAPI OleUninitialize(void)
{
    CoUninitialize();
}

/* No library is loaded for a class, so none is unused. */
void WINAPI CoFreeUnusedLibraries(void)
{
}

HRESULT WINAPI CoFileTimeNow(FILETIME *Now)
{
    if (Now == NULL)
        return E_INVALIDARG;
    GetSystemTimeAsFileTime(Now);
    return S_OK;
}

/* A value of this process's own, the same as long as it lives. */
DWORD WINAPI CoGetCurrentProcess(void)
{
    return GetCurrentProcessId();
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    (void)Module;
    if (Reason == DLL_PROCESS_ATTACH) {
        OlepSpyInitialize();
        OlepServerInitialize();
        return OlepInitialize();
    }
    if (Reason == DLL_PROCESS_DETACH && Reserved == NULL)
        OlepUninitialize();
    return TRUE;
}

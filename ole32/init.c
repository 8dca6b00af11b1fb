/* init.c - CoInitialize and its kind: which apartment a thread is in.
 *
 * Fathom has no apartments to keep apart (no object is reached from another thread by a
 * proxy), so what is kept is the count and the mode that the documentation promises about
 * the results. Per thread: one TLS word, mode in bit 0, the count above it.  Windows:
 * TEB.ReservedForOle.
 */
#include "ole32.h"

static DWORD Slot = TLS_OUT_OF_INDEXES;
static LONG Threads; /* that have COM */
#define COUNT_ONE 2u

int OlepInitialize(void)
{
    Slot = TlsAlloc();
    return Slot != TLS_OUT_OF_INDEXES;
}

/* S_OK the first time on a thread, S_FALSE then; RPC_E_CHANGED_MODE: the thread has the
 * other mode, and nothing is counted; E_INVALIDARG. */
HRESULT WINAPI CoInitializeEx(LPVOID Reserved, DWORD Flags)
{
    if (Reserved != NULL || (Flags & ~0xFu) != 0)
        return E_INVALIDARG;
    ULONG_PTR State = (ULONG_PTR)TlsGetValue(Slot);
    ULONG_PTR Mode = Flags & COINIT_APARTMENTTHREADED ? 1 : 0;
    if (State >= COUNT_ONE && (State & 1) != Mode)
        return RPC_E_CHANGED_MODE;
    HRESULT Result = State >= COUNT_ONE ? S_FALSE : S_OK;
    if (Result == S_OK)
        InterlockedIncrement(&Threads);
    TlsSetValue(Slot, (LPVOID)(((State & ~(ULONG_PTR)1) + COUNT_ONE) | Mode));
    return Result;
}

HRESULT WINAPI CoInitialize(LPVOID Reserved)
{
    return CoInitializeEx(Reserved, COINIT_APARTMENTTHREADED);
}

BOOL OlepIsInitialized(void)
{
    return (ULONG_PTR)TlsGetValue(Slot) >= COUNT_ONE;
}

void OlepEnterServer(void)
{
    TlsSetValue(Slot, (LPVOID)(ULONG_PTR)COUNT_ONE);
}

/* Undoes one CoInitialize.  The thread's last, where it is the last of the process: what
 * it serves is revoked, and clients are cut off. */
void WINAPI CoUninitialize(void)
{
    ULONG_PTR State = (ULONG_PTR)TlsGetValue(Slot);
    if (State < COUNT_ONE)
        return;
    TlsSetValue(Slot, (LPVOID)(State - COUNT_ONE));
    if (State - COUNT_ONE < COUNT_ONE && InterlockedDecrement(&Threads) == 0)
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
        TlsFree(Slot);
    return TRUE;
}

/* exception.c - raising, the last filter, and telling whether memory can be touched.
 *
 * Dispatching is ntdll's.  An exception that no handler takes arrives in
 * UnhandledExceptionFilter, which ntdll calls from the frame at the bottom of every
 * thread: it asks the program's own filter and otherwise has the kernel report it
 * (address as module + offset, stack).  The outermost frame then ends the process with the
 * exception's code; a program that has it as the filter of a frame of its own goes on there.
 */
#include "k32.h"

#define EXCEPTION_NESTED_CALL 0x10

static LPTOP_LEVEL_EXCEPTION_FILTER
    TopFilter; /* encoded, so that stray writes do no jump */

void BasepInitializeExceptions(void)
{
    TopFilter = RtlEncodePointer(NULL);
    RtlSetUnhandledExceptionFilter(UnhandledExceptionFilter);
}

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
    PVOID encoded = RtlEncodePointer((PVOID)filter);
    return RtlDecodePointer(
        __atomic_exchange_n((PVOID *)&TopFilter, encoded, __ATOMIC_SEQ_CST));
}

/* EXCEPTION_CONTINUE_EXECUTION, or EXCEPTION_EXECUTE_HANDLER, upon which the process
 * ends. */
LONG WINAPI UnhandledExceptionFilter(PEXCEPTION_POINTERS pointers)
{
    LPTOP_LEVEL_EXCEPTION_FILTER filter = RtlDecodePointer((PVOID)TopFilter);
    const DWORD flags = pointers->ExceptionRecord->ExceptionFlags;
    ULONG_PTR parameter = (ULONG_PTR)pointers;
    ULONG response;

    if (filter && !(flags & EXCEPTION_NESTED_CALL)) { /* not of the filter's own fault */
        LONG verdict = filter(pointers);
        if (verdict == EXCEPTION_EXECUTE_HANDLER ||
            verdict == EXCEPTION_CONTINUE_EXECUTION)
            return verdict;
    }
    NtRaiseHardError(STATUS_UNHANDLED_EXCEPTION, 1, 0, &parameter, 1, &response);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* At most 15 arguments are kept; flags other than EXCEPTION_NONCONTINUABLE are dropped. */
VOID WINAPI RaiseException(DWORD code, DWORD flags, DWORD count,
                           const ULONG_PTR *arguments)
{
    EXCEPTION_RECORD record = {.ExceptionCode = code,
                               .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (PVOID)RaiseException};
    DWORD i;

    if (arguments) {
        record.NumberParameters =
            count < EXCEPTION_MAXIMUM_PARAMETERS ? count : EXCEPTION_MAXIMUM_PARAMETERS;
        for (i = 0; i < record.NumberParameters; i++)
            record.ExceptionInformation[i] = arguments[i];
    }
    RtlRaiseException(&record);
}

BOOL WINAPI IsDebuggerPresent(void)
{
    return BasePeb()->BeingDebugged;
}

BOOL WINAPI CheckRemoteDebuggerPresent(HANDLE process, PBOOL present)
{
    HANDLE port = NULL;

    if (!process || !present)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!BasepResult(NtQueryInformationProcess(process, ProcessDebugPort, &port,
                                               sizeof port, NULL)))
        return FALSE;
    *present = port != NULL;
    return TRUE;
}

/* Every page of [pointer, pointer + bytes) once. TRUE: bad. */
static BOOL IsBad(ULONG_PTR pointer, SIZE_T bytes, BOOL write)
{
    ULONG_PTR last = pointer + bytes - 1, at;

    if (!bytes)
        return FALSE;
    if (!pointer || last < pointer || last > MM_HIGHEST_USER_ADDRESS)
        return TRUE;
    for (at = pointer;; at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE) {
        if (!(write ? BasepTouchWrite((PVOID)at) : BasepTouchRead((PVOID)at)))
            return TRUE;
        if (ALIGN_DOWN(at, PAGE_SIZE) == ALIGN_DOWN(last, PAGE_SIZE))
            return FALSE;
    }
}

BOOL WINAPI IsBadReadPtr(const VOID *pointer, UINT_PTR bytes)
{
    return IsBad((ULONG_PTR)pointer, bytes, FALSE);
}

BOOL WINAPI IsBadWritePtr(LPVOID pointer, UINT_PTR bytes)
{
    return IsBad((ULONG_PTR)pointer, bytes, TRUE);
}

/* The same; sixteen-bit Windows' pointers could not reach past a segment. */
BOOL WINAPI IsBadHugeReadPtr(const VOID *pointer, UINT_PTR bytes)
{
    return IsBad((ULONG_PTR)pointer, bytes, FALSE);
}

BOOL WINAPI IsBadHugeWritePtr(LPVOID pointer, UINT_PTR bytes)
{
    return IsBad((ULONG_PTR)pointer, bytes, TRUE);
}

BOOL WINAPI IsBadCodePtr(FARPROC pointer)
{
    return IsBad((ULONG_PTR)pointer, 1, FALSE);
}

BOOL WINAPI IsBadStringPtrA(LPCSTR string, UINT_PTR most)
{
    UINT_PTR i;

    for (i = 0; i < most; i++) {
        if ((!i || ((ULONG_PTR)(string + i) & (PAGE_SIZE - 1)) == 0) &&
            IsBad((ULONG_PTR)(string + i), 1, FALSE))
            return TRUE;
        if (!string[i])
            return FALSE;
    }
    return FALSE;
}

BOOL WINAPI IsBadStringPtrW(LPCWSTR string, UINT_PTR most)
{
    UINT_PTR i;

    for (i = 0; i < most; i++) {
        if (IsBad((ULONG_PTR)(string + i), sizeof(WCHAR), FALSE))
            return TRUE;
        if (!string[i])
            return FALSE;
    }
    return FALSE;
}

/* The string as an exception (DBG_PRINTEXCEPTION_C: length with the NUL, and address), which a
 * debugger and vectored handlers see; no frame but ours is asked, and the thread goes on. */
VOID WINAPI OutputDebugStringA(LPCSTR string)
{
    ULONG_PTR arguments[2] = {string ? strlen(string) + 1 : 0, (ULONG_PTR)string};

    if (string)
        BasepRaisePrint(arguments);
}

VOID WINAPI OutputDebugStringW(LPCWSTR string)
{
    LPSTR bytes = BasepToAnsi(string);

    OutputDebugStringA(bytes);
    BasepFree(bytes);
}

VOID WINAPI FatalAppExitA(UINT action, LPCSTR message)
{
    (void)action;
    OutputDebugStringA(message);
    ExitProcess(0);
}

VOID WINAPI FatalAppExitW(UINT action, LPCWSTR message)
{
    (void)action;
    OutputDebugStringW(message);
    ExitProcess(0);
}

VOID WINAPI FatalExit(int code)
{
    ExitProcess((UINT)code);
}

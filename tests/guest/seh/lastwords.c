/* lastwords.c - at the end of a process: what a killed thread held, fiber local storage, and
 * OutputDebugString, which is an exception.
 *
 * A child waits, while its DLLs are told of the end, for what a thread held that is gone: it ends
 * at once with STATUS_THREAD_IS_TERMINATING, for an SRW lock as for a critical section. */
#include <windows.h>
#include <string.h>
#include "check.h"
#include "self.h"

#define ORPHANED  0xC000004Bu
#define GOT_IN    77
#define PRINTED   0x40010006u
#define FLS_VALUE ((void *)7)

static SRWLOCK lock = SRWLOCK_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION section;
static HANDLE held;
static char kind; /* of the child: what it waits for at the end */
static DWORD slot, main_thread;
static int called_at_exit;
static BOOL ended_well;

static DWORD WINAPI hold(void *shared)
{
    BOOL pending;
    FlsSetValue(slot, FLS_VALUE); /* of a thread that still runs: nobody is called */
    if (kind == 'o')
        InitOnceBeginInitialize(&once, 0, &pending, NULL);
    else if (shared)
        AcquireSRWLockShared(&lock);
    else
        AcquireSRWLockExclusive(&lock);
    SetEvent(held);
    Sleep(INFINITE);
    return 0;
}

static void wait_for_ever(void)
{
    BOOL pending;
    switch (kind) {
    case 'e':
        AcquireSRWLockExclusive(&lock);
        break;
    case 's':
        AcquireSRWLockShared(&lock);
        break;
    case 'r': /* held by a reader */
        AcquireSRWLockExclusive(&lock);
        break;
    case 'o':
        InitOnceBeginInitialize(&once, 0, &pending, NULL);
        break;
    case 'v':
        EnterCriticalSection(&section);
        SleepConditionVariableCS(&variable, &section, INFINITE);
        break;
    }
    ExitProcess(GOT_IN);
}

static void NTAPI tell(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (reason == DLL_PROCESS_DETACH && held)
        wait_for_ever();
    if (reason == DLL_PROCESS_DETACH && ended_well && called_at_exit != 1)
        ExitProcess(GOT_IN);
}
__attribute__((section(".CRT$XLE"), used)) static PIMAGE_TLS_CALLBACK callback = tell;

static void WINAPI fls(void *value)
{
    called_at_exit += value == FLS_VALUE && GetCurrentThreadId() == main_thread ? 1 : 100;
}

static int child(const char *word)
{
    kind = word[0];
    main_thread = GetCurrentThreadId();
    slot = FlsAlloc(fls);
    FlsSetValue(slot, FLS_VALUE);
    ended_well = TRUE;
    if (kind == 'f')
        return 0;
    InitializeCriticalSection(&section);
    held = CreateEventA(NULL, FALSE, FALSE, NULL);
    CloseHandle(CreateThread(NULL, 0, hold, kind == 'r' ? &lock : NULL, 0, NULL));
    WaitForSingleObject(held, INFINITE);
    return 0;
}

static int printed, others;
static ULONG_PTR length, text;
static LONG what_next = EXCEPTION_CONTINUE_SEARCH;

static LONG CALLBACK see(EXCEPTION_POINTERS *e)
{
    const EXCEPTION_RECORD *record = e->ExceptionRecord;
    if (record->ExceptionCode != PRINTED) {
        others++;
        return EXCEPTION_CONTINUE_SEARCH;
    }
    printed++;
    length = record->ExceptionInformation[0];
    text = record->ExceptionInformation[1];
    return what_next;
}

static void debug_strings(void)
{
    static const char message[] = "a line for a debugger";
    PVOID handler = AddVectoredExceptionHandler(1, see);

    SetLastError(77);
    OutputDebugStringA(message);
    CHECK(printed == 1 && length == sizeof message && text == (ULONG_PTR)message);
    CHECK_EQUAL(GetLastError(), 77);
    OutputDebugStringW(L"wide");
    CHECK(printed == 2 && length == 5);
    what_next = EXCEPTION_CONTINUE_EXECUTION;
    OutputDebugStringA(message);
    CHECK(printed == 3 && others == 0);
    OutputDebugStringA(NULL);
    CHECK_EQUAL(printed, 3);
    RemoveVectoredExceptionHandler(handler);
    OutputDebugStringA(message); /* nobody listens */
}

int main(int count, char **words)
{
    if (count > 1)
        return child(words[1]);
    debug_strings();
    CHECK_EQUAL(run_self("fls"), 0);
    CHECK_EQUAL(run_self("exclusive"), ORPHANED);
    CHECK_EQUAL(run_self("shared"), ORPHANED);
    CHECK_EQUAL(run_self("reader"), ORPHANED);
    CHECK_EQUAL(run_self("once"), ORPHANED);
    CHECK_EQUAL(run_self("variable"), ORPHANED);
    return 0;
}

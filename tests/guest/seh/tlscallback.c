/* tlscallback.c - exceptions in a TLS callback: the loader takes them and goes on, as on
 * Windows ("caught exception ... calling TLS callbacks"); in a DllMain told of a thread
 * nobody does, and the process ends (Wine goes on: no page tells). */
#include <windows.h>
#include "check.h"
#include "guarded.h"
#include "makedll.h"
#include "self.h"

static volatile LONG raised[4], later[4], seen;
static volatile BOOL armed;
static volatile int *volatile nowhere = (int *)0x70;

static void NTAPI raises(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        raised[reason]++;
        *nowhere = 1;
    }
    if (!armed)
        return;
    raised[reason]++;
    RaiseException(0xE0000071, 0, 0, NULL);
}
static void NTAPI comes_later(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    later[reason]++;
}
/* The linker sorts .CRT$XL*: these are of the program's TLS directory. */
__attribute__((section(".CRT$XLE"), used)) static PIMAGE_TLS_CALLBACK first = raises;
__attribute__((section(".CRT$XLF"), used)) static PIMAGE_TLS_CALLBACK second =
    comes_later;

static LONG CALLBACK count(EXCEPTION_POINTERS *p)
{
    seen += p->ExceptionRecord->ExceptionCode == 0xE0000071;
    return EXCEPTION_CONTINUE_SEARCH;
}
static DWORD WINAPI runs(void *unused)
{
    (void)unused;
    struct frame *list = innermost();
    return list != NULL && list != (struct frame *)-1 ? 5 : 6;
}
static BOOL WINAPI entry(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (reason == DLL_THREAD_ATTACH)
        RaiseException(0xE0000072, 0, 0, NULL);
    return TRUE;
}

int main(int argc, char **argv)
{
    static struct dll d;
    DWORD code;
    (void)argv;
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    if (argc > 1) {
        CHECK(LoadLibraryA("attach.dll") != NULL);
        CloseHandle(CreateThread(NULL, 0, runs, NULL, 0, NULL));
        Sleep(5000);
        return 3;
    }
    CHECK_EQUAL(raised[DLL_PROCESS_ATTACH], 1); /* and yet main runs */
    AddVectoredExceptionHandler(1, count);
    for (int i = 1; i <= 20; i++) {
        armed = TRUE;
        HANDLE thread = CreateThread(NULL, 0, runs, NULL, 0, NULL);
        CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
        armed = FALSE;
        CHECK(GetExitCodeThread(thread, &code));
        CHECK_EQUAL(code, 5);
        CHECK(CloseHandle(thread));
        CHECK_EQUAL(raised[DLL_THREAD_ATTACH], i);
        CHECK_EQUAL(raised[DLL_THREAD_DETACH], i);
    }
    CHECK_EQUAL(seen, 40);
    /* Those after it in the same module are left out. */
    CHECK_EQUAL(later[DLL_THREAD_ATTACH], 0);
    HANDLE thread = CreateThread(NULL, 0, runs, NULL, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    CHECK_EQUAL(later[DLL_THREAD_ATTACH], 1);
    dll_begin(&d, 0x20000000);
    dll_entry(&d, entry);
    dll_write(&d, "attach.dll");
    code = run_self("attach");
    DeleteFileA("attach.dll");
    CHECK_EQUAL(code, 0xE0000072);
    return 0;
}

/* stack.c - the end of the stack, and a list of handlers that cannot be believed. */
#include <windows.h>
#include <string.h>
#include "check.h"

static volatile int depth;
static DWORD code;
static void *back[5];

static LONG CALLBACK on_overflow(EXCEPTION_POINTERS *pointers)
{
    code = pointers->ExceptionRecord->ExceptionCode;
    return EXCEPTION_CONTINUE_SEARCH;
}

static EXCEPTION_DISPOSITION __cdecl take(EXCEPTION_RECORD *record, void *frame,
                                          CONTEXT *context, void *dispatcher)
{
    (void)context, (void)dispatcher;
    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    RtlUnwind(frame, NULL, record, NULL);
    __builtin_longjmp(back, 1);
}

static int __attribute__((noinline)) deeper(int n)
{
    volatile char space[900];
    space[n % 900] = (char)n;
    depth++;
    if (n == 1 << 30)
        return n;
    return deeper(n + 1) + space[n % 900];
}

static DWORD WINAPI overflows(PVOID argument)
{
    struct {
        void *next, *code;
    } frame;
    (void)argument;
    frame.code = (void *)take;
    __asm__ volatile("movl %%fs:0, %%eax; movl %%eax, %0; movl %1, %%fs:0"
                     : "=m"(frame.next)
                     : "r"(&frame)
                     : "eax", "memory");
    if (!__builtin_setjmp(back))
        deeper(0);
    __asm__ volatile("movl %0, %%fs:0" ::"r"(frame.next) : "memory");
    return 1;
}

/* A child whose handler list leads nowhere: it dies of its fault, and only it. */
static void bad_list(void)
{
    __asm__ volatile("movl $0x1000, %eax; movl %eax, %fs:0; movl %eax, (%eax)");
}

static DWORD child(const char *what)
{
    char command[300], self[260];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD status;
    GetModuleFileNameA(NULL, self, sizeof self);
    sprintf(command, "\"%s\" %s", self, what);
    CHECK(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                         &process));
    CHECK(WaitForSingleObject(process.hProcess, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.hProcess, &status));
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    return status;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "list")) {
        bad_list();
    } else if (argc > 1 && !strcmp(argv[1], "stack")) {
        __asm__ volatile("movl $0x20000, %esp; pushl %eax; call *%eax");
    } else if (argc > 1) {
        deeper(0);
    }
    PVOID handler = AddVectoredExceptionHandler(1, on_overflow);
    HANDLE thread = CreateThread(NULL, 0x20000, overflows, NULL,
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    DWORD result;
    CHECK(thread && WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &result) && result == 1);
    CHECK_EQUAL(code, EXCEPTION_STACK_OVERFLOW);
    CHECK(depth > 50 && depth < 200);
    RemoveVectoredExceptionHandler(handler);
    CHECK_EQUAL(child("list"), EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQUAL(child("stack"), EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQUAL(child("deep"), EXCEPTION_STACK_OVERFLOW);
    PVOID frames[8];
    USHORT count = RtlCaptureStackBackTrace(0, 8, frames, NULL);
    CHECK(count > 0 &&
          (ULONG_PTR)frames[0] - (ULONG_PTR)GetModuleHandleA(NULL) < 0x100000);
    return 0;
}

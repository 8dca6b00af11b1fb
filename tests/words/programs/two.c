/* link: -lntdll */
/* two.c - a process and its child, each with memory at the same addresses, for `@PROCESS`.
 *
 *   PROCESS pid parent threads handles private commit name     Fathom's query
 *   THREAD tid                                                 of the parent's
 *   HANDLE value type                                          NtQueryObject
 *   CHILD pid address value                                    one word of the child's data
 *   CHILDRUN base end state protect                            VirtualQuery there
 *
 * The child says what it has, sets an event and waits; the parent stops at look_here().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>
#include "fathom.h"

__attribute__((noinline)) void look_here(void)
{
    __asm__ volatile("" ::: "memory");
}

volatile ULONG mine = 0x11111111; /* the child's is another */
volatile ULONG child_id;
static char text[65536];
static int used;

#define SAY(...) (used += snprintf(text + used, sizeof text - used, __VA_ARGS__))

static void tell(void)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, used, &written, NULL);
}

static void child(const char *event)
{
    HANDLE ready = (HANDLE)strtoul(event, NULL, 16);
    mine = 0x22222222;
    for (int pass = 0; pass < 2; pass++) {
        MEMORY_BASIC_INFORMATION run;
        used = 0;
        SAY("CHILD %lu %08lX %08lX\n", GetCurrentProcessId(), (ULONG)&mine, mine);
        for (char *at = 0; VirtualQuery(at, &run, sizeof run); at += run.RegionSize)
            SAY("CHILDRUN %08lX %08lX %lX %lX\n", (ULONG)at, (ULONG)at + run.RegionSize,
                run.State, run.State == MEM_COMMIT ? run.Protect : 0);
    }
    tell();
    SetEvent(ready);
    Sleep(INFINITE);
}

static void say_handles(void)
{
    for (ULONG value = 4; value < 0x200; value += 4) {
        union {
            UNICODE_STRING name;
            WCHAR room[256];
        } type;
        /* ObjectTypeInformation */
        if (NtQueryObject((HANDLE)(ULONG_PTR)value, 2, &type, sizeof type, NULL) >= 0)
            SAY("HANDLE %lX %.*ls\n", value, type.name.Length / 2, type.name.Buffer);
    }
}

static void say_processes(void)
{
    static FATHOM_PROCESS list[16];
    ULONG returned = 0;
    LONG(WINAPI * query)(ULONG, ULONG_PTR, PVOID, ULONG, PULONG);
    query = (void *)GetProcAddress(LoadLibraryA("fathom.dll"), "FathomQuery");
    query(FathomQueryProcesses, 0, list, sizeof list, &returned);
    for (ULONG i = 0; i < returned / sizeof *list; i++)
        SAY("PROCESS %lu %lu %lu %lu %lu %lu %s\n", list[i].Id, list[i].Parent,
            list[i].Threads, list[i].Handles, list[i].PrivatePages, list[i].CommitPages,
            list[i].Name);
}

static DWORD WINAPI idle(void *event)
{
    return WaitForSingleObject(event, INFINITE);
}

int main(int count, char **arguments)
{
    char path[MAX_PATH], line[MAX_PATH + 32];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD tid;
    if (count > 1)
        child(arguments[1]);
    HANDLE ready = CreateEventA(&(SECURITY_ATTRIBUTES){.bInheritHandle = TRUE}, FALSE,
                                FALSE, "ready");
    CreateMutexA(NULL, TRUE, "owned");
    GetModuleFileNameA(NULL, path, sizeof path);
    snprintf(line, sizeof line, "two %lx", (ULONG)(ULONG_PTR)ready);
    CreateThread(NULL, 0, idle, CreateEventA(NULL, TRUE, FALSE, NULL), 0, &tid);
    CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made);
    WaitForSingleObject(ready, INFINITE);
    child_id = made.dwProcessId;
    SAY("THREAD %lu\nTHREAD %lu\n", GetCurrentThreadId(), tid);
    say_processes();
    used = 0;
    SAY("THREAD %lu\nTHREAD %lu\n", GetCurrentThreadId(), tid);
    say_handles();
    say_processes();
    tell();
    look_here();
    TerminateProcess(made.hProcess, 7);
    WaitForSingleObject(made.hProcess, INFINITE);
    look_here(); /* the child has ended; its object is still there */
    return 0;
}

/* kinds.c - memory of each kind, written at a line with a name: a block of the front end, a large
 * block, a page of the image that is copied at the write, a guard page, and the same address in a
 * second process. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static volatile int shared = 1;
static char *volatile front, *volatile large, *volatile guarded;
static volatile DWORD caught;

/* A guard page is one no longer when it has been touched: the write is done again. */
static LONG WINAPI guard(EXCEPTION_POINTERS *pointers)
{
    caught = pointers->ExceptionRecord->ExceptionCode; /* handler */
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void second_process(const char *program)
{
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    char words[300];
    snprintf(words, sizeof words, "\"%s\" child", program);
    if (!CreateProcessA(program, words, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))
        exit(3);
    WaitForSingleObject(made.hProcess, INFINITE);
}

int main(int count, char **words)
{
    (void)words;
    if (count > 1) {
        shared = 7; /* child */
        return 0;   /* child ends */
    }
    char program[260];
    GetModuleFileNameA(NULL, program, sizeof program);
    AddVectoredExceptionHandler(1, guard);
    for (int i = 0; i < 200; i++)
        front = HeapAlloc(GetProcessHeap(), 0, 48);
    front[3] = 1; /* front */
    large = HeapAlloc(GetProcessHeap(), 0, 600000);
    large[0x80000] = 2; /* large */
    shared = 3;         /* copied */
    guarded =
        VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE | PAGE_GUARD);
    guarded[5] = 4; /* guarded */
    second_process(program);
    return shared - 3; /* end */
}

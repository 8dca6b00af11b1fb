/* lesson.c - what the recordings are of: blocks small and large, a page touched, a byte written
 * after a block's end, a second thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static char *volatile small, *volatile neighbour, *volatile large;
static volatile LONG turns;

/* The call that a stretch of one door is of, and what comes before and after it. */
static void blocks(void)
{
    small = malloc(40);
    neighbour = malloc(100);
    large = malloc(96 * 1024);
    large[0xC000] = 1;
    free(small);
    small = malloc(64);
    memset(small, 'x', 64);
    free(neighbour);
    free(large);
}

static DWORD WINAPI other(void *argument)
{
    (void)argument;
    InterlockedIncrement(&turns);
    return 0;
}

/* Where an exception, an APC and a DllMain come from. */
static LONG WINAPI skip(EXCEPTION_POINTERS *pointers)
{
    pointers->ContextRecord->Eip += 2; /* the ud2 */
    return EXCEPTION_CONTINUE_EXECUTION;
}

static VOID CALLBACK called(ULONG_PTR argument)
{
    turns += (LONG)argument;
}

static void dispatched(void)
{
    void *handler = AddVectoredExceptionHandler(1, skip);
    __asm__ volatile("ud2");
    RemoveVectoredExceptionHandler(handler);
    QueueUserAPC(called, GetCurrentThread(), 1);
    SleepEx(0, TRUE);
    FreeLibrary(LoadLibraryA("oleaut32.dll"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "thread")) {
        HANDLE thread = CreateThread(NULL, 0, other, NULL, 0, NULL);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    } else if (argc > 1 && !strcmp(argv[1], "wait")) {
        Sleep(1);
    } else if (argc > 1) {
        dispatched();
    } else
        blocks();
    return (int)turns;
}

/* crossings.c - functions called back: by qsort, from an APC, for an exception, by a thread. */
#include <stdlib.h>
#include <windows.h>

static volatile LONG turns;

static int __cdecl compare(const void *one, const void *other)
{
    return *(const int *)one - *(const int *)other; /* compare */
}

static VOID CALLBACK called(ULONG_PTR argument)
{
    turns += (LONG)argument; /* called */
}

static LONG WINAPI skip(EXCEPTION_POINTERS *pointers)
{
    pointers->ContextRecord->Eip += 2; /* skip */
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI thread(void *argument)
{
    turns++; /* thread */
    return (DWORD)(ULONG_PTR)argument;
}

static int loop(int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) /* loop */
        sum += i;               /* body */
    return sum;                 /* looped */
}

int main(void)
{
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof *numbers, compare); /* qsort */
    QueueUserAPC(called, GetCurrentThread(), 1);
    SleepEx(0, TRUE); /* apc */
    void *handler = AddVectoredExceptionHandler(1, skip);
    __asm__ volatile("ud2"); /* ud2 */
    RemoveVectoredExceptionHandler(handler);
    HANDLE one = CreateThread(NULL, 0, thread, (void *)5, 0, NULL);
    WaitForSingleObject(one, INFINITE); /* wait */
    turns += loop(5);                   /* call */
    char *page = VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
    page[0] = 1; /* touch */
    return 0;    /* end */
}

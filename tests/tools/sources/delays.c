/* delays.c - for delayload.t: a function of a DLL that is loaded late; one that cannot be had. */
#include <stdio.h>
#include <windows.h>

int late_answer(int number);
int gone_answer(void);

static LONG CALLBACK see(PEXCEPTION_POINTERS pointers)
{
    printf("exception %lX\n", pointers->ExceptionRecord->ExceptionCode);
    fflush(stdout);
    ExitProcess(3);
}

int main(void)
{
    printf("before %d\n", GetModuleHandleA("late.dll") != NULL);
    printf("answer %d\n", late_answer(3));
    printf("after %d\n", GetModuleHandleA("late.dll") != NULL);
    AddVectoredExceptionHandler(1, see);
    return gone_answer();
}

/* threads.c - each thread starts two more and goes on; the process ends with 7. */
#include <windows.h>

static DWORD CALLBACK __attribute__((noreturn)) more(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++)
        CloseHandle(CreateThread(NULL, 0x10000, more, NULL,
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    for (;;)
        Sleep(1);
}

int main(void)
{
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST);
    CloseHandle(CreateThread(NULL, 0, more, NULL, 0, NULL));
    Sleep(200);
    return 7;
}

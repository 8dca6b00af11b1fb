/* meets.c - threads that wait for all of 63 timers, which go off at each tick, and of an event that
 * never comes: whenever a timer goes off, all that they wait for is looked at. */
#include <windows.h>

#define THREADS 1000

static HANDLE objects[MAXIMUM_WAIT_OBJECTS];

static DWORD CALLBACK wait(void *unused)
{
    (void)unused;
    return WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, objects, TRUE, INFINITE);
}

int main(void)
{
    const int last = MAXIMUM_WAIT_OBJECTS - 1;
    LARGE_INTEGER due = {.QuadPart = -10000};
    for (int i = 0; i < last; i++)
        objects[i] = CreateWaitableTimerA(NULL, TRUE, NULL);
    objects[last] = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(CreateThread(NULL, 0x10000, wait, NULL,
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    for (int i = 0; i < last; i++)
        SetWaitableTimer(objects[i], &due, 1, NULL, NULL, FALSE);
    Sleep(INFINITE);
    return 0;
}

/* waits - what an event costs that wakes N threads, with N more before them that it cannot wake.
 *
 * Each of the first N waits for two events, of which one never comes; the others wait for the one
 * that is set.  A line `set_event_waiter_N value unit`: instructions for each thread of the first
 * kind and the one of the second kind that goes with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define MOST 810

static HANDLE gate, never;
static volatile LONG waiting;

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static DWORD CALLBACK wait_for_both(void *unused)
{
    HANDLE both[2] = {gate, never};
    (void)unused;
    InterlockedIncrement(&waiting);
    WaitForMultipleObjects(2, both, TRUE, INFINITE);
    return 0;
}

static DWORD CALLBACK wait_for_gate(void *unused)
{
    (void)unused;
    InterlockedIncrement(&waiting);
    WaitForSingleObject(gate, INFINITE);
    return 0;
}

/* count threads that wait; they run at once, and this one only when all of them do. */
static void start(LPTHREAD_START_ROUTINE routine, int count, HANDLE *threads)
{
    waiting = 0;
    for (int i = 0; i < count; i++) {
        threads[i] = CreateThread(NULL, 0x10000, routine, NULL,
                                  STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (!threads[i])
            exit(2);
    }
    while (waiting < count)
        Sleep(1);
    Sleep(20);
}

static void measure(int count)
{
    static HANDLE threads[2 * MOST];
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    never = CreateEventA(NULL, TRUE, FALSE, NULL);
    start(wait_for_both, count, threads);
    start(wait_for_gate, count, threads + count);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST);
    const unsigned long long before = ticks();
    SetEvent(gate);
    const unsigned long long cost = ticks() - before;
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
    printf("set_event_waiter_%d %llu instructions\n", count, (cost + count / 2) / count);
    SetEvent(never);
    for (int i = 0; i < 2 * count; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        CloseHandle(threads[i]);
    }
    CloseHandle(gate);
    CloseHandle(never);
}

int main(void)
{
    for (int count = 30; count <= MOST; count *= 3)
        measure(count);
    return 0;
}

/* await.h - wait for another thread's word, but not for ever: it may have found no memory to
 * begin with, and then the program ends with 1. */
#ifndef GUEST_AWAIT_H
#define GUEST_AWAIT_H

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define AWAIT_MS 20000
#define AWAIT(condition)                                                                 \
    for (DWORD since_ = GetTickCount(); !(condition); Sleep(1))                          \
        if (GetTickCount() - since_ > AWAIT_MS)                                          \
    printf("line %d: still not %s\n", __LINE__, #condition), exit(1)

/* For programs that wait where no time can be given: they end with 1 after a while. */
static DWORD WINAPI __attribute__((unused)) await_end(void *unused)
{
    (void)unused;
    Sleep(AWAIT_MS);
    ExitProcess(1);
}
static inline int not_for_ever(void)
{
    return CloseHandle(CreateThread(NULL, 0, await_end, NULL, 0, NULL));
}

#endif

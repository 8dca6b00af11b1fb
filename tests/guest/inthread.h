/* inthread.h - a function in a thread of its own: what it returned. */
#ifndef GUEST_INTHREAD_H
#define GUEST_INTHREAD_H

#include "check.h"
#include <windows.h>

/* Waits ten seconds at most; 0 if the thread could not be made or has not ended. */
static DWORD in_thread(LPTHREAD_START_ROUTINE function, void *argument)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, function, argument, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

#endif

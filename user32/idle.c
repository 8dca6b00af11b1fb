/* idle.c - WaitForInputIdle: no process here has a message queue, so nobody waits. */
#include "user.h"

/* Returns at once, as documented of a console application: WAIT_FAILED with
 * ERROR_NOT_GUI_PROCESS; ERROR_INVALID_HANDLE if it is no process. */
DWORD WINAPI WaitForInputIdle(HANDLE process, DWORD milliseconds)
{
    DWORD code;

    (void)milliseconds;
    if (GetExitCodeProcess(process, &code))
        SetLastError(ERROR_NOT_GUI_PROCESS);
    return WAIT_FAILED;
}

/* lock.c - the CRT's numbered locks.
 *
 * All are made when the DLL starts, so that taking one can never fail.  The first twenty
 * streams have locks CRT_LOCK_STREAM0 + n; other streams carry their own (stream.c).
 * Windows keeps the same in _locktable (mlock.c).
 */
#include "crt.h"

static CRITICAL_SECTION locks[CRT_LOCKS];

void crt_lock_start(void)
{
    for (int i = 0; i < CRT_LOCKS; i++)
        InitializeCriticalSection(&locks[i]);
}

/* Exported as _lock and _unlock, which the stock start-up code calls with 8 (its exit
 * lock). */
void __cdecl crt_lock(int number)
{
    EnterCriticalSection(&locks[number]);
}

void __cdecl crt_unlock(int number)
{
    LeaveCriticalSection(&locks[number]);
}

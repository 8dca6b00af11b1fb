/* interlocked.c - the Interlocked functions as exports, for programs that import them.
 *
 * A compiler makes one locked instruction of them; 32-bit kernel32 has always exported
 * them too.
 */
#include "k32.h"

#undef InterlockedIncrement
#undef InterlockedDecrement
#undef InterlockedExchange
#undef InterlockedExchangeAdd
#undef InterlockedCompareExchange
#undef InterlockedCompareExchange64

LONG WINAPI InterlockedIncrement(LONG volatile *value)
{
    return __sync_add_and_fetch(value, 1);
}

LONG WINAPI InterlockedDecrement(LONG volatile *value)
{
    return __sync_sub_and_fetch(value, 1);
}

LONG WINAPI InterlockedExchange(LONG volatile *target, LONG value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

LONG WINAPI InterlockedExchangeAdd(LONG volatile *target, LONG value)
{
    return __sync_fetch_and_add(target, value);
}

LONG WINAPI InterlockedCompareExchange(LONG volatile *target, LONG value, LONG comparand)
{
    return __sync_val_compare_and_swap(target, comparand, value);
}

LONGLONG WINAPI InterlockedCompareExchange64(LONGLONG volatile *target, LONGLONG value,
                                             LONGLONG comparand)
{
    return __sync_val_compare_and_swap(target, comparand, value);
}

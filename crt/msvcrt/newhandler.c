/* newhandler.c - who is asked when there is no memory: the new-handler and its mode.
 *
 * Lock: none; `new_mode` and `new_handler` are single words, exchanged atomically.
 * Windows: handler.cpp, _newmode.c.
 */
#include "crt.h"

static LONG new_mode;
static _PNH new_handler;

/* Calls the new-handler for a request of `size` bytes: 1 = try again, 0 = no handler, or
 * it gave up.  Source: _set_new_handler. */
int __cdecl _callnewh(size_t size)
{
    _PNH handler = new_handler;
    return handler != NULL && handler(size) != 0;
}

/* Installs the handler that is called when new (and under _set_new_mode(1) malloc) finds
 * no memory; returns the former one. */
_PNH __cdecl crt_set_new_handler(_PNH handler)
{
    return InterlockedExchangePointer((PVOID *)&new_handler, handler);
}

_PNH __cdecl crt_query_new_handler(void)
{
    return new_handler;
}

/* The C++ standard's set_new_handler: as Windows documents it, only null is accepted
 * there, which removes the handler. */
_PNH __cdecl crt_std_set_new_handler(_PNH handler)
{
    (void)handler;
    return crt_set_new_handler(NULL);
}

/* 1: malloc, calloc and realloc call the new-handler too; 0 (at start): they do not.
 * Returns the former mode; another value is EINVAL and -1. */
int __cdecl crt_set_new_mode(int mode)
{
    if (mode != 0 && mode != 1) {
        *_errno() = EINVAL;
        return -1;
    }
    return InterlockedExchange(&new_mode, mode);
}

int __cdecl crt_query_new_mode(void)
{
    return new_mode;
}

/* What malloc does without memory: under _set_new_mode(1) the handler; true to try again,
 * else errno is ENOMEM. */
int crt_no_memory(size_t size)
{
    if (new_mode != 0 && _callnewh(size))
        return 1;
    *_errno() = ENOMEM;
    return 0;
}

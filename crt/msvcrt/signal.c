/* signal.c - signals, the exception filter that raises them, and mathematical errors.
 *
 *     SIGFPE SIGILL SIGSEGV             a handler for each thread, called by _XcptFilter from
 *                                       the frame that the start-up code put around main
 *     SIGINT SIGBREAK SIGTERM SIGABRT   one handler for the process
 *
 * A handler is reset to SIG_DFL before it is called, as documented.
 * Lock: CRT_LOCK_SIGNAL for the process-wide ones.  Source: CRT reference, signal, raise.
 */
#include "crt.h"
#include <float.h>
#include <signal.h>

/* Second argument of a SIGFPE handler; the header of GCC hides mingw-w64's float.h. */
#ifndef _FPE_INVALID
#define _FPE_INVALID       0x81
#define _FPE_DENORMAL      0x82
#define _FPE_ZERODIVIDE    0x83
#define _FPE_OVERFLOW      0x84
#define _FPE_UNDERFLOW     0x85
#define _FPE_INEXACT       0x86
#define _FPE_STACKOVERFLOW 0x8A
#define _FPE_EXPLICITGEN   0x8C
#endif

typedef void(__cdecl *handler_function)(int);
typedef void(__cdecl *fp_function)(int, int);

static handler_function on_interrupt, on_break, on_terminate, on_abort;
static int console_installed;

static handler_function *place_of(int number)
{
    struct crt_thread *own = crt_thread();
    switch (number) {
    case SIGFPE:
        return &own->fp_handler;
    case SIGILL:
        return &own->ill_handler;
    case SIGSEGV:
        return &own->segv_handler;
    case SIGINT:
        return &on_interrupt;
    case SIGBREAK:
        return &on_break;
    case SIGTERM:
        return &on_terminate;
    case SIGABRT:
    case 6: /* SIGABRT_COMPAT */
        return &on_abort;
    default:
        return NULL;
    }
}

static BOOL WINAPI console_event(DWORD event)
{
    int number = event == CTRL_C_EVENT       ? SIGINT
                 : event == CTRL_BREAK_EVENT ? SIGBREAK
                                             : 0;
    handler_function *place = number != 0 ? place_of(number) : NULL;
    if (place == NULL || *place == SIG_DFL)
        return FALSE;
    handler_function handler = *place;
    if (handler != SIG_IGN) {
        *place = SIG_DFL;
        handler(number);
    }
    return TRUE;
}

/* Installs `handler` for signal `number`; the former one, or SIG_ERR and EINVAL. */
handler_function __cdecl signal(int number, handler_function handler)
{
    handler_function *place = place_of(number);
    if (place == NULL) {
        *_errno() = EINVAL;
        return SIG_ERR;
    }
    crt_lock(CRT_LOCK_SIGNAL);
    if ((number == SIGINT || number == SIGBREAK) && !console_installed)
        console_installed = SetConsoleCtrlHandler(console_event, TRUE);
    handler_function old = *place;
    *place = handler;
    crt_unlock(CRT_LOCK_SIGNAL);
    return old;
}

/* Delivers a signal to the calling thread; unhandled, the process ends with exit code 3.  Of a
 * signal that is an exception's otherwise, the handler finds no exception: __pxcptinfoptrs tells
 * NULL meanwhile. */
int __cdecl raise(int number)
{
    struct crt_thread *own = crt_thread();
    void *const pointers = own->exception_pointers;
    const int code = own->fp_code;
    handler_function *place = place_of(number);
    if (place == NULL) {
        *_errno() = EINVAL;
        return -1;
    }
    handler_function handler = *place;
    if (handler == SIG_IGN)
        return 0;
    if (handler == SIG_DFL) {
        if (number == SIGABRT || number == 6)
            return 0; /* abort() itself speaks and ends the process */
        _exit(3);
    }
    *place = SIG_DFL;
    if (number == SIGFPE || number == SIGSEGV || number == SIGILL)
        own->exception_pointers = NULL;
    if (number == SIGFPE) {
        own->fp_code = _FPE_EXPLICITGEN;
        ((fp_function)(void *)handler)(number, _FPE_EXPLICITGEN);
    } else {
        handler(number);
    }
    own->exception_pointers = pointers;
    own->fp_code = code;
    return 0;
}

static const struct {
    DWORD code;
    int number, fpe;
} exception_table[] = {
    {EXCEPTION_ACCESS_VIOLATION, SIGSEGV, 0},
    {EXCEPTION_ILLEGAL_INSTRUCTION, SIGILL, 0},
    {EXCEPTION_PRIV_INSTRUCTION, SIGILL, 0},
    {EXCEPTION_FLT_DENORMAL_OPERAND, SIGFPE, _FPE_DENORMAL},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, SIGFPE, _FPE_ZERODIVIDE},
    {EXCEPTION_FLT_INEXACT_RESULT, SIGFPE, _FPE_INEXACT},
    {EXCEPTION_FLT_INVALID_OPERATION, SIGFPE, _FPE_INVALID},
    {EXCEPTION_FLT_OVERFLOW, SIGFPE, _FPE_OVERFLOW},
    {EXCEPTION_FLT_STACK_CHECK, SIGFPE, _FPE_STACKOVERFLOW},
    {EXCEPTION_FLT_UNDERFLOW, SIGFPE, _FPE_UNDERFLOW},
};

/* What the frame around main asks: EXCEPTION_CONTINUE_EXECUTION after a handler,
 * EXECUTE_HANDLER for SIG_IGN-like ends, else what the system's unhandled filter says. */
int __cdecl _XcptFilter(unsigned long code, struct _EXCEPTION_POINTERS *pointers)
{
    for (size_t i = 0; i < sizeof(exception_table) / sizeof(*exception_table); i++) {
        if (exception_table[i].code != code)
            continue;
        int number = exception_table[i].number;
        handler_function *place = place_of(number), handler = *place;
        if (handler == SIG_DFL)
            break;
        if (handler == SIG_IGN)
            return EXCEPTION_CONTINUE_EXECUTION;
        struct crt_thread *own = crt_thread();
        void *outer = own->exception_pointers;
        own->exception_pointers = pointers;
        own->fp_code = exception_table[i].fpe;
        *place = SIG_DFL;
        if (number == SIGFPE)
            ((fp_function)(void *)handler)(number, exception_table[i].fpe);
        else
            handler(number);
        own->exception_pointers = outer;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return UnhandledExceptionFilter(pointers);
}

void **__cdecl __pxcptinfoptrs(void)
{
    return &crt_thread()->exception_pointers;
}

int *__cdecl __fpecode(void)
{
    return &crt_thread()->fp_code;
}

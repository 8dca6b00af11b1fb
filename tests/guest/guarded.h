/* guarded.h - __try for a compiler that has none: a registration on the handler list.
 *
 *   if (guarded(filter, body)) ...   as  __try { body(); } __except (filter(...)) { ... }
 *   finally_around(last, body)       as  __try { body(); } __finally { last(...); }
 *
 * The list is x86 Windows' own (fs:0, innermost first); the handlers do what the
 * compiler's would: filter in the search, last in the unwind, RtlUnwind before the jump.
 */
#ifndef GUEST_GUARDED_H
#define GUEST_GUARDED_H

#include <windows.h>

typedef LONG filter_function(EXCEPTION_POINTERS *);
typedef EXCEPTION_DISPOSITION __cdecl frame_handler(EXCEPTION_RECORD *, void *, CONTEXT *,
                                                    void *);
struct frame {
    struct frame *next;
    frame_handler *code;
};

static inline void push_frame(struct frame *frame, frame_handler *code)
{
    frame->code = code;
    __asm__ volatile("movl %%fs:0, %%eax; movl %%eax, %0; movl %1, %%fs:0"
                     : "=m"(frame->next)
                     : "r"(frame)
                     : "eax", "memory");
}

static inline void pop_frame(struct frame *frame)
{
    __asm__ volatile("movl %0, %%fs:0" ::"r"(frame->next) : "memory");
}

static inline struct frame *innermost(void)
{
    struct frame *frame;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame));
    return frame;
}

struct guard {
    struct frame frame;
    filter_function *filter;
    void (*last)(BOOL abnormal);
    void *back[5];
    volatile DWORD code;
};

static EXCEPTION_DISPOSITION __cdecl guard_handler(EXCEPTION_RECORD *record, void *frame,
                                                   CONTEXT *context, void *dispatcher)
{
    struct guard *guard = frame;
    EXCEPTION_POINTERS pointers = {record, context};
    (void)dispatcher;
    if (record->ExceptionFlags & 6) { /* unwinding */
        if (guard->last)
            guard->last(TRUE);
        return ExceptionContinueSearch;
    }
    const LONG verdict = guard->filter ? guard->filter(&pointers) : 0;
    if (verdict == EXCEPTION_CONTINUE_EXECUTION)
        return ExceptionContinueExecution;
    if (verdict != EXCEPTION_EXECUTE_HANDLER)
        return ExceptionContinueSearch;
    guard->code = record->ExceptionCode;
    RtlUnwind(frame, NULL, record, NULL);
    __builtin_longjmp(guard->back, 1);
}

/* 0: body ran to its end; else the code of the exception that the filter took. */
static __attribute__((noinline, unused)) DWORD guarded(filter_function *filter,
                                                       void (*body)(void))
{
    struct guard guard = {.filter = filter};
    push_frame(&guard.frame, guard_handler);
    if (!__builtin_setjmp(guard.back))
        body();
    pop_frame(&guard.frame);
    return guard.code;
}

static __attribute__((noinline, unused)) void finally_around(void (*last)(BOOL abnormal),
                                                             void (*body)(void))
{
    struct guard guard = {.last = last};
    push_frame(&guard.frame, guard_handler);
    body();
    pop_frame(&guard.frame);
    last(FALSE);
}

#endif

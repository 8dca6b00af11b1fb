/* frames.c - frame-based handlers: continuing, searching, unwinding, nesting.
 *
 * A handler list is made by hand, as compilers do: a registration on the stack, linked at
 * fs:0. */
#include <windows.h>
#include <stddef.h>
#include <string.h>
#include "check.h"

typedef EXCEPTION_DISPOSITION __cdecl handler(EXCEPTION_RECORD *, void *, CONTEXT *,
                                              void *);
struct frame {
    struct frame *next;
    handler *code;
};

static void push(struct frame *frame, handler *code)
{
    frame->code = code;
    __asm__ volatile("movl %%fs:0, %%eax; movl %%eax, %0; movl %1, %%fs:0"
                     : "=m"(frame->next)
                     : "r"(frame)
                     : "eax", "memory");
}

static void pop(struct frame *frame)
{
    __asm__ volatile("movl %0, %%fs:0" ::"r"(frame->next) : "memory");
}

static struct frame *first(void)
{
    struct frame *frame;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(frame));
    return frame;
}

static DWORD code, flags, parameters, information[4];
static void *address;
static char order[32];
static int calls;
static volatile int *volatile nowhere = (int *)0x20;

static void note(const EXCEPTION_RECORD *record)
{
    code = record->ExceptionCode;
    flags = record->ExceptionFlags;
    address = record->ExceptionAddress;
    parameters = record->NumberParameters;
    for (DWORD i = 0; i < 4 && i < parameters; i++)
        information[i] = record->ExceptionInformation[i];
    calls++;
}

/* Skips the faulting instruction, whose length is in skip. */
static int skip;
static EXCEPTION_DISPOSITION __cdecl skipper(EXCEPTION_RECORD *record, void *frame,
                                             CONTEXT *context, void *dispatcher)
{
    (void)frame, (void)dispatcher;
    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    note(record);
    context->Eip += skip;
    return ExceptionContinueExecution;
}

static void faults(void)
{
    struct frame frame;
    push(&frame, skipper);
    skip = 2;
    __asm__ volatile("movl $0x50, %%eax; .byte 0x8b, 0x00" ::
                         : "eax", "memory"); /* mov eax, [eax] */
    CHECK_EQUAL(code, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQUAL(parameters, 2);
    CHECK_EQUAL(information[0], 0);
    CHECK_EQUAL(information[1], 0x50);
    __asm__ volatile("movl $0x54, %%eax; .byte 0x89, 0x00" ::
                         : "eax", "memory"); /* mov [eax], eax */
    CHECK_EQUAL(information[0], 1);
    CHECK_EQUAL(information[1], 0x54);
    __asm__ volatile(
        "xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $1, %%eax; .byte 0xf7, 0xf1" ::
            : "eax", "ecx", "edx", "memory"); /* div ecx */
    CHECK_EQUAL(code, EXCEPTION_INT_DIVIDE_BY_ZERO);
    __asm__ volatile("ud2" ::: "memory");
    CHECK_EQUAL(code, EXCEPTION_ILLEGAL_INSTRUCTION);
    skip = 1;
    __asm__ volatile("hlt" ::: "memory");
    CHECK_EQUAL(code, EXCEPTION_PRIV_INSTRUCTION);
    __asm__ volatile("int3" ::: "memory");
    CHECK_EQUAL(code, EXCEPTION_BREAKPOINT);
    CHECK(*(unsigned char *)address == 0xCC);
    skip = 0;
    RaiseException(0xE0001234, 0, 3, (ULONG_PTR[]){7, 8, 9});
    CHECK_EQUAL(code, 0xE0001234);
    CHECK_EQUAL(parameters, 3);
    CHECK_EQUAL(information[2], 9);
    CHECK_EQUAL(calls, 7);
    pop(&frame);
}

/* ---- unwinding: inner, middle and outer frame; the outer one takes it ---- */

/* The compiler's own: C's longjmp would unwind by itself. */
static void *back[5];

static EXCEPTION_DISPOSITION __cdecl watcher(EXCEPTION_RECORD *record, void *frame,
                                             CONTEXT *context, void *dispatcher)
{
    (void)frame, (void)context, (void)dispatcher;
    strcat(order, record->ExceptionFlags & EXCEPTION_UNWINDING ? "u" : "s");
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION __cdecl taker(EXCEPTION_RECORD *record, void *frame,
                                           CONTEXT *context, void *dispatcher)
{
    (void)context, (void)dispatcher;
    if (record->ExceptionFlags & 6) {
        strcat(order, "!");
        return ExceptionContinueSearch;
    }
    strcat(order, "t");
    RtlUnwind(frame, NULL, record, NULL);
    strcat(order, first() == frame ? "1" : "0");
    __builtin_longjmp(back, 1);
}

static void __attribute__((noinline)) inner(void)
{
    struct frame frame[2]; /* an inner frame lies lower */
    push(&frame[1], watcher);
    push(&frame[0], watcher);
    *nowhere = 1;
    CHECK(!"reached");
}

static void unwinds(void)
{
    struct frame frame;
    push(&frame, taker);
    order[0] = 0;
    if (!__builtin_setjmp(back))
        inner();
    CHECK(!strcmp(order, "sstuu1"));
    CHECK(first() == &frame);
    pop(&frame);
}

/* ---- a fault inside a handler ---- */

static EXCEPTION_DISPOSITION __cdecl clumsy(EXCEPTION_RECORD *record, void *frame,
                                            CONTEXT *context, void *dispatcher)
{
    (void)frame, (void)context, (void)dispatcher;
    if (record->ExceptionFlags & EXCEPTION_UNWINDING) {
        strcat(order, "u");
        return ExceptionContinueSearch;
    }
    if (record->ExceptionCode == EXCEPTION_BREAKPOINT) {
        strcat(order, "c");
        *nowhere = 1;
    }
    strcat(order, record->ExceptionFlags & EXCEPTION_NESTED_CALL ? "n" : "-");
    return ExceptionContinueSearch;
}

static void nests(void)
{
    struct frame frame[2];
    push(&frame[1], taker);
    push(&frame[0], clumsy);
    order[0] = 0;
    if (!__builtin_setjmp(back))
        __asm__ volatile("int3" ::: "memory");
    /* clumsy sees the breakpoint and faults; the fault is shown to it as a nested call,
     * the outer frame takes it, and clumsy is unwound once. */
    CHECK(!strcmp(order, "cntu1"));
    pop(&frame[1]);
}

/* ---- continuing from what cannot be continued ---- */

static EXCEPTION_DISPOSITION __cdecl stubborn(EXCEPTION_RECORD *record, void *frame,
                                              CONTEXT *context, void *dispatcher)
{
    (void)context, (void)dispatcher;
    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    note(record);
    if (record->ExceptionCode == 0xE0000001)
        return ExceptionContinueExecution;
    RtlUnwind(frame, NULL, record, NULL);
    __builtin_longjmp(back, 1);
}

static void refuses(void)
{
    struct frame frame;
    push(&frame, stubborn);
    calls = 0;
    if (!__builtin_setjmp(back))
        RaiseException(0xE0000001, EXCEPTION_NONCONTINUABLE, 0, NULL);
    CHECK_EQUAL(code, EXCEPTION_NONCONTINUABLE_EXCEPTION);
    CHECK_EQUAL(calls, 2);
    pop(&frame);
}

/* ---- single step: TF set in the context that a handler returns ---- */

static EXCEPTION_DISPOSITION __cdecl stepper(EXCEPTION_RECORD *record, void *frame,
                                             CONTEXT *context, void *dispatcher)
{
    (void)frame, (void)dispatcher;
    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    note(record);
    if (record->ExceptionCode == EXCEPTION_BREAKPOINT) {
        context->Eip += *(unsigned char *)context->Eip == 0xCC;
        context->EFlags |= 0x100;
    }
    return ExceptionContinueExecution;
}

static void steps(void)
{
    struct frame frame;
    push(&frame, stepper);
    calls = 0;
    __asm__ volatile("int3; nop; nop; nop" ::: "memory");
    CHECK_EQUAL(code, EXCEPTION_SINGLE_STEP);
    CHECK_EQUAL(calls, 2);
    CHECK(*(unsigned char *)address == 0x90);
    pop(&frame);
}

int main(void)
{
    faults();
    unwinds();
    nests();
    refuses();
    steps();
    return 0;
}

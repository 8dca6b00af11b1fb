/* unwinding - the search for a handler, termination handlers, RtlUnwind, continuing. */
#include "documented.h"
#include "guarded.h"
#include "order.h"
#include <string.h>

static EXCEPTION_RECORD seen, chained;
static int calls, skip;

static void note(EXCEPTION_POINTERS *p)
{
    seen = *p->ExceptionRecord;
    if (seen.ExceptionRecord)
        chained = *seen.ExceptionRecord;
    calls++;
}

static LONG take(EXCEPTION_POINTERS *p)
{
    note(p);
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG go_on(EXCEPTION_POINTERS *p)
{
    note(p);
    p->ContextRecord->Eip += skip;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD raise_code = 0xE0000042;
static void raise_it(void)
{
    RaiseException(raise_code, 0, 0, NULL);
}
static void null_write(void)
{
    __asm__ volatile("movl $0x28, %%eax; .byte 0x89, 0x00" ::: "eax", "memory");
}
static void illegal(void)
{
    __asm__ volatile("ud2");
}
static void breakpoint(void)
{
    __asm__ volatile("int3");
}

/* ---- searching, unwinding ---- */

static void say_last(BOOL abnormal)
{
    say(abnormal ? 'F' : 'f');
}
static LONG inner_search(EXCEPTION_POINTERS *p)
{
    (void)p;
    say('i');
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG outer_take(EXCEPTION_POINTERS *p)
{
    note(p);
    say('o');
    return EXCEPTION_EXECUTE_HANDLER;
}
static LONG filter_faults(EXCEPTION_POINTERS *p)
{
    (void)p;
    if (p->ExceptionRecord->ExceptionCode == raise_code) {
        say('x');
        null_write();
    }
    say('n');
    return EXCEPTION_CONTINUE_SEARCH;
}
static void body_with_finally(void)
{
    finally_around(say_last, raise_it);
}
static void body_with_filter(void)
{
    guarded(inner_search, body_with_finally);
    say('!');
}
static void body_faulting_filter(void)
{
    guarded(filter_faults, raise_it);
    say('!');
}
static void nothing(void)
{
    say('b');
}
static void last_raises(BOOL abnormal)
{
    say(abnormal ? 'L' : 'l');
    raise_code = 0xE0000066;
    RaiseException(raise_code, 0, 0, NULL);
}
static void body_last_raises(void)
{
    finally_around(last_raises, raise_it);
}
static void outer_with_finally(void)
{
    finally_around(say_last, body_last_raises);
}
static void inner_takes_then_collides(void)
{
    guarded(outer_take, outer_with_finally);
    say('1');
}

static void searching(void)
{
    order[0] = 0;
    raise_code = 0xE0000042;
    DWORD code = guarded(outer_take, body_with_filter);
    say('h');
    documented(
        "Frame-based Exception Handling",
        "the filters are evaluated from the innermost frame outwards; then the "
        "termination handlers run as the stack is unwound, then the handler's block",
        SAME, code == raise_code && ran("ioFh"));
    documented("Frame-based Exception Handling",
               "no frame of an unwound function stays registered", SAME,
               innermost()->code != guard_handler);
    finally_around(say_last, nothing);
    documented("Termination-Handler Syntax",
               "the block runs when control leaves normally, and AbnormalTermination "
               "is FALSE",
               SAME, ran("bf"));
    code = guarded(outer_take, body_faulting_filter);
    documented("Frame-based Exception Handling",
               "an exception in a filter is an exception of its own: searched from the "
               "filter's frame outwards",
               SAME, code == (DWORD)EXCEPTION_ACCESS_VIOLATION && ran("xno"));
    raise_code = 0xE0000042;
    code = guarded(outer_take, inner_takes_then_collides);
    documented(
        "Frame-based Exception Handling",
        "an exception raised in a termination handler while unwinding replaces the "
        "first (a collided unwind), and outer termination handlers run once",
        SAME, code == 0 && ran("oLoF1"));
    documented("Frame-based Exception Handling",
               "an exception raised in a termination handler is searched from there",
               SAME, seen.ExceptionCode == 0xE0000066);
}

/* ---- RtlUnwind by hand ---- */

static DWORD unwind_flags[4];
static int unwound;
static EXCEPTION_RECORD *unwind_record;

static EXCEPTION_DISPOSITION __cdecl watch(EXCEPTION_RECORD *record, void *frame,
                                           CONTEXT *context, void *dispatcher)
{
    (void)frame, (void)context, (void)dispatcher;
    unwind_record = record;
    if (unwound < 4)
        unwind_flags[unwound] = record->ExceptionFlags;
    seen.ExceptionCode = record->ExceptionCode;
    unwound++;
    return ExceptionContinueSearch;
}

/* winnt.h has it without the result in EAX. */
static ULONG unwind_to(void *target, EXCEPTION_RECORD *record, ULONG value)
{
    typedef ULONG NTAPI function(void *, void *, EXCEPTION_RECORD *, ULONG);
    static function *volatile unwind = (function *)(void *)RtlUnwind;
    return unwind(target, NULL, record, value);
}

static EXCEPTION_DISPOSITION __cdecl disposition_7(EXCEPTION_RECORD *record, void *frame,
                                                   CONTEXT *context, void *dispatcher)
{
    (void)frame, (void)context, (void)dispatcher;
    return record->ExceptionCode == raise_code ? (EXCEPTION_DISPOSITION)7
                                               : ExceptionContinueSearch;
}

static void with_bad_disposition(void)
{
    struct frame frame;
    push_frame(&frame, disposition_7);
    raise_it();
}

static void unwind_below(void) /* a target that lies inside of the innermost frame */
{
    struct frame frames[2];
    push_frame(&frames[1], watch);
    unwind_to(&frames[0], NULL, 0);
}

static void unwinding(void)
{
    struct frame frames[3];
    EXCEPTION_RECORD record = {.ExceptionCode = 0xE0000077};
    push_frame(&frames[2], watch);
    push_frame(&frames[1], watch);
    push_frame(&frames[0], watch);
    ULONG value = unwind_to(&frames[2], &record, 0x1234);
    documented("RtlUnwind", "unwinds the frames inside the target, not the target itself",
               SAME, unwound == 2 && innermost() == &frames[2]);
    documented("RtlUnwind", "ReturnValue is in the integer return register afterwards",
               SAME, value == 0x1234);
    documented("RtlUnwind",
               "the handlers get the record given, marked EXCEPTION_UNWINDING", SAME,
               unwind_record == &record && unwind_flags[0] == 2);
    push_frame(&frames[1], watch);
    unwound = 0;
    unwind_to(&frames[2], NULL, 0);
    documented("RtlUnwind", "without a record it is STATUS_UNWIND", SAME,
               unwound == 1 && seen.ExceptionCode == (DWORD)STATUS_UNWIND);
    pop_frame(&frames[2]);
    documented("RtlUnwind",
               "a target inside the innermost frame: STATUS_INVALID_UNWIND_TARGET", SAME,
               guarded(take, unwind_below) == (DWORD)STATUS_INVALID_UNWIND_TARGET);
    raise_code = 0xE0000042;
    documented(
        "EXCEPTION_RECORD",
        "EXCEPTION_INVALID_DISPOSITION: a handler returned an invalid disposition", SAME,
        guarded(take, with_bad_disposition) == (DWORD)EXCEPTION_INVALID_DISPOSITION &&
            chained.ExceptionCode == raise_code);
}

/* ---- continuing with other registers ---- */

static LONG mend(EXCEPTION_POINTERS *p)
{
    note(p);
    p->ContextRecord->Eax = (DWORD)(ULONG_PTR)&calls;
    return EXCEPTION_CONTINUE_EXECUTION;
}
static DWORD fetched;
static void read_mended(void)
{
    __asm__ volatile("movl $0x24, %%eax; movl (%%eax), %%eax; movl %%eax, %0"
                     : "=m"(fetched)::"eax", "memory");
}
static char *reserve;
static LONG commit_page(EXCEPTION_POINTERS *p)
{
    note(p);
    VirtualAlloc((void *)p->ExceptionRecord->ExceptionInformation[1], 1, MEM_COMMIT,
                 PAGE_READWRITE);
    return EXCEPTION_CONTINUE_EXECUTION;
}
static void commit_filter_body(void)
{
    for (int i = 0; i < 16; i++)
        reserve[i * PAGE + i] = (char)i;
}

static void continuing(void)
{
    calls = 0;
    documented("EXCEPTION_POINTERS",
               "ContextRecord is the processor's state at the exception; a filter that "
               "changes it and continues, continues with what it wrote",
               SAME, guarded(mend, read_mended) == 0 && fetched == 1 && calls == 1);
    calls = 0;
    reserve = reserved(16 * PAGE);
    documented(
        "Using an Exception Handler",
        "a filter commits the page that was touched; the instruction is done again", SAME,
        guarded(commit_page, commit_filter_body) == 0 && calls == 16 &&
            reserve[3 * PAGE + 3] == 3);
    freed(reserve);
    skip = 2;
    documented(
        "Exception-Handler Syntax",
        "EXCEPTION_CONTINUE_EXECUTION: execution goes on where the exception occurred",
        SAME, guarded(go_on, illegal) == 0);
    skip = 1;
    documented("Exception-Handler Syntax",
               "and after a breakpoint that the filter passes", SAME,
               guarded(go_on, breakpoint) == 0);
    skip = 0;
}

/* ---- longjmp ---- */

static jmp_buf out;
static void jump_out(void)
{
    longjmp(out, 3);
}
static void jump_through(void)
{
    finally_around(say_last, jump_out);
}

static void jumping(void)
{
    struct frame *volatile before = innermost();
    order[0] = 0;
    const int value = setjmp(out);
    if (value == 0)
        guarded(inner_search, jump_through);
    documented("longjmp",
               "it unwinds: the termination handlers of the frames it leaves run", SAME,
               value == 3 && ran("F") && innermost() == before);
}

int main(void)
{
    jumping();
    searching();
    unwinding();
    continuing();
    return undocumented();
}

/* stack - it grows page by page, ends in STATUS_STACK_OVERFLOW, and can go on after. */
#include "memory.h"

static NT_TIB *tib(void)
{
    NT_TIB *t;
    __asm__("movl %%fs:0x18, %0" : "=r"(t));
    return t;
}

static __attribute__((noinline)) int deep(int n)
{
    volatile char room[0x2000];
    room[0] = (char)n;
    int below = n ? deep(n - 1) : 1;
    return room[0] == (char)n ? below : 0; /* after the call: the frame must stay */
}

static volatile int overflows;
static jmp_buf back;

static LONG CALLBACK on_overflow(EXCEPTION_POINTERS *e)
{
    if (e->ExceptionRecord->ExceptionCode != (DWORD)STATUS_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_SEARCH;
    overflows++;
    longjmp(back, 1);
}

static DWORD CALLBACK grows(void *unused)
{
    (void)unused;
    char *limit = tib()->StackLimit, *here = (char *)&limit;
    CHECK(here > limit && here < (char *)tib()->StackBase);
    CHECK_EQUAL(query(limit).State, MEM_COMMIT);
    CHECK_EQUAL(query(limit - PAGE).Protect, PAGE_READWRITE | PAGE_GUARD);
    CHECK_EQUAL(deep(10), 1);
    CHECK((char *)tib()->StackLimit < limit - 0x10000);
    CHECK_EQUAL(query((char *)tib()->StackLimit - PAGE).Protect,
                PAGE_READWRITE | PAGE_GUARD);
    return 0;
}

/* What _resetstkoflw does: the lowest committed page becomes the guard again. */
static int reset_guard(void)
{
    char *lowest = tib()->StackLimit;
    DWORD old;
    if (!VirtualProtect(lowest, PAGE, PAGE_READWRITE | PAGE_GUARD, &old))
        return 0;
    tib()->StackLimit = lowest + PAGE;
    return 1;
}

static DWORD CALLBACK overflow_twice(void *unused)
{
    (void)unused;
    for (int round = 1; round <= 2; round++) {
        if (!setjmp(back))
            deep(100000);
        CHECK_EQUAL(overflows, round);
        CHECK(reset_guard());
    }
    return 0;
}

static void run(DWORD(CALLBACK *function)(void *))
{
    DWORD code = 99;
    HANDLE thread = CreateThread(NULL, 0x40000, function, NULL,
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    CHECK(thread);
    CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQUAL(code, 0);
    CloseHandle(thread);
}

int main(void)
{
    run(grows);
    AddVectoredExceptionHandler(1, on_overflow);
    run(overflow_twice);
    return 0;
}

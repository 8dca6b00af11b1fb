/* link: -lntdll */
/* stacks - Thread Stack Size, SetThreadStackGuarantee, going on after an overflow. */
#include "documented.h"
#include <malloc.h>

static NT_TIB *tib(void)
{
    NT_TIB *t;
    __asm__("movl %%fs:0x18, %0" : "=r"(t));
    return t;
}

static char *stack_start(void)
{
    return query((char *)tib()->StackBase - 1).AllocationBase;
}

static __attribute__((noinline)) int deep(int n)
{
    volatile char room[0x800];
    room[0] = (char)n;
    int below = n ? deep(n - 1) : 1;
    return room[0] == (char)n ? below : 0;
}

static jmp_buf back;
static volatile int overflows;
static volatile ULONG room_left, overflow_address;

static LONG CALLBACK on_overflow(EXCEPTION_POINTERS *e)
{
    char here;
    if (e->ExceptionRecord->ExceptionCode != (DWORD)STATUS_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_SEARCH;
    overflows++;
    room_left = (ULONG)(&here - stack_start());
    overflow_address = (ULONG)e->ExceptionRecord->ExceptionAddress;
    longjmp(back, 1);
}

static DWORD on_thread(DWORD(CALLBACK *function)(void *), SIZE_T size, DWORD flags)
{
    DWORD code = 99;
    HANDLE thread = CreateThread(NULL, size, function, NULL, flags, NULL);
    CHECK(thread);
    CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

static DWORD CALLBACK sizes(void *unused) /* reserve in pages, or'ed with commit << 16 */
{
    (void)unused;
    ULONG reserve = (ULONG)((char *)tib()->StackBase - stack_start());
    ULONG commit = (ULONG)((char *)tib()->StackBase - (char *)tib()->StackLimit);
    return reserve >> 12 | commit >> 12 << 16;
}

static DWORD CALLBACK growing(void *unused)
{
    (void)unused;
    char *limit = tib()->StackLimit;
    documented("Thread Stack Size",
               "a stack has reserved and initially committed memory, and a guard page "
               "below what is committed",
               SAME,
               query(limit).State == MEM_COMMIT &&
                   query(limit - PAGE).Protect == (PAGE_READWRITE | PAGE_GUARD) &&
                   query(limit - 2 * PAGE).State == MEM_RESERVE);
    documented("Thread Stack Size",
               "the system commits additional pages as they are needed", SAME,
               deep(60) && (char *)tib()->StackLimit < limit - 0x10000);
    limit = tib()->StackLimit;
    documented("Thread Stack Size", "the guard page moves down with the stack's limit",
               SAME,
               query(limit - PAGE).Protect == (PAGE_READWRITE | PAGE_GUARD) &&
                   query(limit).Protect == PAGE_READWRITE);
    return 0;
}

static DWORD CALLBACK overflowing(void *unused)
{
    (void)unused;
    overflows = 0;
    if (!setjmp(back))
        deep(100000);
    documented("Thread Stack Size",
               "a stack that reaches its reserved size raises STATUS_STACK_OVERFLOW",
               SAME, overflows == 1);
    documented("Thread Stack Size",
               "the handler runs on what is left of the stack, and the thread goes on",
               SAME, room_left < 0x3000 && deep(2));
    documented("_resetstkoflw", "the function resets the guard page and returns nonzero",
               SAME, _resetstkoflw() != 0);
    if (!setjmp(back))
        deep(100000);
    documented("_resetstkoflw", "a second overflow is an exception again", SAME,
               overflows == 2);
    return 0;
}

static DWORD CALLBACK guaranteed(void *unused)
{
    (void)unused;
    ULONG size = 0;
    documented("SetThreadStackGuarantee", "a size of 0 asks for the current value", SAME,
               SetThreadStackGuarantee(&size) && size == 0);
    size = 0x5000;
    documented("SetThreadStackGuarantee", "on return the previous value comes back", SAME,
               SetThreadStackGuarantee(&size) && size == 0);
    size = 0x1000;
    documented("SetThreadStackGuarantee",
               "a smaller size than the current one changes nothing and returns the "
               "current one",
               SAME, SetThreadStackGuarantee(&size) && size == 0x5000);
    size = 0;
    documented("SetThreadStackGuarantee", "the size is told afterwards", SAME,
               SetThreadStackGuarantee(&size) && size == 0x5000);
    size = 0x10000000;
    documented("SetThreadStackGuarantee", "more than the stack has: it fails", SAME,
               FAILS(SetThreadStackGuarantee(&size), ERROR_INVALID_PARAMETER));
    overflows = 0;
    if (!setjmp(back))
        deep(100000);
    documented("SetThreadStackGuarantee",
               "that much of the stack is available when the overflow is handled", SAME,
               overflows == 1 && room_left >= 0x5000);
    documented("_resetstkoflw", "the guard comes back where a guarantee was given", SAME,
               _resetstkoflw() != 0);
    if (!setjmp(back))
        deep(100000);
    documented("SetThreadStackGuarantee", "at the next overflow it is there again", SAME,
               overflows == 2 && room_left >= 0x5000);
    return 0;
}

/* ntdll's pair, whose result is an INITIAL_TEB. */
typedef struct {
    PVOID previous_base, previous_limit, base, limit, allocation;
} initial_teb;
NTSTATUS NTAPI RtlCreateUserStack(SIZE_T, SIZE_T, ULONG_PTR, SIZE_T, ULONG_PTR,
                                  initial_teb *);
NTSTATUS NTAPI RtlFreeUserStack(PVOID);

NTSTATUS NTAPI RtlCreateUserThread(HANDLE, PVOID, BOOLEAN, ULONG, SIZE_T, SIZE_T, PVOID,
                                   PVOID, HANDLE *, PVOID);

static DWORD CALLBACK top_of_stack(void *unused)
{
    (void)unused;
    return (DWORD)tib()->StackBase;
}

/* The end of the stack of a thread with so many; 1: there is none. */
static DWORD zero_bits(ULONG bits)
{
    HANDLE thread;
    DWORD code = 0;
    if (RtlCreateUserThread(GetCurrentProcess(), NULL, FALSE, bits, 0x20000, 0x2000,
                            (PVOID)top_of_stack, NULL, &thread, NULL))
        return 1;
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

static void user_stack(void)
{
    initial_teb teb = {0};
    documented("RtlCreateUserStack (ntdll)",
               "a stack as a thread's is made: reserved, committed at the top, a guard "
               "page below",
               SAME,
               RtlCreateUserStack(0x2000, 0x40000, 0, 0x1000, 0x10000, &teb) == 0 &&
                   query(teb.limit).State == MEM_COMMIT &&
                   (char *)teb.base - (char *)teb.allocation == 0x40000 &&
                   query((char *)teb.limit - PAGE).Protect ==
                       (PAGE_READWRITE | PAGE_GUARD));
    documented("RtlCreateUserStack (ntdll)", "RtlFreeUserStack releases it", SAME,
               RtlFreeUserStack(teb.allocation) == 0 &&
                   query(teb.allocation).State == MEM_FREE);
    documented("RtlCreateUserStack (ntdll)", "any power of two from a page on aligns it",
               SAME,
               RtlCreateUserStack(0x1000, 0x11000, 0, 0x4000, 0x2000, &teb) == 0 &&
                   (char *)teb.base - (char *)teb.allocation == 0x12000 &&
                   (char *)teb.base - (char *)teb.limit == 0x4000 &&
                   RtlFreeUserStack(teb.allocation) == 0);
    documented(
        "RtlCreateUserStack (ntdll)", "another alignment: STATUS_INVALID_PARAMETER", SAME,
        RtlCreateUserStack(0, 0, 0, 0x1000, 0x3000, &teb) == (NTSTATUS)0xC000000D &&
            RtlCreateUserStack(0, 0, 0, 0, 0x10000, &teb) == (NTSTATUS)0xC000000D);
    documented("RtlCreateUserThread (ntdll)",
               "ZeroBits: so many high bits of the stack are 0", SAME,
               zero_bits(20) == 1 && zero_bits(8) < 0x1000000 && zero_bits(8) > 1);
}

#define MIB 0x100000

static SIZE_T stack_reserve, stack_guard;
static void *main_fiber;

/* The stack that runs: all of it, and its guard pages. */
static DWORD CALLBACK measure(void *unused)
{
    char *base = stack_start(), *at = base;
    MEMORY_BASIC_INFORMATION run = query(at);
    (void)unused;
    stack_guard = 0;
    for (; run.AllocationBase == base; at += run.RegionSize, run = query(at))
        stack_guard +=
            run.Protect & PAGE_GUARD && run.State == MEM_COMMIT ? run.RegionSize : 0;
    stack_reserve = (SIZE_T)(at - base);
    return 0;
}

static void WINAPI measure_fiber(void *unused)
{
    measure(unused);
    SwitchToFiber(main_fiber);
}

static BOOL thread_has(SIZE_T size, SIZE_T reserve, SIZE_T guard)
{
    on_thread(measure, size, 0);
    return stack_reserve == reserve && stack_guard == guard;
}

static BOOL fiber_has(SIZE_T commit, SIZE_T reserve, SIZE_T wanted, SIZE_T guard)
{
    void *fiber = CreateFiberEx(commit, reserve, 0, measure_fiber, NULL);
    CHECK(fiber);
    SwitchToFiber(fiber);
    DeleteFiber(fiber);
    return stack_reserve == wanted && stack_guard == guard;
}

/* header: the reserve in the executable's header, some MiB. */
static void reserves(SIZE_T header)
{
    documented("Thread Stack Size", "a commit below the reserve leaves it as it is", SAME,
               thread_has(header - PAGE, header, PAGE) &&
                   thread_has(MIB / 2, header, PAGE));
    documented(
        "Thread Stack Size", "one of the reserve, in MiB, reserves just that", SAME,
        thread_has(header, header, 0) && thread_has(header + MIB, header + MIB, 0));
    documented("Thread Stack Size",
               "a byte more reserves the next MiB, with a guard page", SAME,
               thread_has(header + 1, header + MIB, PAGE));
    main_fiber = ConvertThreadToFiber(NULL);
    documented("CreateFiberEx", "the rule for the sizes is that of threads", SAME,
               fiber_has(MIB, MIB, MIB, 0) && fiber_has(PAGE, MIB, MIB, PAGE) &&
                   fiber_has(MIB + 1, MIB, 2 * MIB, PAGE));
    CHECK(ConvertFiberToThread());
}

int main(void)
{
    const IMAGE_NT_HEADERS *nt =
        (const IMAGE_NT_HEADERS *)((char *)GetModuleHandleA(NULL) +
                                   ((IMAGE_DOS_HEADER *)GetModuleHandleA(NULL))
                                       ->e_lfanew);
    DWORD header = nt->OptionalHeader.SizeOfStackReserve >> 12;
    DWORD commit = nt->OptionalHeader.SizeOfStackCommit >> 12;
    DWORD found = on_thread(sizes, 0, 0);
    documented("Thread Stack Size",
               "without a size, reserve and commit are those of the executable's header",
               SAME, (found & 0xFFFF) == header && found >> 16 >= commit);
    found = on_thread(sizes, 0x50000, STACK_SIZE_PARAM_IS_A_RESERVATION);
    documented("Thread Stack Size",
               "STACK_SIZE_PARAM_IS_A_RESERVATION: dwStackSize is the size to reserve",
               SAME, (found & 0xFFFF) == 0x50);
    found = on_thread(sizes, 0x48001, STACK_SIZE_PARAM_IS_A_RESERVATION);
    documented("Thread Stack Size",
               "the reserved size is rounded up to the allocation granularity", SAME,
               (found & 0xFFFF) == 0x50);
    found = on_thread(sizes, 0x8000, 0);
    documented("Thread Stack Size",
               "without that flag dwStackSize is the initially committed size", SAME,
               (found & 0xFFFF) == header && found >> 16 >= 8);
    found = on_thread(sizes, 0x300000, 0);
    documented("Thread Stack Size",
               "a commit size as large as the reserve raises the reserve to the next "
               "megabyte",
               SAME,
               (found & 0xFFFF) >= 0x300 && (found & 0xFF) == 0 && found >> 16 >= 0x2FF);
    AddVectoredExceptionHandler(1, on_overflow);
    on_thread(growing, 0x80000, STACK_SIZE_PARAM_IS_A_RESERVATION);
    on_thread(overflowing, 0x40000, STACK_SIZE_PARAM_IS_A_RESERVATION);
    on_thread(guaranteed, 0x40000, STACK_SIZE_PARAM_IS_A_RESERVATION);
    user_stack();
    reserves((SIZE_T)header << 12);
    return undocumented();
}

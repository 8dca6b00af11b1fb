/* fibers - stacks that a thread changes between by itself. */
#include "documented.h"
#include "inthread.h"

/* Ends the test where there was no memory for the fiber. */
static void to_fiber(void *fiber)
{
    if (!fiber)
        ExitProcess(1);
    SwitchToFiber(fiber);
}

static void *first, *second;
static volatile int steps, seen;
static DWORD fls;
static volatile LONG ended;
static void *volatile ended_with;

static VOID WINAPI slot_ends(PVOID value)
{
    ended++;
    ended_with = value;
}

static NT_TIB *tib(void)
{
    return (NT_TIB *)NtCurrentTeb();
}
static BOOL on_stack(const volatile void *address)
{
    return (char *)address < (char *)tib()->StackBase &&
           (char *)address >= (char *)tib()->StackLimit;
}

static VOID WINAPI steps_twice(void *parameter)
{
    volatile int here = 0;
    documented("CreateFiber", "the fiber function gets the parameter", SAME,
               parameter == &fls && GetFiberData() == &fls);
    documented("GetCurrentFiber", "the address of the fiber that runs", SAME,
               GetCurrentFiber() == second);
    documented("Fibers", "a fiber has a stack of its own", SAME, on_stack(&here));
    documented("FlsGetValue", "each fiber has a value of its own", SAME,
               FlsGetValue(fls) == NULL && FlsSetValue(fls, (void *)0x22) &&
                   FlsGetValue(fls) == (void *)0x22);
    for (;;) {
        steps = steps + 1;
        here = steps;
        to_fiber(first);
        seen = here; /* 1, although another has run on its own stack */
    }
}

/* Deep enough that the guard page has to move, by 4 KiB a frame. */
static int deep(int frames)
{
    volatile char page[4096];
    page[0] = (char)frames;
    return frames ? deep(frames - 1) + page[0] * 0 : 1;
}
static VOID WINAPI goes_deep(void *parameter)
{
    *(int *)parameter = deep(64) && on_stack(&parameter);
    to_fiber(first);
}

static EXCEPTION_DISPOSITION handles(EXCEPTION_RECORD *record, void *frame,
                                     CONTEXT *context, void *dispatcher)
{
    (void)record, (void)frame, (void)dispatcher;
    context->Eip += 2; /* over ud2 */
    return ExceptionContinueExecution;
}
static VOID WINAPI faults(void *parameter)
{
    EXCEPTION_REGISTRATION_RECORD frame;
    frame.Next = tib()->ExceptionList;
    frame.Handler = (void *)handles;
    tib()->ExceptionList = (void *)&frame;
    to_fiber(first);
    __asm__ volatile("ud2");
    *(int *)parameter = tib()->ExceptionList == (void *)&frame;
    to_fiber(first);
}

static VOID WINAPI sets_precision(void *parameter)
{
    (void)parameter;
    unsigned short word = 0x7F; /* 24 bits */
    __asm__ volatile("fldcw %0" : : "m"(word));
    to_fiber(first);
}
static unsigned short control_word(void)
{
    unsigned short word;
    __asm__ volatile("fnstcw %0" : "=m"(word));
    return word;
}

static VOID WINAPI returns(void *parameter)
{
    (void)parameter;
}
static DWORD WINAPI runs_to_the_end(void *unused)
{
    (void)unused;
    ConvertThreadToFiber(NULL);
    to_fiber(CreateFiber(0, returns, NULL));
    return 55; /* not reached */
}
static DWORD WINAPI deletes_itself(void *unused)
{
    (void)unused;
    DeleteFiber(ConvertThreadToFiber(NULL));
    return 55;
}
static DWORD WINAPI runs_the_second(void *unused)
{
    (void)unused;
    first = ConvertThreadToFiber(NULL);
    to_fiber(second);
    return ConvertFiberToThread();
}

static void converted(void)
{
    documented("IsThreadAFiber", "FALSE before the thread is converted", SAME,
               !IsThreadAFiber());
    documented("ConvertFiberToThread", "not a fiber: FALSE, ERROR_ALREADY_THREAD", SAME,
               FAILS(ConvertFiberToThread(), ERROR_ALREADY_THREAD));
    first = ConvertThreadToFiberEx(&first, FIBER_FLAG_FLOAT_SWITCH);
    documented("ConvertThreadToFiber",
               "the fiber's address; the parameter is its data; the thread goes on", SAME,
               first && GetCurrentFiber() == first && GetFiberData() == &first &&
                   IsThreadAFiber());
    documented("ConvertThreadToFiberEx", "a fiber already: NULL, ERROR_ALREADY_FIBER",
               SAME, FAILS(ConvertThreadToFiberEx(NULL, 0), ERROR_ALREADY_FIBER));
}

static void switched(void)
{
    void *const base = tib()->StackBase;
    fls = FlsAlloc(slot_ends);
    FlsSetValue(fls, (void *)0x11);
    second = CreateFiber(0, steps_twice, &fls);
    documented("CreateFiber", "does not begin to run it", SAME, second && steps == 0);
    to_fiber(second);
    documented("SwitchToFiber", "the other runs until it switches back", SAME,
               steps == 1 && tib()->StackBase == base && GetCurrentFiber() == first);
    documented("FlsGetValue", "the fiber that comes back has its own value again", SAME,
               FlsGetValue(fls) == (void *)0x11);
    to_fiber(second);
    documented("SwitchToFiber", "it goes on where it was, with its stack as it was", SAME,
               seen == 1 && steps == 2);
    void *const mine = first;
    documented("SwitchToFiber", "a fiber that another thread made can be run", SAME,
               in_thread(runs_the_second, NULL) == TRUE && steps == 3);
    first = mine;
    DeleteFiber(second);
    documented("DeleteFiber", "the callback gets the deleted fiber's value", SAME,
               ended == 1 && ended_with == (void *)0x22);
    FlsFree(fls);
}

static void stacks_and_handlers(void)
{
    int result = 0;
    void *fiber = CreateFiberEx(0x1000, 0x100000, 0, goes_deep, &result);
    to_fiber(fiber);
    documented("CreateFiberEx", "the stack grows as needed, up to the reserved size",
               SAME, result == 1);
    DeleteFiber(fiber);
    result = 0;
    fiber = CreateFiber(0, faults, &result);
    void *const list = tib()->ExceptionList;
    to_fiber(fiber);
    documented("Fibers", "the handler list belongs to the fiber", SAME,
               tib()->ExceptionList == list);
    to_fiber(fiber);
    documented("Fibers", "an exception in a fiber reaches the fiber's own handlers", SAME,
               result == 1);
    DeleteFiber(fiber);
    const unsigned short mine = control_word();
    fiber = CreateFiberEx(0, 0, FIBER_FLAG_FLOAT_SWITCH, sets_precision, NULL);
    to_fiber(fiber);
    documented("CreateFiberEx",
               "FIBER_FLAG_FLOAT_SWITCH: the floating-point state is "
               "switched",
               SAME, control_word() == mine);
    DeleteFiber(fiber);
    MEMORY_BASIC_INFORMATION before, after;
    fiber = CreateFiber(0, returns, NULL);
    void *const stack = ((void **)fiber)[2]; /* its base, after data and handler list */
    CHECK(VirtualQuery((char *)stack - 1, &before, sizeof before));
    DeleteFiber(fiber);
    CHECK(VirtualQuery((char *)stack - 1, &after, sizeof after));
    documented("DeleteFiber", "the stack is freed", SAME,
               before.State == MEM_COMMIT && after.State == MEM_FREE);
}

int main(void)
{
    converted();
    switched();
    stacks_and_handlers();
    documented("ConvertFiberToThread", "nonzero; the thread is no fiber any more", SAME,
               ConvertFiberToThread() && !IsThreadAFiber());
    documented("CreateFiber", "a fiber function that returns ends its thread", SAME,
               in_thread(runs_to_the_end, NULL) != 55);
    documented("DeleteFiber", "of the fiber that runs: the thread ends", SAME,
               in_thread(deletes_itself, NULL) != 55);
    return undocumented();
}

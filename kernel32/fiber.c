/* fiber.c - fibers: stacks that a thread changes between by itself, without the kernel.
 *
 *   TEB.FiberData (fs:10h) -> FIBER of the one that runs; its first word is the program's
 *   own datum: GetCurrentFiber and GetFiberData are inline functions of winnt.h that read
 *   these two, so both places are fixed.
 *
 * A fiber that does not run keeps in its FIBER what the TEB holds for one that does: handler
 * list, stack limits, fiber local storage.  SwitchToFiber (switch.asm) exchanges the two.
 * Windows: the same structure in kernel32; TEB.SameTebFlags has the bit HasFiberData.
 */
#include "k32.h"

#define HAS_FIBER_DATA 4u /* TEB.SameTebFlags */

/* After the public `dt` of Windows 7 SP1 x86's kernel32; the last word is ours. */
typedef struct {
    PVOID FiberData;
    PVOID ExceptionList;
    PVOID StackBase, StackLimit, DeallocationStack;
    CONTEXT FiberContext; /* ContextFlags, integer registers, control word; Dr6: MXCSR */
    PVOID Wx86Tib, ActivationContextStackPointer;
    PVOID FlsData;
    ULONG GuaranteedStackBytes;
    ULONG TebFlags;
    LPFIBER_START_ROUTINE Start;
} FIBER;
OFFSET_IS(FIBER, FiberContext, 0x14);
OFFSET_IS(FIBER, FlsData, 0x2E8);
OFFSET_IS(FIBER, GuaranteedStackBytes, 0x2EC);
OFFSET_IS(CONTEXT, Dr6, 0x14);
OFFSET_IS(CONTEXT, FloatSave, 0x1C);
OFFSET_IS(CONTEXT, Edi, 0x9C);
OFFSET_IS(CONTEXT, Eax, 0xB0);
OFFSET_IS(CONTEXT, Esp, 0xC4);
OFFSET_IS(TEB, NtTib.FiberData, 0x10);

static FIBER *NewFiber(PVOID parameter, DWORD flags)
{
    FIBER *fiber;

    if (flags & ~FIBER_FLAG_FLOAT_SWITCH) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    fiber = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *fiber);
    if (!fiber) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    fiber->FiberData = parameter;
    fiber->FiberContext.ContextFlags = CONTEXT_FULL;
    if (flags & FIBER_FLAG_FLOAT_SWITCH)
        fiber->FiberContext.ContextFlags |= CONTEXT_FLOATING_POINT;
    fiber->FiberContext.FloatSave.ControlWord = 0x27F; /* a thread's first, on Windows */
    fiber->FiberContext.Dr6 = 0x1F80;
    return fiber;
}

BOOL WINAPI IsThreadAFiber(void)
{
    return (BaseTeb()->SameTebFlags & HAS_FIBER_DATA) != 0;
}

/* ERROR_ALREADY_FIBER, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY. */
LPVOID WINAPI ConvertThreadToFiberEx(LPVOID parameter, DWORD flags)
{
    PTEB teb = BaseTeb();
    FIBER *fiber;

    if (IsThreadAFiber()) {
        RtlSetLastWin32Error(ERROR_ALREADY_FIBER);
        return NULL;
    }
    fiber = NewFiber(parameter, flags);
    if (!fiber)
        return NULL;
    fiber->StackBase = teb->NtTib.StackBase;
    fiber->DeallocationStack = teb->DeallocationStack;
    teb->NtTib.FiberData = fiber;
    teb->SameTebFlags |= HAS_FIBER_DATA;
    return fiber;
}

LPVOID WINAPI ConvertThreadToFiber(LPVOID parameter)
{
    return ConvertThreadToFiberEx(parameter, 0);
}

/* ERROR_ALREADY_THREAD. The thread goes on with the stack and the storage it has. */
BOOL WINAPI ConvertFiberToThread(void)
{
    PTEB teb = BaseTeb();

    if (!IsThreadAFiber())
        return BasepFail(ERROR_ALREADY_THREAD);
    RtlFreeHeap(BaseHeap(), 0, teb->NtTib.FiberData);
    teb->NtTib.FiberData = NULL;
    teb->SameTebFlags &= (USHORT)~HAS_FIBER_DATA;
    return TRUE;
}

/* A function that returns ends the thread that runs it. */
static DWORD WINAPI RunFiber(LPVOID parameter)
{
    FIBER *fiber = parameter;
    fiber->Start(fiber->FiberData);
    return 1;
}

/* commit, reserve: bytes, 0 the program's own figures. ERROR_NOT_ENOUGH_MEMORY. */
LPVOID WINAPI CreateFiberEx(SIZE_T commit, SIZE_T reserve, DWORD flags,
                            LPFIBER_START_ROUTINE start, LPVOID parameter)
{
    FIBER *fiber = NewFiber(parameter, flags);
    INITIAL_TEB stack;
    PVOID *top;

    if (!fiber)
        return NULL;
    if (!BasepResult(RtlCreateUserStack(commit, reserve, 0, PAGE_SIZE,
                                        ALLOCATION_GRANULARITY, &stack))) {
        RtlFreeHeap(BaseHeap(), 0, fiber);
        return NULL;
    }
    fiber->StackBase = stack.StackBase;
    fiber->StackLimit = stack.StackLimit;
    fiber->DeallocationStack = stack.StackAllocationBase;
    fiber->ExceptionList = (PVOID)-1;
    fiber->Start = start;
    top = (PVOID *)stack.StackBase - 2; /* a return address, SwitchToFiber's argument */
    top[0] = (PVOID)(ULONG_PTR)RtlUserThreadStart;
    fiber->FiberContext.Esp = (DWORD)top;
    fiber->FiberContext.Eax = (DWORD)RunFiber;
    fiber->FiberContext.Ebx = (DWORD)fiber;
    return fiber;
}

LPVOID WINAPI CreateFiber(SIZE_T commit, LPFIBER_START_ROUTINE start, LPVOID parameter)
{
    return CreateFiberEx(commit, 0, 0, start, parameter);
}

/* The fiber that runs takes its thread with it; of another, slots, stack and block go. */
VOID WINAPI DeleteFiber(LPVOID other)
{
    FIBER *fiber = other;

    if (IsThreadAFiber() && BaseTeb()->NtTib.FiberData == other)
        RtlExitUserThread(1);
    RtlProcessFlsData(fiber->FlsData);
    RtlFreeUserStack(fiber->DeallocationStack);
    RtlFreeHeap(BaseHeap(), 0, fiber);
}

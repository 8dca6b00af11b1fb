/* once.c - one-time initialisation: many come, one does it, the others wait for the
 * result.
 *
 *   0             new
 *   chain | 1     under way; chain: blocks of those that wait, on their stacks
 *   context | 2   done; the context's two low bits are the caller's to leave clear
 *   3             under way, asynchronously: several may try, the first to complete wins
 *
 * Documented: One-Time Initialization (InitOnceBeginInitialize and the rest).
 */
#include "ntdllp.h"

#define STATE   3u
#define PENDING 1u
#define DONE    2u
#define ASYNC   3u

typedef struct _ONCE_BLOCK {
    struct _ONCE_BLOCK *Next;
} DECLSPEC_ALIGN(16) ONCE_BLOCK;

static BOOLEAN Change(PRTL_RUN_ONCE once, ULONG_PTR old, ULONG_PTR new)
{
    return __sync_bool_compare_and_swap(&once->Ptr, (PVOID)old, (PVOID) new);
}

VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE Once)
{
    Once->Ptr = NULL;
}

/* STATUS_SUCCESS: done, *Context is its result.  STATUS_PENDING: the caller is to do it. */
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE Once, ULONG Flags, PVOID *Context)
{
    if (Flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    if (Flags == (RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    for (;;) {
        ULONG_PTR value = (ULONG_PTR) * (PVOID volatile *)&Once->Ptr;
        if ((value & STATE) == DONE) {
            if (Context)
                *Context = (PVOID)(value & ~STATE);
            return STATUS_SUCCESS;
        }
        if (Flags & RTL_RUN_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        BOOLEAN async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;
        if (!value) {
            if (Change(Once, 0, async ? ASYNC : PENDING))
                return STATUS_PENDING;
        } else if (((value & STATE) == ASYNC) != async) {
            return STATUS_INVALID_PARAMETER_2; /* the two ways must not be mixed */
        } else if (async) {
            return STATUS_PENDING;
        } else {
            ONCE_BLOCK self = {(ONCE_BLOCK *)(value & ~STATE)};
            if (Change(Once, value, (ULONG_PTR)&self | PENDING))
                RtlpWait(&self);
        }
    }
}

NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE Once, ULONG Flags, PVOID Context)
{
    BOOLEAN failed = (Flags & RTL_RUN_ONCE_INIT_FAILED) != 0;
    if (Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED))
        return STATUS_INVALID_PARAMETER_2;
    if (((ULONG_PTR)Context & STATE) ||
        (failed && (Context || (Flags & RTL_RUN_ONCE_ASYNC))))
        return STATUS_INVALID_PARAMETER_3;
    ULONG_PTR result = failed ? 0 : (ULONG_PTR)Context | DONE;
    for (;;) {
        ULONG_PTR value = (ULONG_PTR) * (PVOID volatile *)&Once->Ptr;
        if (Flags & RTL_RUN_ONCE_ASYNC) {
            if ((value & STATE) == DONE)
                return STATUS_OBJECT_NAME_COLLISION;
            if ((value & STATE) != ASYNC)
                return STATUS_UNSUCCESSFUL;
        } else if ((value & STATE) != PENDING) {
            return STATUS_UNSUCCESSFUL;
        }
        if (!Change(Once, value, result))
            continue;
        ONCE_BLOCK *next, *block = (ONCE_BLOCK *)(value & ~STATE);
        for (; block; block = next) {
            next = block->Next; /* gone as soon as its thread wakes */
            RtlpWake(block);
        }
        return STATUS_SUCCESS;
    }
}

NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE Once, RTL_RUN_ONCE_ROUTINE Routine,
                                     PVOID Parameter, PVOID *Context)
{
    NTSTATUS status = RtlRunOnceBeginInitialize(Once, 0, Context);
    if (status != STATUS_PENDING)
        return status;
    PVOID result = NULL;
    if (!Routine(Once, Parameter, &result)) {
        RtlRunOnceComplete(Once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    status = RtlRunOnceComplete(Once, 0, result);
    if (NT_SUCCESS(status) && Context)
        *Context = result;
    return status;
}

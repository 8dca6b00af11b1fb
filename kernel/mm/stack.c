/* stack.c - guard pages, and the user's stack that grows by them.
 *
 *   StackBase  ->  +-----------+
 *                  | committed |
 *   StackLimit ->  +-----------+
 *                  |   guard   |   touched: becomes committed, StackLimit moves down
 *                  +-----------+   a page, the page below becomes the guard
 *                  | reserved  |
 *                  |    ...    |
 *                  +-----------+
 *                  | last page |   never committed: what runs past the end faults
 *   Deallocation-> +-----------+
 *
 * A guard page anywhere else is one-shot: the first access clears it and fails with
 * STATUS_GUARD_PAGE_VIOLATION.  The limits are read from the TEB, which its owner may
 * have changed at will: they only say which pages of its own it means.
 *
 * Windows: MiCheckForUserStackOverflow.  Source: "Thread Stack Size" and "Creating Guard
 * Pages" in the Win32 documentation.
 */
#include "mm/fault.h"
#include "mm/user.h"

typedef struct _MISTACK {
    PTEB Teb;
    ULONG_PTR Base, Limit, Deallocation, Guaranteed;
} MISTACK;

/* The current thread's stack, if address lies on it. */
static BOOLEAN MiFindStack(ULONG_PTR address, MISTACK *s)
{
    PKTHREAD thread = KeGetCurrentThread();
    PTEB teb = thread->Teb;
    if (!teb || thread->Space != MiCurrentSpace)
        return FALSE;
    s->Teb = teb;
    if (MmCopyFromUser(&s->Base, &teb->NtTib.StackBase, 4) ||
        MmCopyFromUser(&s->Limit, &teb->NtTib.StackLimit, 4) ||
        MmCopyFromUser(&s->Deallocation, &teb->DeallocationStack, 4) ||
        MmCopyFromUser(&s->Guaranteed, &teb->GuaranteedStackBytes, 4))
        return FALSE;
    s->Guaranteed = ALIGN_UP(s->Guaranteed, PAGE_SIZE);
    return address >= s->Deallocation && address < s->Base;
}

static void MiSetLimit(const MISTACK *s, ULONG_PTR limit)
{
    MmCopyToUser(&s->Teb->NtTib.StackLimit, &limit, sizeof limit);
}

/* The guard is off already. STATUS_SUCCESS: go on; STATUS_STACK_OVERFLOW. */
static NTSTATUS MiGrowStack(const MMVAD *vad, ULONG_PTR address, const MISTACK *s,
                            ULONG protection)
{
    ULONG_PTR page = ALIGN_DOWN(address, PAGE_SIZE), below = page - PAGE_SIZE;
    ULONG_PTR first = MiAddress(vad->StartingVpn);
    ULONG_PTR floor = s->Deallocation + PAGE_SIZE + s->Guaranteed;
    if (s->Guaranteed > page - first || below < floor || below <= first) {
        /* The last pages: all that is left is committed, for the handler to run on. */
        PVOID base = (PVOID)(first + PAGE_SIZE);
        SIZE_T size = page > first + PAGE_SIZE ? page - first - PAGE_SIZE : 0;
        if (size && s->Guaranteed)
            MmAllocateVirtualMemory(MiCurrentSpace, &base, 0, &size, MEM_COMMIT,
                                    PAGE_READWRITE);
        MiSetLimit(s, size && s->Guaranteed ? first + PAGE_SIZE : page);
        return STATUS_STACK_OVERFLOW;
    }
    PVOID base = (PVOID)below;
    SIZE_T size = PAGE_SIZE;
    ULONG guard = MiPageFromProtection(protection) | PAGE_GUARD;
    NTSTATUS status =
        MmAllocateVirtualMemory(MiCurrentSpace, &base, 0, &size, MEM_COMMIT, guard);
    MiSetLimit(s, page);
    return NT_SUCCESS(status) ? STATUS_SUCCESS : STATUS_STACK_OVERFLOW;
}

NTSTATUS MiGuardFault(MMVAD *vad, ULONG_PTR address, ULONG protection)
{
    MISTACK stack;
    if (!MiMakeTable(address))
        return STATUS_NO_MEMORY;
    protection &= ~MM_GUARD;
    MiChangeProtection(MiVpn(address), protection);
    if (vad->View || !MiFindStack(address, &stack))
        return STATUS_GUARD_PAGE_VIOLATION;
    return MiGrowStack(vad, address, &stack, protection);
}

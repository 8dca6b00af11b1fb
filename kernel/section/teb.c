/* teb.c - what a process gets from mm: its PEB, its TEBs, the first thread's stack.
 *
 * PEB and TEBs are regions of the kernel's own in the user's half, one page each, at
 * Windows' places: the PEB at 7FFDF000, the TEBs from 7FFDE000 downwards.  Their pages are
 * there from the start and stay (the kernel reads the stack's limits in a TEB while it
 * handles a fault); the program may write to them and can neither free nor protect them.
 */
#include "mm/fault.h"
#include "section/shared.h"
#include "userstack.h"

NTSTATUS MiCreateFixedRegion(MMSPACE *space, ULONG first, ULONG last, ULONG commit,
                             MMVAD **out)
{
    MMVAD *other = MiFindVadFrom(&space->Vads, first);
    if (space->Closed)
        return STATUS_PROCESS_IS_TERMINATING;
    if (other && other->StartingVpn <= last)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = MiCreateVad(space, first, last, commit, out);
    if (!NT_SUCCESS(status))
        return status;
    (*out)->NoChange = TRUE;
    (*out)->Protection = (*out)->Untouched = MM_READWRITE;
    if (MiMakeTables(first, last))
        return STATUS_SUCCESS;
    MiDeleteVad(space, *out);
    return STATUS_NO_MEMORY;
}

/* A region of one committed page that is there. */
static NTSTATUS MiCreateBlock(MMSPACE *space, ULONG vpn, PVOID *address)
{
    MMVAD *vad;
    MMSPACE *back = MmAttachSpace(space);
    NTSTATUS status = MiCreateFixedRegion(space, vpn, vpn, 1, &vad);
    if (NT_SUCCESS(status)) {
        vad->MemCommit = TRUE;
        status = MiMakeResident(MiAddress(vpn), TRUE);
        if (!NT_SUCCESS(status))
            MiDeleteVad(space, vad);
    }
    MmAttachSpace(back);
    *address = (PVOID)MiAddress(vpn);
    return status;
}

NTSTATUS MmCreatePeb(MMSPACE *space, PVOID *peb)
{
    return MiCreateBlock(space, MI_PEB_VPN, peb);
}

/* The highest free place below the PEB: TebSlots has a bit for each TEB, from the top; a
 * program's own region may lie there too. STATUS_NO_MEMORY. */
NTSTATUS MmCreateTeb(MMSPACE *space, PVOID *teb)
{
    for (ULONG slot = 0; slot < MI_TEB_SLOTS; slot += 32) {
        ULONG *taken = &space->TebSlots[slot / 32];
        for (ULONG free = ~*taken; free; free &= free - 1) {
            ULONG bit = (ULONG)__builtin_ctz(free);
            NTSTATUS status = MiCreateBlock(space, MI_PEB_VPN - 1 - slot - bit, teb);
            if (NT_SUCCESS(status))
                *taken |= 1u << bit;
            if (status != STATUS_CONFLICTING_ADDRESSES)
                return status;
        }
    }
    return STATUS_NO_MEMORY;
}

void MmDeleteTeb(MMSPACE *space, PVOID teb)
{
    MMVAD *vad = MiFindVad(&space->Vads, MiVpn(teb));
    ULONG slot = MI_PEB_VPN - 1 - MiVpn(teb);
    if (!vad || !vad->NoChange)
        return; /* the whole space is gone already */
    space->TebSlots[slot / 32] &= ~(1u << slot % 32);
    MMSPACE *back = MmAttachSpace(space);
    MiDeleteVad(space, vad);
    MmAttachSpace(back);
}

/* A thread's first stack, as RtlCreateUserStack makes the others (userstack.h): reserve and
 * commit in bytes. STATUS_INVALID_PARAMETER: no address has so many zero bits;
 * STATUS_NO_MEMORY and what allocation says. */
NTSTATUS MmCreateUserStack(MMSPACE *space, ULONG_PTR zeroBits, SIZE_T reserve,
                           SIZE_T commit, PVOID *stackBase, PVOID *limit,
                           PVOID *deallocation)
{
    PVOID base = NULL, part;
    reserve = ALIGN_UP(reserve, ALLOCATION_GRANULARITY);
    commit = ALIGN_UP(commit ? commit : PAGE_SIZE, PAGE_SIZE);
    reserve = USER_STACK_RESERVE(reserve, commit);
    if (zeroBits >= 32 || 0xFFFFFFFFu >> zeroBits < MM_LOWEST_USER_ADDRESS)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = MmAllocateVirtualMemory(space, &base, zeroBits, &reserve,
                                              MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    ULONG_PTR top = (ULONG_PTR)base + reserve;
    SIZE_T size = commit, guard = PAGE_SIZE;
    part = (PVOID)(top - commit);
    status = MmAllocateVirtualMemory(space, &part, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    part = (PVOID)(top - commit - PAGE_SIZE);
    if (NT_SUCCESS(status) && USER_STACK_HAS_GUARD(reserve, commit))
        status = MmAllocateVirtualMemory(space, &part, 0, &guard, MEM_COMMIT,
                                         PAGE_READWRITE | PAGE_GUARD);
    if (!NT_SUCCESS(status)) {
        size = 0;
        MmFreeVirtualMemory(space, &base, &size, MEM_RELEASE);
        return status;
    }
    *stackBase = (PVOID)top;
    *limit = (PVOID)(top - commit);
    *deallocation = base;
    return STATUS_SUCCESS;
}

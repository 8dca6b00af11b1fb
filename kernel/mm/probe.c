/* probe.c - user memory as the kernel may touch it.
 *
 * A pointer from user mode is a number.  Each function here first tests that its range
 * lies in the user's half and does not wrap, then goes through copy.asm, which survives
 * whatever the pages turn out to be.  What was read is a copy: nobody reads a user's word
 * twice.
 */
#include "mm/mmp.h"

NTSTATUS MmFaultStatus;

typedef struct _MIFIXUP {
    ULONG_PTR From, End, Target;
} MIFIXUP;
extern const MIFIXUP _fixup_start[], _fixup_end[]; /* kernel.ld, from section .fixup */

ULONG_PTR MmFindFixup(ULONG_PTR eip)
{
    for (const MIFIXUP *f = _fixup_start; f < _fixup_end; f++)
        if (eip >= f->From && eip < f->End)
            return f->Target;
    return 0;
}

static BOOLEAN MiUserRange(const void *start, SIZE_T size)
{
    return (ULONG_PTR)start <= MM_HIGHEST_USER_ADDRESS &&
           size <= MM_HIGHEST_USER_ADDRESS + 1 - (ULONG_PTR)start;
}

NTSTATUS MmCopyFromUser(void *to, const void *from, SIZE_T size)
{
    if (!size)
        return STATUS_SUCCESS;
    return MiUserRange(from, size) ? MiCopyBytes(to, from, size)
                                   : STATUS_ACCESS_VIOLATION;
}

NTSTATUS MmCopyToUser(void *to, const void *from, SIZE_T size)
{
    if (!size)
        return STATUS_SUCCESS;
    return MiUserRange(to, size) ? MiCopyBytes(to, from, size) : STATUS_ACCESS_VIOLATION;
}

NTSTATUS MmZeroUser(void *to, SIZE_T size)
{
    if (!size)
        return STATUS_SUCCESS;
    return MiUserRange(to, size) ? MiZeroBytes(to, size) : STATUS_ACCESS_VIOLATION;
}

NTSTATUS MmProbeForRead(const void *user, SIZE_T size, ULONG alignment)
{
    if (!size)
        return STATUS_SUCCESS;
    if ((ULONG_PTR)user & (alignment - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    return MiUserRange(user, size) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS MmProbeForWrite(void *user, SIZE_T size, ULONG alignment)
{
    NTSTATUS status = MmProbeForRead(user, size, alignment);
    ULONG_PTR at = (ULONG_PTR)user, end = at + size;
    while (NT_SUCCESS(status) && at < end) {
        status = MiTouchByte((void *)at);
        at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE;
    }
    return status;
}

/* Read for the debugger: any address of the current space, no fault, nothing brought in.
 */
NTSTATUS MmReadMemorySafe(ULONG_PTR address, void *buffer, SIZE_T size)
{
    UCHAR *to = buffer;
    while (size) {
        SIZE_T part = PAGE_SIZE - (address & (PAGE_SIZE - 1));
        if (part > size)
            part = size;
        BOOLEAN there = MiHasTable(address) && (MiPdeOf(address)->Low & PTE_LARGE ||
                                                MiPteOf(address)->Low & PTE_VALID);
        if (!there)
            return STATUS_ACCESS_VIOLATION;
        MiCopyBytes(to, (const void *)address, part);
        to += part;
        address += part;
        size -= part;
    }
    return STATUS_SUCCESS;
}

/* ---- what the services of mm begin and end with ---- */

NTSTATUS MiCaptureRange(PVOID *userBase, SIZE_T *userSize, MIREQUEST *range)
{
    if (!MiUserRange(userBase, sizeof *userBase) ||
        !MiUserRange(userSize, sizeof *userSize))
        return STATUS_ACCESS_VIOLATION;
    return MiTakePair(userBase, userSize, range);
}

/* The work is done: that the caller took its own variables away meanwhile is its loss.
 * Their range was tested. */
void MiReturnRange(PVOID *userBase, SIZE_T *userSize, const MIREQUEST *range)
{
    MiGivePair(userBase, userSize, range->Base, range->Size);
}

/* Copy between two spaces, or within one; *done: bytes that arrived.
 * STATUS_ACCESS_VIOLATION when the range is not a user's, STATUS_PARTIAL_COPY. */
NTSTATUS MmCopyVirtualMemory(MMSPACE *from, ULONG_PTR source, MMSPACE *to,
                             ULONG_PTR target, SIZE_T size, SIZE_T *done)
{
    static UCHAR bounce[PAGE_SIZE]; /* no one else runs until we are through */
    *done = 0;
    if (!MiUserRange((void *)source, size) || !MiUserRange((void *)target, size))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status = STATUS_SUCCESS;
    MMSPACE *back = MiCurrentSpace;
    while (NT_SUCCESS(status) && *done < size) {
        ULONG_PTR s = source + *done, t = target + *done;
        SIZE_T part = PAGE_SIZE - (s & (PAGE_SIZE - 1));
        SIZE_T room = PAGE_SIZE - (t & (PAGE_SIZE - 1));
        part = part < room ? part : room;
        part = part < size - *done ? part : size - *done;
        MmActivateSpace(from);
        status = MiCopyBytes(bounce, (void *)s, part);
        if (!NT_SUCCESS(status))
            break;
        MmActivateSpace(to);
        status = MiCopyBytes((void *)t, bounce, part);
        if (NT_SUCCESS(status))
            *done += part;
    }
    MmActivateSpace(back);
    return NT_SUCCESS(status) ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

static NTSTATUS MiCopyService(HANDLE process, ACCESS_MASK access, ULONG_PTR theirs,
                              ULONG_PTR mine, SIZE_T size, SIZE_T *userDone)
{
    SIZE_T done = 0;
    MMSPACE *space;
    BOOLEAN reading = access == PROCESS_VM_READ;
    if (!MiUserRange((void *)theirs, size) || !MiUserRange((void *)mine, size))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status =
        userDone ? MmProbeForWrite(userDone, sizeof done, 1) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    status = MiReferenceProcess(process, access, &space);
    if (!NT_SUCCESS(status))
        return status;
    if (size)
        status =
            reading
                ? MmCopyVirtualMemory(space, theirs, MiCurrentSpace, mine, size, &done)
                : MmCopyVirtualMemory(MiCurrentSpace, mine, space, theirs, size, &done);
    MmDereferenceSpace(space);
    if (userDone)
        MmCopyToUser(userDone, &done, sizeof done);
    return status;
}

/* Windows 7: STATUS_PARTIAL_COPY with the count of what arrived. */
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE process, PVOID base, PVOID buffer, SIZE_T size,
                                   SIZE_T *read)
{
    return MiCopyService(process, PROCESS_VM_READ, (ULONG_PTR)base, (ULONG_PTR)buffer,
                         size, read);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE process, PVOID base, PVOID buffer, SIZE_T size,
                                    SIZE_T *written)
{
    return MiCopyService(process, PROCESS_VM_WRITE, (ULONG_PTR)base, (ULONG_PTR)buffer,
                         size, written);
}

/* copy.c - memory of another process: NtReadVirtualMemory, NtWriteVirtualMemory; and any memory,
 * for a debugger.
 *
 * A page at a time through a bounce buffer, for only one space is current; others may run after
 * each.  What arrived before a page that cannot be read or written is counted.
 *
 * Source: ReadProcessMemory and WriteProcessMemory in the Win32 documentation.
 */
#include "mm/user.h"
#include "section/section.h"
#include "services.h"

/* MmProbeForWrite of a buffer as long as a program chooses: others may run meanwhile. */
NTSTATUS MmProbeBuffer(void *buffer, SIZE_T size, ULONG alignment)
{
    UCHAR *at = buffer;
    NTSTATUS status = MmProbeForRead(buffer, size, alignment);
    for (SIZE_T part; NT_SUCCESS(status) && size; at += part, size -= part) {
        part = min(size, ALLOCATION_GRANULARITY);
        status = MmProbeForWrite(at, part, 1);
        if (NT_SUCCESS(status))
            status = MmGiveWay();
    }
    return status;
}

/* Copy between two spaces, or within one; *done: bytes that arrived.  STATUS_PARTIAL_COPY. */
static NTSTATUS MiCopyPages(MMSPACE *from, ULONG_PTR source, MMSPACE *to,
                            ULONG_PTR target, SIZE_T size, SIZE_T *done)
{
    static UCHAR bounce[PAGE_SIZE]; /* no one else runs while something is in it */
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
        MmActivateSpace(to);
        if (NT_SUCCESS(status))
            status = MiCopyBytes((void *)t, bounce, part);
        MmActivateSpace(back);
        if (NT_SUCCESS(status)) {
            *done += part;
            status = MmGiveWay();
        }
    }
    return NT_SUCCESS(status) ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

/* Whether the caller's range can be read: a bad source is found before anything is written. */
static NTSTATUS MiReadPages(ULONG_PTR at, SIZE_T size)
{
    UCHAR byte;
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG_PTR end = at + size; NT_SUCCESS(status) && at < end;
         at = ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE) {
        status = MiCopyBytes(&byte, (void *)at, 1);
        if (NT_SUCCESS(status))
            status = MmGiveWay();
    }
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
    if (!reading)
        status = MiReadPages(mine, size);
    if (size && NT_SUCCESS(status))
        status = reading ? MiCopyPages(space, theirs, MiCurrentSpace, mine, size, &done)
                         : MiCopyPages(MiCurrentSpace, mine, space, theirs, size, &done);
    MiDereference(space);
    if (userDone)
        MmCopyToUser(userDone, &done, sizeof done);
    return status;
}

/* Windows 7: STATUS_PARTIAL_COPY with the count of what arrived. */
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE process, LPCVOID base, PVOID buffer,
                                   SIZE_T size, SIZE_T *read)
{
    return MiCopyService(process, PROCESS_VM_READ, (ULONG_PTR)base, (ULONG_PTR)buffer,
                         size, read);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE process, PVOID base, LPCVOID buffer,
                                    SIZE_T size, SIZE_T *written)
{
    return MiCopyService(process, PROCESS_VM_WRITE, (ULONG_PTR)base, (ULONG_PTR)buffer,
                         size, written);
}

/* Read for the debugger: any address of the current space, no fault, no page made. */
NTSTATUS MmReadMemorySafe(ULONG_PTR address, void *buffer, SIZE_T size)
{
    UCHAR *to = buffer;
    while (size) {
        SIZE_T part = min(size, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
        if (!MiHasTable(address) ||
            !(MiPdeOf(address)->Low & PTE_LARGE || MiPteOf(address)->Low & PTE_VALID))
            return STATUS_ACCESS_VIOLATION;
        MiCopyBytes(to, (const void *)address, part);
        to += part;
        address += part;
        size -= part;
    }
    return STATUS_SUCCESS;
}

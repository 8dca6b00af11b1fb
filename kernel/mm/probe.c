/* probe.c - user memory as the kernel may touch it.
 *
 * A pointer from user mode is a number.  Each function here first tests that its range
 * lies in the user's half and does not wrap, then goes through copy.asm, which survives
 * any page.  The kernel works on the copy and never reads a user's word twice.
 */
#include "mm/user.h"

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

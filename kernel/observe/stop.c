/* stop.c - where the kernel stopped, for the first line of a bug check.
 *
 *   : kernel stack overflow in service df NtQueryDirectoryFile, thread 8.12 dir.exe, running
 *
 * The stack below a thread's own is a page that is never mapped.  A touch of it is a double fault,
 * since the processor finds no room for the page fault's frame either; CR2 keeps the address.
 *
 * The service is found on the stack, from the inside out: it is the last function before the frame
 * of an entry from user mode.
 *
 *   trap frame <- EBP of the service <- ... <- EBP at the stop
 *
 * Nothing here trusts the chain: it rises, and stays within the thread's stack.
 */
#include "dispatch/service.h"
#include "observe/observe.h"

static BOOLEAN KdpOnStack(PKTHREAD thread, ULONG_PTR address, SIZE_T size)
{
    return !(address & 3) && address >= (ULONG_PTR)thread->StackLimit &&
           address <= (ULONG_PTR)thread->InitialStack - size;
}

/* An address in the function that an entry from user mode called; 0: there is none. */
static ULONG_PTR KdpOutermost(PKTHREAD thread, const KTRAP_FRAME *frame)
{
    ULONG_PTR eip = frame->Eip, inner = 0, ebp = frame->Ebp;
    while (KdpOnStack(thread, ebp, sizeof(KTRAP_FRAME))) {
        const KTRAP_FRAME *trap = (const KTRAP_FRAME *)ebp;
        if (trap->DbgArgMark == KTRAP_FRAME_MARK && (trap->SegCs & 3))
            return inner;
        /* Of a trap of the kernel's own, too, the first two words are EBP and EIP. */
        if (trap->DbgEbp <= ebp)
            return 0;
        inner = eip;
        eip = trap->DbgEip;
        ebp = trap->DbgEbp;
    }
    return 0;
}

static LONG KdpServiceNumber(ULONG_PTR start)
{
    for (ULONG i = 0; i < SERVICE_COUNT; i++)
        if ((ULONG_PTR)KeServiceRoutines[i] == start)
            return i;
    for (ULONG i = 0; i < FATHOM_COUNT; i++)
        if ((ULONG_PTR)KeFathomRoutines[i] == start)
            return FATHOM_FIRST + i;
    return -1;
}

/* "in service 42 NtCreateFile, ", or nothing. */
static void KdpSayService(PKTHREAD thread, const KTRAP_FRAME *frame)
{
    static char name[96];
    ULONG_PTR start = 0;
    const ULONG_PTR address = KdpOutermost(thread, frame);
    if (!address || !KdNameAddress(address, name, sizeof name, &start))
        return;
    const LONG number = KdpServiceNumber(start);
    ULONG from = 0, to = 0;
    for (ULONG i = 0; name[i] && name[i] != '+'; to = ++i)
        if (name[i] == '!')
            from = i + 1;
    name[to] = 0;
    if (number >= 0)
        KdpSay(" in service %x %s,", (unsigned)number, name + from);
    else
        KdpSay(" in %s,", name + from);
}

void KdSayWhere(const KTRAP_FRAME *frame)
{
    ULONG_PTR cr2;
    static char text[64];
    if (!KdReadMemory) /* so early there may be no threads */
        return;
    PKTHREAD thread = KeGetCurrentThread();
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    KdpSay(":%s", (ULONG_PTR)thread->StackLimit - 1 - cr2 < PAGE_SIZE
                      ? " kernel stack overflow"
                      : "");
    if (!(frame->SegCs & 3))
        KdpSayService(thread, frame);
    if (KdDescribeThread)
        KdDescribeThread(thread, text, sizeof text);
    KdpSay(" thread %s", text);
}

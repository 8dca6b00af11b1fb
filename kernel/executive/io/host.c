/* host.c - standard handles that lead out of the machine: frames on the host port.
 *
 * Output goes at once, in frames 'O' and 'E'.  Input is asked for ('I') and comes as one
 * 'D' frame; no bytes are the end of the input, and stay the end.  The run list may give
 * bytes of the archive in its place (stdin=).
 */
#include "iop.h"

#define LARGEST_FRAME 0x4000u /* bytes of a program's output in one frame */
#define LARGEST_INPUT KD_HOST_PAYLOAD

static UCHAR IopFrame[LARGEST_INPUT]; /* the 'D' frame that came */
static const UCHAR *IopInput;         /* that, or bytes in place of the host's input */
static volatile ULONG IopInputSize, IopInputTaken;
static KEVENT IopInputArrived;                        /* whoever waits looks again */
static volatile BOOLEAN IopInputAsked, IopInputEnded; /* Ended: nothing comes any more */
static ULONG IopInputStale; /* answers that come for a program that has ended */

/* At an interrupt.  Whoever asked may have ended, and another may read first. */
void IoHostData(const void *payload, ULONG length)
{
    if (IopInputStale != 0) {
        IopInputStale--;
        return;
    }
    IopInputSize = min(length, LARGEST_INPUT);
    memcpy(IopFrame, payload, IopInputSize);
    IopInput = IopFrame; /* even if nobody asked */
    IopInputTaken = 0;
    IopInputEnded = length == 0;
    IopInputAsked = FALSE;
    KeSetEvent(&IopInputArrived);
}

void IoSetHostInput(const UCHAR *data, ULONG size)
{
    const ULONG flags = KeDisable();
    IopInput = data != NULL ? data : IopFrame;
    IopInputSize = data != NULL ? size : 0;
    IopInputTaken = 0;
    IopInputStale += IopInputAsked;
    IopInputAsked = FALSE;
    IopInputEnded = data != NULL;
    KeInitializeEvent(&IopInputArrived, EventNotificationObject, FALSE);
    KeRestore(flags);
}

/* Until there are bytes, or their end.  The processor may rest meanwhile: the third serial line
 * interrupts.  STATUS_THREAD_IS_TERMINATING: the answer is for who reads next. */
static NTSTATUS IopWaitForInput(ULONG index)
{
    const ULONG request[2] = {index, LARGEST_INPUT}, flags = KeDisable();
    NTSTATUS status = STATUS_SUCCESS;
    while (NT_SUCCESS(status) && IopInputTaken == IopInputSize && !IopInputEnded) {
        if (!IopInputAsked) {
            KeResetEvent(&IopInputArrived);
            KdHostSend('I', request, sizeof request);
            IopInputAsked = TRUE;
        }
        status = KeWaitForSingleObject(&IopInputArrived, FALSE, KE_ONCE, NULL);
    }
    KeRestore(flags);
    return NT_SUCCESS(status) && IopInputTaken == IopInputSize ? STATUS_END_OF_FILE
                                                               : status;
}

NTSTATUS IopHostRead(IOFILE *file, void *buffer, ULONG length, ULONG *done)
{
    if (file->Stream != 0)
        return STATUS_ACCESS_DENIED;
    if (length == 0)
        return STATUS_SUCCESS;
    NTSTATUS status = IopWaitForInput(file->HostIndex);
    if (!NT_SUCCESS(status))
        return status;
    const ULONG part = min(length, IopInputSize - IopInputTaken);
    status = MmCopyToUser(buffer, IopInput + IopInputTaken, part);
    if (NT_SUCCESS(status)) {
        IopInputTaken += part;
        *done = part;
    }
    return status;
}

NTSTATUS IopHostWrite(IOFILE *file, const void *buffer, ULONG length, ULONG *done)
{
    const UCHAR *from = buffer;
    if (file->Stream == 0)
        return STATUS_ACCESS_DENIED;
    const ULONG room = min(length, LARGEST_FRAME);
    ULONG *frame = ExAllocatePool(sizeof *frame + room, IO_TAG);
    if (frame == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS status = STATUS_SUCCESS;
    *frame = file->HostIndex;
    while (*done < length && NT_SUCCESS(status)) {
        const ULONG part = min(length - *done, room);
        status = MmCopyFromUser(frame + 1, from + *done, part);
        if (!NT_SUCCESS(status))
            break;
        KdHostSend(file->Stream == 1 ? 'O' : 'E', frame, sizeof *frame + part);
        *done += part;
        status = MmGiveWay();
    }
    ExFreePool(frame);
    return status;
}

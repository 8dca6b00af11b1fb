/* port.c - local messages between processes: ports.
 *
 *   client process                              server process
 *   CLIENT port <───── partners ─────> SERVER port ──> CONNECTION port (has the name)
 *        │                                                  Queue: requests not received
 *   NtRequestWaitReplyPort: the MESSAGE is on the waiting    ExpReceived: received, not
 *   thread's kernel stack, its bytes in pool                 answered (of all ports)
 *
 * A request waits with its sender and nowhere else, so there are never more of them than
 * threads; who stops waiting takes his message along.  The one message without a sender,
 * LPC_PORT_CLOSED, is part of the server port it tells of.
 *
 * Invariants:
 *   P1  a MESSAGE is in one list, a Queue or ExpReceived, until it is Done
 *   P2  partners point at each other or at nothing; who closes first parts them
 *   P3  a message whose Server port closes is Done: STATUS_PORT_DISCONNECTED, or if it
 *       was received, and may have been acted on, STATUS_LPC_REPLY_LOST
 *   P4  a connection request not accepted when its port closes is Done: refused
 *
 * Lock: the kernel is not preempted.  Windows 7 keeps these services on top of ALPC
 * (`!alpc /p`), whose messages are as long as 64 KiB; ours see PORT_MAXIMUM_LENGTH.
 * Views (PORT_VIEW), datagrams and impersonation are not there.  Source: Nebbett, ch. 12. */
#include "port.h"
#include "services.h"

static LIST_ENTRY ExpReceived = {&ExpReceived, &ExpReceived};
static ULONG ExpMessageId;

void ExpFinish(MESSAGE *message, NTSTATUS status)
{
    RemoveEntryList(&message->Entry);
    InitializeListHead(&message->Entry);
    message->Status = status;
    KeSetEvent(&message->Done);
}

/* All messages of a list that are of this conversation, or, for a connection port, are
 * requests to it that no server has accepted. */
static void ExpFinishAll(LIST_ENTRY *list, const PORT *port, NTSTATUS status)
{
    LIST_ENTRY *next;
    for (LIST_ENTRY *entry = list->Flink; entry != list; entry = next) {
        MESSAGE *message = CONTAINING_RECORD(entry, MESSAGE, Entry);
        next = entry->Flink;
        if (message->Server == port ||
            (message->Server == NULL && message->Queue == port))
            ExpFinish(message, status);
    }
}

static void ExpEnqueue(PORT *connection, MESSAGE *message)
{
    InsertTailList(&connection->Queue, &message->Entry);
    KeSetEvent(&connection->Arrived);
}

/* The last handle went (or the port itself, if it never had one): P2, P3, P4. */
static void ExpClosePort(void *body)
{
    PORT *port = body, *partner = port->Partner;
    if (port->Kind == ConnectionPort) {
        ExpFinishAll(&port->Queue, port, STATUS_PORT_CONNECTION_REFUSED);
        ExpFinishAll(&ExpReceived, port, STATUS_PORT_CONNECTION_REFUSED);
        return;
    }
    port->Partner = NULL;
    if (partner != NULL)
        partner->Partner = NULL;
    if (port->Kind == ServerPort) {
        if (port->Connecting != NULL)
            ExpFinish(port->Connecting, STATUS_PORT_CONNECTION_REFUSED);
        port->Connecting = NULL;
        ExpFinishAll(&port->Connection->Queue, port, STATUS_PORT_DISCONNECTED);
        ExpFinishAll(&ExpReceived, port, STATUS_LPC_REPLY_LOST);
    } else if (partner != NULL) {
        partner->ClosedText.ClientId = port->ClosedText.ClientId;
        ExpEnqueue(partner->Connection, &partner->Closed);
    }
}

static void ExpDeletePort(void *body)
{
    PORT *port = body;
    ExpClosePort(port);
    if (port->Connection != NULL)
        ObDereferenceObject(port->Connection);
}

const OBTYPE ExPortType = {
    .Name = "ALPC Port",
    .Delete = ExpDeletePort,
    .Close = ExpClosePort,
    .ValidAccess = PORT_ALL_ACCESS,
    .Generic = {READ_CONTROL | PORT_CONNECT, DELETE | PORT_CONNECT, 0, PORT_ALL_ACCESS},
};

NTSTATUS ExpMakePort(PORT_KIND kind, PORT *connection, PORT **result)
{
    NTSTATUS status = ObCreateObject(&ExPortType, sizeof **result, (void **)result);
    if (!NT_SUCCESS(status))
        return status;
    PORT *port = *result;
    port->Kind = kind;
    InitializeListHead(&port->Queue);
    KeInitializeEvent(&port->Arrived, EventNotificationObject, FALSE);
    port->Closed =
        (MESSAGE){.Server = port, .Queue = connection, .Message = &port->ClosedText};
    InitializeListHead(&port->Closed.Entry);
    KeInitializeEvent(&port->Closed.Done, EventNotificationObject, FALSE);
    port->ClosedText =
        (PORT_MESSAGE){.TotalLength = sizeof(PORT_MESSAGE), .Type = LPC_PORT_CLOSED};
    if (connection != NULL) {
        port->MessageLimit = connection->MessageLimit;
        ObReferenceObject(connection);
        port->Connection = connection;
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpReferencePort(HANDLE handle, ULONG kinds, PORT **port)
{
    NTSTATUS status = ObReferenceHandle(handle, &ExPortType, 0, port);
    if (NT_SUCCESS(status) && !(kinds & 1u << (*port)->Kind)) {
        ObDereferenceObject(*port);
        status = STATUS_INVALID_PORT_HANDLE;
    }
    return status;
}

static PORT *ExpQueueOf(PORT *port)
{
    return port->Kind == ConnectionPort ? port : port->Connection;
}

NTSTATUS ExpCaptureMessage(const PORT_MESSAGE *user, ULONG limit, PORT_MESSAGE **copy)
{
    PORT_MESSAGE header;
    NTSTATUS status = MmCopyFromUser(&header, user, sizeof header);
    *copy = NULL;
    if (!NT_SUCCESS(status))
        return status;
    const LONG length = header.DataLength, total = length + (LONG)sizeof header;
    if (length < 0 || header.TotalLength < total)
        return STATUS_INVALID_PARAMETER;
    if ((ULONG)total > limit)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    PORT_MESSAGE *message = ExAllocatePool(total, EX_TAG);
    if (message == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = length ? MmCopyFromUser(message + 1, user + 1, length) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        ExFreePool(message);
        return status;
    }
    *message = header;
    message->TotalLength = (SHORT)total;
    message->DataInfoOffset = 0;
    *copy = message;
    return STATUS_SUCCESS;
}

NTSTATUS ExpSendAndWait(PORT *connection, MESSAGE *message, SHORT type)
{
    if (++ExpMessageId == 0)
        ExpMessageId = 1;
    message->Queue = connection;
    message->Message->Type = type;
    message->Message->MessageId = ExpMessageId;
    message->Message->CallbackId = 0;
    message->Message->ClientId = (CLIENT_ID){(HANDLE)(ULONG_PTR)PsCurrentProcess()->Id,
                                             (HANDLE)(ULONG_PTR)PsCurrentThread()->Id};
    KeInitializeEvent(&message->Done, EventNotificationObject, FALSE);
    ExpEnqueue(connection, message);
    NTSTATUS status = KeWaitForSingleObject(&message->Done, FALSE, TRUE, NULL);
    if (message->Done.Header.SignalState != 0)
        return message->Status;
    if (message->Client != NULL && message->Client->Partner != NULL)
        message->Client->Partner->Connecting = NULL;
    RemoveEntryList(&message->Entry);
    return status;
}

MESSAGE *ExpFindReceived(const PORT_MESSAGE *answer, const PORT *queue)
{
    LIST_EACH(MESSAGE, message, &ExpReceived, Entry) {
        if (message->Message->MessageId == answer->MessageId &&
            message->Message->ClientId.UniqueProcess == answer->ClientId.UniqueProcess &&
            message->Message->ClientId.UniqueThread == answer->ClientId.UniqueThread &&
            (queue != NULL ? message->Queue == queue && message->Client == NULL
                           : message->Receiver == PsCurrentProcess() &&
                                 message->Client != NULL && message->Server == NULL))
            return message;
    }
    return NULL;
}

void ExpAnswer(MESSAGE *message, PORT_MESSAGE *bytes)
{
    bytes->ClientId = message->Message->ClientId;
    bytes->MessageId = message->Message->MessageId;
    bytes->Type = LPC_REPLY;
    ExFreePool(message->Message);
    message->Message = bytes;
}

static NTSTATUS ExpReply(PORT *port, const PORT_MESSAGE *user)
{
    PORT_MESSAGE *bytes;
    NTSTATUS status = ExpCaptureMessage(user, ExpQueueOf(port)->MessageLimit, &bytes);
    if (!NT_SUCCESS(status))
        return status;
    MESSAGE *message = ExpFindReceived(bytes, ExpQueueOf(port));
    if (message == NULL) {
        ExFreePool(bytes);
        return STATUS_REPLY_MESSAGE_MISMATCH;
    }
    ExpAnswer(message, bytes);
    ExpFinish(message, STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

static MESSAGE *ExpNextMessage(PORT *queue, BOOLEAN onlyConnections)
{
    LIST_EACH(MESSAGE, message, &queue->Queue, Entry) {
        if (!onlyConnections || message->Client != NULL)
            return message;
    }
    return NULL;
}

/* What cannot be written is refused before the wait. */
static NTSTATUS ExpProbeReceiver(PORT_MESSAGE *user, PVOID *userContext)
{
    NTSTATUS status = MmProbeForWrite(user, sizeof *user, 4);
    return NT_SUCCESS(status) && userContext != NULL
               ? MmProbeForWrite(userContext, sizeof *userContext, 4)
               : status;
}

/* It is copied before it is taken: a bad buffer loses nothing. */
NTSTATUS ExpReceive(PORT *queue, BOOLEAN onlyConnections, PORT_MESSAGE *user,
                    PVOID *userContext)
{
    MESSAGE *message;
    const NTSTATUS good = ExpProbeReceiver(user, userContext);
    if (!NT_SUCCESS(good))
        return good;
    while ((message = ExpNextMessage(queue, onlyConnections)) == NULL) {
        KeResetEvent(&queue->Arrived);
        NTSTATUS status = KeWaitForSingleObject(&queue->Arrived, FALSE, KE_ONCE, NULL);
        if (!NT_SUCCESS(status))
            return status;
    }
    const PVOID context = message->Server != NULL ? message->Server->Context : NULL;
    NTSTATUS status = MmCopyToUser(user, message->Message, message->Message->TotalLength);
    if (NT_SUCCESS(status) && userContext != NULL)
        status = MmCopyToUser(userContext, &context, sizeof context);
    if (!NT_SUCCESS(status))
        return status;
    RemoveEntryList(&message->Entry);
    InitializeListHead(&message->Entry);
    message->Receiver = PsCurrentProcess();
    if (message->Message->Type != LPC_PORT_CLOSED)
        InsertTailList(&ExpReceived, &message->Entry);
    return STATUS_SUCCESS;
}

/* ---- the services ---- */

NTSTATUS NTAPI NtRequestWaitReplyPort(HANDLE handle, PORT_MESSAGE *userRequest,
                                      PORT_MESSAGE *userReply)
{
    PORT *port;
    MESSAGE message = {0};
    NTSTATUS status = ExpReferencePort(handle, 1 << ClientPort, &port);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpProbeReceiver(userReply, NULL);
    if (NT_SUCCESS(status))
        status = ExpCaptureMessage(userRequest, port->MessageLimit, &message.Message);
    if (NT_SUCCESS(status)) {
        message.Server = port->Partner;
        status = message.Server == NULL
                     ? STATUS_PORT_DISCONNECTED
                     : ExpSendAndWait(message.Server->Connection, &message, LPC_REQUEST);
        if (status == STATUS_SUCCESS)
            status =
                MmCopyToUser(userReply, message.Message, message.Message->TotalLength);
        ExFreePool(message.Message);
    }
    ObDereferenceObject(port);
    return status;
}

NTSTATUS NTAPI NtReplyPort(HANDLE handle, PORT_MESSAGE *userReply)
{
    PORT *port;
    NTSTATUS status =
        ExpReferencePort(handle, 1 << ConnectionPort | 1 << ServerPort, &port);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpReply(port, userReply);
    ObDereferenceObject(port);
    return status;
}

/* userReply may be NULL: nothing to answer yet.  The context is the conversation's. */
NTSTATUS NTAPI NtReplyWaitReceivePort(HANDLE handle, PVOID *userContext,
                                      PORT_MESSAGE *userReply, PORT_MESSAGE *userReceive)
{
    PORT *port;
    NTSTATUS status =
        ExpReferencePort(handle, 1 << ConnectionPort | 1 << ServerPort, &port);
    if (!NT_SUCCESS(status))
        return status;
    if (userReply != NULL)
        status = ExpReply(port, userReply);
    if (NT_SUCCESS(status))
        status = ExpReceive(ExpQueueOf(port), FALSE, userReceive, userContext);
    ObDereferenceObject(port);
    return status;
}

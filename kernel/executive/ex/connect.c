/* connect.c - how two processes come to share a conversation: ports made and connected.
 *
 *      server                               client
 *      NtCreatePort  (a name)
 *      NtListenPort <───────────────────── NtConnectPort, words; waits
 *      NtAcceptConnectPort: a server port, partner of the client's; words back
 *      NtCompleteConnectPort ────────────> goes on, with its client port
 *
 * The request is a message like any other (port.c has the picture and the invariants); it
 * may also be received by NtReplyWaitReceivePort, and answered by the process alone that
 * received it.  Views are not there: STATUS_NOT_SUPPORTED.
 */
#include "port.h"
#include "services.h"

NTSTATUS NTAPI NtCreatePort(HANDLE *userPort, POBJECT_ATTRIBUTES userAttributes,
                            ULONG connectionLength, ULONG messageLength, ULONG poolUsage)
{
    OBATTRIBUTES attributes;
    PORT *port;
    (void)poolUsage; /* messages lie in pool one by one */
    if (connectionLength > PORT_MAXIMUM_CONNECTION)
        return STATUS_INVALID_PARAMETER_3;
    if (messageLength > PORT_MAXIMUM_LENGTH || messageLength < sizeof(PORT_MESSAGE))
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = ObCaptureAttributes(userAttributes, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpMakePort(ConnectionPort, NULL, &port);
    if (!NT_SUCCESS(status)) {
        ObReleaseAttributes(&attributes);
        return status;
    }
    port->MessageLimit = messageLength;
    port->ConnectionLimit = connectionLength;
    return ObInsertNamed(port, &attributes, PORT_ALL_ACCESS, userPort);
}

/* What a client says as it connects: a message with its text after the header. */
static NTSTATUS ExpCaptureWords(const PORT *connection, const void *user,
                                ULONG *userLength, ULONG *room, PORT_MESSAGE **message)
{
    NTSTATUS status = STATUS_SUCCESS;
    *room = 0;
    if (user != NULL && userLength != NULL)
        status = MmCopyFromUser(room, userLength, sizeof *room);
    if (!NT_SUCCESS(status))
        return status;
    const ULONG length =
        *room < connection->ConnectionLimit ? *room : connection->ConnectionLimit;
    *message = ExAllocatePool(sizeof **message + connection->ConnectionLimit, EX_TAG);
    if (*message == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    (*message)->DataLength = (SHORT)length;
    (*message)->TotalLength = (SHORT)(length + sizeof **message);
    status = length ? MmCopyFromUser(*message + 1, user, length) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        ExFreePool(*message);
    return status;
}

/* The server's words back, as many as the client has room for. */
static NTSTATUS ExpReturnWords(const PORT_MESSAGE *message, void *user, ULONG *userLength,
                               ULONG room)
{
    ULONG length = (ULONG)message->DataLength < room ? (ULONG)message->DataLength : room;
    if (user == NULL || userLength == NULL)
        return STATUS_SUCCESS;
    NTSTATUS status = length ? MmCopyToUser(user, message + 1, length) : STATUS_SUCCESS;
    return NT_SUCCESS(status) ? MmCopyToUser(userLength, &length, sizeof length) : status;
}

static NTSTATUS ExpConnect(PORT *connection, HANDLE *userPort, ULONG *userLimit,
                           void *words, ULONG *userLength)
{
    MESSAGE message = {0};
    ULONG room;
    NTSTATUS status =
        ExpCaptureWords(connection, words, userLength, &room, &message.Message);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpMakePort(ClientPort, NULL, &message.Client);
    if (NT_SUCCESS(status)) {
        message.Client->MessageLimit = connection->MessageLimit;
        status = ExpSendAndWait(connection, &message, LPC_CONNECTION_REQUEST);
        message.Client->ClosedText.ClientId = message.Message->ClientId;
        if (message.Message->Type == LPC_REPLY) {
            NTSTATUS copied = ExpReturnWords(message.Message, words, userLength, room);
            status = NT_SUCCESS(status) ? copied : status;
        }
        if (NT_SUCCESS(status) && userLimit != NULL)
            status = MmCopyToUser(userLimit, &connection->MessageLimit, sizeof(ULONG));
        if (NT_SUCCESS(status))
            status = ObReturnHandle(message.Client, PORT_ALL_ACCESS, 0, userPort);
        ObDereferenceObject(message.Client);
    }
    ExFreePool(message.Message);
    return status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND: no port has the name; STATUS_PORT_CONNECTION_REFUSED, the
 * server's words are there all the same. */
NTSTATUS NTAPI NtConnectPort(HANDLE *userPort, PUNICODE_STRING userName, PVOID qos,
                             PVOID clientView, PVOID serverView, ULONG *userLimit,
                             PVOID words, ULONG *userLength)
{
    OBATTRIBUTES attributes = {0};
    PORT *connection;
    (void)qos; /* no client is impersonated */
    if (clientView != NULL || serverView != NULL)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = MmProbeForWrite(userPort, sizeof *userPort, 4);
    if (NT_SUCCESS(status) && userLimit != NULL)
        status = MmProbeForWrite(userLimit, sizeof *userLimit, 4);
    if (NT_SUCCESS(status))
        status = ObCaptureString(userName, &attributes.Name, &attributes.NameLength);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceNamed(&ExPortType, &attributes, (void **)&connection);
    ObReleaseAttributes(&attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpConnect(connection, userPort, userLimit, words, userLength);
    ObDereferenceObject(connection);
    return status;
}

NTSTATUS NTAPI NtListenPort(HANDLE handle, PORT_MESSAGE *userRequest)
{
    PORT *port;
    NTSTATUS status = ExpReferencePort(handle, 1 << ConnectionPort, &port);
    if (!NT_SUCCESS(status))
        return status;
    status = ExpReceive(port, TRUE, userRequest, NULL);
    ObDereferenceObject(port);
    return status;
}

/* The server's end of the conversation, and its handle.  A context of NULL is the handle,
 * as on Windows. */
static NTSTATUS ExpMakeServerPort(MESSAGE *message, PVOID context, HANDLE *userPort)
{
    PORT *port;
    HANDLE handle;
    NTSTATUS status = ExpMakePort(ServerPort, message->Queue, &port);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReturnHandle(port, PORT_ALL_ACCESS, 0, userPort);
    if (NT_SUCCESS(status)) {
        if (context == NULL &&
            NT_SUCCESS(MmCopyFromUser(&handle, userPort, sizeof handle)))
            port->Context = handle;
        else
            port->Context = context;
        port->Partner = message->Client;
        message->Client->Partner = port;
        port->Connecting = message;
        message->Server = port;
    }
    ObDereferenceObject(port);
    return status;
}

/* userRequest: as received, with the server's words in place of the client's.
 * STATUS_INVALID_CID: this process has received no such request, or its sender has gone.
 * On other failures the request stays, and can be accepted or refused again. */
NTSTATUS NTAPI NtAcceptConnectPort(HANDLE *userPort, PVOID context,
                                   PORT_MESSAGE *userRequest, BOOLEAN accept,
                                   PVOID serverView, PVOID clientView)
{
    PORT_MESSAGE *words;
    if (serverView != NULL || clientView != NULL)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status =
        accept ? MmProbeForWrite(userPort, sizeof *userPort, 4) : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        status = ExpCaptureMessage(userRequest, sizeof *words + PORT_MAXIMUM_CONNECTION,
                                   &words);
    if (!NT_SUCCESS(status))
        return status;
    MESSAGE *message = ExpFindReceived(words, NULL);
    if (message == NULL)
        status = STATUS_INVALID_CID;
    else if (accept)
        status = ExpMakeServerPort(message, context, userPort);
    if (!NT_SUCCESS(status)) {
        ExFreePool(words);
        return status;
    }
    ExpAnswer(message, words);
    if (!accept)
        ExpFinish(message, STATUS_PORT_CONNECTION_REFUSED);
    return STATUS_SUCCESS;
}

/* STATUS_INVALID_PARAMETER: the port was complete already, or its client has gone. */
NTSTATUS NTAPI NtCompleteConnectPort(HANDLE handle)
{
    PORT *port;
    NTSTATUS status = ExpReferencePort(handle, 1 << ServerPort, &port);
    if (!NT_SUCCESS(status))
        return status;
    MESSAGE *message = port->Connecting;
    port->Connecting = NULL;
    if (message != NULL)
        ExpFinish(message, STATUS_SUCCESS);
    ObDereferenceObject(port);
    return message != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

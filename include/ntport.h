/* ntport.h - local messages: what the port services and their callers share.
 *
 * The message begins with PORT_MESSAGE; its data follow.  Layout and numbers are those of
 * Windows (G. Nebbett, Windows NT/2000 Native API Reference, chapter 12: Ports); the
 * stock headers lack them.
 */
#ifndef FATHOM_NTPORT_H
#define FATHOM_NTPORT_H

typedef struct _PORT_MESSAGE {
    SHORT DataLength;  /* bytes after this header */
    SHORT TotalLength; /* header and data; on receipt they agree */
    SHORT Type;        /* LPC_* */
    SHORT DataInfoOffset;
    CLIENT_ID ClientId; /* who sent the request: filled in by the kernel */
    ULONG MessageId;    /* a reply repeats it */
    ULONG CallbackId;
} PORT_MESSAGE, *PPORT_MESSAGE;
C_ASSERT(sizeof(PORT_MESSAGE) == 24 || sizeof(void *) != 4);

enum {
    LPC_REQUEST = 1,
    LPC_REPLY = 2,
    LPC_PORT_CLOSED = 5,
    LPC_CONNECTION_REQUEST = 10,
};

/* The longest message, header included, and the longest data of a connection. */
#define PORT_MAXIMUM_LENGTH     0x2000
#define PORT_MAXIMUM_CONNECTION 0x100

#ifndef PORT_CONNECT
#define PORT_CONNECT    1
#define PORT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | PORT_CONNECT)
#endif

NTSTATUS NTAPI NtCreatePort(HANDLE *port, POBJECT_ATTRIBUTES attributes,
                            ULONG connectionLength, ULONG messageLength, ULONG poolUsage);
NTSTATUS NTAPI NtConnectPort(HANDLE *port, PUNICODE_STRING name, PVOID qos,
                             PVOID clientView, PVOID serverView, ULONG *messageLength,
                             PVOID connection, ULONG *connectionLength);
NTSTATUS NTAPI NtListenPort(HANDLE port, PPORT_MESSAGE request);
NTSTATUS NTAPI NtAcceptConnectPort(HANDLE *port, PVOID context, PPORT_MESSAGE request,
                                   BOOLEAN accept, PVOID serverView, PVOID clientView);
NTSTATUS NTAPI NtCompleteConnectPort(HANDLE port);
NTSTATUS NTAPI NtRequestWaitReplyPort(HANDLE port, PPORT_MESSAGE request,
                                      PPORT_MESSAGE reply);
NTSTATUS NTAPI NtReplyPort(HANDLE port, PPORT_MESSAGE reply);
NTSTATUS NTAPI NtReplyWaitReceivePort(HANDLE port, PVOID *context, PPORT_MESSAGE reply,
                                      PPORT_MESSAGE receive);

#endif

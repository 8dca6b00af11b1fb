/* port.h - what the two files of ports share: port.c (messages), connect.c (connections). */
#ifndef FATHOM_EX_PORT_H
#define FATHOM_EX_PORT_H

#include "exp.h"
#include "ntport.h"

typedef enum { ConnectionPort, ServerPort, ClientPort } PORT_KIND;

typedef struct _MESSAGE {
    LIST_ENTRY Entry;
    struct _PORT *Queue;   /* the connection port it went to */
    struct _PORT *Server;  /* the conversation; NULL: a connection request */
    struct _PORT *Client;  /* a connection request: the port that is to be connected */
    EPROCESS *Receiver;    /* compared, never followed */
    PORT_MESSAGE *Message; /* pool; header and DataLength bytes */
    NTSTATUS Status;
    KEVENT Done;
} MESSAGE;

typedef struct _PORT {
    PORT_KIND Kind;
    struct _PORT *Partner;    /* server <-> client; NULL: parted */
    struct _PORT *Connection; /* server: whose queue; referenced */
    PVOID Context;            /* server: its owner's word for this conversation */
    ULONG MessageLimit, ConnectionLimit; /* bytes: with header; without */
    LIST_ENTRY Queue;                    /* connection: of MESSAGE */
    KEVENT Arrived;                      /* connection: Queue is not empty */
    MESSAGE *Connecting;                 /* server: accepted, not completed */
    MESSAGE Closed;                      /* server: "your client has gone" */
    PORT_MESSAGE ClosedText;
} PORT;

/* A zeroed port with one reference; connection is referenced or NULL. */
NTSTATUS ExpMakePort(PORT_KIND kind, PORT *connection, PORT **result);
/* A port by its handle, of one of the kinds that may: bits 1 << PORT_KIND.
 * STATUS_INVALID_PORT_HANDLE: of another kind. */
NTSTATUS ExpReferencePort(HANDLE handle, ULONG kinds, PORT **port);
/* A message of user memory into pool, at most limit bytes with its header.  *copy is NULL
 * on failure. */
NTSTATUS ExpCaptureMessage(const PORT_MESSAGE *user, ULONG limit, PORT_MESSAGE **copy);
/* Hand a message to its queue and wait until it is Done.  The one that answers has put its
 * own bytes in message->Message; the caller frees them. */
NTSTATUS ExpSendAndWait(PORT *connection, MESSAGE *message, SHORT type);
/* The next message of a queue to the user.  STATUS_ACCESS_VIOLATION: it is still there. */
NTSTATUS ExpReceive(PORT *queue, BOOLEAN onlyConnections, PORT_MESSAGE *user,
                    PVOID *userContext);
/* The received message of this queue that answer is about; queue NULL: the connection
 * request that the calling process received. */
MESSAGE *ExpFindReceived(const PORT_MESSAGE *answer, const PORT *queue);
/* The sender gets these bytes in place of his own. */
void ExpAnswer(MESSAGE *, PORT_MESSAGE *bytes);
/* Out of its list; the sender goes on with this status. */
void ExpFinish(MESSAGE *, NTSTATUS);

#endif

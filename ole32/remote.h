/* remote.h - what proxy, stub and their ways in share: the connection and the wire.
 *
 *   CoCreateInstance ─ proxy ─ port ═══════════ port ─ stub ─ the object
 *       (remote.c)  (marshal.c)    kernel/ex      (marshal.c)  (server.c has it)
 *
 * One connection is one object: its words are the interface wanted, the answer an HRESULT.
 * The last Release is a call, too: when it returns, the object is released.  A class's own thread
 * does not wait so (two that wait for each other would wait for ever), and the client's death
 * cannot: the connection is closed, and that releases the object a moment later.
 */
#ifndef OLE32_REMOTE_H
#define OLE32_REMOTE_H

#include "ole32.h"
#include <winternl.h>
#include "ntport.h"
#include "sounding.h"

typedef struct {
    PORT_MESSAGE Header;
    BYTE Data[PORT_MAXIMUM_LENGTH - sizeof(PORT_MESSAGE)];
} CALL_MESSAGE;

/* The words of a connection, there and back. */
typedef struct {
    IID Wanted;
    HRESULT Result;
} CALL_WORDS;

/* What a request says: which entry of the interface's table. */
typedef struct {
    ULONG Method;
} CALL_REQUEST;
enum { RELEASE_METHOD = 2, SOUND_METHOD = 3 };

#define RPC_NAME_ROOM 96
/* "\BaseNamedObjects\OLE{CLSID}": where the class's server listens. */
void OlepPortName(REFCLSID Class, WCHAR Text[RPC_NAME_ROOM], UNICODE_STRING *Name);

/* A proxy for the connection, which it takes over.  E_NOINTERFACE: we have none for Iid;
 * E_OUTOFMEMORY. */
HRESULT OlepMakeProxy(REFIID Iid, HANDLE Port, void **Object);
/* An object of the class, as a connection to its server. */
HRESULT OlepConnect(REFCLSID Class, REFIID Iid, HANDLE *Port);
/* Call the object as the message says; the message becomes the reply.  No object:
 * RPC_E_DISCONNECTED. */
void OlepStubInvoke(IUnknown *Object, CALL_MESSAGE *Message);
/* The message is the client's last Release; it becomes the reply. */
BOOL OlepIsLastRelease(CALL_MESSAGE *Message);
BOOL OlepKnowsInterface(REFIID Iid);

static inline void OlepCopy(void *To, const void *From, SIZE_T Bytes)
{
    __movsb((BYTE *)To, (const BYTE *)From, Bytes);
}

static inline void OlepSetLength(PORT_MESSAGE *Header, SIZE_T Bytes)
{
    Header->DataLength = (SHORT)Bytes;
    Header->TotalLength = (SHORT)(Bytes + sizeof(*Header));
}

#endif

/* outparam.h - the contract of [out] parameters between processes: ole32/outparam.c provides it,
 * marshal.c's stub and proxy call it.
 *
 *   server                                            client
 *   the method: CoTaskMemAlloc, fills
 *   OlepPutSounding: copies into the message,  ────>  OlepTakeSounding: CoTaskMemAlloc, here,
 *                    CoTaskMemFree, there             copies out of the message
 *                                                     the caller: CoTaskMemFree
 *
 * A pointer means nothing in another process.  So each block is made twice, by the method in the
 * server and by the proxy in the client, and each is freed on its own side.  That works because
 * every component of a process uses one allocator.
 *
 * On the wire, after the message's header: CALL_REPLY, then PlaceBytes of the string with its
 * zero, then Sounding.Count numbers.  The pointer in Sounding is null there.
 *
 * Invariants:
 *     O1  the server keeps no block: OlepPutSounding frees each of the three, also where it fails
 *     O2  the client gets three blocks of its own or none: where OlepTakeSounding fails it has
 *         freed what it allocated, and *Place, *Sounding and *Fathoms are what they were
 *     O3  the other process is not trusted: every length is checked against what has come
 *
 * Tested by: tests/guest/ole32/remote.c and server.c.
 */
#ifndef OLE32_OUTPARAM_H
#define OLE32_OUTPARAM_H
#include "remote.h"

/* What a reply begins with.  Result is the stub's, which sets it. */
typedef struct {
    HRESULT Result;
    ULONG Fathoms;
    ULONG PlaceBytes;
    SOUNDING Sounding; /* its pointer is null on the wire */
    BYTE Rest[];
} CALL_REPLY;

/* In the server, after a method that succeeded: what it returned, into the message, whose length
 * is set.  S_OK; RPC_E_SERVER_CANTMARSHAL_DATA: a pointer is null (Depths may be, if Count is 0),
 * or it does not fit, and the length is that of an empty CALL_REPLY. */
HRESULT OlepPutSounding(CALL_MESSAGE *Message, LPOLESTR Place, SOUNDING *Sounding,
                        ULONG Fathoms);

/* In the client: what has come, in task memory of this process.  The reply's Result if that is a
 * failure or all is well; RPC_E_INVALID_DATA: the reply is too short, the string has no zero at its
 * end or an odd length, or Count is not the number of what follows; E_OUTOFMEMORY. */
HRESULT OlepTakeSounding(const CALL_MESSAGE *Message, LPOLESTR *Place,
                         SOUNDING **Sounding, ULONG *Fathoms);
#endif

/* marshal.c - the proxy and the stub of ISounding.
 *
 *   client                                  server
 *   Sound()                                 the object's Sound()
 *     proxy: request ──────────────────────>  stub: calls it; OlepPutSounding
 *     proxy: OlepTakeSounding  <────────────  reply
 *
 * outparam.h says how the [out] parameters go from one process to the other.  The other process
 * is not trusted, and may be gone: RPC_S_SERVER_UNAVAILABLE (nothing was executed), or
 * RPC_S_CALL_FAILED (something may have been), as HRESULTs.
 * Windows: rpcrt4's NdrClientCall2 and NdrStubCall2.
 */
#include "outparam.h"

typedef struct {
    ISounding Face;
    volatile LONG References;
    HANDLE Port;
    CRITICAL_SECTION Lock; /* Message: one call at a time */
    CALL_MESSAGE Message;
} PROXY;

/* ---- the stub: in the server ---- */

static HRESULT CheckRequest(const IUnknown *Object, const CALL_MESSAGE *Message)
{
    if (Object == NULL)
        return RPC_E_DISCONNECTED;
    if (Message->Header.DataLength != sizeof(CALL_REQUEST))
        return RPC_E_SERVER_CANTUNMARSHAL_DATA;
    return ((const CALL_REQUEST *)Message->Data)->Method == SOUND_METHOD
               ? S_OK
               : RPC_E_INVALIDMETHOD;
}

void OlepStubInvoke(IUnknown *Object, CALL_MESSAGE *Message)
{
    ISounding *Target = (ISounding *)Object;
    LPOLESTR Place = NULL;
    SOUNDING *Sounding = NULL;
    ULONG Fathoms = 0;
    HRESULT Result = CheckRequest(Object, Message);
    if (SUCCEEDED(Result))
        Result = Target->lpVtbl->Sound(Target, &Place, &Sounding, &Fathoms);
    OlepSetLength(&Message->Header, sizeof(CALL_REPLY));
    if (SUCCEEDED(Result)) {
        const HRESULT Put = OlepPutSounding(Message, Place, Sounding, Fathoms);
        Result = FAILED(Put) ? Put : Result;
    }
    ((CALL_REPLY *)Message->Data)->Result = Result;
}

BOOL OlepIsLastRelease(CALL_MESSAGE *Message)
{
    const CALL_REQUEST *Request = (const CALL_REQUEST *)Message->Data;
    if (Message->Header.DataLength != sizeof(*Request) ||
        Request->Method != RELEASE_METHOD)
        return FALSE;
    OlepSetLength(&Message->Header, sizeof(CALL_REPLY));
    ((CALL_REPLY *)Message->Data)->Result = S_OK;
    return TRUE;
}

/* ---- the proxy: in the client ---- */

static HRESULT Lost(NTSTATUS Status)
{
    return Status == (NTSTATUS)0xC0000037 /* STATUS_PORT_DISCONNECTED */
               ? HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)
               : Status == (NTSTATUS)0xC0000253 /* STATUS_LPC_REPLY_LOST */
                     ? HRESULT_FROM_WIN32(RPC_S_CALL_FAILED)
                     : RPC_E_SYS_CALL_FAILED;
}

/* Proxy->Message is the reply, where this is 0. */
static NTSTATUS Ask(PROXY *Proxy, ULONG Method)
{
    PORT_MESSAGE *Header = &Proxy->Message.Header;
    ((CALL_REQUEST *)Proxy->Message.Data)->Method = Method;
    OlepSetLength(Header, sizeof(CALL_REQUEST));
    return NtRequestWaitReplyPort(Proxy->Port, Header, Header);
}

static HRESULT STDMETHODCALLTYPE Proxy_Sound(ISounding *This, LPOLESTR *Place,
                                             SOUNDING **Sounding, ULONG *Fathoms)
{
    PROXY *Proxy = CONTAINING_RECORD(This, PROXY, Face);
    if (Place == NULL || Sounding == NULL || Fathoms == NULL)
        return E_POINTER;
    *Place = NULL;
    *Sounding = NULL;
    *Fathoms = 0;
    EnterCriticalSection(&Proxy->Lock);
    const NTSTATUS Status = Ask(Proxy, SOUND_METHOD);
    HRESULT Result = Status == 0
                         ? OlepTakeSounding(&Proxy->Message, Place, Sounding, Fathoms)
                         : Lost(Status);
    LeaveCriticalSection(&Proxy->Lock);
    return Result;
}

static ULONG STDMETHODCALLTYPE Proxy_AddRef(ISounding *This)
{
    return (ULONG)InterlockedIncrement(&CONTAINING_RECORD(This, PROXY, Face)->References);
}

static ULONG STDMETHODCALLTYPE Proxy_Release(ISounding *This)
{
    PROXY *Proxy = CONTAINING_RECORD(This, PROXY, Face);
    const LONG Left = InterlockedDecrement(&Proxy->References);
    if (Left == 0) {
        if (!OlepIsServing())
            Ask(Proxy, RELEASE_METHOD); /* a server that has gone has released it */
        CloseHandle(Proxy->Port);
        DeleteCriticalSection(&Proxy->Lock);
        HeapFree(GetProcessHeap(), 0, Proxy);
    }
    return (ULONG)Left;
}

static HRESULT STDMETHODCALLTYPE Proxy_QueryInterface(ISounding *This, REFIID Iid,
                                                      void **Object)
{
    if (Object == NULL)
        return E_POINTER;
    *Object = NULL;
    if (!IsEqualIID(Iid, &IID_IUnknown) && !IsEqualIID(Iid, &IID_ISounding))
        return E_NOINTERFACE;
    Proxy_AddRef(This);
    *Object = This;
    return S_OK;
}

static const ISoundingVtbl ProxyTable = {Proxy_QueryInterface, Proxy_AddRef,
                                         Proxy_Release, Proxy_Sound};

BOOL OlepKnowsInterface(REFIID Iid)
{
    return IsEqualIID(Iid, &IID_ISounding);
}

HRESULT OlepMakeProxy(REFIID Iid, HANDLE Port, void **Object)
{
    if (!OlepKnowsInterface(Iid))
        return E_NOINTERFACE;
    PROXY *Proxy = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Proxy));
    if (Proxy == NULL)
        return E_OUTOFMEMORY;
    Proxy->Face.lpVtbl = &ProxyTable;
    Proxy->References = 1;
    Proxy->Port = Port;
    InitializeCriticalSection(&Proxy->Lock);
    *Object = &Proxy->Face;
    return S_OK;
}

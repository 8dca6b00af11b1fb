/* marshal.c - the proxy and the stub of ISounding: [out] parameters between processes.
 *
 *   client                                  server
 *   Sound()                                 the object's Sound()
 *     proxy: request ──────────────────────>  stub: calls it; it allocates
 *     proxy: CoTaskMemAlloc, here  <────────  stub: copies to the wire,
 *     the caller frees with CoTaskMemFree           CoTaskMemFree, there
 *
 * A pointer means nothing in another process.  So each block is made twice, by the method
 * in the server and by the proxy in the client, and each is freed on its own side: the
 * stub can free what a method of anybody's allocated, and the caller what the proxy
 * allocated, because all of them agree on one allocator.  The scalar is copied and needs
 * nothing.
 *
 * On the wire: CALL_REQUEST there; REPLY, then PlaceBytes of the string, zero included,
 * then the array, back.  The other process is not trusted: every length is checked against
 * what came.  It may be gone: RPC_S_SERVER_UNAVAILABLE (nothing was executed), or
 * RPC_S_CALL_FAILED (something may have been), as HRESULTs.
 * Windows: MIDL writes both halves as format strings, which rpcrt4's NdrClientCall2 and
 * NdrStubCall2 interpret.  Source: Microsoft's "Memory Management Rules" of COM.
 */
#include "remote.h"

typedef struct {
    HRESULT Result;
    ULONG Fathoms;
    ULONG PlaceBytes;
    SOUNDING Sounding; /* its pointer is null on the wire */
    BYTE Rest[];
} REPLY;

typedef struct {
    ISounding Face;
    volatile LONG References;
    HANDLE Port;
    CRITICAL_SECTION Lock; /* Message: one call at a time */
    CALL_MESSAGE Message;
} PROXY;

/* ---- the stub: in the server ---- */

static SIZE_T TextBytes(LPCOLESTR Text)
{
    SIZE_T Length = 0;
    while (Text[Length] != 0)
        Length++;
    return (Length + 1) * sizeof(OLECHAR);
}

/* All of it in the message, or RPC_E_SERVER_CANTMARSHAL_DATA. */
static HRESULT PutReply(CALL_MESSAGE *Message, LPCOLESTR Place, const SOUNDING *Sounding,
                        ULONG Fathoms)
{
    REPLY *Reply = (REPLY *)Message->Data;
    const SIZE_T Room = sizeof(Message->Data) - sizeof(*Reply);
    if (Place == NULL || Sounding == NULL)
        return RPC_E_SERVER_CANTMARSHAL_DATA;
    const SIZE_T Text = TextBytes(Place);
    if (Text > Room || Sounding->Count > (Room - Text) / sizeof(ULONG) ||
        (Sounding->Count != 0 && Sounding->Depths == NULL))
        return RPC_E_SERVER_CANTMARSHAL_DATA;
    const SIZE_T Array = Sounding->Count * sizeof(ULONG);
    Reply->Fathoms = Fathoms;
    Reply->PlaceBytes = (ULONG)Text;
    Reply->Sounding = *Sounding;
    Reply->Sounding.Depths = NULL;
    OlepCopy(Reply->Rest, Place, Text);
    OlepCopy(Reply->Rest + Text, Sounding->Depths, Array);
    OlepSetLength(&Message->Header, sizeof(*Reply) + Text + Array);
    return S_OK;
}

#define SOUND_METHOD 3 /* its place in the table, after IUnknown's */

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
    REPLY *Reply = (REPLY *)Message->Data;
    LPOLESTR Place = NULL;
    SOUNDING *Sounding = NULL;
    ULONG Fathoms = 0;
    HRESULT Result = CheckRequest(Object, Message);
    if (SUCCEEDED(Result))
        Result = Target->lpVtbl->Sound(Target, &Place, &Sounding, &Fathoms);
    OlepSetLength(&Message->Header, sizeof(*Reply));
    if (SUCCEEDED(Result)) {
        const HRESULT Put = PutReply(Message, Place, Sounding, Fathoms);
        Result = FAILED(Put) ? Put : Result;
        if (Sounding != NULL)
            CoTaskMemFree(Sounding->Depths);
        CoTaskMemFree(Sounding);
        CoTaskMemFree(Place);
    }
    Reply->Result = Result;
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

/* What came, in task memory of this process.  All or nothing. */
static HRESULT TakeReply(const CALL_MESSAGE *Message, LPOLESTR *Place,
                         SOUNDING **Sounding, ULONG *Fathoms)
{
    const REPLY *Reply = (const REPLY *)Message->Data;
    const SIZE_T Length = (SIZE_T)Message->Header.DataLength;
    if (Length < sizeof(*Reply))
        return RPC_E_INVALID_DATA;
    if (FAILED(Reply->Result))
        return Reply->Result;
    const SIZE_T Rest = Length - sizeof(*Reply), Text = Reply->PlaceBytes;
    if (Text < sizeof(OLECHAR) || Text % sizeof(OLECHAR) != 0 || Text > Rest ||
        Reply->Sounding.Count != (Rest - Text) / sizeof(ULONG) ||
        ((const OLECHAR *)Reply->Rest)[Text / sizeof(OLECHAR) - 1] != 0)
        return RPC_E_INVALID_DATA;
    const SIZE_T Array = Reply->Sounding.Count * sizeof(ULONG);
    LPOLESTR String = CoTaskMemAlloc(Text);
    SOUNDING *Structure = CoTaskMemAlloc(sizeof(*Structure));
    ULONG *Depths = CoTaskMemAlloc(Array);
    if (String == NULL || Structure == NULL || Depths == NULL) {
        CoTaskMemFree(Depths);
        CoTaskMemFree(Structure);
        CoTaskMemFree(String);
        return E_OUTOFMEMORY;
    }
    OlepCopy(String, Reply->Rest, Text);
    OlepCopy(Depths, Reply->Rest + Text, Array);
    *Structure = Reply->Sounding;
    Structure->Depths = Depths;
    *Place = String;
    *Sounding = Structure;
    *Fathoms = Reply->Fathoms;
    return Reply->Result;
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
    PORT_MESSAGE *Header = &Proxy->Message.Header;
    ((CALL_REQUEST *)Proxy->Message.Data)->Method = SOUND_METHOD;
    OlepSetLength(Header, sizeof(CALL_REQUEST));
    const NTSTATUS Status = NtRequestWaitReplyPort(Proxy->Port, Header, Header);
    HRESULT Result =
        Status == 0 ? TakeReply(&Proxy->Message, Place, Sounding, Fathoms) : Lost(Status);
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

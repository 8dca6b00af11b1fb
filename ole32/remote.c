/* remote.c - objects of another process: CoCreateInstance finds the class's server, and
 * CoRegisterClassObject makes this process one.
 *
 * A class that is served has a port with its CLSID in the name and a thread here that
 * answers it: a connection asks the class factory for an object; a request goes to the
 * stub of that object; a client that has gone is an object released.  There is no
 * registry, so no server is started for a caller: it runs, or REGDB_E_CLASSNOTREG.
 *
 * Invariant: a CONVERSATION is one reference to its object.  Lock: ClassLock guards the
 * list of classes; a class's conversations belong to its thread.
 * Source: Microsoft's pages for CoCreateInstance and CoRegisterClassObject.
 */
#include "remote.h"

typedef struct _CONVERSATION {
    struct _CONVERSATION *Next;
    HANDLE Port;
    IUnknown *Object;
} CONVERSATION;

typedef struct _CLASS {
    struct _CLASS *Next;
    CLSID Clsid;
    IUnknown *Factory;
    HANDLE Port, Thread;
    DWORD Cookie;
    CONVERSATION *Conversations;
    CALL_MESSAGE Message;
} CLASS;

static CRITICAL_SECTION ClassLock;
static CLASS *Classes;
static DWORD LastCookie;

void OlepRemoteInitialize(void)
{
    InitializeCriticalSection(&ClassLock);
}

void OlepPortName(REFCLSID Clsid, WCHAR Text[RPC_NAME_ROOM], UNICODE_STRING *Name)
{
    static const WCHAR Prefix[] = L"\\BaseNamedObjects\\OLE";
    const int Start = sizeof(Prefix) / sizeof(WCHAR) - 1;
    OlepCopy(Text, Prefix, sizeof(Prefix));
    const int Used = StringFromGUID2(Clsid, Text + Start, RPC_NAME_ROOM - Start);
    Name->Buffer = Text;
    Name->Length = (USHORT)((Start + Used - 1) * sizeof(WCHAR));
    Name->MaximumLength = Name->Length + sizeof(WCHAR);
}

/* ---- the client's side ---- */

static HRESULT Connect(REFCLSID Clsid, REFIID Iid, HANDLE *Port)
{
    WCHAR Text[RPC_NAME_ROOM];
    UNICODE_STRING Name;
    CALL_WORDS Words = {*Iid, E_FAIL};
    ULONG Length = sizeof(Words), Limit;
    OlepPortName(Clsid, Text, &Name);
    NTSTATUS Status =
        NtConnectPort(Port, &Name, NULL, NULL, NULL, &Limit, &Words, &Length);
    if (Status == 0)
        return S_OK;
    if (Status == (NTSTATUS)0xC0000041) /* STATUS_PORT_CONNECTION_REFUSED */
        return FAILED(Words.Result) ? Words.Result : E_FAIL;
    return REGDB_E_CLASSNOTREG;
}

/* An object of a class that a process serves (CLSCTX_LOCAL_SERVER).  REGDB_E_CLASSNOTREG:
 * none does; CLASS_E_NOAGGREGATION; CO_E_NOTINITIALIZED; E_NOINTERFACE: the object lacks
 * Iid, or there is no proxy for it.  On failure *Object is null. */
HRESULT WINAPI CoCreateInstance(REFCLSID Clsid, LPUNKNOWN Outer, DWORD Context,
                                REFIID Iid, LPVOID *Object)
{
    HANDLE Port;
    if (Object == NULL)
        return E_POINTER;
    *Object = NULL;
    if (!OlepIsInitialized())
        return CO_E_NOTINITIALIZED;
    if (Outer != NULL)
        return CLASS_E_NOAGGREGATION;
    if (!(Context & CLSCTX_LOCAL_SERVER))
        return REGDB_E_CLASSNOTREG;
    HRESULT Result = Connect(Clsid, Iid, &Port);
    if (FAILED(Result))
        return Result;
    Result = OlepMakeProxy(Iid, Port, Object);
    if (FAILED(Result))
        CloseHandle(Port);
    return Result;
}

/* ---- the server's side ---- */

static HRESULT MakeObject(CLASS *Class, REFIID Iid, IUnknown **Object)
{
    IClassFactory *Factory;
    if (!OlepKnowsInterface(Iid))
        return E_NOINTERFACE;
    HRESULT Result = Class->Factory->lpVtbl->QueryInterface(
        Class->Factory, &IID_IClassFactory, (void **)&Factory);
    if (FAILED(Result))
        return Result;
    Result = Factory->lpVtbl->CreateInstance(Factory, NULL, Iid, (void **)Object);
    Factory->lpVtbl->Release(Factory);
    return Result;
}

/* A client wants an object.  FALSE: it is this process's own word to stop (Revoke). */
static BOOL Admit(CLASS *Class)
{
    PORT_MESSAGE *Header = &Class->Message.Header;
    CALL_WORDS *Words = (CALL_WORDS *)Class->Message.Data;
    CONVERSATION *Made = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Made));
    const BOOL Stop =
        IsEqualIID(&Words->Wanted, &IID_NULL) &&
        HandleToUlong(Header->ClientId.UniqueProcess) == GetCurrentProcessId();
    HRESULT Result = Made == NULL ? E_OUTOFMEMORY
                     : Header->DataLength != sizeof(*Words) || Stop
                         ? RPC_E_INVALID_DATA
                         : MakeObject(Class, &Words->Wanted, &Made->Object);
    Words->Result = Result;
    OlepSetLength(Header, sizeof(*Words));
    HANDLE Port;
    if (FAILED(Result)) {
        NtAcceptConnectPort(&Port, NULL, Header, FALSE, NULL, NULL);
    } else if (NtAcceptConnectPort(&Port, Made, Header, TRUE, NULL, NULL) == 0) {
        Made->Port = Port;
        Made->Next = Class->Conversations;
        Class->Conversations = Made;
        NtCompleteConnectPort(Port);
        return TRUE;
    }
    if (Made != NULL && Made->Object != NULL)
        Made->Object->lpVtbl->Release(Made->Object);
    if (Made != NULL)
        HeapFree(GetProcessHeap(), 0, Made);
    return !Stop;
}

static void Part(CLASS *Class, CONVERSATION *Conversation)
{
    CONVERSATION **Link = &Class->Conversations;
    while (*Link != Conversation)
        Link = &(*Link)->Next;
    *Link = Conversation->Next;
    CloseHandle(Conversation->Port);
    Conversation->Object->lpVtbl->Release(Conversation->Object);
    HeapFree(GetProcessHeap(), 0, Conversation);
}

static DWORD WINAPI Serve(LPVOID Argument)
{
    CLASS *Class = Argument;
    PORT_MESSAGE *Header = &Class->Message.Header, *Reply = NULL;
    PVOID Context;
    for (;;) {
        NTSTATUS Status = NtReplyWaitReceivePort(Class->Port, &Context, Reply, Header);
        if (Status != 0 && Reply == NULL)
            return (DWORD)Status;
        if (Status != 0) { /* who asked has gone */
            Reply = NULL;
            continue;
        }
        Reply = NULL;
        if (Header->Type == LPC_REQUEST) {
            OlepStubInvoke(((CONVERSATION *)Context)->Object, &Class->Message);
            Reply = Header;
        } else if (Header->Type == LPC_PORT_CLOSED) {
            Part(Class, Context);
        } else if (Header->Type == LPC_CONNECTION_REQUEST && !Admit(Class)) {
            return 0;
        }
    }
}

static void DeleteClass(CLASS *Class)
{
    while (Class->Conversations != NULL)
        Part(Class, Class->Conversations);
    if (Class->Thread != NULL)
        CloseHandle(Class->Thread);
    if (Class->Port != NULL)
        CloseHandle(Class->Port);
    Class->Factory->lpVtbl->Release(Class->Factory);
    HeapFree(GetProcessHeap(), 0, Class);
}

static HRESULT StartClass(CLASS *Class)
{
    WCHAR Text[RPC_NAME_ROOM];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    OlepPortName(&Class->Clsid, Text, &Name);
    InitializeObjectAttributes(&Attributes, &Name, 0, NULL, NULL);
    if (NtCreatePort(&Class->Port, &Attributes, sizeof(CALL_WORDS), PORT_MAXIMUM_LENGTH,
                     0) != 0)
        return CO_E_OBJISREG;
    Class->Thread = CreateThread(NULL, 0, Serve, Class, 0, NULL);
    return Class->Thread != NULL ? S_OK : E_OUTOFMEMORY;
}

/* This process serves the class until CoRevokeClassObject(*Cookie).  Only
 * CLSCTX_LOCAL_SERVER; calls come on a thread of ole32's own.  CO_E_OBJISREG: it is
 * served already. */
HRESULT WINAPI CoRegisterClassObject(REFCLSID Clsid, LPUNKNOWN Factory, DWORD Context,
                                     DWORD Flags, LPDWORD Cookie)
{
    (void)Flags; /* every connection makes its own object: REGCLS_MULTIPLEUSE */
    if (Factory == NULL || Cookie == NULL || !(Context & CLSCTX_LOCAL_SERVER))
        return E_INVALIDARG;
    *Cookie = 0;
    if (!OlepIsInitialized())
        return CO_E_NOTINITIALIZED;
    CLASS *Class = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Class));
    if (Class == NULL)
        return E_OUTOFMEMORY;
    Class->Clsid = *Clsid;
    Class->Factory = Factory;
    Factory->lpVtbl->AddRef(Factory);
    EnterCriticalSection(&ClassLock);
    HRESULT Result = StartClass(Class);
    if (SUCCEEDED(Result)) {
        *Cookie = Class->Cookie = ++LastCookie;
        Class->Next = Classes;
        Classes = Class;
    }
    LeaveCriticalSection(&ClassLock);
    if (FAILED(Result))
        DeleteClass(Class);
    return Result;
}

/* CO_E_OBJNOTREG: no class of this process has the cookie.  Objects that clients hold are
 * cut off. */
HRESULT WINAPI CoRevokeClassObject(DWORD Cookie)
{
    HANDLE Port;
    EnterCriticalSection(&ClassLock);
    CLASS **Link = &Classes, *Class;
    while (*Link != NULL && (*Link)->Cookie != Cookie)
        Link = &(*Link)->Next;
    Class = *Link;
    if (Class != NULL)
        *Link = Class->Next;
    LeaveCriticalSection(&ClassLock);
    if (Class == NULL)
        return CO_E_OBJNOTREG;
    Connect(&Class->Clsid, &IID_NULL, &Port);
    WaitForSingleObject(Class->Thread, INFINITE);
    DeleteClass(Class);
    return S_OK;
}

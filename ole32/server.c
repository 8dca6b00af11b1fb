/* server.c - this process as a server: CoRegisterClassObject and what comes of it.
 *
 *      CLASS ── port, a thread that answers it, the class factory (null: revoked)
 *        └─ CONVERSATION ── one client's connection and its object (null: disconnected)
 *
 * A connection asks the factory for an object; a request goes to that object's stub; a
 * client that has gone is an object released.  A revoked class admits no client, but objects
 * that clients hold live on: its thread stays until the last of them has gone.  A
 * disconnected object is released at once, and its clients get RPC_E_DISCONNECTED.
 * Clients are not trusted: what they send is checked, and no other client waits for them.
 *
 * Invariants: a CONVERSATION with an object is one reference to it; a class is in the
 * list as long as its thread runs, and only that thread adds and takes conversations.
 * Lock: ClassLock, for the list, the factories, conversations and their objects; a class's
 * own code is called without it, but for AddRef.
 * Source: Microsoft's pages for CoRegisterClassObject, CoRevokeClassObject,
 * CoDisconnectObject and CoUninitialize.
 */
#include "remote.h"

typedef struct _CONVERSATION {
    struct _CONVERSATION *Next;
    HANDLE Port;
    IUnknown *Object, *Identity; /* Identity is only compared */
} CONVERSATION;

typedef struct _CLASS {
    struct _CLASS *Next;
    CLSID Clsid;
    IUnknown *Factory;
    HANDLE Port;
    DWORD Cookie, Thread;
    CONVERSATION *Conversations;
    CALL_MESSAGE Message;
} CLASS;

static CRITICAL_SECTION ClassLock;
static CLASS *Classes;
static DWORD LastCookie;

void OlepServerInitialize(void)
{
    InitializeCriticalSection(&ClassLock);
}

/* What is there, with a reference for the caller; or null. */
static IUnknown *Hold(IUnknown **Where)
{
    EnterCriticalSection(&ClassLock);
    IUnknown *Held = *Where;
    if (Held != NULL)
        Held->lpVtbl->AddRef(Held);
    LeaveCriticalSection(&ClassLock);
    return Held;
}

static void Drop(IUnknown **Where)
{
    IUnknown *Dropped = InterlockedExchangePointer((PVOID *)Where, NULL);
    if (Dropped != NULL)
        Dropped->lpVtbl->Release(Dropped);
}

/* ---- a class's thread ---- */

static HRESULT MakeObject(CLASS *Class, REFIID Iid, CONVERSATION *Made)
{
    IClassFactory *Factory;
    if (!OlepKnowsInterface(Iid))
        return E_NOINTERFACE;
    IUnknown *Held = Hold(&Class->Factory);
    if (Held == NULL)
        return REGDB_E_CLASSNOTREG;
    HRESULT Result =
        Held->lpVtbl->QueryInterface(Held, &IID_IClassFactory, (void **)&Factory);
    Held->lpVtbl->Release(Held);
    if (FAILED(Result))
        return Result;
    Result = Factory->lpVtbl->CreateInstance(Factory, NULL, Iid, (void **)&Made->Object);
    Factory->lpVtbl->Release(Factory);
    if (FAILED(Result)) {
        Made->Object = NULL;
        return Result;
    }
    if (SUCCEEDED(Made->Object->lpVtbl->QueryInterface(Made->Object, &IID_IUnknown,
                                                       (void **)&Made->Identity)))
        Made->Identity->lpVtbl->Release(Made->Identity);
    return Result;
}

static HRESULT Accept(CLASS *Class, PORT_MESSAGE *Header, CONVERSATION *Made)
{
    EnterCriticalSection(&ClassLock);
    const BOOL Accepted =
        NtAcceptConnectPort(&Made->Port, Made, Header, TRUE, NULL, NULL) == 0;
    if (Accepted) {
        Made->Next = Class->Conversations;
        Class->Conversations = Made;
    }
    LeaveCriticalSection(&ClassLock);
    return Accepted ? S_OK : E_OUTOFMEMORY;
}

static void Admit(CLASS *Class)
{
    PORT_MESSAGE *Header = &Class->Message.Header;
    CALL_WORDS *Words = (CALL_WORDS *)Class->Message.Data;
    CONVERSATION *Made = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Made));
    HRESULT Result = Made == NULL ? E_OUTOFMEMORY
                     : Header->DataLength != sizeof(*Words)
                         ? RPC_E_INVALID_DATA
                         : MakeObject(Class, &Words->Wanted, Made);
    OlepSetLength(Header, sizeof(*Words));
    Words->Result = S_OK;
    if (SUCCEEDED(Result))
        Result = Accept(Class, Header, Made);
    if (SUCCEEDED(Result)) {
        NtCompleteConnectPort(Made->Port);
        return;
    }
    HANDLE None;
    Words->Result = Result;
    NtAcceptConnectPort(&None, NULL, Header, FALSE, NULL, NULL);
    if (Made != NULL) {
        Drop(&Made->Object);
        HeapFree(GetProcessHeap(), 0, Made);
    }
}

static void Part(CLASS *Class, CONVERSATION *Conversation)
{
    EnterCriticalSection(&ClassLock);
    CONVERSATION **Link = &Class->Conversations;
    while (*Link != Conversation)
        Link = &(*Link)->Next;
    *Link = Conversation->Next;
    LeaveCriticalSection(&ClassLock);
    CloseHandle(Conversation->Port);
    Drop(&Conversation->Object);
    HeapFree(GetProcessHeap(), 0, Conversation);
}

static void Answer(CONVERSATION *Conversation, CALL_MESSAGE *Message)
{
    if (OlepIsLastRelease(Message)) {
        Drop(&Conversation->Object);
        return;
    }
    IUnknown *Object = Hold(&Conversation->Object);
    OlepStubInvoke(Object, Message);
    if (Object != NULL)
        Object->lpVtbl->Release(Object);
}

/* Revoked, and no client left: then the class is out of the list, and its thread's. */
static BOOL Finished(CLASS *Class)
{
    EnterCriticalSection(&ClassLock);
    const BOOL Done = Class->Factory == NULL && Class->Conversations == NULL;
    if (Done) {
        CLASS **Link = &Classes;
        while (*Link != Class)
            Link = &(*Link)->Next;
        *Link = Class->Next;
        CloseHandle(Class->Port); /* with it the name: both go at once */
    }
    LeaveCriticalSection(&ClassLock);
    return Done;
}

static DWORD WINAPI Serve(LPVOID Argument)
{
    CLASS *Class = Argument;
    PORT_MESSAGE *Header = &Class->Message.Header, *Reply = NULL;
    PVOID Context;
    Class->Thread = GetCurrentThreadId();
    OlepEnterServer();
    while (!Finished(Class)) {
        const NTSTATUS Status =
            NtReplyWaitReceivePort(Class->Port, &Context, Reply, Header);
        if (Status != 0 && Reply == NULL)
            return (DWORD)Status; /* somebody closed the port */
        Reply = NULL;
        if (Status != 0)
            continue; /* who asked has gone */
        if (Header->Type == LPC_REQUEST) {
            Answer(Context, &Class->Message);
            Reply = Header;
        } else if (Header->Type == LPC_PORT_CLOSED) {
            Part(Class, Context);
        } else if (Header->Type == LPC_CONNECTION_REQUEST) {
            if (Finished(Class))
                break;
            Admit(Class);
        }
    }
    HeapFree(GetProcessHeap(), 0, Class);
    return 0;
}

/* ---- the program's side ---- */

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
    HANDLE Thread = CreateThread(NULL, 0, Serve, Class, 0, NULL);
    if (Thread == NULL) {
        CloseHandle(Class->Port);
        return E_OUTOFMEMORY;
    }
    CloseHandle(Thread);
    Class->Next = Classes;
    Classes = Class;
    return S_OK;
}

/* The class of this process with the CLSID, revoked or not; or a new one. Under the lock;
 * null: no memory. */
static CLASS *FindClass(REFCLSID Clsid, BOOL *Found)
{
    CLASS *Class = Classes;
    while (Class != NULL && !IsEqualCLSID(&Class->Clsid, Clsid))
        Class = Class->Next;
    *Found = Class != NULL;
    if (Class == NULL)
        Class = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Class));
    if (Class != NULL)
        Class->Clsid = *Clsid;
    return Class;
}

/* This process serves the class until CoRevokeClassObject(*Cookie).  Only
 * CLSCTX_LOCAL_SERVER; calls come on a thread of ole32's own.  CO_E_OBJISREG: it is
 * served already. */
HRESULT WINAPI CoRegisterClassObject(REFCLSID Clsid, LPUNKNOWN Factory, DWORD Context,
                                     DWORD Flags, LPDWORD Cookie)
{
    BOOL Found;
    HRESULT Result = E_OUTOFMEMORY;
    (void)Flags; /* every connection makes its own object: REGCLS_MULTIPLEUSE */
    if (Factory == NULL || Cookie == NULL || !(Context & CLSCTX_LOCAL_SERVER))
        return E_INVALIDARG;
    *Cookie = 0;
    if (!OlepIsInitialized())
        return CO_E_NOTINITIALIZED;
    EnterCriticalSection(&ClassLock);
    CLASS *Class = FindClass(Clsid, &Found);
    if (Found && Class->Factory != NULL) {
        Result = CO_E_OBJISREG;
    } else if (Class != NULL) {
        Factory->lpVtbl->AddRef(Factory);
        Class->Factory = Factory;
        Result = Found ? S_OK : StartClass(Class);
    }
    if (SUCCEEDED(Result))
        *Cookie = Class->Cookie = ++LastCookie;
    LeaveCriticalSection(&ClassLock);
    if (FAILED(Result) && Class != NULL && !Found) {
        Drop(&Class->Factory);
        HeapFree(GetProcessHeap(), 0, Class);
    }
    return Result;
}

/* No client is admitted any more; objects that clients hold stay theirs.  CO_E_OBJNOTREG: no
 * class of this process has the cookie. */
HRESULT WINAPI CoRevokeClassObject(DWORD Cookie)
{
    IUnknown *Factory = NULL;
    BOOL Idle = FALSE;
    CLSID Clsid;
    HANDLE Port;
    EnterCriticalSection(&ClassLock);
    for (CLASS *Class = Classes; Class != NULL && Factory == NULL; Class = Class->Next)
        if (Class->Cookie == Cookie && Class->Factory != NULL) {
            Factory = Class->Factory;
            Class->Factory = NULL;
            Clsid = Class->Clsid;
            Idle = Class->Conversations == NULL && Class->Thread != GetCurrentThreadId();
        }
    LeaveCriticalSection(&ClassLock);
    if (Factory == NULL)
        return CO_E_OBJNOTREG;
    Factory->lpVtbl->Release(Factory);
    if (Idle) /* a connection wakes the thread, which finds that it is done */
        OlepConnect(&Clsid, &IID_NULL, &Port);
    return S_OK;
}

/* Releases what the conversations with this object hold; null: with any.  Their clients
 * get RPC_E_DISCONNECTED. */
static void Disconnect(IUnknown *Identity)
{
    IUnknown *Object;
    do {
        Object = NULL;
        EnterCriticalSection(&ClassLock);
        for (CLASS *Class = Classes; Class != NULL; Class = Class->Next)
            for (CONVERSATION *At = Class->Conversations; At != NULL; At = At->Next)
                if (Object == NULL && At->Object != NULL &&
                    (Identity == NULL || At->Identity == Identity)) {
                    Object = At->Object;
                    At->Object = NULL;
                }
        LeaveCriticalSection(&ClassLock);
        if (Object != NULL)
            Object->lpVtbl->Release(Object);
    } while (Object != NULL);
}

/* Cuts off every client of the object.  E_INVALIDARG. */
HRESULT WINAPI CoDisconnectObject(LPUNKNOWN Object, DWORD Reserved)
{
    IUnknown *Identity;
    (void)Reserved;
    if (Object == NULL ||
        FAILED(Object->lpVtbl->QueryInterface(Object, &IID_IUnknown, (void **)&Identity)))
        return E_INVALIDARG;
    Disconnect(Identity);
    Identity->lpVtbl->Release(Identity);
    return S_OK;
}

/* The last thread has left COM: nothing of this process is served any more. */
void OlepStopServing(void)
{
    DWORD Cookie;
    do {
        Cookie = 0;
        EnterCriticalSection(&ClassLock);
        for (CLASS *Class = Classes; Class != NULL; Class = Class->Next)
            if (Class->Factory != NULL)
                Cookie = Class->Cookie;
        LeaveCriticalSection(&ClassLock);
    } while (Cookie != 0 && CoRevokeClassObject(Cookie) == S_OK);
    Disconnect(NULL);
}

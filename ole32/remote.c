/* remote.c - objects of another process: CoCreateInstance finds the class's server.
 *
 * A class that is served has a port with its CLSID in the name (server.c); the connection
 * is the object, and a proxy around it is what the caller gets.  There is no registry, so
 * no server is started for a caller: it runs, or REGDB_E_CLASSNOTREG.
 * Source: Microsoft's page for CoCreateInstance.
 */
#include "remote.h"

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

HRESULT OlepConnect(REFCLSID Clsid, REFIID Iid, HANDLE *Port)
{
    WCHAR Text[RPC_NAME_ROOM];
    UNICODE_STRING Name;
    CALL_WORDS Words = {*Iid, REGDB_E_CLASSNOTREG}; /* unless the server says more */
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
    HRESULT Result = OlepConnect(Clsid, Iid, &Port);
    if (FAILED(Result))
        return Result;
    Result = OlepMakeProxy(Iid, Port, Object);
    if (FAILED(Result))
        CloseHandle(Port);
    return Result;
}

/* outparam.c - the [out] parameters of ISounding::Sound, into a message and out of it.  outparam.h
 * is the contract: who allocates where, and who frees.
 *
 * The scalar is copied and needs nothing.  Lock: none; the caller owns the message.
 * Windows: MIDL writes such code as format strings, which rpcrt4's NdrClientCall2 and
 * NdrStubCall2 interpret.  Source: Microsoft's "Memory Management Rules" of COM.
 */
#include "outparam.h"

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
    CALL_REPLY *Reply = (CALL_REPLY *)Message->Data;
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

HRESULT OlepPutSounding(CALL_MESSAGE *Message, LPOLESTR Place, SOUNDING *Sounding,
                        ULONG Fathoms)
{
    OlepSetLength(&Message->Header, sizeof(CALL_REPLY));
    const HRESULT Result = PutReply(Message, Place, Sounding, Fathoms);
    if (Sounding != NULL)
        CoTaskMemFree(Sounding->Depths);
    CoTaskMemFree(Sounding);
    CoTaskMemFree(Place);
    return Result;
}

/* S_OK: the lengths in the reply are those of what has come. */
static HRESULT CheckReply(const CALL_REPLY *Reply, SIZE_T Length)
{
    if (Length < sizeof(*Reply))
        return RPC_E_INVALID_DATA;
    if (FAILED(Reply->Result))
        return Reply->Result;
    const SIZE_T Rest = Length - sizeof(*Reply), Text = Reply->PlaceBytes;
    if (Text < sizeof(OLECHAR) || Text % sizeof(OLECHAR) != 0 || Text > Rest ||
        Reply->Sounding.Count != (Rest - Text) / sizeof(ULONG) ||
        ((const OLECHAR *)Reply->Rest)[Text / sizeof(OLECHAR) - 1] != 0)
        return RPC_E_INVALID_DATA;
    return S_OK;
}

HRESULT OlepTakeSounding(const CALL_MESSAGE *Message, LPOLESTR *Place,
                         SOUNDING **Sounding, ULONG *Fathoms)
{
    const CALL_REPLY *Reply = (const CALL_REPLY *)Message->Data;
    const HRESULT Checked = CheckReply(Reply, (SIZE_T)Message->Header.DataLength);
    if (FAILED(Checked))
        return Checked;
    const SIZE_T Text = Reply->PlaceBytes, Array = Reply->Sounding.Count * sizeof(ULONG);
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

/* guid.c - GUIDs: compared, written, read, made.
 *
 * Text form: {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}, 38 characters.
 * Source: Microsoft's pages for StringFromGUID2, CLSIDFromString, CoCreateGuid; RFC 4122.
 */
#include "ole32.h"

#define GUID_CHARACTERS 38

/* Which byte each pair of digits is: the first three fields are little-endian in memory. */
static const BYTE ByteOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static BOOL IsDash(int At)
{
    return At == 9 || At == 14 || At == 19 || At == 24;
}

BOOL WINAPI OleIsEqualGuid(REFGUID A, REFGUID B)
{
    const DWORD *Left = (const DWORD *)A, *Right = (const DWORD *)B;
    for (int i = 0; i < 4; i++)
        if (Left[i] != Right[i])
            return FALSE;
    return TRUE;
}

/* Writes the text and its zero; the characters written, zero included, or 0: no room. */
int WINAPI StringFromGUID2(REFGUID Guid, LPOLESTR Text, int Room)
{
    static const WCHAR Digits[] = L"0123456789ABCDEF";
    const BYTE *Bytes = (const BYTE *)Guid;
    if (Text == NULL || Room < GUID_CHARACTERS + 1)
        return 0;
    int Used = 0, Byte = 0;
    Text[Used++] = L'{';
    while (Byte < 16) {
        if (IsDash(Used)) {
            Text[Used++] = L'-';
            continue;
        }
        Text[Used++] = Digits[Bytes[ByteOrder[Byte]] >> 4];
        Text[Used++] = Digits[Bytes[ByteOrder[Byte]] & 15];
        Byte++;
    }
    Text[Used++] = L'}';
    Text[Used++] = 0;
    return Used;
}

/* The same in a block of task memory that the caller frees; E_OUTOFMEMORY. */
HRESULT WINAPI StringFromCLSID(REFCLSID Clsid, LPOLESTR *Text)
{
    if (Text == NULL)
        return E_INVALIDARG;
    *Text = CoTaskMemAlloc((GUID_CHARACTERS + 1) * sizeof(WCHAR));
    if (*Text == NULL)
        return E_OUTOFMEMORY;
    StringFromGUID2(Clsid, *Text, GUID_CHARACTERS + 1);
    return S_OK;
}

HRESULT WINAPI StringFromIID(REFIID Iid, LPOLESTR *Text)
{
    return StringFromCLSID(Iid, Text);
}

static int Digit(WCHAR Character)
{
    if (Character >= L'0' && Character <= L'9')
        return Character - L'0';
    WCHAR Lower = Character | 0x20;
    return Lower >= L'a' && Lower <= L'f' ? Lower - L'a' + 10 : -1;
}

/* Reads the text form; CO_E_CLASSSTRING and a zero GUID if it is none.  Null text is the
 * zero GUID.  Names of classes ("Word.Document") need a registry, which is not there. */
HRESULT WINAPI CLSIDFromString(LPCOLESTR Text, LPCLSID Clsid)
{
    BYTE Bytes[16];
    if (Clsid == NULL)
        return E_INVALIDARG;
    *Clsid = (GUID){0};
    if (Text == NULL)
        return S_OK;
    int At = 0, Byte = 0;
    if (Text[At++] != L'{')
        return CO_E_CLASSSTRING;
    while (Byte < 16) {
        if (IsDash(At)) {
            if (Text[At++] != L'-')
                return CO_E_CLASSSTRING;
            continue;
        }
        int High = Digit(Text[At]), Low = High < 0 ? -1 : Digit(Text[At + 1]);
        if (Low < 0)
            return CO_E_CLASSSTRING;
        Bytes[ByteOrder[Byte++]] = (BYTE)(High << 4 | Low);
        At += 2;
    }
    if (Text[At] != L'}' || Text[At + 1] != 0)
        return CO_E_CLASSSTRING;
    CopyMemory(Clsid, Bytes, sizeof(Bytes));
    return S_OK;
}

/* Names of classes are in the registry, of which there is none. */
HRESULT WINAPI CLSIDFromProgID(LPCOLESTR Name, LPCLSID Clsid)
{
    if (Name == NULL || Clsid == NULL)
        return E_INVALIDARG;
    *Clsid = (GUID){0};
    return CO_E_CLASSSTRING;
}

/* As CLSIDFromString, but E_INVALIDARG for text that is no GUID. */
HRESULT WINAPI IIDFromString(LPCOLESTR Text, LPIID Iid)
{
    HRESULT Result = CLSIDFromString(Text, Iid);
    return Result == CO_E_CLASSSTRING ? E_INVALIDARG : Result;
}

/* A new GUID of version 4.  Its bits come from clocks and the process's number, stirred:
 * they do not repeat here, and are no secret. */
HRESULT WINAPI CoCreateGuid(GUID *Guid)
{
    static LONG Made;
    LARGE_INTEGER Counter;
    FILETIME Now;
    if (Guid == NULL)
        return E_INVALIDARG;
    QueryPerformanceCounter(&Counter);
    GetSystemTimeAsFileTime(&Now);
    unsigned long long State = (unsigned long long)Counter.QuadPart ^
                               ((unsigned long long)Now.dwLowDateTime << 32) ^
                               ((unsigned long long)GetCurrentProcessId() << 16) ^
                               (unsigned long long)InterlockedIncrement(&Made);
    BYTE *Bytes = (BYTE *)Guid;
    for (int i = 0; i < 16; i++) {
        /* SplitMix64's step (Steele, Lea, Flood 2014). */
        unsigned long long Mixed = State += 0x9E3779B97F4A7C15ull;
        Mixed = (Mixed ^ Mixed >> 30) * 0xBF58476D1CE4E5B9ull;
        Mixed = (Mixed ^ Mixed >> 27) * 0x94D049BB133111EBull;
        Bytes[i] = (BYTE)(Mixed >> 56);
    }
    Bytes[7] = (BYTE)((Bytes[7] & 0x0F) | 0x40);
    Bytes[8] = (BYTE)((Bytes[8] & 0x3F) | 0x80);
    return S_OK;
}

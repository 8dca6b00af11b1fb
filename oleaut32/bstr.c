/* bstr.c - BSTR: counted strings of Automation, in task memory.
 *
 *          what CoTaskMemAlloc gave
 *          v
 *         +-----------+--------------------------+--------+
 *         | bytes (4) | the text                 | 0 0    |
 *         +-----------+--------------------------+--------+
 *                     ^
 *                     the BSTR, which points at the text
 *
 * The length before it counts bytes, without the zero character after it; text may hold
 * zeros.  A BSTR is made by one component and freed by another, whence the task memory,
 * and is freed with SysFreeString alone: CoTaskMemFree would get a pointer 4 bytes inside
 * the block.  Windows keeps freed strings in a cache (off under OANOCACHE=1); here none.
 * Invariant: block of SysStringByteLen + 6 bytes.  Lock: none; the heap has its own.
 * Source: Microsoft's pages for BSTR and each function.
 */
#include <windows.h>
#include <oleauto.h>

/* Bytes that fit with their length and zero in what a heap can give. */
#define BSTR_LIMIT 0x7FFFFFF0u

typedef struct {
    DWORD Bytes;
    BYTE Text[];
} BLOCK;

static BLOCK *BlockOf(BSTR String)
{
    return CONTAINING_RECORD(String, BLOCK, Text);
}

static void Copy(void *To, const void *From, SIZE_T Bytes)
{
    __movsb(To, From, Bytes);
}

/* A string of Bytes bytes; From may be null: contents undefined.  Null: no memory. */
static BSTR Make(const void *From, SIZE_T Bytes)
{
    BLOCK *Block = Bytes <= BSTR_LIMIT
                       ? CoTaskMemAlloc(sizeof(*Block) + Bytes + sizeof(OLECHAR))
                       : NULL;
    if (Block == NULL)
        return NULL;
    Block->Bytes = (DWORD)Bytes;
    if (From != NULL)
        Copy(Block->Text, From, Bytes);
    /* Two single bytes: an odd length leaves the zero unaligned. */
    Block->Text[Bytes] = Block->Text[Bytes + 1] = 0;
    return (BSTR)Block->Text;
}

/* Bytes of Characters, or more than any block has. */
static SIZE_T BytesOf(UINT Characters)
{
    return Characters <= BSTR_LIMIT / sizeof(OLECHAR) ? Characters * sizeof(OLECHAR)
                                                      : BSTR_LIMIT + 1;
}

static SIZE_T TextBytes(const OLECHAR *Text)
{
    SIZE_T Length = 0;
    while (Text[Length] != 0)
        Length++;
    return Length * sizeof(OLECHAR);
}

/* A copy of zero-ended text; null for null or without memory. */
BSTR WINAPI SysAllocString(const OLECHAR *Text)
{
    return Text != NULL ? Make(Text, TextBytes(Text)) : NULL;
}

/* Length characters of Text, zeros and all; null Text: contents undefined. */
BSTR WINAPI SysAllocStringLen(const OLECHAR *Text, UINT Length)
{
    return Make(Text, BytesOf(Length));
}

/* Length bytes, not translated; null Bytes: contents undefined. */
BSTR WINAPI SysAllocStringByteLen(LPCSTR Bytes, UINT Length)
{
    return Make(Bytes, Length);
}

/* *String becomes a copy of Text; the old one is freed.  Text may lie in the old one.
 * FALSE: no memory, or null String, and the old one stays.  Null Text: a null string. */
INT WINAPI SysReAllocString(BSTR *String, const OLECHAR *Text)
{
    if (String == NULL)
        return FALSE;
    BSTR Made = SysAllocString(Text);
    if (Text != NULL && Made == NULL)
        return FALSE;
    SysFreeString(*String);
    *String = Made;
    return TRUE;
}

/* As SysReAllocString with Length characters; null Text: as much of the old text as fits
 * is kept, the rest is undefined. */
INT WINAPI SysReAllocStringLen(BSTR *String, const OLECHAR *Text, UINT Length)
{
    if (String == NULL)
        return FALSE;
    BSTR Made = SysAllocStringLen(Text, Length);
    if (Made == NULL)
        return FALSE;
    if (Text == NULL && *String != NULL)
        Copy(Made, *String, min(SysStringByteLen(*String), SysStringByteLen(Made)));
    SysFreeString(*String);
    *String = Made;
    return TRUE;
}

/* Gives it back; null is nothing. */
void WINAPI SysFreeString(BSTR String)
{
    if (String != NULL)
        CoTaskMemFree(BlockOf(String));
}

/* Bytes of the text, without its zero; 0 for null. */
UINT WINAPI SysStringByteLen(BSTR String)
{
    return String != NULL ? BlockOf(String)->Bytes : 0;
}

/* Characters of the text, without its zero; 0 for null. */
UINT WINAPI SysStringLen(BSTR String)
{
    return SysStringByteLen(String) / sizeof(OLECHAR);
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    (void)Module;
    (void)Reason;
    (void)Reserved;
    return TRUE;
}

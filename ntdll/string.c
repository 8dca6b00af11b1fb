/* string.c - counted strings: UNICODE_STRING, ANSI_STRING and their operations.
 *
 * Length and MaximumLength are bytes; Buffer need not end in NUL.  What allocates takes
 * memory from the default heap, for RtlFree*String to give back. Documented:
 * RtlInitUnicodeString and its family (WDK, winternl.h).
 */
#include "ntdllp.h"

#define MAX_STRING_BYTES 0xFFFE /* a USHORT, even */

static PVOID Allocate(SIZE_T size)
{
    return RtlAllocateHeap(NtPeb()->ProcessHeap, 0, size);
}

static void Free(PVOID block)
{
    if (block)
        RtlFreeHeap(NtPeb()->ProcessHeap, 0, block);
}

/* ---- made from what is there ---- */

/* STATUS_NAME_TOO_LONG if it does not fit a counted string; then *to is untouched. */
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING To, PCWSTR Source)
{
    SIZE_T bytes = Source ? wcslen(Source) * sizeof(WCHAR) : 0;
    if (bytes > MAX_STRING_BYTES - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    *To = (UNICODE_STRING){(USHORT)bytes, Source ? (USHORT)(bytes + sizeof(WCHAR)) : 0,
                           (PWSTR)Source};
    return STATUS_SUCCESS;
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING To, PCWSTR Source)
{
    SIZE_T bytes = Source ? wcslen(Source) * sizeof(WCHAR) : 0;
    if (bytes > MAX_STRING_BYTES - sizeof(WCHAR)) /* Windows cuts here, too */
        bytes = MAX_STRING_BYTES - sizeof(WCHAR);
    *To = (UNICODE_STRING){(USHORT)bytes, Source ? (USHORT)(bytes + sizeof(WCHAR)) : 0,
                           (PWSTR)Source};
}

NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING To, PCSZ Source)
{
    SIZE_T bytes = Source ? strlen(Source) : 0;
    if (bytes > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    *To = (ANSI_STRING){(USHORT)bytes, Source ? (USHORT)(bytes + 1) : 0, (PCHAR)Source};
    return STATUS_SUCCESS;
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING To, PCSZ Source)
{
    SIZE_T bytes = Source ? strlen(Source) : 0;
    if (bytes > 0xFFFE)
        bytes = 0xFFFE;
    *To = (ANSI_STRING){(USHORT)bytes, Source ? (USHORT)(bytes + 1) : 0, (PCHAR)Source};
}

VOID NTAPI RtlInitString(PSTRING To, PCSZ Source)
{
    RtlInitAnsiString(To, Source);
}

NTSTATUS NTAPI RtlInitStringEx(PSTRING To, PCSZ Source)
{
    return RtlInitAnsiStringEx(To, Source);
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING To, PCWSTR Source)
{
    SIZE_T bytes = (wcslen(Source) + 1) * sizeof(WCHAR);
    PWSTR buffer = bytes <= MAX_STRING_BYTES ? Allocate(bytes) : NULL;
    if (!buffer)
        return FALSE;
    memcpy(buffer, Source, bytes);
    *To = (UNICODE_STRING){(USHORT)(bytes - sizeof(WCHAR)), (USHORT)bytes, buffer};
    return TRUE;
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING To, LPCSTR Source)
{
    ANSI_STRING ansi;
    RtlInitAnsiString(&ansi, Source);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(To, &ansi, TRUE));
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING String)
{
    Free(String->Buffer);
    *String = (UNICODE_STRING){0};
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING String)
{
    Free(String->Buffer);
    *String = (ANSI_STRING){0};
}

VOID NTAPI RtlFreeOemString(POEM_STRING String)
{
    RtlFreeAnsiString(String);
}

/* Flags 1: end in NUL, and give an empty string a buffer too (2). */
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING From,
                                         PUNICODE_STRING To)
{
    ULONG bytes = From->Length, extra = Flags & 1 ? sizeof(WCHAR) : 0;
    if ((Flags & ~3u) || bytes + extra > MAX_STRING_BYTES)
        return STATUS_INVALID_PARAMETER;
    *To = (UNICODE_STRING){0};
    if (!bytes && !(Flags & 2))
        return STATUS_SUCCESS;
    PWSTR buffer = Allocate(bytes + extra);
    if (!buffer)
        return STATUS_NO_MEMORY;
    memcpy(buffer, From->Buffer, bytes);
    if (extra)
        buffer[bytes / sizeof(WCHAR)] = 0;
    *To = (UNICODE_STRING){(USHORT)bytes, (USHORT)(bytes + extra), buffer};
    return STATUS_SUCCESS;
}

/* ---- copied and joined: as much as fits, or all or nothing ---- */

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING To, PCUNICODE_STRING From)
{
    USHORT bytes = From ? From->Length : 0;
    if (bytes > To->MaximumLength)
        bytes = To->MaximumLength;
    memmove(To->Buffer, From ? From->Buffer : NULL, bytes);
    To->Length = bytes;
    if (bytes + sizeof(WCHAR) <= To->MaximumLength)
        To->Buffer[bytes / sizeof(WCHAR)] = 0;
}

VOID NTAPI RtlCopyString(PSTRING To, const STRING *From)
{
    USHORT bytes = From ? From->Length : 0;
    if (bytes > To->MaximumLength)
        bytes = To->MaximumLength;
    memmove(To->Buffer, From ? From->Buffer : NULL, bytes);
    To->Length = bytes;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING To, PCUNICODE_STRING From)
{
    ULONG bytes = (ULONG)To->Length + From->Length;
    if (bytes > To->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove((PCHAR)To->Buffer + To->Length, From->Buffer, From->Length);
    To->Length = (USHORT)bytes;
    if (bytes + sizeof(WCHAR) <= To->MaximumLength)
        To->Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING To, PCWSTR From)
{
    UNICODE_STRING string;
    if (!From)
        return STATUS_SUCCESS;
    NTSTATUS status = RtlInitUnicodeStringEx(&string, From);
    return NT_SUCCESS(status) ? RtlAppendUnicodeStringToString(To, &string) : status;
}

/* ---- compared ---- */

/* Lengths in characters. */
LONG NTAPI RtlCompareUnicodeStrings(PCWCH Left, SIZE_T LeftChars, PCWCH Right,
                                    SIZE_T RightChars, BOOLEAN IgnoreCase)
{
    SIZE_T shorter = LeftChars < RightChars ? LeftChars : RightChars;
    for (SIZE_T i = 0; i < shorter; i++) {
        WCHAR a = Left[i], b = Right[i];
        if (a != b && IgnoreCase) {
            a = RtlUpcaseUnicodeChar(a);
            b = RtlUpcaseUnicodeChar(b);
        }
        if (a != b)
            return a - b;
    }
    return (LONG)(LeftChars - RightChars);
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING Left, PCUNICODE_STRING Right,
                                   BOOLEAN IgnoreCase)
{
    return RtlCompareUnicodeStrings(Left->Buffer, Left->Length / sizeof(WCHAR),
                                    Right->Buffer, Right->Length / sizeof(WCHAR),
                                    IgnoreCase);
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING Left, PCUNICODE_STRING Right,
                                    BOOLEAN IgnoreCase)
{
    return Left->Length == Right->Length &&
           !RtlCompareUnicodeString(Left, Right, IgnoreCase);
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING Prefix, PCUNICODE_STRING String,
                                     BOOLEAN IgnoreCase)
{
    SIZE_T chars = Prefix->Length / sizeof(WCHAR);
    return Prefix->Length <= String->Length &&
           !RtlCompareUnicodeStrings(Prefix->Buffer, chars, String->Buffer, chars,
                                     IgnoreCase);
}

CHAR NTAPI RtlUpperChar(CHAR Char)
{
    return Char >= 'a' && Char <= 'z' ? (CHAR)(Char - 32) : Char;
}

LONG NTAPI RtlCompareString(const STRING *Left, const STRING *Right, BOOLEAN IgnoreCase)
{
    USHORT shorter = Left->Length < Right->Length ? Left->Length : Right->Length;
    for (USHORT i = 0; i < shorter; i++) {
        UCHAR a = (UCHAR)Left->Buffer[i], b = (UCHAR)Right->Buffer[i];
        if (IgnoreCase) {
            a = (UCHAR)RtlUpperChar((CHAR)a);
            b = (UCHAR)RtlUpperChar((CHAR)b);
        }
        if (a != b)
            return a - b;
    }
    return Left->Length - Right->Length;
}

BOOLEAN NTAPI RtlEqualString(const STRING *Left, const STRING *Right, BOOLEAN IgnoreCase)
{
    return Left->Length == Right->Length && !RtlCompareString(Left, Right, IgnoreCase);
}

/* The x65599 hash, the only algorithm documented (1; 0 is the default, the same). */
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN IgnoreCase,
                                    ULONG Algorithm, PULONG Hash)
{
    if (!String || !Hash || Algorithm > 1)
        return STATUS_INVALID_PARAMETER;
    ULONG hash = 0;
    for (ULONG i = 0; i < String->Length / sizeof(WCHAR); i++) {
        WCHAR c = String->Buffer[i];
        hash = hash * 65599 + (IgnoreCase ? RtlUpcaseUnicodeChar(c) : c);
    }
    *Hash = hash;
    return STATUS_SUCCESS;
}

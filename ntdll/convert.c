/* convert.c - bytes to UTF-16 and back: code pages 1252 (ANSI), 437 (OEM) and UTF-8.
 *
 * Each function fills as much of the output as fits, says how many bytes it wrote and
 * cuts at a character.  A character that the code page lacks becomes '?'.  Sizes are
 * bytes, as the Rtl*N functions have them.  The tables are the code pages' upper halves,
 * from Unicode's mapping files (CP1252.TXT, CP437.TXT); the five holes of 1252 map to
 * themselves, as on Windows ("best fit").
 */
#include "ntdllp.h"
#include "codepages.h"

typedef WCHAR DECODE(UCHAR);

static WCHAR From1252(UCHAR c)
{
    return c >= 0x80 && c < 0xA0 ? CodePage1252[c - 0x80] : c;
}

static WCHAR From437(UCHAR c)
{
    return c >= 0x80 ? CodePage437[c - 0x80] : c;
}

static CHAR Encode(WCHAR c, const WCHAR *table, ULONG count, WCHAR plainFrom)
{
    if (c < 0x80 || (c >= plainFrom && c <= 0xFF))
        return (CHAR)c;
    for (ULONG i = 0; i < count; i++)
        if (table[i] == c)
            return (CHAR)(0x80 + i);
    return '?';
}

static NTSTATUS Widen(PWCH to, ULONG bytes, PULONG result, PCSTR from, ULONG size,
                      DECODE *decode)
{
    ULONG count = bytes / sizeof(WCHAR) < size ? bytes / sizeof(WCHAR) : size;
    for (ULONG i = 0; i < count; i++)
        to[i] = decode((UCHAR)from[i]);
    if (result)
        *result = count * sizeof(WCHAR);
    return count < size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS Narrow(PCHAR to, ULONG bytes, PULONG result, PCWCH from, ULONG size,
                       const WCHAR *table, ULONG entries, WCHAR plainFrom)
{
    ULONG chars = size / sizeof(WCHAR), count = bytes < chars ? bytes : chars;
    for (ULONG i = 0; i < count; i++)
        to[i] = Encode(from[i], table, entries, plainFrom);
    if (result)
        *result = count;
    return count < chars ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH To, ULONG Bytes, PULONG Result,
                                      const char *From, ULONG Size)
{
    return Widen(To, Bytes, Result, From, Size, From1252);
}

NTSTATUS NTAPI RtlOemToUnicodeN(PWCH To, ULONG Bytes, PULONG Result, const char *From,
                                ULONG Size)
{
    return Widen(To, Bytes, Result, From, Size, From437);
}

NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR To, ULONG Bytes, PULONG Result, PCWCH From,
                                      ULONG Size)
{
    return Narrow(To, Bytes, Result, From, Size, CodePage1252, 32, 0xA0);
}

NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR To, ULONG Bytes, PULONG Result, PCWCH From,
                                ULONG Size)
{
    return Narrow(To, Bytes, Result, From, Size, CodePage437, 128, 0xFFFF);
}

NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG Bytes, PCSTR From, ULONG Size)
{
    (void)From;
    *Bytes = Size * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG Bytes, PWCH From, ULONG Size)
{
    (void)From;
    *Bytes = Size / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* ---- UTF-8 ---- */

/* One character at *at; what is not UTF-8 (too long a form, half a pair, a byte on its
 * own) gives U+FFFD and *bad, and takes one byte more of the input at a time. */
static ULONG DecodeUtf8(const UCHAR **at, const UCHAR *end, BOOLEAN *bad)
{
    static const ULONG least[] = {0, 0x80, 0x800, 0x10000};
    const UCHAR *p = *at;
    ULONG c = *p++, more = c < 0x80                ? 0
                           : c >= 0xC2 && c < 0xE0 ? 1
                           : c >= 0xE0 && c < 0xF0 ? 2
                           : c >= 0xF0 && c < 0xF5 ? 3
                                                   : 9;
    ULONG value = more == 0 ? c : c & (0x3F >> more);
    ULONG got = 0;
    for (; more < 9 && got < more && p < end && (*p & 0xC0) == 0x80; got++)
        value = value << 6 | (*p++ & 0x3F);
    if (more == 9 || got < more || value < least[more] || value > 0x10FFFF ||
        (value >= 0xD800 && value < 0xE000)) {
        *bad = TRUE;
        ++*at;
        while (*at < end && (**at & 0xC0) == 0x80)
            ++*at;
        return 0xFFFD;
    }
    *at = p;
    return value;
}

/* To NULL: only count.  STATUS_BUFFER_TOO_SMALL: as much as fits is there;
 * STATUS_SOME_NOT_MAPPED: some of the input was no UTF-8. */
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR To, ULONG Bytes, PULONG Result, PCSTR From,
                                 ULONG Size)
{
    const UCHAR *at = (const UCHAR *)From, *end = at + Size;
    ULONG room = To ? Bytes / sizeof(WCHAR) : ~0u, count = 0;
    BOOLEAN bad = FALSE;
    NTSTATUS status = STATUS_SUCCESS;
    while (at < end) {
        ULONG c = DecodeUtf8(&at, end, &bad), units = c >= 0x10000 ? 2 : 1;
        if (count + units > room) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        if (To && units == 2) {
            To[count] = (WCHAR)(0xD800 + ((c - 0x10000) >> 10));
            To[count + 1] = (WCHAR)(0xDC00 + ((c - 0x10000) & 0x3FF));
        } else if (To) {
            To[count] = (WCHAR)c;
        }
        count += units;
    }
    if (Result)
        *Result = count * sizeof(WCHAR);
    return status || !bad ? status : STATUS_SOME_NOT_MAPPED;
}

NTSTATUS NTAPI RtlUnicodeToUTF8N(PSTR To, ULONG Bytes, PULONG Result, PCWSTR From,
                                 ULONG Size)
{
    ULONG chars = Size / sizeof(WCHAR), room = To ? Bytes : ~0u, count = 0;
    BOOLEAN bad = FALSE;
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG i = 0; i < chars; i++) {
        ULONG c = From[i];
        BOOLEAN pair = c >= 0xD800 && c < 0xDC00 && i + 1 < chars &&
                       From[i + 1] >= 0xDC00 && From[i + 1] < 0xE000;
        if (pair) {
            c = 0x10000 + ((c - 0xD800) << 10) + (From[i + 1] - 0xDC00u);
        } else if (c >= 0xD800 && c < 0xE000) {
            bad = TRUE;
            c = 0xFFFD;
        }
        ULONG length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (count + length > room) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        for (ULONG k = length; To && length > 1 && --k; c >>= 6)
            To[count + k] = (CHAR)(0x80 | (c & 0x3F));
        if (To)
            To[count] = (CHAR)(length == 1 ? c : (0xF00u >> length & 0xFF) | c);
        count += length;
        i += pair;
    }
    if (Result)
        *Result = count;
    return status || !bad ? status : STATUS_SOME_NOT_MAPPED;
}

/* ---- counted strings ---- */

static NTSTATUS ToUnicode(PUNICODE_STRING to, const STRING *from, BOOLEAN allocate,
                          DECODE *decode)
{
    ULONG bytes = (from->Length + 1u) * sizeof(WCHAR);
    if (bytes > 0xFFFE)
        return STATUS_INVALID_PARAMETER_2;
    if (allocate) {
        to->Buffer = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, bytes);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = (USHORT)bytes;
    } else if (to->MaximumLength < bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Widen(to->Buffer, bytes, NULL, from->Buffer, from->Length, decode);
    to->Length = (USHORT)(bytes - sizeof(WCHAR));
    to->Buffer[from->Length] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS FromUnicode(PSTRING to, PCUNICODE_STRING from, BOOLEAN allocate,
                            BOOLEAN oem)
{
    ULONG bytes = from->Length / sizeof(WCHAR) + 1;
    if (allocate) {
        to->Buffer = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, bytes);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = (USHORT)bytes;
    } else if (to->MaximumLength < bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    if (oem)
        RtlUnicodeToOemN(to->Buffer, bytes, NULL, from->Buffer, from->Length);
    else
        RtlUnicodeToMultiByteN(to->Buffer, bytes, NULL, from->Buffer, from->Length);
    to->Length = (USHORT)(bytes - 1);
    to->Buffer[bytes - 1] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING To, PCANSI_STRING From,
                                            BOOLEAN Allocate)
{
    return ToUnicode(To, From, Allocate, From1252);
}

NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING To, const STRING *From,
                                           BOOLEAN Allocate)
{
    return ToUnicode(To, From, Allocate, From437);
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING To, PCUNICODE_STRING From,
                                            BOOLEAN Allocate)
{
    return FromUnicode(To, From, Allocate, FALSE);
}

NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING To, PCUNICODE_STRING From,
                                           BOOLEAN Allocate)
{
    return FromUnicode(To, From, Allocate, TRUE);
}

/* number.c - numbers from and to strings, and pseudo-random ones.
 *
 * RtlRandomEx is the linear congruence modulo 2^31 - 1 of RtlUniform: documented to give
 * numbers in [0, MAXLONG-1].  RtlpBootRandom is what the heap's and the encoded pointers'
 * keys come from: the kernel derives it from the boot seed and the process, so that runs
 * repeat.
 */
#include "ntdllp.h"
#include "fathom.h"

static int Digit(WCHAR c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

/* Base 2, 8, 10, 16, or 0: by prefix 0b, 0o, 0x.  Blanks and a sign may come before it;
 * stops at the first character that is no digit.  STATUS_INVALID_PARAMETER for another
 * base. */
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base,
                                         PULONG Value)
{
    PCWSTR at = String->Buffer, end = at + String->Length / sizeof(WCHAR);
    ULONG base = Base, value = 0;
    BOOLEAN negative = FALSE;
    while (at < end && *at <= ' ')
        at++;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    if (!base) {
        base = 10;
        if (end - at > 1 && at[0] == '0') {
            WCHAR kind = at[1];
            base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
            at += base == 10 ? 0 : 2;
        }
    }
    if (base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    for (; at < end && (ULONG)Digit(*at) < base; at++)
        value = value * base + (ULONG)Digit(*at);
    value = negative ? 0 - value : value;
    return NT_SUCCESS(NtWriteVirtualMemory(NtCurrentProcess(), Value, &value,
                                           sizeof value, NULL))
               ? STATUS_SUCCESS
               : STATUS_ACCESS_VIOLATION;
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    WCHAR wide[72];
    USHORT chars = 0;
    for (const char *at = String; *at && chars < 71; at++)
        wide[chars++] = (UCHAR)*at;
    UNICODE_STRING string = {(USHORT)(chars * 2), (USHORT)(chars * 2), wide};
    return RtlUnicodeStringToInteger(&string, Base, Value);
}

/* STATUS_BUFFER_OVERFLOW if it does not fit; Base 0 means 10. */
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    WCHAR digits[33];
    ULONG at = 33, left = Value, base = Base ? Base : 10;
    if (base != 2 && base != 8 && base != 10 && base != 16)
        return STATUS_INVALID_PARAMETER;
    do
        digits[--at] = L"0123456789ABCDEF"[left % base];
    while (left /= base);
    ULONG bytes = (33 - at) * sizeof(WCHAR);
    if (bytes > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(String->Buffer, digits + at, bytes);
    String->Length = (USHORT)bytes;
    if (bytes < String->MaximumLength)
        String->Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlUniform(PULONG Seed)
{
    return *Seed = (ULONG)((*Seed * 0x7FFFFFEDull + 0x7FFFFFC3u) % 0x7FFFFFFFu);
}

ULONG NTAPI RtlRandom(PULONG Seed)
{
    return RtlUniform(Seed);
}

ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    return RtlUniform(Seed);
}

static ULONG Cookie(void)
{
    static ULONG cookie;
    if (!cookie)
        cookie = RtlpBootRandom() | 1;
    return cookie;
}

/* Pointers at rest, hard to forge: rotated and xored with the process's cookie. */
PVOID NTAPI RtlEncodePointer(PVOID Pointer)
{
    ULONG key = Cookie(), turn = key & 31, mixed = (ULONG)Pointer ^ key;
    return (PVOID)(mixed >> turn | mixed << ((32 - turn) & 31));
}

PVOID NTAPI RtlDecodePointer(PVOID Pointer)
{
    ULONG key = Cookie(), turn = key & 31, mixed = (ULONG)Pointer;
    return (PVOID)((mixed << turn | mixed >> ((32 - turn) & 31)) ^ key);
}

PVOID NTAPI RtlEncodeSystemPointer(PVOID Pointer)
{
    return RtlEncodePointer(Pointer);
}

PVOID NTAPI RtlDecodeSystemPointer(PVOID Pointer)
{
    return RtlDecodePointer(Pointer);
}

ULONG RtlpBootRandom(void)
{
    ULONG value = 0;
    NtFathomQuery(FathomQuerySeed, 0, &value, sizeof value, NULL);
    return value;
}

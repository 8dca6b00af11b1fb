/* convert.c - the A functions' common parts: byte strings in, byte strings out.
 *
 * Every XxxA turns its strings into UTF-16 of the default heap, calls XxxW, and turns
 * what came back into bytes of the ANSI code page (1252).
 */
#include "k32.h"

/* FALSE with ERROR_NOT_ENOUGH_MEMORY or ERROR_FILENAME_EXCED_RANGE (over 32,766
 * characters). */
BOOL Basep8BitStringToDynamicUnicodeString(PUNICODE_STRING wide, LPCSTR bytes)
{
    ANSI_STRING ansi;
    NTSTATUS status;

    RtlInitAnsiString(&ansi, bytes);
    status = RtlAnsiStringToUnicodeString(wide, &ansi, TRUE);
    if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_INVALID_PARAMETER_2)
        return BasepFail(ERROR_FILENAME_EXCED_RANGE);
    return BasepResult(status);
}

/* Strings of any length; NULL (unless bytes is NULL): ERROR_NOT_ENOUGH_MEMORY. */
LPWSTR BasepToWide(LPCSTR bytes)
{
    ULONG length, written;
    LPWSTR wide;

    if (!bytes)
        return NULL;
    length = strlen(bytes) + 1;
    wide = RtlAllocateHeap(BaseHeap(), 0, length * sizeof *wide);
    if (!wide) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    RtlMultiByteToUnicodeN(wide, length * sizeof *wide, &written, bytes, length);
    return wide;
}

/* Of a path: null is none. */
LPWSTR BasepPathToWide(LPCSTR path)
{
    if (!path)
        RtlSetLastWin32Error(ERROR_PATH_NOT_FOUND);
    return BasepToWide(path);
}

LPSTR BasepToAnsi(LPCWSTR wide)
{
    ULONG length, written;
    LPSTR bytes;

    if (!wide)
        return NULL;
    length = wcslen(wide) + 1;
    bytes = RtlAllocateHeap(BaseHeap(), 0, length);
    if (!bytes) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    RtlUnicodeToMultiByteN(bytes, length, &written, wide, length * sizeof *wide);
    return bytes;
}

void BasepFree(PVOID memory)
{
    if (memory)
        RtlFreeHeap(BaseHeap(), 0, memory);
}

DWORD BasepReturnString(LPCWSTR from, DWORD length, LPWSTR out, DWORD size)
{
    if (length >= size)
        return length + 1;
    memcpy(out, from, length * sizeof *out);
    out[length] = 0;
    return length;
}

/* 1252 is one byte a character, so the lengths are those of the wide string. */
DWORD BasepReturnAnsi(LPCWSTR from, LPSTR out, DWORD size)
{
    ULONG length = wcslen(from), written;

    if (length >= size)
        return length + 1;
    RtlUnicodeToMultiByteN(out, length, &written, from, length * sizeof *from);
    out[length] = 0;
    return length;
}

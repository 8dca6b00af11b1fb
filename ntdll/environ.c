/* environ.c - the environment block: NAME=VALUE strings in UTF-16, each ended by NUL, all
 * ended by one NUL more.
 *
 * Names compare without case; a name may begin with '=' (the current folders of drives).
 * The block that the kernel made has no room to grow, so a change makes a new block in
 * the default heap; whether the old one can be freed is told by whether we made it
 * (EnvironmentVersion > 0). The PEB lock guards it.  Documented: GetEnvironmentVariable
 * and its family.
 */
#include "ntdllp.h"

static PWSTR Next(PWSTR at)
{
    return at + wcslen(at) + 1;
}

static SIZE_T BlockBytes(PWSTR block)
{
    PWSTR at = block;
    while (*at)
        at = Next(at);
    return (SIZE_T)((PCHAR)(at + 1) - (PCHAR)block);
}

/* Characters of an entry's name; a '=' in front belongs to it. */
static SIZE_T NameChars(PCWSTR entry)
{
    SIZE_T chars = *entry ? 1 : 0;
    while (entry[chars] && entry[chars] != '=')
        chars++;
    return chars;
}

/* The entry of that name, or NULL; *after: where it belongs in the order of names. */
static PWSTR Find(PWSTR block, PCWSTR name, SIZE_T chars, PWSTR *after)
{
    PWSTR place = NULL, at;
    for (at = block; at && *at; at = Next(at)) {
        LONG order = RtlCompareUnicodeStrings(name, chars, at, NameChars(at), TRUE);
        if (!order)
            return at;
        if (order < 0 && !place)
            place = at;
    }
    if (after)
        *after = place ? place : at;
    return NULL;
}

static PWSTR CurrentBlock(PVOID environment)
{
    return environment ? environment : NtPeb()->ProcessParameters->Environment;
}

/* Lengths in characters; *Returned counts the NUL when the value does not fit
 * (STATUS_BUFFER_TOO_SMALL).  STATUS_VARIABLE_NOT_FOUND. */
NTSTATUS NTAPI RtlQueryEnvironmentVariable(PVOID Environment, PCWSTR Name,
                                           SIZE_T NameLength, PWSTR Value,
                                           SIZE_T ValueChars, PSIZE_T Returned)
{
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;
    RtlAcquirePebLock();
    PWSTR entry = Find(CurrentBlock(Environment), Name, NameLength, NULL);
    if (entry && entry[NameLength] == '=') {
        PWSTR value = entry + NameLength + 1;
        SIZE_T chars = wcslen(value);
        status = chars < ValueChars ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (chars < ValueChars)
            memcpy(Value, value, (chars + 1) * sizeof(WCHAR));
        *Returned = chars < ValueChars ? chars : chars + 1;
    }
    RtlReleasePebLock();
    return status;
}

/* Value->Length becomes the value's bytes, also when it does not fit
 * (STATUS_BUFFER_TOO_SMALL); a NUL comes after it if there is room. */
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR Environment, PUNICODE_STRING Name,
                                             PUNICODE_STRING Value)
{
    NTSTATUS status = STATUS_VARIABLE_NOT_FOUND;
    SIZE_T nameChars = Name->Length / sizeof(WCHAR);
    RtlAcquirePebLock();
    PWSTR entry = Find(CurrentBlock(Environment), Name->Buffer, nameChars, NULL);
    if (entry && entry[nameChars] == '=') {
        PWSTR value = entry + nameChars + 1;
        SIZE_T bytes = wcslen(value) * sizeof(WCHAR);
        Value->Length = (USHORT)bytes;
        status = bytes <= Value->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        if (NT_SUCCESS(status)) {
            memcpy(Value->Buffer, value, bytes);
            if (bytes + sizeof(WCHAR) <= Value->MaximumLength)
                Value->Buffer[bytes / sizeof(WCHAR)] = 0;
        }
    }
    RtlReleasePebLock();
    return status;
}

/* A block that equals old but for name, which has value (NULL: is gone).  NULL: no
 * memory. */
static PWSTR Edit(PWSTR old, PCUNICODE_STRING name, PCUNICODE_STRING value, SIZE_T *size)
{
    SIZE_T chars = name->Length / sizeof(WCHAR), whole = BlockBytes(old);
    SIZE_T added = value ? name->Length + value->Length + 2 * sizeof(WCHAR) : 0;
    PWSTR place, entry = Find(old, name->Buffer, chars, &place);
    if (entry)
        place = entry;
    PWSTR rest = entry ? Next(entry) : place;
    SIZE_T before = (SIZE_T)((PCHAR)place - (PCHAR)old);
    SIZE_T after = whole - (SIZE_T)((PCHAR)rest - (PCHAR)old);
    PCHAR new = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, before + added + after);
    if (!new)
        return NULL;
    memcpy(new, old, before);
    if (value) {
        PWSTR at = (PWSTR)(new + before);
        memcpy(at, name->Buffer, name->Length);
        at[chars] = '=';
        memcpy(at + chars + 1, value->Buffer, value->Length);
        at[chars + 1 + value->Length / sizeof(WCHAR)] = 0;
    }
    memcpy(new + before + added, rest, after);
    *size = before + added + after;
    return (PWSTR) new;
}

/* Environment NULL: the process's own; otherwise a block of RtlCreateEnvironment,
 * replaced. Value NULL removes.  STATUS_INVALID_PARAMETER: '=' inside a name. */
NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *Environment, PUNICODE_STRING Name,
                                         PUNICODE_STRING Value)
{
    PRTL_USER_PROCESS_PARAMETERS parameters = NtPeb()->ProcessParameters;
    if (!Name->Length)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 1; i < Name->Length / sizeof(WCHAR); i++)
        if (Name->Buffer[i] == '=')
            return STATUS_INVALID_PARAMETER;
    RtlAcquirePebLock();
    SIZE_T size;
    PWSTR old = Environment ? *Environment : parameters->Environment;
    PWSTR new = Edit(old, Name, Value, &size);
    if (new &&Environment) {
        *Environment = new;
        RtlFreeHeap(NtPeb()->ProcessHeap, 0, old);
    } else if (new) {
        parameters->Environment = new;
        parameters->EnvironmentSize = size;
        if (parameters->EnvironmentVersion++)
            RtlFreeHeap(NtPeb()->ProcessHeap, 0, old);
    }
    RtlReleasePebLock();
    return new ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN Inherit, PVOID *Environment)
{
    RtlAcquirePebLock();
    PWSTR from = Inherit ? NtPeb()->ProcessParameters->Environment : L"\0";
    SIZE_T size = BlockBytes(from);
    if (size < 2 * sizeof(WCHAR))
        size = sizeof(WCHAR);
    PVOID new = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, size);
    if (new)
        memcpy(new, from, size);
    RtlReleasePebLock();
    if (!new)
        return STATUS_NO_MEMORY;
    *Environment = new;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlDestroyEnvironment(PVOID Environment)
{
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, Environment);
}

VOID NTAPI RtlSetCurrentEnvironment(PVOID Environment, PVOID *Old)
{
    PRTL_USER_PROCESS_PARAMETERS parameters = NtPeb()->ProcessParameters;
    RtlAcquirePebLock();
    PVOID old = parameters->Environment;
    BOOLEAN ours = parameters->EnvironmentVersion != 0;
    parameters->Environment = Environment;
    parameters->EnvironmentSize = BlockBytes(Environment);
    parameters->EnvironmentVersion = 1;
    RtlReleasePebLock();
    if (Old)
        *Old = old;
    else if (ours)
        RtlDestroyEnvironment(old);
}

/* %NAME% becomes its value, an unknown one stays.  *Needed: bytes with the NUL, always.
 * STATUS_BUFFER_TOO_SMALL: cut. */
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR Environment, PUNICODE_STRING From,
                                             PUNICODE_STRING To, PULONG Needed)
{
    PCWSTR at = From->Buffer, end = at + From->Length / sizeof(WCHAR);
    ULONG room = To->MaximumLength / sizeof(WCHAR), count = 0;
    RtlAcquirePebLock();
    while (at < end) {
        PCWSTR close = at + 1, text = at;
        SIZE_T chars = 1;
        PWSTR entry = NULL;
        while (*at == '%' && close < end && *close != '%')
            close++;
        if (*at == '%' && close < end && close > at + 1)
            entry =
                Find(CurrentBlock(Environment), at + 1, (SIZE_T)(close - at - 1), NULL);
        if (entry) {
            text = entry + (close - at);
            chars = wcslen(text);
            at = close + 1;
        } else {
            at++;
        }
        for (SIZE_T i = 0; i < chars; i++, count++)
            if (count < room)
                To->Buffer[count] = text[i];
    }
    RtlReleasePebLock();
    if (count < room)
        To->Buffer[count] = 0;
    if (Needed)
        *Needed = (count + 1) * sizeof(WCHAR);
    To->Length = (USHORT)((count < room ? count : room ? room - 1 : 0) * sizeof(WCHAR));
    return count < room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}

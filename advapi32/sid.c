/* sid.c - security identifiers: values that a program makes, copies and compares.
 *
 *   Revision 1 | SubAuthorityCount | IdentifierAuthority[6] | SubAuthority[count]
 *
 * Nobody on Fathom has one: no process runs for a user.  Structure: [MS-DTYP] 2.4.2.
 */
#include "advapi.h"

DWORD WINAPI GetSidLengthRequired(UCHAR count)
{
    return FIELD_OFFSET(SID, SubAuthority) + count * sizeof(DWORD);
}

WINBOOL WINAPI IsValidSid(PSID sid)
{
    const SID *is = sid;
    return is && is->Revision == SID_REVISION &&
           is->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

DWORD WINAPI GetLengthSid(PSID sid)
{
    return GetSidLengthRequired(((SID *)sid)->SubAuthorityCount);
}

WINBOOL WINAPI InitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE count)
{
    SID *is = sid;
    if (count > SID_MAX_SUB_AUTHORITIES)
        return Fail(ERROR_INVALID_PARAMETER);
    is->Revision = SID_REVISION;
    is->SubAuthorityCount = count;
    is->IdentifierAuthority = *authority;
    return TRUE;
}

/* Freed by FreeSid.  FALSE: ERROR_INVALID_SID (more than eight), ERROR_NOT_ENOUGH_MEMORY. */
WINBOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE count,
                                        DWORD a, DWORD b, DWORD c, DWORD d, DWORD e,
                                        DWORD f, DWORD g, DWORD h, PSID *result)
{
    const DWORD parts[8] = {a, b, c, d, e, f, g, h};
    if (count > 8)
        return Fail(ERROR_INVALID_SID);
    SID *sid = HeapAlloc(GetProcessHeap(), 0, GetSidLengthRequired(count));
    if (!sid)
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    InitializeSid(sid, authority, count);
    for (BYTE i = 0; i < count; i++)
        sid->SubAuthority[i] = parts[i];
    *result = sid;
    return TRUE;
}

PVOID WINAPI FreeSid(PSID sid)
{
    return HeapFree(GetProcessHeap(), 0, sid) ? NULL : sid;
}

WINBOOL WINAPI EqualSid(PSID one, PSID other)
{
    const BYTE *a = one, *b = other;
    for (DWORD left = GetLengthSid(one); left; left--)
        if (*a++ != *b++)
            return FALSE;
    return TRUE;
}

WINBOOL WINAPI CopySid(DWORD room, PSID to, PSID from)
{
    const DWORD length = GetLengthSid(from);
    if (room < length)
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    RtlMoveMemory(to, from, length);
    return TRUE;
}

PDWORD WINAPI GetSidSubAuthority(PSID sid, DWORD index)
{
    return &((SID *)sid)->SubAuthority[index];
}

PUCHAR WINAPI GetSidSubAuthorityCount(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}

PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID sid)
{
    return &((SID *)sid)->IdentifierAuthority;
}

/* descriptor.c - security descriptors and access control lists: structures that are initialised,
 * and mean nothing.
 *
 * A program may build a descriptor and give it to CreateFile or CreateEvent.  Fathom has no users
 * and checks no access between processes, so it looks at none of it (docs/caveats.md).  Only the
 * absolute form is made; the functions check what their pages say they check.
 *
 *   SECURITY_DESCRIPTOR   Revision 1, Control, Owner, Group, Sacl, Dacl
 *   ACL                   AclRevision, AclSize, AceCount | ACE, ACE, ...
 */
#include "advapi.h"

static SECURITY_DESCRIPTOR *Absolute(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR *is = descriptor;
    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        SetLastError(ERROR_UNKNOWN_REVISION);
    else if (is->Control & SE_SELF_RELATIVE)
        SetLastError(ERROR_INVALID_SECURITY_DESCR);
    else
        return is;
    return NULL;
}

WINBOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor,
                                            DWORD revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return Fail(ERROR_UNKNOWN_REVISION);
    *(SECURITY_DESCRIPTOR *)descriptor = (SECURITY_DESCRIPTOR){.Revision = revision};
    return TRUE;
}

WINBOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    const SECURITY_DESCRIPTOR *is = descriptor;
    return is && is->Revision == SECURITY_DESCRIPTOR_REVISION;
}

static void Flag(SECURITY_DESCRIPTOR *is, WORD flag, WINBOOL set)
{
    is->Control = set ? is->Control | flag : is->Control & ~flag;
}

/* The four parts: each is set with a flag that says whether it is there by default. */
WINBOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner,
                                          WINBOOL defaulted)
{
    SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    is->Owner = owner;
    Flag(is, SE_OWNER_DEFAULTED, defaulted);
    return TRUE;
}

WINBOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group,
                                          WINBOOL defaulted)
{
    SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    is->Group = group;
    Flag(is, SE_GROUP_DEFAULTED, defaulted);
    return TRUE;
}

WINBOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, WINBOOL present,
                                         PACL list, WINBOOL defaulted)
{
    SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    Flag(is, SE_DACL_PRESENT, present);
    Flag(is, SE_DACL_DEFAULTED, present && defaulted);
    is->Dacl = present ? list : NULL;
    return TRUE;
}

WINBOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, WINBOOL present,
                                         PACL list, WINBOOL defaulted)
{
    SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    Flag(is, SE_SACL_PRESENT, present);
    Flag(is, SE_SACL_DEFAULTED, present && defaulted);
    is->Sacl = present ? list : NULL;
    return TRUE;
}

WINBOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID *owner,
                                          LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    *owner = is->Owner;
    *defaulted = (is->Control & SE_OWNER_DEFAULTED) != 0;
    return TRUE;
}

WINBOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID *group,
                                          LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    *group = is->Group;
    *defaulted = (is->Control & SE_GROUP_DEFAULTED) != 0;
    return TRUE;
}

WINBOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present,
                                         PACL *list, LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *is = Absolute(descriptor);
    if (!is)
        return FALSE;
    *present = (is->Control & SE_DACL_PRESENT) != 0;
    if (*present) {
        *list = is->Dacl;
        *defaulted = (is->Control & SE_DACL_DEFAULTED) != 0;
    }
    return TRUE;
}

WINBOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor,
                                            PSECURITY_DESCRIPTOR_CONTROL control,
                                            LPDWORD revision)
{
    const SECURITY_DESCRIPTOR *is = descriptor;
    *revision = is->Revision;
    if (is->Revision != SECURITY_DESCRIPTOR_REVISION)
        return Fail(ERROR_UNKNOWN_REVISION);
    *control = is->Control;
    return TRUE;
}

/* size: bytes of the list with all entries that it will get, at most 64 KiB. */
WINBOOL WINAPI InitializeAcl(PACL list, DWORD size, DWORD revision)
{
    if (size < sizeof *list)
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || size > 0xFFFF)
        return Fail(ERROR_INVALID_PARAMETER);
    *list = (ACL){.AclRevision = revision, .AclSize = size & ~3u};
    return TRUE;
}

/* The bytes of the list that are taken; 0: its entries do not fit in it. */
static DWORD Taken(const ACL *list)
{
    DWORD at = sizeof *list;
    for (WORD i = 0; i < list->AceCount; i++) {
        const ACE_HEADER *ace = (const void *)((const BYTE *)list + at);
        if (at + sizeof *ace > list->AclSize || ace->AceSize < sizeof *ace ||
            ace->AceSize > list->AclSize - at)
            return 0;
        at += ace->AceSize;
    }
    return at;
}

WINBOOL WINAPI IsValidAcl(PACL list)
{
    return list->AclRevision >= MIN_ACL_REVISION &&
           list->AclRevision <= MAX_ACL_REVISION && list->AclSize >= sizeof *list &&
           Taken(list);
}

static WINBOOL Add(PACL list, DWORD revision, BYTE type, DWORD flags, DWORD mask,
                   PSID sid)
{
    if (!IsValidSid(sid))
        return Fail(ERROR_INVALID_SID);
    if (!IsValidAcl(list))
        return Fail(ERROR_INVALID_ACL);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
        return Fail(ERROR_REVISION_MISMATCH);
    const DWORD at = Taken(list), length = GetLengthSid(sid),
                size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + length;
    if (size > list->AclSize - at)
        return Fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
    ACCESS_ALLOWED_ACE *ace = (void *)((BYTE *)list + at); /* the denying one is alike */
    ace->Header = (ACE_HEADER){type, flags, size};
    ace->Mask = mask;
    RtlMoveMemory(&ace->SidStart, sid, length);
    list->AceCount++;
    if (revision > list->AclRevision)
        list->AclRevision = revision;
    return TRUE;
}

WINBOOL WINAPI AddAccessAllowedAce(PACL list, DWORD revision, DWORD mask, PSID sid)
{
    return Add(list, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid);
}

WINBOOL WINAPI AddAccessAllowedAceEx(PACL list, DWORD revision, DWORD flags, DWORD mask,
                                     PSID sid)
{
    return Add(list, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}

WINBOOL WINAPI AddAccessDeniedAce(PACL list, DWORD revision, DWORD mask, PSID sid)
{
    return Add(list, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid);
}

WINBOOL WINAPI GetAce(PACL list, DWORD index, LPVOID *ace)
{
    DWORD at = sizeof *list;
    if (index >= list->AceCount || !Taken(list))
        return Fail(ERROR_INVALID_PARAMETER);
    while (index--)
        at += ((ACE_HEADER *)((BYTE *)list + at))->AceSize;
    *ace = (BYTE *)list + at;
    return TRUE;
}

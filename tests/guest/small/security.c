/* security.c - advapi32's descriptors, lists and SIDs: initialised, checked, read back. */
/* link: -ladvapi32 */
#include "documented.h"
#include <ntsecapi.h>

static BYTE list[64];
static SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};

static void descriptors(void)
{
    SECURITY_DESCRIPTOR descriptor;
    BOOL present = 7, defaulted = 7;
    PACL read = NULL;
    documented(
        "InitializeSecurityDescriptor",
        "the revision must be SECURITY_DESCRIPTOR_REVISION", SAME,
        FAILS(InitializeSecurityDescriptor(&descriptor, 2), ERROR_UNKNOWN_REVISION));
    documented("InitializeSecurityDescriptor", "no lists, no owner, all flags FALSE",
               SAME,
               InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) &&
                   IsValidSecurityDescriptor(&descriptor) && descriptor.Control == 0 &&
                   !descriptor.Owner && !descriptor.Dacl);
    documented("SetSecurityDescriptorDacl",
               "a null list that is present allows all access", SAME,
               SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE) &&
                   GetSecurityDescriptorDacl(&descriptor, &present, &read, &defaulted) &&
                   present == 1 && defaulted == 0 && read == NULL);
    documented("SetSecurityDescriptorDacl", "a self-relative descriptor is refused", SAME,
               (descriptor.Control |= SE_SELF_RELATIVE,
                FAILS(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE),
                      ERROR_INVALID_SECURITY_DESCR)));
    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    HANDLE event = CreateEventA(&attributes, TRUE, FALSE, NULL);
    documented("CreateEvent",
               "a security descriptor for the object: it means nothing here", DIFFERS,
               event && CloseHandle(event));
}

static void lists(void)
{
    PSID everyone = NULL;
    ACL *acl = (ACL *)list;
    ACCESS_ALLOWED_ACE *ace = NULL;
    documented(
        "AllocateAndInitializeSid", "at most eight subauthorities", SAME,
        FAILS(AllocateAndInitializeSid(&world, 9, 0, 0, 0, 0, 0, 0, 0, 0, &everyone),
              ERROR_INVALID_SID));
    documented("AllocateAndInitializeSid", "S-1-1-0, 12 bytes", SAME,
               AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, &everyone) &&
                   IsValidSid(everyone) && GetLengthSid(everyone) == 12 &&
                   *GetSidSubAuthority(everyone, 0) == 0);
    documented("InitializeAcl", "too small: ERROR_INSUFFICIENT_BUFFER", SAME,
               FAILS(InitializeAcl(acl, 7, ACL_REVISION), ERROR_INSUFFICIENT_BUFFER));
    documented("AddAccessAllowedAce", "the entry comes at the end of the list", SAME,
               InitializeAcl(acl, 8 + 20 + 19, ACL_REVISION) &&
                   AddAccessAllowedAce(acl, ACL_REVISION, 0x1234, everyone) &&
                   acl->AceCount == 1 && GetAce(acl, 0, (void **)&ace) &&
                   ace->Mask == 0x1234 && ace->Header.AceSize == 20 &&
                   EqualSid(&ace->SidStart, everyone));
    documented("AddAccessAllowedAce", "no room: ERROR_ALLOTTED_SPACE_EXCEEDED", SAME,
               FAILS(AddAccessAllowedAce(acl, ACL_REVISION, 1, everyone),
                     ERROR_ALLOTTED_SPACE_EXCEEDED));
    acl->AceCount = 5;
    documented("IsValidAcl", "entries that reach past the list", SAME, !IsValidAcl(acl));
    documented("FreeSid", "NULL on success", SAME, FreeSid(everyone) == NULL);
}

static void provider(void)
{
    HCRYPTPROV random = 0;
    BYTE first[16] = {0}, second[16] = {0};
    documented(
        "CryptAcquireContext", "CRYPT_VERIFYCONTEXT: a provider without keys", SIMPLIFIED,
        CryptAcquireContextA(&random, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT) &&
            random);
    documented("CryptAcquireContext", "a key container that does not exist", SAME,
               FAILS(CryptAcquireContextA(&random, "none", NULL, PROV_RSA_FULL, 0),
                     (DWORD)NTE_BAD_KEYSET));
    documented(
        "CryptAcquireContext", "the type of the provider must be from 1 to 999", SAME,
        FAILS(CryptAcquireContextA(&random, NULL, NULL, 0, CRYPT_VERIFYCONTEXT),
              (DWORD)NTE_BAD_PROV_TYPE) &&
            FAILS(CryptAcquireContextA(&random, NULL, NULL, 1000, CRYPT_VERIFYCONTEXT),
                  (DWORD)NTE_BAD_PROV_TYPE) &&
            FAILS(CryptAcquireContextA(&random, NULL, NULL, 999, CRYPT_VERIFYCONTEXT),
                  (DWORD)NTE_PROV_TYPE_NOT_DEF));
    documented(
        "CryptAcquireContext", "a provider that does not exist: NTE_KEYSET_NOT_DEF", SAME,
        FAILS(CryptAcquireContextA(&random, NULL, "none", 1, CRYPT_VERIFYCONTEXT),
              (DWORD)NTE_KEYSET_NOT_DEF) &&
            FAILS(CryptAcquireContextW(&random, NULL, L"none", 1, CRYPT_VERIFYCONTEXT),
                  (DWORD)NTE_KEYSET_NOT_DEF) &&
            CryptAcquireContextW(&random, NULL, MS_DEF_PROV_W, 1, CRYPT_VERIFYCONTEXT));
    documented("CryptAcquireContext", "a provider of another type", SAME,
               FAILS(CryptAcquireContextA(&random, NULL, MS_DEF_PROV_A, PROV_RSA_AES,
                                          CRYPT_VERIFYCONTEXT),
                     (DWORD)NTE_PROV_TYPE_NO_MATCH));
    documented(
        "CryptAcquireContext",
        "a flag that is none, or a container together with CRYPT_VERIFYCONTEXT", SAME,
        FAILS(CryptAcquireContextA(&random, NULL, NULL, 1, CRYPT_VERIFYCONTEXT | 1),
              (DWORD)NTE_BAD_FLAGS) &&
            FAILS(CryptAcquireContextA(&random, "none", NULL, 1, CRYPT_VERIFYCONTEXT),
                  (DWORD)NTE_BAD_FLAGS));
    documented("CryptAcquireContext",
               "CRYPT_DELETEKEYSET of a container that does not exist", SAME,
               FAILS(CryptAcquireContextA(&random, "none", NULL, 1, CRYPT_DELETEKEYSET),
                     (DWORD)NTE_BAD_KEYSET));
    documented("CryptGenRandom", "each call has other bytes; not for keys here",
               SIMPLIFIED,
               CryptGenRandom(random, 16, first) && CryptGenRandom(random, 16, second) &&
                   memcmp(first, second, 16) != 0);
    documented("CryptReleaseContext", "the flags must be 0", SAME,
               FAILS(CryptReleaseContext(random, 1), (DWORD)NTE_BAD_FLAGS));
    CHECK(CryptReleaseContext(random, 0));
}

int main(void)
{
    LUID luid = {7, 7};
    HANDLE token = (HANDLE)1;
    BYTE first[16] = {0}, second[16] = {0};
    descriptors();
    lists();
    documented(
        "LookupPrivilegeValue", "SeLockMemoryPrivilege is 4", SAME,
        LookupPrivilegeValueA(NULL, "SeLockMemoryPrivilege", &luid) &&
            luid.LowPart == 4 &&
            LookupPrivilegeValueW(NULL, L"SeDebugPrivilege", &luid) &&
            luid.LowPart == 20 &&
            FAILS(LookupPrivilegeValueA(NULL, "SeNone", &luid), ERROR_NO_SUCH_PRIVILEGE));
    documented("OpenProcessToken", "no process has a token here: ERROR_ACCESS_DENIED",
               DIFFERS,
               FAILS(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token),
                     ERROR_ACCESS_DENIED) &&
                   token == NULL);
    documented("RtlGenRandom", "each call has other bytes; not for keys here", SIMPLIFIED,
               RtlGenRandom(first, 16) && RtlGenRandom(second, 16) &&
                   memcmp(first, second, 16) != 0);
    provider();
    return undocumented();
}

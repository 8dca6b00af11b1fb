/* provider.c - a cryptographic provider that gives random bytes, and nothing else of CryptoAPI.
 *
 * Programs take one to seed themselves: with CRYPT_VERIFYCONTEXT, which wants no keys.  There are
 * no key containers, and none can be made.  The bytes are those of random.c, and not for keys.
 */
#include "advapi.h"
#include <ntsecapi.h>

static const char Provider; /* its address is the handle: one does for all */
#define HANDLE_OF_IT ((HCRYPTPROV)(ULONG_PTR)&Provider)

/* Those that Windows 7 has, by name and type; here they are all one. */
static const struct {
    DWORD Type;
    const char *Name;
} providers[] = {
    {PROV_RSA_FULL, MS_STRONG_PROV_A},
    {PROV_RSA_FULL, MS_DEF_PROV_A},
    {PROV_RSA_FULL, MS_ENHANCED_PROV_A},
    {PROV_RSA_FULL, MS_SCARD_PROV_A},
    {PROV_DSS, MS_DEF_DSS_PROV_A},
    {PROV_RSA_SCHANNEL, MS_DEF_RSA_SCHANNEL_PROV_A},
    {PROV_DSS_DH, MS_ENH_DSS_DH_PROV_A},
    {PROV_DSS_DH, MS_DEF_DSS_DH_PROV_A},
    {PROV_DH_SCHANNEL, MS_DEF_DH_SCHANNEL_PROV_A},
    {PROV_RSA_AES, MS_ENH_RSA_AES_PROV_A},
};

/* Which error there is no provider of that name and type for; name null: any of the type. */
static DWORD NoProvider(const char *name, DWORD type)
{
    DWORD error = (DWORD)(name ? NTE_KEYSET_NOT_DEF : NTE_PROV_TYPE_NOT_DEF);
    if (!type || type > 999)
        return (DWORD)NTE_BAD_PROV_TYPE;
    for (DWORD i = 0; i < sizeof providers / sizeof *providers; i++) {
        if (name && lstrcmpiA(name, providers[i].Name))
            continue;
        if (type == providers[i].Type)
            return 0;
        if (name)
            error = (DWORD)NTE_PROV_TYPE_NO_MATCH;
    }
    return error;
}

#define KNOWN_FLAGS                                                                      \
    (CRYPT_VERIFYCONTEXT | CRYPT_NEWKEYSET | CRYPT_DELETEKEYSET | CRYPT_MACHINE_KEYSET | \
     CRYPT_SILENT | CRYPT_DEFAULT_CONTAINER_OPTIONAL)

/* NTE_BAD_FLAGS: unknown, or a container together with CRYPT_VERIFYCONTEXT; NTE_BAD_KEYSET: a
 * container, of which there is none; ERROR_ACCESS_DENIED: to make one. */
static WINBOOL Acquire(HCRYPTPROV *provider, BOOL container, const char *name, DWORD type,
                       DWORD flags)
{
    DWORD error = NoProvider(name, type);
    BOOL verify = (flags & CRYPT_VERIFYCONTEXT) == CRYPT_VERIFYCONTEXT;
    if (error)
        return Fail(error);
    if (flags & ~KNOWN_FLAGS || (flags & CRYPT_VERIFYCONTEXT && (!verify || container)))
        return Fail((DWORD)NTE_BAD_FLAGS);
    if (flags & CRYPT_NEWKEYSET)
        return Fail(ERROR_ACCESS_DENIED);
    if (!verify || flags & CRYPT_DELETEKEYSET)
        return Fail((DWORD)NTE_BAD_KEYSET);
    *provider = HANDLE_OF_IT;
    return TRUE;
}

WINBOOL WINAPI CryptAcquireContextA(HCRYPTPROV *provider, LPCSTR container, LPCSTR name,
                                    DWORD type, DWORD flags)
{
    return Acquire(provider, container && *container, name, type, flags);
}

WINBOOL WINAPI CryptAcquireContextW(HCRYPTPROV *provider, LPCWSTR container, LPCWSTR name,
                                    DWORD type, DWORD flags)
{
    char narrow[80] = "";
    if (name &&
        !WideCharToMultiByte(CP_ACP, 0, name, -1, narrow, sizeof narrow, NULL, NULL))
        *narrow = 0; /* too long to be one */
    return Acquire(provider, container && *container, name ? narrow : NULL, type, flags);
}

/* NTE_BAD_UID: it is no provider; NTE_BAD_FLAGS. */
WINBOOL WINAPI CryptReleaseContext(HCRYPTPROV provider, DWORD flags)
{
    if (provider != HANDLE_OF_IT)
        return Fail((DWORD)NTE_BAD_UID);
    return !flags || Fail((DWORD)NTE_BAD_FLAGS);
}

/* ERROR_INVALID_HANDLE: it is no provider. */
WINBOOL WINAPI CryptGenRandom(HCRYPTPROV provider, DWORD length, BYTE *buffer)
{
    if (provider != HANDLE_OF_IT)
        return Fail(ERROR_INVALID_HANDLE);
    return SystemFunction036(buffer, length);
}

/* provider.c - a cryptographic provider that gives random bytes, and nothing else of CryptoAPI.
 *
 * Programs take one to seed themselves: with CRYPT_VERIFYCONTEXT, which wants no keys.  There are
 * no key containers, and none can be made.  The bytes are those of random.c, and not for keys.
 */
#include "advapi.h"
#include <ntsecapi.h>

static const char Provider; /* its address is the handle: one does for all */
#define HANDLE_OF_IT ((HCRYPTPROV)(ULONG_PTR)&Provider)

/* NTE_BAD_PROV_TYPE: no type of provider; NTE_BAD_KEYSET: a container, of which there is none;
 * ERROR_ACCESS_DENIED: to make or to delete one. */
static WINBOOL Acquire(HCRYPTPROV *provider, DWORD type, DWORD flags)
{
    if (!type || type > PROV_RSA_AES)
        return Fail(type ? (DWORD)NTE_PROV_TYPE_NOT_DEF : (DWORD)NTE_BAD_PROV_TYPE);
    if (flags & (CRYPT_NEWKEYSET | CRYPT_DELETEKEYSET))
        return Fail(ERROR_ACCESS_DENIED);
    if (!(flags & CRYPT_VERIFYCONTEXT))
        return Fail((DWORD)NTE_BAD_KEYSET);
    *provider = HANDLE_OF_IT;
    return TRUE;
}

WINBOOL WINAPI CryptAcquireContextA(HCRYPTPROV *provider, LPCSTR container, LPCSTR name,
                                    DWORD type, DWORD flags)
{
    (void)container;
    (void)name;
    return Acquire(provider, type, flags);
}

WINBOOL WINAPI CryptAcquireContextW(HCRYPTPROV *provider, LPCWSTR container, LPCWSTR name,
                                    DWORD type, DWORD flags)
{
    (void)container;
    (void)name;
    return Acquire(provider, type, flags);
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

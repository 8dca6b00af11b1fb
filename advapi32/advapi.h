/* advapi.h - what the files of advapi32 share.  It calls kernel32 alone. */
#ifndef FATHOM_ADVAPI_H
#define FATHOM_ADVAPI_H

#define _ADVAPI32_
#define WINIMPM /* wincrypt.h: ours, too */
#include <windows.h>

#undef RtlMoveMemory /* the header makes it the compiler's memmove, which is nowhere here */
WINBASEAPI void WINAPI RtlMoveMemory(PVOID to, const void *from, SIZE_T length);

static inline WINBOOL Fail(DWORD error) /* FALSE, with that last error */
{
    SetLastError(error);
    return FALSE;
}

#endif

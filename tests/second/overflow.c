/* overflow.c - a service that uses up its stack (tests/tools/overflow.t): it calls itself. */
#define NtFathomNull NtFathomNothing
#include "dispatch/service.c"
#undef NtFathomNull

static ULONG KiDeeper(volatile ULONG *level)
{
    volatile ULONG next = *level + 1;
    return next ? KiDeeper(&next) + 1 : 0;
}

NTSTATUS NTAPI NtFathomNull(void)
{
    volatile ULONG level = 0;
    return KiDeeper(&level);
}

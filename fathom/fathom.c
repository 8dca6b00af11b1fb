/* fathom.c - fathom.dll: the door to what only Fathom's kernel offers.
 *
 * Each function is one service and nothing more (ntdll's stubs do the crossing); they stand in
 * a DLL of their own so that no Windows DLL gains an export that Windows does not have.
 * Structures and masks: include/fathom.h.  All return the service's NTSTATUS.
 */
#include "ntdll.h"
#include "fathom.h"

/* Turn events on for this process: bit n of mask is event n; 0 ends it and drops the unread. */
NTSTATUS WINAPI FathomTrace(ULONG mask, ULONG flags)
{
    return NtFathomTrace(mask, flags);
}

/* Whole FATHOM_EVENT records, oldest first; *returned in bytes, 0 when there is none. */
NTSTATUS WINAPI FathomReadEvents(PVOID buffer, ULONG length, PULONG returned)
{
    return NtFathomReadEvents(buffer, length, returned);
}

/* module!symbol+offset of a user or kernel address, as the kernel knows it. */
NTSTATUS WINAPI FathomSymbol(ULONG_PTR address, char *text, ULONG length)
{
    return NtFathomSymbol(NtCurrentProcess(), address, text, length);
}

/* A FATHOM_QUERY question; *returned in bytes, also when STATUS_BUFFER_TOO_SMALL. */
NTSTATUS WINAPI FathomQuery(ULONG class, ULONG_PTR argument, PVOID buffer, ULONG length,
                            PULONG returned)
{
    return NtFathomQuery(class, argument, buffer, length, returned);
}

/* The cheapest crossing there is: what a service costs before it does anything. */
NTSTATUS WINAPI FathomNull(void)
{
    return NtFathomNull();
}

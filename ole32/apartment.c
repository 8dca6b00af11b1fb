/* apartment.c - the word that each thread has of COM, and which apartment it is in.
 *
 *     count of CoInitialize, from bit 2 | SERVES: a class's thread | bit 0: the mode
 *
 * Fathom has no apartments to keep apart (no object is reached from another thread by a proxy), so
 * what is kept is the count and the mode that the documentation promises about the results.
 * Windows: TEB.ReservedForOle.
 *
 * Lock: none; a thread changes its own word alone.
 */
#include "ole32.h"

#define SERVES 2u

static DWORD Slot = TLS_OUT_OF_INDEXES;

BOOL OlepInitialize(void)
{
    Slot = TlsAlloc();
    return Slot != TLS_OUT_OF_INDEXES;
}

void OlepUninitialize(void)
{
    TlsFree(Slot);
}

ULONG_PTR OlepApartment(void)
{
    return (ULONG_PTR)TlsGetValue(Slot);
}

void OlepSetApartment(ULONG_PTR State)
{
    TlsSetValue(Slot, (LPVOID)State);
}

BOOL OlepIsInitialized(void)
{
    return OlepApartment() >= OLEP_COUNT_ONE;
}

void OlepEnterServer(void)
{
    OlepSetApartment(OLEP_COUNT_ONE | SERVES);
}

BOOL OlepIsServing(void)
{
    return (OlepApartment() & SERVES) != 0;
}

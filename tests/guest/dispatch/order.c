/* link: -lntdll */
/* order.c - which mistake a query tells of when there are several: the class, then the
 * length, then the handle, then its access; nothing is written. */
#include <windows.h>
#include <winternl.h>
#include "check.h"

NTSTATUS NTAPI NtQueryEvent(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSTATUS NTAPI NtQueryMutant(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSTATUS NTAPI NtQueryTimer(HANDLE, ULONG, void *, ULONG, ULONG *);

#define BAD_CLASS  0xC0000003u
#define BAD_LENGTH 0xC0000004u
#define BAD_HANDLE 0xC0000008u
#define BAD_TYPE   0xC0000024u
#define NO_ACCESS  0xC0000022u

typedef NTSTATUS(NTAPI *QUERY)(HANDLE, ULONG, void *, ULONG, ULONG *);

static void ordered(QUERY query, ULONG length, HANDLE of_other_type, HANDLE weak)
{
    UCHAR facts[64] = {0xA5};

    CHECK_EQUAL(query(NULL, 99, facts, 1, NULL), BAD_CLASS);
    CHECK_EQUAL(query(NULL, 0, facts, 1, NULL), BAD_LENGTH);
    CHECK_EQUAL(query(NULL, 0, facts, length, NULL), BAD_HANDLE);
    CHECK_EQUAL(query(of_other_type, 0, facts, length, NULL), BAD_TYPE);
    if (weak)
        CHECK_EQUAL(query(weak, 0, facts, length, NULL), NO_ACCESS);
    CHECK_EQUAL(facts[0], 0xA5);
}

int main(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL),
           mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE weak, port = NULL;
    ULONG facts[128], returned;

    CHECK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak,
                          SYNCHRONIZE, FALSE, 0));
    ordered(NtQueryEvent, 8, mutex, weak);
    ordered(NtQueryMutant, 8, event, NULL);
    ordered(NtQuerySemaphore, 8, event, NULL);
    ordered(NtQueryTimer, 16, event, NULL);
    ordered((QUERY)NtQueryInformationProcess, 24, event, NULL);
    /* Longer buffers are good for what may grow. */
    CHECK_EQUAL(NtQuerySystemInformation(1, facts, sizeof facts, &returned), 0);
    CHECK_EQUAL(returned, 12);
    CHECK_EQUAL(NtQuerySystemInformation(2, facts, sizeof facts, &returned), 0);
    /* ProcessDebugObjectHandle: nobody debugs us. */
    CHECK_EQUAL(
        NtQueryInformationProcess(GetCurrentProcess(), 30, &port, sizeof port, NULL),
        0xC0000353);
    CHECK(port == NULL);
    return 0;
}

/* memorynotice.c - CreateMemoryResourceNotification: objects that follow the free pages. */
/* link: -lntdll */
#include "documented.h"

#define PIECE (1u << 20)

NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);

static HANDLE low, high;

static BOOL is(HANDLE notification, BOOL expected)
{
    BOOL state = 2;
    NOTE("QueryMemoryResourceNotification",
         QueryMemoryResourceNotification(notification, &state));
    NOTE("the state", state);
    return state == expected;
}

/* Commits and touches pieces until low memory is signalled; bytes that it took, 0: never. */
static SIZE_T fill(void **pieces, ULONG most)
{
    for (ULONG count = 0; count < most; count++) {
        BYTE *piece = pieces[count] =
            VirtualAlloc(NULL, PIECE, MEM_COMMIT, PAGE_READWRITE);
        if (!piece)
            return 0;
        for (ULONG at = 0; at < PIECE; at += 4096)
            piece[at] = 1;
        if (is(low, TRUE))
            return (SIZE_T)(count + 1) * PIECE;
    }
    return 0;
}

static DWORD WINAPI waits(void *notification)
{
    return WaitForSingleObject(notification, 60000);
}

int main(void)
{
    static void *pieces[4096];
    MEMORYSTATUSEX before, after;
    DWORD code = 1;

    before.dwLength = after.dwLength = sizeof before;
    low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
    high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
    documented("CreateMemoryResourceNotification",
               "a third type is ERROR_INVALID_PARAMETER", SAME,
               FAILS(CreateMemoryResourceNotification(2), ERROR_INVALID_PARAMETER));
    documented("CreateMemoryResourceNotification",
               "not signalled as low, signalled as high while memory is plenty", SAME,
               low && high && is(low, FALSE) && is(high, TRUE));
    documented("CreateMemoryResourceNotification",
               "the handle is used in the wait functions", SAME,
               WaitForSingleObject(low, 0) == WAIT_TIMEOUT &&
                   WaitForSingleObject(high, 0) == 0);
    documented(
        "QueryMemoryResourceNotification", "a null pointer is refused", SAME,
        FAILS(QueryMemoryResourceNotification(low, NULL), ERROR_INVALID_PARAMETER));
    documented("CreateMemoryResourceNotification", "a program cannot signal it", SAME,
               NtSetEvent(low, NULL) == (NTSTATUS)0xC0000022);

    HANDLE thread = CreateThread(NULL, 0, waits, low, 0, NULL);
    GlobalMemoryStatusEx(&before);
    const SIZE_T taken = fill(pieces, sizeof pieces / sizeof *pieces);
    GlobalMemoryStatusEx(&after);
    documented(
        "CreateMemoryResourceNotification",
        "low is signalled at 32 MB for each 4 GB: here of what can still be committed",
        DIFFERS,
        taken && after.ullAvailPageFile <= before.ullTotalPhys / 128 &&
            after.ullAvailPageFile + 2 * PIECE > before.ullTotalPhys / 128);
    if (taken == 0 || thread == NULL)
        return undocumented(); /* the thread would wait for ever */
    documented("CreateMemoryResourceNotification", "high is not signalled then", SAME,
               is(high, FALSE));
    documented("CreateMemoryResourceNotification",
               "a thread that waits goes on when memory becomes low", SAME,
               WaitForSingleObject(thread, 60000) == 0 &&
                   GetExitCodeThread(thread, &code) && code == 0);
    for (ULONG i = 0; i < taken / PIECE; i++)
        VirtualFree(pieces[i], 0, MEM_RELEASE);
    documented("CreateMemoryResourceNotification",
               "when memory is free again, high is signalled and low is not", SAME,
               is(high, TRUE) && is(low, FALSE));
    CloseHandle(thread);
    CloseHandle(low);
    CloseHandle(high);
    return undocumented();
}

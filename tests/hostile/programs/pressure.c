/* pressure.c - one resource after another until there is no more, and then all of it given back.
 *
 *     pressure KIND     reserve small commit touch sparse heap threads events named handles
 *                       sections views files pipes processes
 *     pressure total    how much memory there is, in MiB
 *
 * The end must come as one of the documented statuses, never as a fault on a page that was
 * committed; afterwards as much can be had as before.  Exit code 0: so it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#define MOST 70000
static HANDLE held[MOST];
static ULONG count, last_error;
static NTSTATUS(NTAPI *last_status)(void);

static ULONG fail(const char *why)
{
    printf("%s: error %lu, status %08lx after %lu\n", why, last_error,
           last_status ? last_status() : 0, count);
    fflush(stdout);
    ExitProcess(1);
}

/* What may be said when there is no more; anything else is a mistake of the system's. */
static int is_shortage(void)
{
    static const DWORD said[] = {ERROR_NOT_ENOUGH_MEMORY,  ERROR_OUTOFMEMORY,
                                 ERROR_COMMITMENT_LIMIT,   ERROR_NO_SYSTEM_RESOURCES,
                                 ERROR_NOT_ENOUGH_QUOTA,   ERROR_DISK_FULL,
                                 ERROR_TOO_MANY_OPEN_FILES};
    last_error = GetLastError();
    for (unsigned i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i] == last_error)
            return 1;
    return 0;
}

static HANDLE release_event, begun;
static DWORD WINAPI wait_for(void *event)
{
    SetEvent(begun);
    return WaitForSingleObject(event, INFINITE);
}

/* A thread takes memory of the heap when it begins, and without it the process ends, as on
 * Windows.  So room is put aside before, and CreateThread is what meets the end. */
static HANDLE thread(void)
{
    static void *aside;
    SetLastError(ERROR_NOT_ENOUGH_MEMORY); /* HeapAlloc says nothing */
    if (!aside && !(aside = HeapAlloc(GetProcessHeap(), 0, 0x4000)))
        return NULL;
    HANDLE made =
        CreateThread(NULL, 0x10000, wait_for, release_event,
                     CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!made)
        return NULL;
    HeapFree(GetProcessHeap(), 0, aside);
    ResumeThread(made);
    WaitForSingleObject(begun, INFINITE);
    aside = HeapAlloc(GetProcessHeap(), 0, 0x4000);
    return made;
}

static void *one(const char *kind)
{
    char name[64], text[4096] = "x";
    if (!strcmp(kind, "reserve"))
        return VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_READWRITE);
    if (!strcmp(kind, "small"))
        return VirtualAlloc(NULL, 0x1000, MEM_RESERVE, PAGE_READWRITE);
    if (!strcmp(kind, "commit"))
        return VirtualAlloc(NULL, 0x40000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!strcmp(kind, "touch")) {
        char *p = VirtualAlloc(NULL, 0x40000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (ULONG i = 0; p && i < 0x40000; i += 0x1000)
            p[i] = 1;
        return p;
    }
    if (!strcmp(kind, "sparse")) { /* a page table for each page */
        char *p = VirtualAlloc(NULL, 0x200000, MEM_RESERVE, PAGE_READWRITE);
        if (p && !VirtualAlloc(p, 1, MEM_COMMIT, PAGE_READWRITE)) {
            VirtualFree(p, 0, MEM_RELEASE);
            SetLastError(ERROR_COMMITMENT_LIMIT);
            return NULL;
        }
        if (p)
            *p = 1;
        return p;
    }
    if (!strcmp(kind, "heap")) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY); /* HeapAlloc says nothing */
        return HeapAlloc(GetProcessHeap(), 0, 0x4000);
    }
    if (!strcmp(kind, "threads"))
        return thread();
    if (!strcmp(kind, "events"))
        return CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!strcmp(kind, "named")) {
        sprintf(name, "event %lu with a name that is a little longer", count);
        return count < 3000 ? CreateEventA(NULL, TRUE, FALSE, name)
                            : (SetLastError(ERROR_NOT_ENOUGH_MEMORY), NULL);
    }
    if (!strcmp(kind, "handles")) {
        HANDLE copy = NULL;
        DuplicateHandle(GetCurrentProcess(), release_event, GetCurrentProcess(), &copy, 0,
                        FALSE, DUPLICATE_SAME_ACCESS);
        return copy;
    }
    if (!strcmp(kind, "sections"))
        return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x40000,
                                  NULL);
    if (!strcmp(kind, "views")) {
        char *p = MapViewOfFile(held[MOST - 1], FILE_MAP_COPY, 0, 0, 0);
        if (p)
            *p = 1;
        return p;
    }
    if (!strcmp(kind, "files")) {
        sprintf(name, "C:\\p%lu.tmp", count);
        DWORD n = 0;
        HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                                  FILE_FLAG_DELETE_ON_CLOSE, NULL);
        if (file == INVALID_HANDLE_VALUE)
            return NULL;
        for (int i = 0; i < 64; i++)
            if (!WriteFile(file, text, sizeof text, &n, NULL) || n != sizeof text) {
                DWORD why = GetLastError();
                CloseHandle(file);
                SetLastError(why);
                return NULL;
            }
        return file;
    }
    if (!strcmp(kind, "pipes")) {
        HANDLE in, out;
        if (!CreatePipe(&in, &out, NULL, 0))
            return NULL;
        held[++count] = in;
        return out;
    }
    if (!strcmp(kind, "processes")) {
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION p;
        char line[] = "C:\\hello.exe";
        if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                            &startup, &p))
            return NULL;
        CloseHandle(p.hThread);
        return p.hProcess;
    }
    return (void *)fail("no such kind");
}

static int is_memory(const char *kind)
{
    return strchr("rcts", *kind) && strcmp(kind, "threads") && strcmp(kind, "sections");
}

static void give_back(const char *kind)
{
    if (!strcmp(kind, "threads"))
        SetEvent(release_event);
    while (count) {
        HANDLE h = held[count--];
        BOOL ok = TRUE;
        if (is_memory(kind))
            ok = VirtualFree(h, 0, MEM_RELEASE);
        else if (!strcmp(kind, "views"))
            ok = UnmapViewOfFile(h);
        else if (!strcmp(kind, "heap"))
            ok = HeapFree(GetProcessHeap(), 0, h);
        else if (!strcmp(kind, "processes"))
            ok = TerminateProcess(h, 0) && !WaitForSingleObject(h, 10000) &&
                 CloseHandle(h);
        else if (!strcmp(kind, "threads"))
            ok = !WaitForSingleObject(h, 10000) && CloseHandle(h);
        else
            ok = CloseHandle(h);
        last_error = GetLastError();
        if (!ok)
            fail("not given back");
    }
    ResetEvent(release_event);
}

static ULONG fill(const char *kind)
{
    while (count < MOST - 2) {
        void *p = one(kind);
        if (!p)
            break;
        held[++count] = p;
    }
    if (count < MOST - 3 && !is_shortage())
        fail("not a shortage");
    return count;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "commit";
    last_status = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlGetLastNtStatus");
    if (!strcmp(kind, "total")) {
        MEMORYSTATUSEX m = {.dwLength = sizeof m};
        GlobalMemoryStatusEx(&m);
        printf("%lu MiB\n", (ULONG)(m.ullTotalPhys >> 20));
        return 0;
    }
    release_event = CreateEventA(NULL, TRUE, FALSE, NULL);
    begun = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (!strcmp(kind, "views"))
        held[MOST - 1] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                            0x40000, NULL);
    ULONG first = fill(kind);
    give_back(kind);
    ULONG second = fill(kind);
    give_back(kind);
    printf("%s: %lu, then %lu\n", kind, first, second);
    if (second < first - first / 8 || second == 0)
        fail("less the second time");
    return 0;
}

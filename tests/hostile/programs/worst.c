/* worst.c - the worst known input to every service that takes a string, a list or a size.
 *
 * A line for each call: `NtName instructions status what`.  tests/hostile/worst.t has the limits
 * and finds a service without a line.  With an argument the lists are longer.
 */
#include "worstio.h"

/* ---- names: many that differ in their last character ---- */

static void names(void)
{
    HANDLE kept;
    for (WCHAR last = 'a'; last <= 'z'; last++)
        CALL(NtCreateEvent, H(&kept), 0x1F0003, H(long_object(last)), 0, 0);
    CHECK_EQUAL(status, 0);
    const ULONG other = H(long_object('~'));
    W(NtOpenEvent, "a long name among alike ones", C(0), 0x1F0003, other);
    W(NtOpenKeyedEvent, "a long name among alike ones", C(0), 3, other);
    W(NtOpenMutant, "a long name among alike ones", C(0), 1, other);
    W(NtOpenSection, "a long name among alike ones", C(0), 4, other);
    W(NtOpenSemaphore, "a long name among alike ones", C(0), 2, other);
    W(NtOpenTimer, "a long name among alike ones", C(0), 2, other);
    W(NtOpenProcess, "a long name", C(0), 0x400, other, C(5));
    W(NtOpenThread, "a long name", C(0), 0x40, other, C(14));
    W(NtCreateEvent, "a long name among alike ones", C(0), 0x1F0003, H(long_object('1')),
      0, 0);
    W(NtCreateKeyedEvent, "a long name among alike ones", C(0), 0xF0003,
      H(long_object('2')), 0);
    W(NtCreateMutant, "a long name among alike ones", C(0), 0x1F0001, H(long_object('3')),
      0);
    W(NtCreateSemaphore, "a long name among alike ones", C(0), 0x1F0003,
      H(long_object('4')), 1, 2);
    W(NtCreateTimer, "a long name among alike ones", C(0), 0x1F0003, H(long_object('5')),
      0);
    W(NtCreatePort, "a long name among alike ones", C(0), H(long_object('6')), 64, 256,
      0);
    W(NtConnectPort, "a long name among alike ones", C(0),
      H(long_object('~')->ObjectName), 0, 0, 0, C(7), H(room), C(13));
    W(NtDuplicateObject, "every attribute", SELF, H(event), SELF, C(0), 0, ~0u, 2);
}

/* ---- memory ---- */

static void memory(void)
{
    ULONG base = 0, size = 1024 * MIB, old;
    W(NtAllocateVirtualMemory, "1 GiB reserved", SELF, H(&base), 0, H(&size), MEM_RESERVE,
      PAGE_READWRITE);
    huge = (char *)base;
    size = 64 * MIB;
    W(NtAllocateVirtualMemory, "64 MiB committed", SELF, H(&base), 0, H(&size),
      MEM_COMMIT, PAGE_READWRITE);
    W(NtProtectVirtualMemory, "64 MiB that were never touched", SELF, H(&base), H(&size),
      PAGE_READONLY, H(&old));
    W(NtProtectVirtualMemory, "64 MiB that were touched", SELF, H(&room), H(&size),
      PAGE_READWRITE, H(&old));
    SetProcessWorkingSetSize(GetCurrentProcess(), 128 * MIB, 160 * MIB);
    W(NtLockVirtualMemory, "64 MiB", SELF, H(&room), H(&size), 1);
    W(NtUnlockVirtualMemory, "64 MiB", SELF, H(&room), H(&size), 1);
    W(NtFlushInstructionCache, "64 MiB", SELF, H(room), 64 * MIB);
    W(NtReadVirtualMemory, "16 MiB", SELF, H(room), H(room + 32 * MIB), 16 * MIB, C(0));
    W(NtWriteVirtualMemory, "16 MiB", SELF, H(room), H(room + 32 * MIB), 16 * MIB, C(0));
    size = 0;
    W(NtFreeVirtualMemory, "1 GiB of which 64 MiB are committed", SELF, H(&base),
      H(&size), MEM_RELEASE);
    CLASSES(NtQueryVirtualMemory, 2, SELF, H(room), 0, H(room), MIB, C(7));

    char *seen = VirtualAlloc(NULL, 16 * MIB, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                              PAGE_READWRITE);
    for (ULONG i = 0; i < 16 * MIB; i += 4096)
        seen[i] = 1;
    cells[12][0] = 16 * MIB / 4096;
    W(NtGetWriteWatch, "16 MiB, every page written", SELF, 1, H(seen), 16 * MIB, H(room),
      C(12), C(7));
    W(NtResetWriteWatch, "16 MiB", SELF, H(seen), 16 * MIB);
    size = 0;
    W(NtFreeVirtualMemory, "16 MiB that were touched", SELF, H(&seen), H(&size),
      MEM_RELEASE);
}

static void sections(void)
{
    LARGE_INTEGER size = {.QuadPart = 512 * MIB};
    ULONG handle, base = 0, view = 0;
    W(NtCreateSection, "512 MiB reserved, a long name", H(&handle), 0xF001F,
      H(long_object('7')), H(&size), PAGE_READWRITE, 0x4000000, 0);
    W(NtMapViewOfSection, "all of it", handle, SELF, H(&base), 0, 0, 0, H(&view), 2, 0,
      PAGE_READWRITE);
    CALL(NtUnmapViewOfSection, SELF, base);
    size.QuadPart = 64 * MIB;
    W(NtCreateSection, "64 MiB committed", H(&handle), 0xF001F, 0, H(&size),
      PAGE_READWRITE, 0x8000000, 0);
    base = view = 0;
    W(NtMapViewOfSection, "64 MiB", handle, SELF, H(&base), 0, 64 * MIB, 0, H(&view), 2,
      0, PAGE_READWRITE);
    CLASSES(NtQuerySection, 1, handle, 0, H(room), MIB, C(7));
    CALL(NtUnmapViewOfSection, SELF, base);

    size.QuadPart = 4 * MIB;
    CALL(NtCreateSection, H(&handle), 0xF001F, 0, H(&size), PAGE_READWRITE, 0x8000000,
         H(file));
    CHECK_EQUAL(status, 0);
    base = view = 0;
    CALL(NtMapViewOfSection, handle, SELF, H(&base), 0, 0, 0, H(&view), 2, 0,
         PAGE_READWRITE);
    for (ULONG i = 0; i < view; i += 4096)
        ((char *)base)[i] = 1;
    W(NtFlushVirtualMemory, "4 MiB of a file, every page written", SELF, H(&base),
      H(&view), C(7));
    size.QuadPart = 1024ull * MIB;
    W(NtExtendSection, "a file to 1 GiB", handle, H(&size));
    size.QuadPart = ~0ull >> 1;
    W(NtExtendSection, "a file to 8 EiB", handle, H(&size));
    CALL(NtUnmapViewOfSection, SELF, base);
}

/* ---- processes and threads ---- */

/* Nearly as many handles as a table takes, and as many of them named as a list takes. */
static void inherit(ULONG parameters, const WCHAR *image, ULONG bytes)
{
    static HANDLE handles[65000];
    ULONG list[9] = {36, 0x20005, bytes, H(image), 0, 0x2000B, 4096 * 4, H(handles), 0};
    ULONG count = 0;
    while (count < 65000 &&
           DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(),
                           &handles[count], 0, TRUE, DUPLICATE_SAME_ACCESS))
        count++;
    CHECK_EQUAL(count, 65000);
    W(NtCreateUserProcess, "4,096 handles of 65,000 inherited", C(0), C(7), 0x1FFFFF,
      0x1FFFFF, 0, 0, 4, 1, parameters, 0, H(list));
    while (count--)
        CloseHandle(handles[count]);
    if ((LONG)status >= 0)
        TerminateProcess((HANDLE)cells[0][0], 0);
}

static void processes(void)
{
    static WCHAR image[] = L"\\??\\C:\\hello.exe";
    ULONG list[5] = {20, 0x20005, sizeof image - 2, H(image), 0};
    static ULONG parameters[0x2A4 / 4]; /* RTL_USER_PROCESS_PARAMETERS */
    const ULONG *ours =
        (void *)NtCurrentTeb()->ProcessEnvironmentBlock->ProcessParameters;
    const UNICODE_STRING line = {0xFFFE, 0xFFFE, (WCHAR *)(room + 8 * MIB)};
    static ULONG long_list[0x4000] = {sizeof long_list};
    W(NtCreateThreadEx, "a list of 64 KiB", C(0), 0x1FFFFF, 0, SELF, H(sleep_on), 0, 1, 0,
      0, 512 * MIB, H(long_list));
    W(NtCreateThreadEx, "a stack of 512 MiB", C(0), 0x1FFFFF, 0, SELF, H(sleep_on), 0, 1,
      0, 0, 512 * MIB, 0);
    TerminateThread((HANDLE)cells[0][0], 0);
    memcpy(parameters, ours, sizeof parameters);
    for (ULONG i = 0; i < MIB - 4; i += 2)
        *(WCHAR *)(room + i) = i % 32 ? 'e' : '=';
    memset(room + MIB - 4, 0, 4);
    memcpy(&parameters[0x40 / 4], &line, sizeof line); /* CommandLine */
    parameters[0x48 / 4] = H(room);                    /* Environment */
    parameters[0x290 / 4] = MIB;                       /* EnvironmentSize */
    W(NtCreateUserProcess, "an environment of 1 MiB, a command line of 64 KiB", C(0),
      C(7), 0x1FFFFF, 0x1FFFFF, 0, 0, 0, 1, H(parameters), 0, H(list));
    if ((LONG)status >= 0)
        TerminateProcess((HANDLE)cells[0][0], 0);
    parameters[0x290 / 4] = 0;
    W(NtCreateUserProcess, "an environment of no given size", C(0), C(7), 0x1FFFFF,
      0x1FFFFF, 0, 0, 0, 1, H(parameters), 0, H(list));
    if ((LONG)status >= 0)
        TerminateProcess((HANDLE)cells[0][0], 0);
    inherit(H(ours), image, sizeof image - 2);
    list[0] = ~0u;
    W(NtCreateUserProcess, "a list of 4 GiB", C(0), C(7), 0x1FFFFF, 0x1FFFFF, 0, 0, 0, 1,
      H(ours), 0, H(list));
    for (int i = 0; i < (longer ? 500 : 50); i++)
        CreateThread(NULL, 0x10000, sleep_on, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION,
                     NULL);
    CLASSES(NtQueryInformationProcess, 1, SELF, 0, H(room), MIB, C(7));
    CLASSES(NtQueryInformationThread, 1, ME, 0, H(room), MIB, C(7));
    CLASSES(NtQuerySystemInformation, 0, 0, H(room), MIB, C(7));
    CLASSES(NtFathomQuery, 0, 0, 0, H(room), MIB, C(7));
    memset(room, 0xFF, MIB);
    CLASSES(NtSetInformationProcess, 1, SELF, 0, H(room), MIB);
    CLASSES(NtSetInformationThread, 1, ME, 0, H(room), MIB);
    CLASSES(NtSetInformationObject, 1, H(event), 0, H(room), MIB);
}

/* ---- waits, objects, ports, words ---- */

static void objects(void)
{
    HANDLE handles[64];
    for (int i = 0; i < 64; i++)
        handles[i] = CreateEventA(NULL, TRUE, i != 63, NULL);
    cells[3][0] = cells[3][1] = 0; /* at once */
    W(NtWaitForMultipleObjects, "64, all, the last not signalled", 64, H(handles), 0, 0,
      C(3));
    W(NtWaitForMultipleObjects, "4 billion", ~0u, H(handles), 0, 0, C(3));
    W(NtReleaseSemaphore, "as many as there may be", H(semaphore), 1000, C(0));
    CLASSES(NtQueryEvent, 1, H(event), 0, H(room), MIB, C(7));
    CLASSES(NtQueryMutant, 1, H(mutant), 0, H(room), MIB, C(7));
    CLASSES(NtQuerySemaphore, 1, H(semaphore), 0, H(room), MIB, C(7));
    CLASSES(NtQueryTimer, 1, H(timer), 0, H(room), MIB, C(7));
    CLASSES(NtQueryObject, 1, H(event), 0, H(room), MIB, C(7));
}

static void ports(void)
{
    struct {
        PORT_MESSAGE header;
        char text[0x10000];
    } *m = (void *)room;
    memset(m, 0, sizeof *m);
    m->header.DataLength = 0x7FE0;
    m->header.TotalLength = 0x7FFF;
    W(NtRequestWaitReplyPort, "32 KiB", H(conversation), H(m), H(room + MIB));
    m->header.DataLength = 232;
    m->header.TotalLength = 256;
    W(NtRequestWaitReplyPort, "the most that the port takes", H(conversation), H(m),
      H(room + MIB));
    W(NtReplyPort, "a message that nobody sent", H(port), H(m));
    W(NtReplyWaitReceivePort, "a reply that nobody waits for", H(port), C(0), H(m), C(7));
    W(NtAcceptConnectPort, "a request that nobody made", C(0), 0, H(m), TRUE, 0, 0);
    W(NtListenPort, "a client's port", H(conversation), H(m));
    cells[13][0] = 0x10000;
    W(NtConnectPort, "64 KiB of words", C(0), H(named[6].ObjectName), 0, 0, 0, C(7),
      H(room), C(13));
}

static void words(void)
{
    static WCHAR text[0x7FFF];
    UNICODE_STRING string = {0xFFFE, 0xFFFE, text};
    ULONG strings[4] = {H(&string), H(&string), H(&string), H(&string)};
    for (ULONG i = 0; i < 0x7FFF; i++)
        text[i] = 'a' + i % 26;
    W(NtRaiseHardError, "four strings of 64 KiB", STATUS_DLL_NOT_FOUND, 4, 15, H(strings),
      1, C(7));
    W(NtRaiseHardError, "4 billion", STATUS_DLL_NOT_FOUND, ~0u, ~0u, H(strings), 1, C(7));
    W(NtFathomSymbol, "64 MiB", SELF, 0x7C900000, H(room), 64 * MIB);
    W(NtFathomReport, "4 GiB", 1, H(room), ~0u);
    W(NtFathomHeapEvent, "4 GiB", H(room), ~0u);
    CALL(NtFathomTrace, ~0u, 0);
    for (int i = 0; i < 2000; i++)
        CALL(NtFathomNull, 0);
    W(NtFathomReadEvents, "2,000 events", H(room), MIB, C(7));
    CALL(NtFathomTrace, 0, 0);
    W(NtDisplayString, "64 KiB", H(&string));
}

int main(int argc, char **argv)
{
    (void)argv;
    longer = argc > 1;
    make_objects();
    reset();
    room = VirtualAlloc(NULL, 64 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(room != NULL);
    for (ULONG i = 0; i < 64 * MIB; i += 4096)
        room[i] = 1;
    names();
    files();
    memory();
    sections();
    pipes();
    objects();
    ports();
    words();
    processes(); /* last: its threads take time from what follows */
    return 0;
}

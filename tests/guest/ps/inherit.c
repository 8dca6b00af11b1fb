/* inherit.c - what a child is given: a list of handles, another parent, a directory; and
 * what goes between two processes that both run: handles, with or without their source,
 * and memory.
 *
 * The child is this program again.  Sources: UpdateProcThreadAttribute, DuplicateHandle,
 * CreateProcess, ReadProcessMemory, WriteProcessMemory on Microsoft's pages. */
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <string.h>
#include <tlhelp32.h>
#include "check.h"

static char self[MAX_PATH];
static BOOL on_fathom;

static DWORD parent_of_self(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    DWORD parent = 0;

    for (BOOL more = Process32First(snapshot, &entry); more;
         more = Process32Next(snapshot, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            parent = entry.th32ParentProcessID;
    CloseHandle(snapshot);
    return parent;
}

static int child(char **words)
{
    if (!strcmp(words[1], "set")) /* how many of the two events are here: 1 | 2 */
        return (SetEvent((HANDLE)(ULONG_PTR)strtoul(words[2], NULL, 0)) ? 1 : 0) |
               (SetEvent((HANDLE)(ULONG_PTR)strtoul(words[3], NULL, 0)) ? 2 : 0);
    if (!strcmp(words[1], "parent"))
        return parent_of_self() == strtoul(words[2], NULL, 0) ? 21 : 20;
    if (!strcmp(words[1], "directory")) {
        char path[MAX_PATH];
        GetCurrentDirectoryA(sizeof path, path);
        return !lstrcmpiA(path, words[2]) ? 31 : 30;
    }
    Sleep(INFINITE);
    return 1;
}

static BOOL try_start(const char *words, BOOL inherit, DWORD flags, const char *directory,
                      STARTUPINFOA *info, PROCESS_INFORMATION *process)
{
    char line[2 * MAX_PATH];
    snprintf(line, sizeof line, "\"%s\" %s", self, words);
    return CreateProcessA(self, line, NULL, NULL, inherit, flags, NULL, directory, info,
                          process);
}

static DWORD finish(PROCESS_INFORMATION *process)
{
    DWORD code;
    CHECK_EQUAL(WaitForSingleObject(process->hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process->hProcess, &code));
    CHECK(CloseHandle(process->hThread) && CloseHandle(process->hProcess));
    return code;
}

static LPPROC_THREAD_ATTRIBUTE_LIST attributes(DWORD_PTR attribute, void *value,
                                               SIZE_T size)
{
    SIZE_T need = 0;
    CHECK(!InitializeProcThreadAttributeList(NULL, 1, 0, &need));
    CHECK_EQUAL(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(need);
    CHECK(InitializeProcThreadAttributeList(list, 1, 0, &need));
    CHECK(UpdateProcThreadAttribute(list, 0, attribute, value, size, NULL, NULL));
    return list;
}

/* Two handles may be inherited; the list names one, twice. */
static void handle_list(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE yes = CreateEventA(&inherit, TRUE, FALSE, NULL);
    HANDLE no = CreateEventA(&inherit, TRUE, FALSE, NULL), listed[2] = {yes, yes};
    STARTUPINFOEXA info = {.StartupInfo.cb = sizeof info};
    PROCESS_INFORMATION process;
    char words[60];

    info.lpAttributeList =
        attributes(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, listed, sizeof listed);
    snprintf(words, sizeof words, "set %lu %lu", (ULONG)(ULONG_PTR)yes,
             (ULONG)(ULONG_PTR)no);
    CHECK(try_start(words, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, &info.StartupInfo,
                    &process));
    CHECK_EQUAL(finish(&process), 1);
    CHECK_EQUAL(WaitForSingleObject(yes, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(no, 0), WAIT_TIMEOUT);
    /* A list of one that may not be inherited is refused. */
    CHECK(SetHandleInformation(yes, HANDLE_FLAG_INHERIT, 0));
    if (on_fathom) { /* Wine leaves it out and says nothing */
        CHECK(!try_start(words, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL,
                         &info.StartupInfo, &process));
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    DeleteProcThreadAttributeList(info.lpAttributeList);
    free(info.lpAttributeList);
    CHECK(CloseHandle(yes) && CloseHandle(no));
}

/* The child of a process that knows nothing of it: its handles come from there. */
static void other_parent(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    STARTUPINFOEXA info = {.StartupInfo.cb = sizeof info};
    STARTUPINFOA plain = {.cb = sizeof plain};
    PROCESS_INFORMATION parent, process;
    HANDLE event = CreateEventA(&inherit, TRUE, FALSE, NULL), there;
    char words[60];

    CHECK(try_start("sleep", FALSE, CREATE_SUSPENDED, NULL, &plain, &parent));
    CHECK(DuplicateHandle(GetCurrentProcess(), event, parent.hProcess, &there, 0, TRUE,
                          DUPLICATE_SAME_ACCESS));
    info.lpAttributeList = attributes(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS,
                                      &parent.hProcess, sizeof parent.hProcess);
    snprintf(words, sizeof words, "parent %lu", parent.dwProcessId);
    CHECK(try_start(words, FALSE, EXTENDED_STARTUPINFO_PRESENT, NULL, &info.StartupInfo,
                    &process));
    CHECK_EQUAL(finish(&process), 21);
    snprintf(words, sizeof words, "set %lu 0", (ULONG)(ULONG_PTR)there);
    CHECK(try_start(words, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, &info.StartupInfo,
                    &process));
    CHECK_EQUAL(finish(&process), 1);
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    DeleteProcThreadAttributeList(info.lpAttributeList);
    free(info.lpAttributeList);
    CHECK(TerminateProcess(parent.hProcess, 5));
    CHECK_EQUAL(finish(&parent), 5);
    CHECK(CloseHandle(event));
}

static void directories(void)
{
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;

    CreateDirectoryA("C:\\elsewhere", NULL);
    CHECK(
        try_start("directory C:\\elsewhere", FALSE, 0, "C:\\elsewhere", &info, &process));
    CHECK_EQUAL(finish(&process), 31);
    CHECK(!try_start("directory x", FALSE, 0, "C:\\not there", &info, &process));
    CHECK_EQUAL(GetLastError(), ERROR_DIRECTORY);
    RemoveDirectoryA("C:\\elsewhere");
}

/* A handle put into another process, taken back from there, and closed there. */
static void across(void)
{
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), there, back, none;
    DWORD before, after;

    CHECK(try_start("sleep", FALSE, CREATE_SUSPENDED, NULL, &info, &process));
    CHECK(GetProcessHandleCount(process.hProcess, &before));
    CHECK(DuplicateHandle(GetCurrentProcess(), event, process.hProcess, &there, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(GetProcessHandleCount(process.hProcess, &after));
    if (on_fathom) /* Wine does not count another process's handles */
        CHECK_EQUAL(after, before + 1);
    CHECK(DuplicateHandle(process.hProcess, there, GetCurrentProcess(), &back, 0, FALSE,
                          DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK(GetProcessHandleCount(process.hProcess, &after));
    CHECK_EQUAL(after, before);
    CHECK(SetEvent(back));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK(!DuplicateHandle(process.hProcess, there, GetCurrentProcess(), &none, 0, FALSE,
                           DUPLICATE_SAME_ACCESS));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    /* Fewer rights: what is not granted is refused; and no target: only closed. */
    CHECK(CloseHandle(back));
    CHECK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &back,
                          SYNCHRONIZE, FALSE, 0));
    CHECK(!SetEvent(back));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK_EQUAL(WaitForSingleObject(back, 0), WAIT_OBJECT_0);
    CHECK(DuplicateHandle(GetCurrentProcess(), back, NULL, NULL, 0, FALSE,
                          DUPLICATE_CLOSE_SOURCE) ||
          !on_fathom); /* Wine closes it and says FALSE */
    CHECK(!CloseHandle(back));
    CHECK(TerminateProcess(process.hProcess, 6));
    /* Of an ended process there is no table left. */
    CHECK_EQUAL(WaitForSingleObject(process.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(!DuplicateHandle(GetCurrentProcess(), event, process.hProcess, &there, 0, FALSE,
                           DUPLICATE_SAME_ACCESS));
    CHECK_EQUAL(finish(&process), 6);
    CHECK(CloseHandle(event));
}

/* Three pages there: readable and writable, read-only, not committed. */
static void memory(void)
{
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    static char buffer[4 * 4096];
    SIZE_T done = 77;
    DWORD old;

    CHECK(try_start("sleep", FALSE, CREATE_SUSPENDED, NULL, &info, &process));
    char *there =
        VirtualAllocEx(process.hProcess, NULL, 3 * 4096, MEM_RESERVE, PAGE_READWRITE);
    CHECK(VirtualAllocEx(process.hProcess, there, 2 * 4096, MEM_COMMIT, PAGE_READWRITE));
    memset(buffer, 'x', sizeof buffer);
    CHECK(WriteProcessMemory(process.hProcess, there, buffer, 2 * 4096, &done));
    CHECK_EQUAL(done, 2 * 4096);
    if (on_fathom) { /* Wine reads and writes what is not committed, too */
        CHECK(
            !ReadProcessMemory(process.hProcess, there + 4096, buffer, 2 * 4096, &done));
        CHECK_EQUAL(GetLastError(), ERROR_PARTIAL_COPY);
    }
    if (on_fathom)
        CHECK(!WriteProcessMemory(process.hProcess, there + 2 * 4096, buffer, 1, &done));
    CHECK(VirtualProtectEx(process.hProcess, there + 4096, 4096, PAGE_READONLY, &old));
    if (on_fathom) { /* and what is read-only */
        CHECK(!WriteProcessMemory(process.hProcess, there + 4096, buffer, 1, &done));
        CHECK_EQUAL(GetLastError(), ERROR_NOACCESS);
    }
    if (on_fathom) /* Wine's processes may have memory there */
        CHECK(!ReadProcessMemory(process.hProcess, (void *)0x80000000, buffer, 4, &done));
    CHECK(!ReadProcessMemory(process.hProcess, there, (void *)0x10, 4, &done));
    CHECK(ReadProcessMemory(process.hProcess, there, buffer, 0, &done));
    HANDLE weak = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, process.dwProcessId);
    CHECK(weak != NULL);
    CHECK(!ReadProcessMemory(weak, there, buffer, 4, &done));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!TerminateProcess(weak, 0));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(weak));
    CHECK(TerminateProcess(process.hProcess, 7));
    CHECK_EQUAL(WaitForSingleObject(process.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(!ReadProcessMemory(process.hProcess, there, buffer, 4, &done));
    CHECK_EQUAL(finish(&process), 7);
}

int main(int count, char **words)
{
    if (count > 1)
        return child(words);
    on_fathom = LoadLibraryA("fathom.dll") != NULL;
    CHECK(GetModuleFileNameA(NULL, self, sizeof self));
    across();
    memory();
    directories();
    handle_list();
    other_parent();
    return 0;
}

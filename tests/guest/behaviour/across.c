/* link: -lntdll */
/* across - the forms that end in Ex, on another process; what two processes share. */
#include "documented.h"

static PROCESS_INFORMATION start(void)
{
    char self[MAX_PATH], line[MAX_PATH + 16];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    GetModuleFileNameA(NULL, self, sizeof self);
    sprintf(line, "\"%s\" child", self);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                         &startup, &child));
    return child;
}

static ULONG flags_in(HANDLE process, const void *address)
{
    struct {
        const void *address;
        ULONG flags;
    } page = {address, 0};
    NTSTATUS status = NtQueryVirtualMemory(process, NULL, 4, &page, sizeof page, NULL);
    return status == 0 ? page.flags : 0;
}

static void regions_of(HANDLE process)
{
    MEMORY_BASIC_INFORMATION info;
    DWORD old = 0;
    SIZE_T done = 0;
    char byte = 5;
    char *base = VirtualAllocEx(process, NULL, 3 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    documented("VirtualAllocEx", "reserves a region in the process that is named", SAME,
               base && VirtualQueryEx(process, base, &info, sizeof info) &&
                   info.State == MEM_RESERVE && info.RegionSize == 3 * PAGE);
    documented("VirtualAllocEx", "commits pages of it", SAME,
               VirtualAllocEx(process, base + PAGE, 1, MEM_COMMIT, PAGE_READWRITE) ==
                   base + PAGE);
    documented("VirtualAllocEx", "the memory is initialized to zero", SAME,
               ReadProcessMemory(process, base + PAGE, &byte, 1, &done) && byte == 0);
    documented("VirtualProtectEx", "changes the protection there", SAME,
               VirtualProtectEx(process, base + PAGE, 1, PAGE_READONLY, &old) &&
                   old == PAGE_READWRITE &&
                   VirtualQueryEx(process, base + PAGE, &info, sizeof info) &&
                   info.Protect == PAGE_READONLY);
    documented("VirtualFreeEx", "decommits and releases there", SAME,
               VirtualFreeEx(process, base + PAGE, PAGE, MEM_DECOMMIT) &&
                   VirtualFreeEx(process, base, 0, MEM_RELEASE) &&
                   VirtualQueryEx(process, base, &info, sizeof info) &&
                   info.State == MEM_FREE);
    HANDLE weak;
    CHECK(
        DuplicateHandle(SELF, process, SELF, &weak, PROCESS_QUERY_INFORMATION, FALSE, 0));
    documented("VirtualAllocEx", "the handle must have PROCESS_VM_OPERATION", SAME,
               FAILS(VirtualAllocEx(weak, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE),
                     ERROR_ACCESS_DENIED));
    documented("VirtualFreeEx", "the handle must have PROCESS_VM_OPERATION", SAME,
               FAILS(VirtualFreeEx(weak, base, 0, MEM_RELEASE), ERROR_ACCESS_DENIED));
    documented(
        "VirtualProtectEx", "the handle must have PROCESS_VM_OPERATION", SAME,
        FAILS(VirtualProtectEx(weak, base, 1, PAGE_READONLY, &old), ERROR_ACCESS_DENIED));
    documented("VirtualQueryEx", "PROCESS_QUERY_INFORMATION is enough to ask", SAME,
               VirtualQueryEx(weak, base, &info, sizeof info) == sizeof info);
    CloseHandle(weak);
    CHECK(DuplicateHandle(SELF, process, SELF, &weak, PROCESS_VM_OPERATION, FALSE, 0));
    documented(
        "VirtualQueryEx", "without PROCESS_QUERY_INFORMATION it fails", SAME,
        FAILS(VirtualQueryEx(weak, base, &info, sizeof info), ERROR_ACCESS_DENIED));
    CloseHandle(weak);
    documented("VirtualQueryEx", "a handle of no process is ERROR_INVALID_HANDLE", SAME,
               FAILS(VirtualQueryEx((HANDLE)0x7770, base, &info, sizeof info),
                     ERROR_INVALID_HANDLE));
}

static void shared_pages(HANDLE process)
{
    char *module = (char *)GetModuleHandleA("ntdll");
    char *code = (char *)(void *)GetProcAddress((HMODULE)module, "NtClose");
    char byte = 0;
    SIZE_T done;
    DWORD old;
    CHECK(ReadProcessMemory(process, code, &byte, 1, &done)); /* it is there in both */
    documented("Memory Protection Constants",
               "a module's pages are shared between processes", SAME,
               (working_set_flags(code) >> 15 & 1) &&
                   (flags_in(process, code) >> 15 & 1) &&
                   (working_set_flags(code) >> 1 & 7) >= 2);
    CHECK(VirtualProtectEx(process, code, 1, PAGE_EXECUTE_READWRITE, &old));
    documented("Memory Protection Constants",
               "a page of an image asked to be writable is copy-on-write", SAME,
               old == PAGE_EXECUTE_READ);
    documented(
        "Memory Protection Constants",
        "the first write gives the process a private copy; others keep theirs", SAME,
        WriteProcessMemory(process, code, "\x90", 1, &done) &&
            !(flags_in(process, code) >> 15 & 1) && (working_set_flags(code) >> 15 & 1) &&
            (unsigned char)*code == (unsigned char)byte);
}

static void section_of(HANDLE process)
{
    HANDLE map =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, "common");
    char *view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(view);
    strcpy(view, "asked");
    (void)process;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "child")) {
        HANDLE map = OpenFileMappingA(FILE_MAP_WRITE, FALSE, "common");
        char *view = map ? MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0) : NULL;
        if (!view || strcmp(view, "asked"))
            return 1;
        strcpy(view, "answered");
        return 7;
    }
    PROCESS_INFORMATION child = start(), other = start();
    DWORD code = 0;
    regions_of(child.hProcess);
    shared_pages(child.hProcess);
    TerminateProcess(child.hProcess, 0);
    section_of(other.hProcess);
    ResumeThread(other.hThread);
    CHECK_EQUAL(WaitForSingleObject(other.hProcess, 20000), WAIT_OBJECT_0);
    GetExitCodeProcess(other.hProcess, &code);
    HANDLE map = OpenFileMappingA(FILE_MAP_READ, FALSE, "common");
    char *view = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    documented("CreateFileMapping",
               "two processes that have the object by its name share its pages", SAME,
               code == 7 && view && !strcmp(view, "answered"));
    documented(
        "VirtualAllocEx", "a process that has ended has no more memory", SAME,
        WaitForSingleObject(child.hProcess, 20000) == WAIT_OBJECT_0 &&
            !VirtualAllocEx(child.hProcess, NULL, PAGE, MEM_COMMIT, PAGE_READWRITE));
    return undocumented();
}

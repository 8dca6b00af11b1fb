/* link: -lntdll */
/* across - another process's memory: the Ex forms, reading, writing, and a view in it. */
#include <string.h>
#include "memory.h"

NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T,
                                  PLARGE_INTEGER, PSIZE_T, ULONG, ULONG, ULONG);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);

static PROCESS_INFORMATION start(void)
{
    char path[MAX_PATH], line[MAX_PATH + 16];
    STARTUPINFOA how = {.cb = sizeof how};
    PROCESS_INFORMATION child;
    CHECK(GetModuleFileNameA(NULL, path, sizeof path));
    snprintf(line, sizeof line, "\"%s\" child", path);
    CHECK(CreateProcessA(path, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                         &how, &child));
    return child;
}

static void memory_of(HANDLE child)
{
    MEMORY_BASIC_INFORMATION info;
    SIZE_T done = 0;
    DWORD old;
    char text[16] = "", *there = VirtualAllocEx(child, NULL, 3 * PAGE,
                                                MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(there);
    CHECK(WriteProcessMemory(child, there + PAGE - 2, "across", 7, &done));
    CHECK_EQUAL(done, 7);
    CHECK(ReadProcessMemory(child, there + PAGE - 2, text, 7, &done));
    CHECK(!strcmp(text, "across"));
    CHECK(VirtualProtectEx(child, there, PAGE, PAGE_NOACCESS, &old));
    CHECK_EQUAL(old, PAGE_READWRITE);
    CHECK_EQUAL(VirtualQueryEx(child, there, &info, sizeof info), sizeof info);
    CHECK_EQUAL(info.Protect, PAGE_NOACCESS);
    CHECK_EQUAL(info.RegionSize, PAGE);
    CHECK(!ReadProcessMemory(child, there, text, 1, &done));
    CHECK(VirtualFreeEx(child, there, 0, MEM_RELEASE));
    CHECK_EQUAL(VirtualQueryEx(child, there, &info, sizeof info), sizeof info);
    CHECK_EQUAL(info.State, MEM_FREE);
}

static void view_in(HANDLE child)
{
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    char *mine = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), byte = 0;
    PVOID theirs = NULL;
    SIZE_T size = 0, done;
    CHECK_EQUAL(NtMapViewOfSection(section, child, &theirs, 0, 0, NULL, &size, 2, 0,
                                   PAGE_READWRITE),
                0);
    *mine = 77;
    CHECK(ReadProcessMemory(child, theirs, &byte, 1, &done));
    CHECK_EQUAL(byte, 77);
    byte = 78;
    CHECK(WriteProcessMemory(child, theirs, &byte, 1, &done));
    CHECK_EQUAL(*mine, 78);
    CHECK_EQUAL(NtUnmapViewOfSection(child, theirs), 0);
    CHECK_EQUAL(NtUnmapViewOfSection(child, theirs), STATUS_NOT_MAPPED_VIEW);
    UnmapViewOfFile(mine);
    CloseHandle(section);
}

static void mapped_file(void)
{
    char text[4] = "";
    DWORD n;
    HANDLE file = CreateFileA("across.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    HANDLE section =
        CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 5000, NULL); /* grows it */
    CHECK(section);
    CHECK_EQUAL(GetFileSize(file, NULL), 5000);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(view);
    memcpy(view + 4990, "abc", 3);
    CHECK(FlushViewOfFile(view, 0));
    CHECK_EQUAL(SetFilePointer(file, 4990, NULL, FILE_BEGIN), 4990);
    CHECK(ReadFile(file, text, 3, &n, NULL));
    CHECK_EQUAL(n, 3);
    CHECK(!strcmp(text, "abc"));
    memcpy(view, "xyz", 3);
    UnmapViewOfFile(view);
    CloseHandle(section); /* the last one: written back */
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CHECK(ReadFile(file, text, 3, &n, NULL));
    CHECK(!strcmp(text, "xyz"));
    CloseHandle(file);
    DeleteFileA("across.tmp");
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "child"))
        return 7;
    PROCESS_INFORMATION child = start();
    DWORD code;
    memory_of(child.hProcess);
    view_in(child.hProcess);
    ResumeThread(child.hThread);
    CHECK_EQUAL(WaitForSingleObject(child.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(child.hProcess, &code));
    CHECK_EQUAL(code, 7);
    CHECK(!VirtualAllocEx(child.hProcess, NULL, PAGE, MEM_COMMIT,
                          PAGE_READWRITE)); /* it is gone */
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    mapped_file();
    return 0;
}

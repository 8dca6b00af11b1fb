/* snapshot.c - toolhelp: processes, threads, modules, heaps and their blocks. */
#include <windows.h>
#include <psapi.h>
#include <tlhelp32.h>
#include <string.h>
#include "check.h"

static void processes(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    PROCESSENTRY32 process = {.dwSize = sizeof process};
    THREADENTRY32 thread = {.dwSize = sizeof thread};
    int mine = 0, own = 0;
    BOOL more;

    CHECK(snapshot != INVALID_HANDLE_VALUE);
    for (more = Process32First(snapshot, &process); more;
         more = Process32Next(snapshot, &process)) {
        if (process.th32ProcessID == GetCurrentProcessId()) {
            CHECK(!lstrcmpiA(process.szExeFile, "snapshot.exe"));
            CHECK(process.cntThreads >= 1);
            mine++;
        }
    }
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_EQUAL(mine, 1);
    for (more = Thread32First(snapshot, &thread); more;
         more = Thread32Next(snapshot, &thread))
        own += thread.th32ThreadID == GetCurrentThreadId() &&
               thread.th32OwnerProcessID == GetCurrentProcessId();
    CHECK_EQUAL(own, 1);
    CHECK(CloseHandle(snapshot));
}

static void modules(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, GetCurrentProcessId());
    MODULEENTRY32 module = {.dwSize = sizeof module};
    int found = 0;

    CHECK(snapshot != INVALID_HANDLE_VALUE);
    CHECK(Module32First(snapshot, &module));
    CHECK(module.hModule == GetModuleHandleA(NULL)); /* the program comes first */
    while (Module32Next(snapshot, &module)) {
        if (!lstrcmpiA(module.szModule, "kernel32.dll"))
            found +=
                module.hModule == GetModuleHandleA("kernel32.dll") && module.modBaseSize;
    }
    CHECK_EQUAL(found, 1);
    CHECK(CloseHandle(snapshot));
}

static void heaps(void)
{
    HANDLE snapshot =
        CreateToolhelp32Snapshot(TH32CS_SNAPHEAPLIST, GetCurrentProcessId());
    HANDLE heap = GetProcessHeap();
    HEAPLIST32 list = {.dwSize = sizeof list};
    HEAPENTRY32 entry = {.dwSize = sizeof entry};
    void *block = HeapAlloc(heap, 0, 777);
    int found = 0;

    CHECK(snapshot != INVALID_HANDLE_VALUE);
    CHECK(Heap32ListFirst(snapshot, &list));
    CHECK(list.th32HeapID == (ULONG_PTR)heap && list.dwFlags == HF32_DEFAULT);
    CHECK(Heap32First(&entry, GetCurrentProcessId(), (ULONG_PTR)heap));
    do
        found += entry.dwAddress == (ULONG_PTR)block && entry.dwFlags == LF32_FIXED &&
                 entry.dwBlockSize == 777;
    while (Heap32Next(&entry));
    CHECK_EQUAL(found, 1);
    CHECK(HeapFree(heap, 0, block));
    CHECK(CloseHandle(snapshot));
}

static void status(void)
{
    PROCESS_MEMORY_COUNTERS before = {.cb = sizeof before}, after = before;
    char name[MAX_PATH], *block;
    HMODULE modules[32];
    MODULEINFO info;
    DWORD needed;

    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &before, sizeof before));
    block = VirtualAlloc(NULL, 1 << 20, MEM_COMMIT, PAGE_READWRITE);
    memset(block, 1, 1 << 20);
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &after, sizeof after));
    CHECK(after.PagefileUsage >= before.PagefileUsage + (1 << 20));
    CHECK(after.WorkingSetSize >= before.WorkingSetSize + (1 << 20));
    CHECK(VirtualFree(block, 0, MEM_RELEASE));
    CHECK(EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &needed));
    CHECK(needed >= 3 * sizeof *modules && modules[0] == GetModuleHandleA(NULL));
    CHECK(GetModuleBaseNameA(GetCurrentProcess(), NULL, name, sizeof name));
    CHECK(!lstrcmpiA(name, "snapshot.exe"));
    CHECK(GetModuleInformation(GetCurrentProcess(), modules[0], &info, sizeof info));
    CHECK(info.lpBaseOfDll == modules[0] && info.SizeOfImage > 4096);
}

int main(void)
{
    processes();
    modules();
    status();
    if (!GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version"))
        heaps(); /* Wine has no list of heaps */
    return 0;
}

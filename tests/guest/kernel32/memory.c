/* memory.c - VirtualAlloc and the Heap family as kernel32 has them: checks and last
 * errors. */
#include <windows.h>
#include <string.h>
#include "check.h"

static int in_wine;

static void virtual_checks(void)
{
    MEMORY_BASIC_INFORMATION info;
    SYSTEM_INFO system;
    DWORD old;
    char *block;

    GetSystemInfo(&system);
    CHECK_EQUAL(system.dwPageSize, 4096);
    CHECK_EQUAL(system.dwAllocationGranularity, 65536);
    CHECK_EQUAL((ULONG_PTR)system.lpMaximumApplicationAddress, 0x7FFEFFFF);
    block = VirtualAlloc(NULL, 10000, MEM_RESERVE, PAGE_READWRITE);
    CHECK(block && ((ULONG_PTR)block & 0xFFFF) == 0);
    CHECK_EQUAL(VirtualQuery(block, &info, sizeof info), sizeof info);
    CHECK(info.State == MEM_RESERVE && info.RegionSize == 12288 &&
          info.Type == MEM_PRIVATE);
    CHECK(VirtualAlloc(block + 4096, 1, MEM_COMMIT, PAGE_READWRITE) == block + 4096);
    CHECK_EQUAL(block[4096], 0);
    block[4096] = 1;
    CHECK(VirtualProtect(block + 4096, 1, PAGE_READONLY, &old) && old == PAGE_READWRITE);
    CHECK(VirtualQuery(block + 4096, &info, sizeof info) &&
          info.Protect == PAGE_READONLY && info.RegionSize == 4096);
    CHECK(!IsBadReadPtr(block + 4096, 4096) && IsBadReadPtr(block + 4096, 4097));
    CHECK(IsBadWritePtr(block + 4096, 1));
    CHECK(!IsBadHugeReadPtr(block + 4096, 4096) && IsBadHugeWritePtr(block + 4096, 1));
    SetLastError(0);
    CHECK(!VirtualFree(block, 10000, MEM_RELEASE));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    CHECK(!VirtualFree(block + 4096, 0, MEM_RELEASE));
    if (!in_wine) /* it says ERROR_INVALID_PARAMETER */
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_ADDRESS);
    CHECK(VirtualFree(block + 4096, 1, MEM_DECOMMIT));
    CHECK(VirtualFree(block, 0, MEM_RELEASE));
    SetLastError(0);
    CHECK(!VirtualFree(block, 0, MEM_RELEASE));
    if (!in_wine)
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_ADDRESS);
    SetLastError(0);
    CHECK(!VirtualAlloc((void *)0x1000, 4096, MEM_RESERVE, PAGE_READWRITE));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    CHECK(!VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    CHECK(!VirtualAlloc(NULL, 4096, MEM_RESERVE, 0));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void other_process(void)
{
    static const char code[] = "code";
    char *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READ);
    char *data = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    char back[5];
    SIZE_T done = 7;
    DWORD old;

    CHECK(page && data);
    CHECK(WriteProcessMemory(GetCurrentProcess(), page, code, 5, &done) && done == 5);
    CHECK(ReadProcessMemory(GetCurrentProcess(), page, back, 5, &done) &&
          !memcmp(back, code, 5));
    CHECK(VirtualProtect(page, 4096, PAGE_EXECUTE_READ, &old) &&
          old == PAGE_EXECUTE_READ);
    SetLastError(0);
    if (!in_wine) { /* it writes into read-only pages */
        CHECK(!WriteProcessMemory(GetCurrentProcess(), data, code, 5, &done));
        CHECK_EQUAL(GetLastError(), ERROR_NOACCESS);
    }
    SetLastError(0);
    CHECK(!ReadProcessMemory(GetCurrentProcess(), (void *)0x10, back, 5, &done));
    if (!in_wine)
        CHECK_EQUAL(GetLastError(), ERROR_PARTIAL_COPY);
    VirtualFree(page, 0, MEM_RELEASE);
    VirtualFree(data, 0, MEM_RELEASE);
}

static void heaps(void)
{
    HANDLE heap = HeapCreate(0, 0, 0), list[64];
    PROCESS_HEAP_ENTRY entry = {0};
    DWORD count, i, found = 0;
    HGLOBAL movable = GlobalAlloc(GMEM_MOVEABLE, 40);
    char *block;

    CHECK(GetProcAddress(GetModuleHandleA("kernel32"), "HeapAlloc") ==
          GetProcAddress(GetModuleHandleA("ntdll"), "RtlAllocateHeap"));
    CHECK(heap && heap != GetProcessHeap());
    block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
    CHECK(block && block[99] == 0);
    CHECK_EQUAL(HeapSize(heap, 0, block), 100);
    CHECK(HeapValidate(heap, 0, block) && HeapValidate(heap, 0, NULL));
    block = HeapReAlloc(heap, 0, block, 200);
    CHECK(block && HeapSize(heap, 0, block) == 200);
    count = GetProcessHeaps(64, list);
    CHECK(count >= 2 && count <= 64 && list[0] == GetProcessHeap());
    for (i = 0; i < count; i++)
        found += list[i] == heap;
    CHECK_EQUAL(found, 1);
    CHECK(HeapLock(heap));
    found = 0;
    while (HeapWalk(heap, &entry)) {
        if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) && entry.lpData == block)
            found += entry.cbData == 200;
    }
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_ITEMS);
    CHECK(HeapUnlock(heap));
    CHECK_EQUAL(found, 1);
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
    memset(&entry, 0, sizeof entry);
    for (found = 0; HeapWalk(GetProcessHeap(), &entry);) {
        if ((entry.wFlags & PROCESS_HEAP_ENTRY_MOVEABLE) && entry.Block.hMem == movable) {
            found += entry.lpData == GlobalLock(movable) && entry.cbData == 40;
            GlobalUnlock(movable);
        }
    }
    CHECK(in_wine || found == 1); /* which does not tell movable blocks */
    CHECK(movable && GlobalFree(movable) == NULL);
}

static void figures(void)
{
    MEMORYSTATUSEX all = {.dwLength = sizeof all}, after = {.dwLength = sizeof after};
    MEMORYSTATUSEX bad = {.dwLength = 1};
    char *block;

    CHECK(GlobalMemoryStatusEx(&all));
    CHECK(all.ullTotalPhys > 16 << 20 && all.ullAvailPhys < all.ullTotalPhys);
    CHECK_EQUAL(all.ullTotalVirtual, 0x7FFE0000);
    CHECK(all.dwMemoryLoad <= 100);
    block = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_NOACCESS);
    CHECK(GlobalMemoryStatusEx(&after));
    if (!in_wine) /* it answers from a cache for a while */
        CHECK_EQUAL(all.ullAvailVirtual - after.ullAvailVirtual, 1 << 20);
    VirtualFree(block, 0, MEM_RELEASE);
    SetLastError(0);
    CHECK(!GlobalMemoryStatusEx(&bad));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void mappings(void)
{
    HANDLE map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                    0x20000, "chart");
    HANDLE again;
    char *one, *two;

    CHECK(map != NULL);
    CHECK_EQUAL(GetLastError(), NO_ERROR);
    again = OpenFileMappingA(FILE_MAP_READ, FALSE, "chart");
    CHECK(again != NULL);
    one = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    two = MapViewOfFile(again, FILE_MAP_READ, 0, 0x10000, 0x1000);
    CHECK(one && two && one[0x10000] == 0);
    one[0x10000] = 5;
    CHECK_EQUAL(two[0], 5);
    SetLastError(0);
    CHECK(!MapViewOfFile(map, FILE_MAP_READ, 0, 0x1000, 0));
    CHECK_EQUAL(GetLastError(), ERROR_MAPPED_ALIGNMENT);
    SetLastError(0);
    CHECK(!MapViewOfFile(again, FILE_MAP_WRITE, 0, 0, 0));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(FlushViewOfFile(one, 0));
    CHECK(UnmapViewOfFile(one) && UnmapViewOfFile(two));
    SetLastError(0);
    CHECK(!UnmapViewOfFile(one));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_ADDRESS);
    CHECK(CloseHandle(again) && CloseHandle(map));
    SetLastError(0);
    CHECK(!CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

int main(void)
{
    in_wine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
    virtual_checks();
    other_process();
    heaps();
    figures();
    mappings();
    return 0;
}

/* information.c - HeapQuery/SetInformation, HeapSummary, Heap32First/Next, and what
 * Global and Local move. */
#include <windows.h>
#include <tlhelp32.h>
#include <string.h>
#include "check.h"

typedef struct {
    DWORD cb;
    SIZE_T allocated, committed, reserved, most;
} SUMMARY;

static int in_wine;

static void compatibility(void)
{
    HANDLE heap = HeapCreate(0, 0, 0), plain = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    ULONG type = 9, two = 2, zero = 0;
    SIZE_T needed = 0;

    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &type, 4, &needed));
    CHECK(type == 0 && needed == 4);
    needed = 0;
    CHECK(!HeapQueryInformation(heap, HeapCompatibilityInformation, &type, 2, &needed));
    CHECK_EQUAL(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQUAL(needed, 4);
    CHECK(HeapSetInformation(heap, HeapCompatibilityInformation, &two, 4));
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &type, 4, NULL));
    CHECK(type == 2 || in_wine); /* which has no other heap */
    if (!in_wine) {              /* it goes back, and lets such a heap have one */
        CHECK(!HeapSetInformation(heap, HeapCompatibilityInformation, &zero, 4));
        CHECK(!HeapSetInformation(plain, HeapCompatibilityInformation, &two, 4));
        CHECK(HeapQueryInformation(plain, HeapCompatibilityInformation, &type, 4, NULL));
        CHECK_EQUAL(type, 0);
    }
    CHECK(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0));
    CHECK(HeapSetInformation(heap, HeapEnableTerminationOnCorruption, NULL, 0));
    CHECK(!HeapSetInformation(heap, (HEAP_INFORMATION_CLASS)99, &two, 4) || in_wine);
    /* HeapOptimizeResources came with 8.1 */
    CHECK(!HeapSetInformation(heap, (HEAP_INFORMATION_CLASS)3, &two, 4) || in_wine);
    CHECK(HeapDestroy(heap) && HeapDestroy(plain));
}

static void summary(void)
{
    BOOL(WINAPI * ask)
    (HANDLE, DWORD, SUMMARY *) =
        (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "HeapSummary");
    HANDLE heap = HeapCreate(0, 0, 0);
    SUMMARY before = {.cb = sizeof before}, after = {.cb = sizeof after};
    void *block;

    if (!ask || in_wine) /* which has the name alone */
        return;
    CHECK(ask(heap, 0, &before));
    block = HeapAlloc(heap, 0, 5000);
    CHECK(ask(heap, 0, &after));
    CHECK_EQUAL(after.allocated - before.allocated, 5000);
    CHECK(after.committed >= after.allocated && after.reserved >= after.committed);
    after.cb = 3;
    CHECK(!ask(heap, 0, &after));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(HeapFree(heap, 0, block) && HeapDestroy(heap));
}

static void toolhelp(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *small = HeapAlloc(heap, 0, 333), *large = HeapAlloc(heap, 0, 600000);
    HEAPENTRY32 entry = {.dwSize = sizeof entry};
    int found = 0, many = 0, i;
    BOOL more;

    if (in_wine) /* a stub */
        return;
    for (i = 0; i < 40; i++)
        CHECK(HeapAlloc(heap, 0, 48));
    for (more = Heap32First(&entry, GetCurrentProcessId(), (ULONG_PTR)heap); more;
         more = Heap32Next(&entry)) {
        if (entry.dwAddress == (ULONG_PTR)small)
            found += entry.dwBlockSize == 333 && entry.dwFlags == LF32_FIXED;
        if (entry.dwAddress == (ULONG_PTR)large)
            found += entry.dwBlockSize == 600000 && entry.dwFlags == LF32_FIXED;
        many += entry.dwBlockSize == 48 && entry.dwFlags == LF32_FIXED;
    }
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_EQUAL(found, 2);
    CHECK_EQUAL(many, 40);
    CHECK(HeapDestroy(heap));
}

/* What another process, this program again, has in its heaps. */
static void another(void)
{
    char self[MAX_PATH], line[MAX_PATH + 8];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    HANDLE ready = CreateEventA(NULL, TRUE, FALSE, "heap-ready");
    HANDLE done = CreateEventA(NULL, TRUE, FALSE, "heap-done"), snapshot;
    HEAPLIST32 list = {.dwSize = sizeof list};
    HEAPENTRY32 entry = {.dwSize = sizeof entry};
    int heaps = 0, found = 0;
    DWORD code;
    BOOL more;

    if (in_wine)
        return;
    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" child", self);
    CHECK(CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child));
    CHECK_EQUAL(WaitForSingleObject(ready, 20000), WAIT_OBJECT_0);
    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPHEAPLIST, child.dwProcessId);
    CHECK(snapshot != INVALID_HANDLE_VALUE);
    for (more = Heap32ListFirst(snapshot, &list); more;
         more = Heap32ListNext(snapshot, &list)) {
        CHECK_EQUAL(list.th32ProcessID, child.dwProcessId);
        heaps++;
        for (BOOL block = Heap32First(&entry, child.dwProcessId, list.th32HeapID); block;
             block = Heap32Next(&entry)) {
            CHECK_EQUAL(entry.th32ProcessID, child.dwProcessId);
            found += entry.dwBlockSize == 12345 && entry.dwFlags == LF32_FIXED;
        }
        CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_FILES);
    }
    CHECK(heaps >= 3);
    CHECK_EQUAL(found, 2);
    CHECK(!Heap32First(&entry, child.dwProcessId, 0x12345678)); /* no heap of its */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(SetEvent(done));
    CHECK_EQUAL(WaitForSingleObject(child.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(child.hProcess, &code));
    CHECK_EQUAL(code, 0);
    CloseHandle(snapshot);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    CloseHandle(ready);
    CloseHandle(done);
}

static int be_another(void)
{
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, "heap-ready");
    HANDLE done = OpenEventA(SYNCHRONIZE, FALSE, "heap-done");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(heap, 0, 12345) && HeapAlloc(GetProcessHeap(), 0, 12345));
    CHECK(SetEvent(ready));
    CHECK_EQUAL(WaitForSingleObject(done, 20000), WAIT_OBJECT_0);
    return 0;
}

/* What must move, moves; what may not, stays or fails. */
static void moves(void)
{
    char *fixed = GlobalAlloc(GMEM_FIXED, 64), *wall = GlobalAlloc(GMEM_FIXED, 64),
         *moved;
    HGLOBAL movable = GlobalAlloc(GMEM_MOVEABLE, 64);
    char *locked;

    strcpy(fixed, "bound");
    SetLastError(0xBEEF);
    moved = GlobalReAlloc(fixed, 100000, 0); /* fixed, and nobody said it may move */
    if (moved) {
        CHECK(moved == fixed);
    } else {
        CHECK_EQUAL(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        CHECK(!strcmp(fixed, "bound") && GlobalSize(fixed) == 64);
    }
    moved = GlobalReAlloc(fixed, 100000, GMEM_MOVEABLE);
    CHECK(moved && !strcmp(moved, "bound") && GlobalSize(moved) >= 100000);
    CHECK(GlobalFree(moved) == NULL && GlobalFree(wall) == NULL);

    locked = GlobalLock(movable);
    strcpy(locked, "held");
    wall = GlobalAlloc(GMEM_FIXED, 64);
    SetLastError(0xBEEF);
    if (GlobalReAlloc(movable, 0, GMEM_MOVEABLE) == NULL) /* discarding what is locked */
        CHECK(GetLastError() != 0xBEEF || in_wine);
    CHECK(GlobalReAlloc(movable, 100000, GMEM_MOVEABLE) == movable);
    CHECK(!strcmp(GlobalLock(movable), "held"));
    GlobalUnlock(movable);
    GlobalUnlock(movable);
    CHECK_EQUAL(GlobalFlags(movable) & GMEM_LOCKCOUNT, 0);
    CHECK(GlobalFree(movable) == NULL && GlobalFree(wall) == NULL);
}

/* A walk and a validation name the place: one damaged block among many. */
static void damage(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *blocks[10], kept[8];
    int i;

    for (i = 0; i < 10; i++)
        blocks[i] = HeapAlloc(heap, 0, 1000);
    CHECK(HeapValidate(heap, 0, NULL));
    memcpy(kept, blocks[4] - 8, 8);
    memset(blocks[4] - 8, 0x41, 8);
    CHECK(!HeapValidate(heap, 0, NULL));
    CHECK(!HeapValidate(heap, 0, blocks[4]));
    CHECK(HeapValidate(heap, 0, blocks[6])); /* which is not what is damaged */
    memcpy(blocks[4] - 8, kept, 8);
    CHECK(HeapValidate(heap, 0, NULL) && HeapValidate(heap, 0, blocks[4]));
    CHECK(HeapDestroy(heap));
}

/* A walk stops at what is damaged, and not as if it were the end.  It is told, and with
 * FATHOM_NO_TERMINATE=1 survived. */
static int walk_damaged(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry = {0};
    char *blocks[10];
    int i, seen = 0;

    for (i = 0; i < 10; i++)
        blocks[i] = HeapAlloc(heap, 0, 1000);
    memset(blocks[4] - 8, 0x41, 8);
    while (HeapWalk(heap, &entry)) {
        for (i = 0; i < 10; i++)
            seen += entry.lpData == blocks[i];
        CHECK(entry.lpData != blocks[5]);
    }
    CHECK(GetLastError() != ERROR_NO_MORE_ITEMS && GetLastError() != NO_ERROR);
    CHECK(seen >= 3 && seen <= 4);
    return 0;
}

static void survive(void)
{
    char self[MAX_PATH], line[MAX_PATH + 8];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    DWORD code;

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" walk", self);
    CHECK(SetEnvironmentVariableA("FATHOM_NO_TERMINATE", "1"));
    CHECK(CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child));
    WaitForSingleObject(child.hProcess, INFINITE);
    CHECK(GetExitCodeProcess(child.hProcess, &code));
    CHECK(CloseHandle(child.hThread) && CloseHandle(child.hProcess));
    CHECK_EQUAL(code, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "walk"))
        return walk_damaged();
    if (argc > 1 && !strcmp(argv[1], "child"))
        return be_another();
    in_wine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
    compatibility();
    summary();
    toolhelp();
    another();
    moves();
    damage();
    if (!in_wine)
        survive();
    return 0;
}

/* debug.c - gflags' debug heap: fills, tails, what HeapWalk and HeapValidate tell, pages.
 *
 * The program runs itself again under each setting of its own image (FATHOM_GFLAGS_name).
 * On another system there is nothing to set: there it only checks that blocks are blocks.
 */
#include <windows.h>
#include <string.h>
#include "check.h"

#define HTC 0x10
#define HFC 0x20
#define HPC 0x40
#define HVC 0x80
#define UST 0x1000
#define HPA 0x2000000

static ULONG global_flag(void)
{
    char *peb;
    __asm__("movl %%fs:0x30, %0" : "=r"(peb));
    return *(ULONG *)(peb + 0x68); /* NtGlobalFlag, as in every 32-bit Windows */
}

static ULONG heap_flags(HANDLE heap)
{
    return *(ULONG *)((char *)heap + 0x40); /* dt _HEAP Flags, 7 SP1 */
}

static int all(const void *bytes, unsigned char value, SIZE_T count)
{
    const unsigned char *at = bytes;
    while (count && *at == value)
        at++, count--;
    return count == 0;
}

/* What HeapWalk says of a block: its size and whether it is in use; -1: nothing.  The data of a
 * free one follows its two links. */
static int walk_for(HANDLE heap, const void *block, SIZE_T *size)
{
    PROCESS_HEAP_ENTRY entry = {0};
    int found = -1;
    CHECK(HeapLock(heap));
    while (HeapWalk(heap, &entry))
        if (entry.lpData == block ||
            (!entry.wFlags && (char *)entry.lpData - 8 == block)) {
            found = (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
            *size = entry.cbData;
        }
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_ITEMS);
    CHECK(HeapUnlock(heap));
    return found;
}

static void fills(HANDLE heap)
{
    unsigned char *block = HeapAlloc(heap, 0, 100), *next = HeapAlloc(heap, 0, 100), kept;
    SIZE_T size = 0;
    int i;

    for (i = 0; i < 100; i += 4)
        CHECK_EQUAL(*(ULONG *)(block + i), 0xBAADF00D);
    CHECK(all(block + 100, 0xAB, 8));
    CHECK_EQUAL(HeapSize(heap, 0, block), 100);
    CHECK(walk_for(heap, block, &size) == 1 && size == 100);
    block = HeapReAlloc(heap, 0, block, 90);
    CHECK(all(block + 90, 0xAB, 8));
    CHECK(HeapValidate(heap, 0, block) && HeapValidate(heap, 0, NULL));
    kept = block[90];
    block[90] = 0; /* one byte too far */
    CHECK(!HeapValidate(heap, 0, NULL));
    block[90] = kept;
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, block));
    CHECK(walk_for(heap, block, &size) == 0); /* free, and its own entry */
    for (i = 8; i < 88; i += 4)               /* after the links */
        CHECK_EQUAL(*(ULONG *)(block + i), 0xFEEEFEEE);
    block[40] = 0; /* write after free */
    CHECK(!HeapValidate(heap, 0, NULL));
    block[40] = 0xEE;
    CHECK(HeapValidate(heap, 0, NULL));
    block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 80);
    CHECK(all(block, 0, 80) && all(block + 80, 0xAB, 8));
    for (i = 0; i < 40; i++) /* no front end: each block keeps its tail */
        block = HeapAlloc(heap, 0, 40);
    CHECK(all(block + 40, 0xAB, 8));
    block = HeapAlloc(heap, 0, 600000); /* large */
    CHECK_EQUAL(*(ULONG *)block, 0xBAADF00D);
    CHECK(all(block + 600000, 0xAB, 8));
    CHECK(HeapFree(heap, 0, block) && HeapFree(heap, 0, next));
}

static int faults(volatile char *address)
{
    char byte;
    return !ReadProcessMemory(GetCurrentProcess(), (void *)address, &byte, 1, NULL);
}

static void pages(HANDLE heap)
{
    static const SIZE_T sizes[] = {0, 1, 24, 100, 4000, 4096, 5000, 700000};
    SIZE_T i, size;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *block = HeapAlloc(heap, 0, sizes[i]), *end;
        CHECK(block && ((ULONG_PTR)block & 7) == 0);
        CHECK_EQUAL(HeapSize(heap, 0, block), sizes[i]);
        CHECK(all(block, 0xC0, sizes[i]));
        end =
            (char *)(((ULONG_PTR)block + (sizes[i] ? sizes[i] : 1) + 7) & ~(ULONG_PTR)7);
        CHECK(((ULONG_PTR)end & 0xFFF) == 0 && faults(end) && !faults(end - 1));
        CHECK_EQUAL(*(ULONG *)(block - 0x20), 0xABCDBBBB); /* DPH_BLOCK_INFORMATION */
        CHECK_EQUAL(*(ULONG *)(block - 4), 0xDCBABBBB);
        CHECK(walk_for(heap, block, &size) == 1 && size == sizes[i]);
        CHECK(HeapValidate(heap, 0, block) && HeapValidate(heap, 0, NULL));
        memset(block, 'x', sizes[i]);
        end = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, sizes[i] + 50);
        CHECK(end != block && faults(block) && all(end, 'x', sizes[i]));
        CHECK(all(end + sizes[i], 0, 50));
        CHECK(HeapFree(heap, 0, end) && faults(end));
        CHECK(!HeapValidate(heap, 0, end));
    }
}

static void under(ULONG flags)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG wanted = (flags & HTC ? 0x20 : 0) | (flags & HFC ? 0x40 : 0) |
                   (flags & HPC ? 0x40000000 : 0) | (flags & HVC ? 0x20000000 : 0) |
                   (flags & UST ? 0x08000000 : 0) | (flags & HPA ? 0x09000000 : 0);
    ULONG type = 7;
    void *blocks[300];
    int i;

    CHECK_EQUAL(global_flag(), flags);
    if (flags & HPA)
        wanted &= ~0x60;
    CHECK_EQUAL(heap_flags(heap) & 0x69000060, wanted);
    CHECK_EQUAL(heap_flags(GetProcessHeap()) & 0x69000060, wanted);
    if (flags & HPA)
        pages(heap);
    else if ((flags & (HTC | HFC)) == (HTC | HFC))
        fills(heap);
    for (i = 0; i < 300; i++) /* no front end under any of them */
        CHECK((blocks[i] = HeapAlloc(heap, 0, i % 10 * 20)) != NULL);
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &type, 4, NULL));
    CHECK_EQUAL(type, 0);
    for (i = 0; i < 300; i += 2)
        CHECK(HeapFree(heap, 0, blocks[i]));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
    free(realloc(malloc(100), 5000)); /* the runtime's heap is one of these too */
}

static void respawn(ULONG flags)
{
    char self[MAX_PATH], line[MAX_PATH + 32], value[16], name[MAX_PATH];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    DWORD code;

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(name, sizeof name, "FATHOM_GFLAGS_%s", strrchr(self, '\\') + 1);
    snprintf(value, sizeof value, "0x%lx", flags);
    CHECK(SetEnvironmentVariableA(name, value));
    snprintf(line, sizeof line, "\"%s\" %lu", self, flags);
    CHECK(CreateProcessA(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child));
    WaitForSingleObject(child.hProcess, INFINITE);
    CHECK(GetExitCodeProcess(child.hProcess, &code));
    CHECK(CloseHandle(child.hThread) && CloseHandle(child.hProcess));
    printf("flags %lx: %lx\n", flags, code);
    CHECK_EQUAL(code, 0);
}

int main(int argc, char **argv)
{
    static const ULONG settings[] = {HTC | HFC,       HTC | HFC | HPC | HVC, UST, HPA,
                                     HPA | HVC | HTC, HTC | HFC | UST,       HPC, HVC};
    unsigned i;
    if (argc > 1) {
        under(strtoul(argv[1], NULL, 10));
        return 0;
    }
    if (GetModuleHandleA("ntdll.dll") == NULL ||
        GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtFathomNull") == NULL)
        return 0; /* elsewhere gflags is a program of its own */
    for (i = 0; i < sizeof settings / sizeof *settings; i++)
        respawn(settings[i]);
    return 0;
}

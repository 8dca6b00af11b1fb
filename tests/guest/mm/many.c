/* many - thousands of regions in any order; all addresses; all commit: only statuses. */
#include "memory.h"

#define COUNT 6000
static char *regions[COUNT];

static void thousands(void)
{
    unsigned seed = 3;
    for (int i = 0; i < COUNT; i++) {
        regions[i] =
            VirtualAlloc(NULL, PAGE, i & 1 ? MEM_COMMIT : MEM_RESERVE, PAGE_READWRITE);
        CHECK(regions[i]);
        if (i & 1)
            *regions[i] = (char)i;
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK(query(regions[i]).AllocationBase == regions[i]);
        CHECK(!(i & 1) || *regions[i] == (char)i);
    }
    for (int left = COUNT; left > 0; left--) {
        seed = seed * 1103515245u + 12345u;
        int pick = (int)((seed >> 8) % left);
        CHECK(VirtualFree(regions[pick], 0, MEM_RELEASE));
        regions[pick] = regions[left - 1];
    }
}

static void all_addresses(void)
{
    static char *held[4096];
    int count = 0;
    for (SIZE_T size = 0x10000000; size >= 0x100000; size /= 2)
        while (count < 4096 &&
               (held[count] = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS)))
            count++;
    CHECK_EQUAL(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK(count > 7);
    while (count > 0)
        CHECK(VirtualFree(held[--count], 0, MEM_RELEASE));
}

static void all_commit(void)
{
    MEMORYSTATUSEX before = {.dwLength = sizeof before}, now = before;
    static char *held[1024];
    int count = 0;
    GlobalMemoryStatusEx(&before);
    if (before.ullTotalPageFile >
        0x60000000) /* more than a process can hold: nothing to see */
        return;
    while (count < 1024 &&
           (held[count] = VirtualAlloc(NULL, 0x400000, MEM_COMMIT, PAGE_READWRITE)))
        *held[count++] = 1;
    CHECK(GetLastError() == ERROR_COMMITMENT_LIMIT ||
          GetLastError() == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(count > 0);
    while (count > 0)
        CHECK(VirtualFree(held[--count], 0, MEM_RELEASE));
    GlobalMemoryStatusEx(&now);
    CHECK(now.ullAvailPageFile + 0x100000 > before.ullAvailPageFile);
}

int main(void)
{
    thousands();
    all_addresses();
    all_commit();
    return 0;
}

/* link: -lntdll */
/* writewatch - GetWriteWatch and ResetWriteWatch. */
#include "documented.h"

static PVOID list[16];
static ULONG_PTR count;
static DWORD granularity;

static UINT watch(DWORD flags, char *base, SIZE_T size)
{
    count = 16;
    memset(list, 0, sizeof list);
    return GetWriteWatch(flags, base, size, list, &count, &granularity);
}

int main(void)
{
    char *base = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                              PAGE_READWRITE);
    char *plain = committed(PAGE);
    CHECK(base);
    documented("GetWriteWatch", "a region that was not written to has no written pages",
               SAME, watch(0, base, 16 * PAGE) == 0 && count == 0);
    documented("GetWriteWatch", "lpdwGranularity receives the page size", SAME,
               granularity == PAGE);
    (void)*(volatile char *)(base + PAGE);
    documented("GetWriteWatch", "a page that was only read is not among them", SAME,
               watch(0, base, 16 * PAGE) == 0 && count == 0);
    base[5 * PAGE + 3] = 1;
    base[2 * PAGE] = 1;
    documented("GetWriteWatch",
               "the addresses of the pages written to since the allocation come back",
               SAME,
               watch(0, base, 16 * PAGE) == 0 && count == 2 &&
                   list[0] == base + 2 * PAGE && list[1] == base + 5 * PAGE);
    documented("GetWriteWatch", "without the reset flag they are told again", SAME,
               watch(0, base, 16 * PAGE) == 0 && count == 2);
    documented("GetWriteWatch", "only pages of the range asked for are told", SAME,
               watch(0, base + 3 * PAGE, 5 * PAGE) == 0 && count == 1);
    count = 1;
    documented("GetWriteWatch",
               "lpdwCount: the size of the array on input, the addresses returned on "
               "output",
               SAME,
               GetWriteWatch(0, base, 16 * PAGE, list, &count, &granularity) == 0 &&
                   count == 1 && list[0] == base + 2 * PAGE);
    documented("GetWriteWatch", "WRITE_WATCH_FLAG_RESET resets the write-tracking state",
               SAME,
               watch(WRITE_WATCH_FLAG_RESET, base, 16 * PAGE) == 0 && count == 2 &&
                   watch(0, base, 16 * PAGE) == 0 && count == 0);
    base[2 * PAGE] = 2;
    documented("GetWriteWatch", "a page written to after the reset is told anew", SAME,
               watch(0, base, 16 * PAGE) == 0 && count == 1);
    documented("ResetWriteWatch",
               "the write-tracking state is reset; the return value is 0", SAME,
               ResetWriteWatch(base, 16 * PAGE) == 0 && watch(0, base, 16 * PAGE) == 0 &&
                   count == 0);
    documented("ResetWriteWatch", "a region without MEM_WRITE_WATCH is an error", SAME,
               ResetWriteWatch(plain, PAGE) != 0 &&
                   GetLastError() == ERROR_INVALID_PARAMETER);
    documented("GetWriteWatch", "a region without MEM_WRITE_WATCH is an error", SAME,
               watch(0, plain, PAGE) != 0 && GetLastError() == ERROR_INVALID_PARAMETER);
    documented("GetWriteWatch", "unknown flags are an error", SAME,
               watch(2, base, PAGE) != 0 && GetLastError() == ERROR_INVALID_PARAMETER);
    SIZE_T done;
    documented("GetWriteWatch", "a page written to by the system counts as written", SAME,
               ReadProcessMemory(SELF, plain, base + 7 * PAGE, 4, &done) &&
                   watch(0, base, 16 * PAGE) == 0 && count == 1 &&
                   list[0] == base + 7 * PAGE);
    DWORD old;
    documented("GetWriteWatch", "a change of protection forgets nothing", SAME,
               VirtualProtect(base + 7 * PAGE, PAGE, PAGE_NOACCESS, &old) &&
                   watch(0, base, 16 * PAGE) == 0 && count == 1 &&
                   VirtualProtect(base + 7 * PAGE, PAGE, PAGE_READWRITE, &old) &&
                   watch(0, base, 16 * PAGE) == 0 && count == 1);
    CHECK(VirtualFree(base + 7 * PAGE, PAGE, MEM_DECOMMIT));
    documented("GetWriteWatch",
               "a page that was written to is told also after it was decommitted", SAME,
               watch(0, base, 16 * PAGE) == 0 && count == 1);
    CHECK(VirtualAlloc(base + 7 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    documented("GetWriteWatch", "and after it was committed and read again", SAME,
               READS(base + 7 * PAGE) == 0 && watch(0, base, 16 * PAGE) == 0 &&
                   count == 1);
    documented("ResetWriteWatch", "until the state is reset", SAME,
               ResetWriteWatch(base, 16 * PAGE) == 0 && watch(0, base, 16 * PAGE) == 0 &&
                   count == 0);
    freed(base);
    freed(plain);
    return undocumented();
}

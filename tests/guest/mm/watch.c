/* watch - write watch and locked pages. */
/* link: -lntdll */
#include "memory.h"

/* A part in the middle is released: what remains after it is watched as before. */
static void split(void)
{
    PVOID pages[4];
    ULONG_PTR count = 4;
    DWORD size;
    char *base = VirtualAlloc(NULL, 0x30000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                              PAGE_READWRITE);
    CHECK(base);
    base[0x20000] = 1;
    CHECK_EQUAL(release(base + 0x10000, 0x10000, MEM_RELEASE), 0);
    base[0x22000] = 1;
    CHECK_EQUAL(GetWriteWatch(0, base + 0x20000, 0x10000, pages, &count, &size), 0);
    CHECK_EQUAL(count, 2);
    CHECK(pages[0] == base + 0x20000 && pages[1] == base + 0x22000);
    CHECK_EQUAL(release(base + 0x20000, 0, MEM_RELEASE), 0);
    count = 4;
    CHECK_EQUAL(GetWriteWatch(0, base, 0x10000, pages, &count, &size), 0);
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
}

static char *volatile doomed;

/* At each tick, in the middle of whatever the other thread does. */
static DWORD WINAPI free_it(void *unused)
{
    (void)unused;
    for (;; Sleep(1)) {
        char *base = doomed;
        doomed = NULL;
        if (base)
            VirtualFree(base, 0, MEM_RELEASE);
    }
    return 0;
}

/* A region that is freed while it is asked for: an answer that was complete is given. */
static void freed_meanwhile(void)
{
    PVOID written;
    ULONG_PTR count;
    DWORD size;
    HANDLE thread = CreateThread(NULL, 0, free_it, NULL, 0, NULL);
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST));
    for (int i = 0; i < 20; i++) {
        char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                                  PAGE_READWRITE);
        CHECK(base);
        *base = 1;
        doomed = base;
        do {
            written = NULL;
            count = 1;
        } while (!GetWriteWatch(0, base, PAGE, &written, &count, &size));
        CHECK(!written);
    }
    CHECK(CloseHandle(thread));
}

int main(void)
{
    PVOID pages[16];
    ULONG_PTR count = 16;
    DWORD size;
    char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                              PAGE_READWRITE);
    CHECK(base);
    CHECK_EQUAL(GetWriteWatch(0, base, 8 * PAGE, pages, &count, &size), 0);
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(size, PAGE);
    base[2 * PAGE] = 1;
    base[5 * PAGE + 9] = 1;
    (void)*(volatile char *)(base + PAGE);
    count = 16;
    CHECK_EQUAL(
        GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, 8 * PAGE, pages, &count, &size), 0);
    CHECK_EQUAL(count, 2);
    CHECK(pages[0] == base + 2 * PAGE && pages[1] == base + 5 * PAGE);
    count = 16;
    GetWriteWatch(0, base, 8 * PAGE, pages, &count, &size);
    CHECK_EQUAL(count, 0);
    base[5 * PAGE] = 2;
    base[6 * PAGE] = 2;
    count = 1;
    CHECK_EQUAL(GetWriteWatch(0, base, 8 * PAGE, pages, &count, &size), 0);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(ResetWriteWatch(base, 8 * PAGE), 0);
    count = 16;
    GetWriteWatch(0, base, 8 * PAGE, pages, &count, &size);
    CHECK_EQUAL(count, 0);
    CHECK(VirtualFree(base, 0, MEM_RELEASE));

    /* The middle goes: both regions that are left are watched. */
    base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                        PAGE_READWRITE);
    base[0] = base[7 * PAGE] = 1;
    CHECK_EQUAL(release(base + 3 * PAGE, 2 * PAGE, MEM_RELEASE), 0);
    for (int i = 0; i < 8; i += 7) {
        count = 16;
        CHECK_EQUAL(GetWriteWatch(0, base + i * PAGE, PAGE, pages, &count, &size), 0);
        CHECK(count == 1 && pages[0] == base + i * PAGE);
    }

    base = VirtualAlloc(NULL, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    count = 16;
    CHECK(GetWriteWatch(0, base, 4 * PAGE, pages, &count, &size) != 0); /* not watched */
    CHECK(VirtualLock(base, 2 * PAGE));
    CHECK(VirtualUnlock(base, 2 * PAGE));
    CHECK(!VirtualUnlock(base, 2 * PAGE));
    CHECK_EQUAL(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(VirtualLock(base, PAGE)); /* and released while locked */
    CHECK(VirtualFree(base, 0, MEM_RELEASE));
    CHECK(!VirtualLock(base, PAGE));
    split();
    freed_meanwhile();
    return 0;
}

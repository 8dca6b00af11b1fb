/* giveway.c - services whose length a program chooses: others run meanwhile, and can end it.
 *
 *     giveway MIB     ranges of so many MiB; of 256 and more also services that take less a page
 *
 * A line for each call: `name instructions gap status`.  gap: the longest time, in instructions,
 * in which a thread of the highest priority, which wakes at every tick, did not run.  The last line
 * is of a process that is ended in the middle of a copy.  tests/hostile/giveway.t has the limits.
 */
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB  0x100000u
#define VIEW (16 * MIB)

static SIZE_T size;
static char *source, *target; /* size bytes each: views of one section, side by side */
static volatile unsigned long long last_wake, longest;

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static DWORD WINAPI watch(void *unused)
{
    (void)unused;
    for (;; Sleep(1)) {
        const unsigned long long now = ticks();
        if (last_wake && now - last_wake > longest)
            longest = now - last_wake;
        last_wake = now;
    }
    return 0;
}

#define MEASURE(name, call)                                                              \
    do {                                                                                 \
        Sleep(40);                                                                       \
        longest = 0;                                                                     \
        const unsigned long long start_ = ticks();                                       \
        const int done_ = (call) != 0;                                                   \
        const unsigned long long took_ = ticks() - start_;                               \
        Sleep(40);                                                                       \
        printf("%s %llu %llu %d\n", name, took_, longest, done_);                        \
        fflush(stdout);                                                                  \
    } while (0)

/* The section as often as it fits, in addresses that follow each other. */
static char *views(HANDLE section)
{
    char *base = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
    VirtualFree(base, 0, MEM_RELEASE);
    for (SIZE_T at = 0; base && at < size; at += VIEW)
        if (!MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, VIEW, base + at))
            exit(2);
    return base;
}

static BOOL copy_in(void)
{
    SIZE_T n;
    return ReadProcessMemory(GetCurrentProcess(), source, target, size, &n);
}

static BOOL copy_out(void)
{
    SIZE_T n;
    return WriteProcessMemory(GetCurrentProcess(), target, source, size, &n);
}

/* ---- what takes less a page, or a page of its own each ---- */

static char *fresh(ULONG more)
{
    char *base =
        VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT | more, PAGE_READWRITE);
    if (!base)
        exit(3);
    return base;
}

static void touch(char *base)
{
    for (SIZE_T at = 0; at < size; at += 4096)
        base[at] = 1;
}

static void pages(void)
{
    DWORD n, page;
    char *base = fresh(0);
    HANDLE file = CreateFileA("giveway.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    MEASURE("NtReadFile", ReadFile(file, base, size, &n, NULL));
    VirtualFree(base, 0, MEM_RELEASE);

    base = fresh(0);
    SetProcessWorkingSetSize(GetCurrentProcess(), size + 64 * MIB, size + 64 * MIB);
    MEASURE("NtLockVirtualMemory", VirtualLock(base, size));
    void *set = malloc(size / 256);
    MEASURE("NtQueryVirtualMemory",
            QueryWorkingSet(GetCurrentProcess(), set, size / 256));
    VirtualFree(base, 0, MEM_RELEASE);

    ULONG_PTR count = size / 4096;
    void **written = malloc(count * sizeof *written);
    base = fresh(MEM_WRITE_WATCH);
    touch(base);
    MEASURE("NtGetWriteWatch",
            GetWriteWatch(0, base, size, written, &count, &page) == 0 &&
                count == size / 4096);
    VirtualFree(base, 0, MEM_RELEASE);
}

/* ---- a process in the middle of its copy ---- */

static void end_one(const char *self, const char *mib)
{
    char line[MAX_PATH + 40];
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    DWORD code = 0;
    HANDLE begun = CreateEventA(NULL, TRUE, FALSE, "giveway begun");
    snprintf(line, sizeof line, "\"%s\" %s copy", self, mib);
    if (!CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &process))
        exit(4);
    WaitForSingleObject(begun, INFINITE);
    MEASURE("TerminateProcess", (Sleep(40), TerminateProcess(process.hProcess, 77)) &&
                                    !WaitForSingleObject(process.hProcess, 20000));
    if (!GetExitCodeProcess(process.hProcess, &code) || code != 77)
        exit(5);
}

int main(int argc, char **argv)
{
    size = strtoul(argv[1], NULL, 0) * MIB;
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, VIEW, NULL);
    source = views(section);
    target = views(section);
    if (argc > 2) {
        SetEvent(OpenEventA(EVENT_MODIFY_STATE, FALSE, "giveway begun"));
        for (;;)
            copy_in();
    }
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_ABOVE_NORMAL);
    SetThreadPriority(CreateThread(NULL, 0, watch, NULL, 0, NULL),
                      THREAD_PRIORITY_TIME_CRITICAL);
    MEASURE("NtReadVirtualMemory", copy_in());
    end_one(argv[0], argv[1]);
    if (size < 256 * MIB)
        return 0;
    MEASURE("NtWriteVirtualMemory", copy_out());
    pages();
    return 0;
}

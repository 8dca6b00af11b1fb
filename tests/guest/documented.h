/* documented.h - a statement of the documentation, and the code that shows it.
 *
 *   documented("VirtualAlloc", "memory is initialized to zero", SAME, *p == 0);
 *
 * The page is one of Microsoft's by its title.  SAME: Windows as documented; SIMPLIFIED:
 * allowed by the words, but less than Windows does; DIFFERS: the condition shows what is
 * here instead.  tools/behaviour.py makes docs/behaviour.md of these lines; a false one
 * is told and the program goes on, so that a run elsewhere lists them all.  End main with
 * `return undocumented();`.
 */
#ifndef GUEST_DOCUMENTED_H
#define GUEST_DOCUMENTED_H

#include "memory.h"

enum documented_how { SAME, SIMPLIFIED, DIFFERS };
static int documented_wrong;

static inline void documented_line(const char *page, const char *statement,
                                   enum documented_how how, int true_here, int line)
{
    (void)how;
    if (true_here)
        return;
    printf("not so, line %d: %s: %s (last error %lu)\n", line, page, statement,
           GetLastError());
    fflush(stdout);
    documented_wrong++;
}
#define documented(page, statement, how, ...)                                            \
    documented_line(page, statement, how, (__VA_ARGS__) != 0, __LINE__)

static inline int undocumented(void)
{
    return documented_wrong > 100 ? 100 : documented_wrong;
}

/* The call answers 0 and leaves this last error. */
#define FAILS(call, code) (SetLastError(0), !(call) && GetLastError() == (DWORD)(code))

/* One page at the address: is it there, without touching it? (QueryWorkingSetEx) */
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);
static inline ULONG working_set_flags(const void *address)
{
    struct {
        const void *address;
        ULONG flags;
    } page = {address, 0};
    CHECK_EQUAL(NtQueryVirtualMemory(SELF, NULL, 4, &page, sizeof page, NULL), 0);
    return page.flags;
}
#define RESIDENT(address) ((working_set_flags(address) & 1) != 0)
#define SHARED(address)   ((working_set_flags(address) >> 15 & 1) != 0)

static inline char *reserved(SIZE_T size)
{
    char *base = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_READWRITE);
    CHECK(base);
    return base;
}
static inline char *committed(SIZE_T size)
{
    char *base = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(base);
    return base;
}
static inline void freed(void *base)
{
    CHECK(VirtualFree(base, 0, MEM_RELEASE));
}
static inline MEMORYSTATUSEX memory_status(void)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    CHECK(GlobalMemoryStatusEx(&status));
    return status;
}

#endif

/* documented.h - a statement of the documentation, and the code that shows it.
 *
 *   documented("VirtualAlloc", "memory is initialized to zero", SAME, *p == 0);
 *
 * The page is one of Microsoft's by its title.  SAME: Windows as documented; SIMPLIFIED:
 * allowed by the words, but less than Windows does; DIFFERS: the condition shows what is
 * here instead.  tools/behaviour.py makes docs/behaviour.md of these lines.  A false one
 * is printed with its line and its condition, and the program goes on, so that a run lists
 * them all.  End main with `return undocumented();`.
 */
#ifndef GUEST_DOCUMENTED_H
#define GUEST_DOCUMENTED_H

#include "memory.h"

enum documented_how { SAME, SIMPLIFIED, DIFFERS };
static int documented_wrong;

static __attribute__((cold, unused)) void documented_false(const char *page,
                                                           const char *statement,
                                                           const char *file, int line,
                                                           const char *condition)
{
    const DWORD error = GetLastError();
    printf("%s:%d: not so: %s: %s\n  not true: %s", file, line, page, statement,
           condition);
    check_told(error);
    documented_wrong++;
}
#define documented(page, statement, how, ...)                                            \
    ((void)(how), (__VA_ARGS__) ? (void)0                                                \
                                : documented_false(page, statement, __FILE__, __LINE__,  \
                                                   #__VA_ARGS__))

static inline int undocumented(void)
{
    return documented_wrong > 100 ? 100 : documented_wrong;
}

/* The call returns 0 and leaves this last error. */
#define FAILS(call, code)                                                                \
    (SetLastError(0),                                                                    \
     !(call) ? failed_with(code) : (NOTE(#call " did not fail", 1), FALSE))
static inline BOOL failed_with(DWORD code)
{
    NOTE("the last error, expected another,", GetLastError());
    return GetLastError() == code;
}

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

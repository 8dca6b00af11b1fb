/* allmemory - how much memory the system counts, and that it is there.
 *
 * Prints `total N`, `limit N`, `held N` in pages: all memory, what may be committed, what this
 * process touched until it got no more.  Each page held its own address to the end. */
#include <stdio.h>
#include <windows.h>
#include "fathom.h"

typedef LONG(NTAPI *QUERY)(ULONG, ULONG, PVOID, ULONG, PULONG);

#define CHUNK (64 << 10)
#define PAGE  4096
#define MOST  32768 /* 2 GiB of chunks */

static char *chunks[MOST];

int main(void)
{
    QUERY query =
        (QUERY)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtFathomQuery");
    FATHOM_MEMORY memory;
    ULONG returned, count = 0;
    if (!query || query(FathomQueryMemory, 0, &memory, sizeof memory, &returned) < 0)
        return 1;
    printf("total %lu\nlimit %lu\n", memory.Total, memory.CommitLimit - memory.Committed);
    while (count < MOST &&
           (chunks[count] = VirtualAlloc(NULL, CHUNK, MEM_COMMIT, PAGE_READWRITE))) {
        for (ULONG at = 0; at < CHUNK; at += PAGE)
            *(char **)(chunks[count] + at) = chunks[count] + at;
        count++;
    }
    for (ULONG i = 0; i < count; i++)
        for (ULONG at = 0; at < CHUNK; at += PAGE)
            if (*(char **)(chunks[i] + at) != chunks[i] + at)
                return 2;
    for (ULONG i = 0; i < count; i++)
        VirtualFree(chunks[i], 0, MEM_RELEASE);
    printf("held %lu\n", count * (CHUNK / PAGE));
    return 0;
}

/* link: -lntdll */
/* wild - the memory services with arguments drawn at random, from two threads: only
 * statuses.  The harness audits regions, pages and charges afterwards.
 * By hand: wild.exe SEED CALLS. */
#include "memory.h"

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI NtGetWriteWatch(HANDLE, ULONG, PVOID, SIZE_T, PVOID *, PULONG_PTR, PULONG);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);

#define ARENA 0x20000000u /* where most calls fall, away from heaps and stacks */
static ULONG calls = 20000;
static HANDLE sections[2];

static ULONG draw(ULONG *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 7;
}

static ULONG pick(ULONG *seed, const ULONG *table, ULONG count)
{
    return table[draw(seed) % count];
}
#define PICK(table) pick(seed, table, sizeof table / sizeof *table)

static PVOID address(ULONG *seed)
{
    static const ULONG odd[] = {0,          1,          0xFFFF,     0x7FFE0000,
                                0x7FFF0000, 0x80000000, 0xC0000000, ~0u};
    if (draw(seed) % 16 == 0)
        return (PVOID)PICK(odd);
    return (PVOID)(ARENA + (draw(seed) % 64) * 0x10000 + (draw(seed) % 20) * 0x800);
}

static SIZE_T length(ULONG *seed)
{
    static const ULONG odd[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, ~0u};
    return draw(seed) % 16 ? draw(seed) % 0x40000 : PICK(odd);
}

static void one_call(ULONG *seed)
{
    static const ULONG types[] = {MEM_RESERVE,
                                  MEM_COMMIT,
                                  MEM_RESERVE | MEM_COMMIT,
                                  MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                                  MEM_RESET,
                                  MEM_RESERVE | MEM_TOP_DOWN,
                                  0,
                                  ~0u};
    static const ULONG protects[] = {PAGE_READWRITE,
                                     PAGE_READWRITE,
                                     PAGE_READONLY,
                                     PAGE_NOACCESS,
                                     PAGE_EXECUTE_READ,
                                     PAGE_WRITECOPY,
                                     PAGE_EXECUTE_READWRITE,
                                     PAGE_READWRITE | PAGE_GUARD,
                                     PAGE_READWRITE | PAGE_NOCACHE,
                                     0,
                                     3};
    PVOID base = address(seed), list[8];
    SIZE_T size = length(seed);
    ULONG old, grain;
    ULONG_PTR count = 8;
    char buffer[64];
    LARGE_INTEGER offset = {.QuadPart = (draw(seed) % 3) * 0x10000};
    switch (draw(seed) % 12) {
    case 0:
    case 1:
    case 2:
        if (base) /* what it chooses itself nobody would free */
            NtAllocateVirtualMemory(SELF, &base, 0, &size, PICK(types), PICK(protects));
        break;
    case 3:
        NtFreeVirtualMemory(SELF, &base, &size, MEM_DECOMMIT);
        break;
    case 4:
        size = draw(seed) % 2 ? 0 : size;
        NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE);
        break;
    case 5:
        NtProtectVirtualMemory(SELF, &base, &size, PICK(protects), &old);
        break;
    case 6:
        NtQueryVirtualMemory(SELF, base, draw(seed) % 6, buffer,
                             draw(seed) % sizeof buffer, &size);
        break;
    case 7:
        NtWriteVirtualMemory(SELF, base, buffer, sizeof buffer, &size);
        break;
    case 8:
        NtLockVirtualMemory(SELF, &base, &size, 1);
        break;
    case 9:
        NtUnlockVirtualMemory(SELF, &base, &size, 1);
        break;
    case 10:
        NtGetWriteWatch(SELF, draw(seed) % 2, base, size, list, &count, &grain);
        break;
    default:
        base = (PVOID)((ULONG_PTR)base & 0xFFFF0000);
        if (draw(seed) % 2)
            UnmapViewOfFile(base);
        else if (base)
            MapViewOfFileEx(sections[draw(seed) % 2],
                            draw(seed) % 2 ? FILE_MAP_WRITE : FILE_MAP_COPY, 0,
                            offset.LowPart, draw(seed) % 0x20000, base);
    }
}

static DWORD CALLBACK run(void *seed)
{
    ULONG mine = (ULONG)(ULONG_PTR)seed;
    for (ULONG i = 0; i < calls; i++)
        one_call(&mine);
    return 0;
}

int main(int argc, char **argv)
{
    ULONG seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    calls = argc > 2 ? strtoul(argv[2], NULL, 0) : calls;
    printf("seed %lu, %lu calls from each of two threads\n", seed, calls);
    sections[0] =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x40000, NULL);
    sections[1] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL,
                                     PAGE_READWRITE | SEC_RESERVE, 0, 0x40000, NULL);
    HANDLE other = CreateThread(NULL, 0, run, (void *)(ULONG_PTR)(seed + 1000), 0, NULL);
    CHECK(other);
    run((void *)(ULONG_PTR)seed);
    CHECK_EQUAL(WaitForSingleObject(other, 60000), WAIT_OBJECT_0);
    CloseHandle(other);
    return 0; /* with everything still allocated: the end of the process gives it back */
}

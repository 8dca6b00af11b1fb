/* physical.c - physical memory as a program may ask for it: nodes, large pages, AWE.
 *
 * There is one node.  Large pages and pages of one's own (Address Windowing Extensions)
 * take SeLockMemoryPrivilege, which no process holds, so there are none.
 */
#include "k32.h"

WINBOOL WINAPI GetNumaHighestNodeNumber(PULONG node)
{
    *node = 0; /* one node */
    return TRUE;
}

/* The processors of a node; ERROR_INVALID_PARAMETER: there is no such node. */
WINBOOL WINAPI GetNumaNodeProcessorMask(UCHAR node, PULONGLONG mask)
{
    *mask = node == 0; /* one processor, number 0 */
    return node == 0 || BasepFail(ERROR_INVALID_PARAMETER);
}

/* The node of a processor; ERROR_INVALID_PARAMETER and FFh: there is no such processor. */
WINBOOL WINAPI GetNumaProcessorNode(UCHAR processor, PUCHAR node)
{
    *node = processor == 0 ? 0 : 0xFF;
    return processor == 0 || BasepFail(ERROR_INVALID_PARAMETER);
}

/* Bytes that are free in a node. */
WINBOOL WINAPI GetNumaAvailableMemoryNode(UCHAR node, PULONGLONG bytes)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof status};

    if (node != 0 || !GlobalMemoryStatusEx(&status))
        return BasepFail(ERROR_INVALID_PARAMETER);
    *bytes = status.ullAvailPhys;
    return TRUE;
}

WINBOOL WINAPI GetNumaAvailableMemoryNodeEx(USHORT node, PULONGLONG bytes)
{
    return GetNumaAvailableMemoryNode(node ? 0xFF : 0, bytes);
}

/* FALSE with ERROR_INVALID_PARAMETER: there is no such node. */
BOOL BasepIsNode(DWORD node)
{
    return node == 0 || node == NUMA_NO_PREFERRED_NODE ||
           BasepFail(ERROR_INVALID_PARAMETER);
}

/* VirtualAllocEx; memory is as near to the one node as it can be. */
LPVOID WINAPI VirtualAllocExNuma(HANDLE process, LPVOID address, SIZE_T bytes, DWORD type,
                                 DWORD protect, DWORD node)
{
    return BasepIsNode(node) ? VirtualAllocEx(process, address, bytes, type, protect)
                             : NULL;
}

/* Of the processor; what takes the privilege is to have one. */
SIZE_T WINAPI GetLargePageMinimum(void)
{
    return USER_SHARED_DATA->LargePageMinimum;
}

/* ERROR_PRIVILEGE_NOT_HELD. */
BOOL WINAPI AllocateUserPhysicalPages(HANDLE process, PULONG_PTR count, PULONG_PTR pages)
{
    (void)process;
    (void)pages;
    *count = 0;
    return BasepFail(ERROR_PRIVILEGE_NOT_HELD);
}

BOOL WINAPI AllocateUserPhysicalPagesNuma(HANDLE process, PULONG_PTR count,
                                          PULONG_PTR pages, DWORD node)
{
    return BasepIsNode(node) && AllocateUserPhysicalPages(process, count, pages);
}

/* ERROR_PRIVILEGE_NOT_HELD: it takes SeIncreaseQuotaPrivilege, and files have no cache. */
BOOL WINAPI SetSystemFileCacheSize(SIZE_T least, SIZE_T most, DWORD flags)
{
    (void)least;
    (void)most;
    (void)flags;
    return BasepFail(ERROR_PRIVILEGE_NOT_HELD);
}

/* ERROR_INVALID_PARAMETER: none of the pages is the caller's. */
BOOL WINAPI FreeUserPhysicalPages(HANDLE process, PULONG_PTR count, PULONG_PTR pages)
{
    (void)process;
    (void)pages;
    *count = 0;
    return BasepFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI MapUserPhysicalPages(PVOID address, ULONG_PTR count, PULONG_PTR pages)
{
    (void)address;
    (void)count;
    (void)pages;
    return BasepFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI MapUserPhysicalPagesScatter(PVOID *addresses, ULONG_PTR count,
                                        PULONG_PTR pages)
{
    return MapUserPhysicalPages(addresses, count, pages);
}

/* query.c - NtQueryVirtualMemory: what is at an address, and how far it goes on.
 *
 * A run is the pages from the one asked for up to the first that differs in state,
 * protection or allocation.  A table that is not there answers for its 512 pages at once,
 * so a query over a large untouched region is short.
 *
 * Source: VirtualQuery, MEMORY_BASIC_INFORMATION and QueryWorkingSetEx in the Win32
 * documentation; class numbers as in Windows 7 (WDK, Process Hacker's phnt).
 */
#include "mm/region.h"
#include "mm/user.h"
#include "section/shared.h"
#include "fathom.h"
#include "services.h"

ULONG MiTypeOf(const MMVAD *vad)
{
    return vad->Kind == MiVadImage    ? MEM_IMAGE
           : vad->Kind == MiVadMapped ? MEM_MAPPED
                                      : MEM_PRIVATE;
}

static void MiQueryBasic(MMSPACE *space, ULONG vpn, MEMORY_BASIC_INFORMATION *info)
{
    MIRUN run;
    MMSPACE *back = MmAttachSpace(space);
    MiDescribe(space, vpn, &run);
    MmAttachSpace(back);
    *info = (MEMORY_BASIC_INFORMATION){.BaseAddress = (PVOID)MiAddress(vpn),
                                       .RegionSize = MiAddress(run.End - vpn),
                                       .State = MEM_FREE,
                                       .Protect = PAGE_NOACCESS};
    if (!run.Vad)
        return;
    BOOLEAN committed = run.Protection != MM_DECOMMIT;
    info->AllocationBase = (PVOID)MiAddress(run.Vad->StartingVpn);
    info->AllocationProtect = MiPageFromProtection(run.Vad->Protection);
    info->State = committed ? MEM_COMMIT : MEM_RESERVE;
    info->Protect = committed ? MiPageFromProtection(run.Protection) : 0;
    info->Type = MiTypeOf(run.Vad);
}

/* ---- the classes ---- */
enum {
    ClassBasic = 0,
    ClassWorkingSet = 1,
    ClassMappedFile = 2,
    ClassRegion = 3,
    ClassWorkingSetEx = 4
};

typedef struct _MIREGION { /* MEMORY_REGION_INFORMATION of Windows 7 */
    PVOID AllocationBase;
    ULONG AllocationProtect, RegionType;
    SIZE_T RegionSize;
} MIREGION;

typedef struct _MIWORKINGSETEX { /* PSAPI_WORKING_SET_EX_INFORMATION */
    PVOID Address;
    ULONG Flags; /* Valid:1 ShareCount:3 Win32Protection:11 Shared:1 Node:6 Locked:1
                    LargePage:1 */
} MIWORKINGSETEX;

static NTSTATUS MiQueryRegion(MMSPACE *space, ULONG vpn, MIREGION *info)
{
    MMVAD *vad = MiFindVad(&space->Vads, vpn);
    if (!vad)
        return STATUS_INVALID_ADDRESS;
    info->AllocationBase = (PVOID)MiAddress(vad->StartingVpn);
    info->AllocationProtect = MiPageFromProtection(vad->Protection);
    info->RegionType = vad->Kind == MiVadImage ? 4 : vad->Kind == MiVadMapped ? 2 : 1;
    info->RegionSize = MiAddress(vad->EndingVpn - vad->StartingVpn + 1);
    return STATUS_SUCCESS;
}

static ULONG MiShareCount(const MMPFN *page)
{
    ULONG users = page->Use == MmPageShared ? page->ShareCount - 1 : 1;
    return users > 7 ? 7 : users;
}

static ULONG MiWorkingSetFlags(MMSPACE *space, ULONG_PTR address)
{
    MMVAD *vad = MiVadAt(space, address);
    MMPTE pte = {0};
    if (vad && MiHasTable(address))
        pte = *MiPteOf(address);
    if (!(pte.Low & PTE_VALID))
        return 0;
    MMPFN *page = MiPfn(MiPtePfn(pte));
    ULONG protect = MiPageFromProtection(MiPteProtection(pte, vad, MiVpn(address)));
    return 1 | MiShareCount(page) << 1 | protect << 4 |
           (page->Use == MmPageShared) << 15 | (page->LockCount != 0) << 22;
}

/* In: addresses; out: what is there. Each entry by itself, so that no table is needed. */
static NTSTATUS MiQueryWorkingSetEx(MMSPACE *space, UCHAR *user, SIZE_T length)
{
    MIWORKINGSETEX entry;
    NTSTATUS status = STATUS_SUCCESS;
    if (length < sizeof entry)
        return STATUS_INFO_LENGTH_MISMATCH;
    for (SIZE_T at = 0; NT_SUCCESS(status) && at + sizeof entry <= length;
         at += sizeof entry) {
        status = MmCopyFromUser(&entry, user + at, sizeof entry);
        if (!NT_SUCCESS(status))
            break;
        MMSPACE *back = MmAttachSpace(space);
        entry.Flags = MiWorkingSetFlags(space, (ULONG_PTR)entry.Address);
        MmAttachSpace(back);
        status = MmCopyToUser(user + at, &entry, sizeof entry);
        if (NT_SUCCESS(status))
            status = MmGiveWay();
    }
    return status;
}

/* MEMORY_WORKING_SET_LIST: a count, then one word a page: Protection:5 ShareCount:3
 * Shared:1 Node:3 VirtualPage:20. The count comes back even when the list does not fit.
 */
static NTSTATUS MiQueryWorkingSet(MMSPACE *space, ULONG *user, SIZE_T length,
                                  SIZE_T *used)
{
    ULONG count = 0, room = length / sizeof(ULONG) - 1, vpn = 0;
    NTSTATUS status = STATUS_SUCCESS;
    for (MMVAD *vad; NT_SUCCESS(status) && (vad = MiFindVadFrom(&space->Vads, vpn));) {
        MMSPACE *back = MmAttachSpace(space);
        vpn = MiNextUsed(max(vpn, vad->StartingVpn), vad->EndingVpn);
        MMPTE pte = MiReadPte(vpn);
        MmAttachSpace(back);
        if (vpn > vad->EndingVpn) /* on to the next region */
            continue;
        if (pte.Low & PTE_VALID) {
            const MMPFN *page = MiPfn(MiPtePfn(pte));
            ULONG word = MiPteProtection(pte, vad, vpn) | MiShareCount(page) << 5 |
                         (page->Use == MmPageShared) << 8 | vpn << 12;
            if (count++ < room)
                status = MmCopyToUser(user + count, &word, sizeof word);
        }
        vpn++;
        if (NT_SUCCESS(status))
            status = MmGiveWay();
    }
    if (NT_SUCCESS(status))
        status = MmCopyToUser(user, &count, sizeof count);
    *used = (count + 1) * sizeof(ULONG);
    return NT_SUCCESS(status) && count > room ? STATUS_INFO_LENGTH_MISMATCH : status;
}

/* UNICODE_STRING and the name after it. */
static NTSTATUS MiQueryMappedFile(MMSPACE *space, ULONG_PTR address, UCHAR *user,
                                  SIZE_T length, SIZE_T *used)
{
    WCHAR name[260] = L"\\Device\\HarddiskVolume1\\";
    ULONG characters = 24;
    C_ASSERT(sizeof(L"\\Device\\HarddiskVolume1\\") / sizeof(WCHAR) - 1 == 24);
    MMVAD *vad = MiFindVad(&space->Vads, MiVpn(address));
    if (!vad || !vad->Control)
        return STATUS_INVALID_ADDRESS;
    if (!vad->Control->File)
        return STATUS_FILE_INVALID;
    for (const char *c = vad->Control->File->Name; *c && characters < 259; c++)
        name[characters++] = (UCHAR)*c;
    UNICODE_STRING text = {characters * 2, characters * 2 + 2,
                           (PWSTR)(user + sizeof text)};
    *used = sizeof text + text.MaximumLength;
    if (length < sizeof text)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (length < *used)
        return STATUS_BUFFER_OVERFLOW;
    NTSTATUS status = MmCopyToUser(user, &text, sizeof text);
    return NT_SUCCESS(status) ? MmCopyToUser(text.Buffer, name, text.MaximumLength)
                              : status;
}

static NTSTATUS MiQueryClass(MMSPACE *space, ULONG_PTR address, ULONG class, PVOID buffer,
                             SIZE_T length, SIZE_T *used)
{
    MEMORY_BASIC_INFORMATION basic;
    MIREGION region = {0};
    NTSTATUS status;
    switch (class) {
    case ClassBasic:
        MiQueryBasic(space, MiVpn(address), &basic);
        return MmCopyToUser(buffer, &basic, sizeof basic);
    case ClassWorkingSet:
        return MiQueryWorkingSet(space, buffer, length, used);
    case ClassWorkingSetEx:
        return MiQueryWorkingSetEx(space, buffer, length);
    case ClassMappedFile:
        return MiQueryMappedFile(space, address, buffer, length, used);
    default:
        status = MiQueryRegion(space, MiVpn(address), &region);
        return NT_SUCCESS(status) ? MmCopyToUser(buffer, &region, sizeof region) : status;
    }
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE process, PVOID base, ULONG class, PVOID buffer,
                                    SIZE_T length, PSIZE_T returned)
{
    static const UCHAR least[] = {sizeof(MEMORY_BASIC_INFORMATION), sizeof(ULONG), 0,
                                  sizeof(MIREGION), sizeof(MIWORKINGSETEX)};
    MMSPACE *space;
    if (class > ClassWorkingSetEx)
        return STATUS_INVALID_INFO_CLASS;
    if (length < least[class])
        return STATUS_INFO_LENGTH_MISMATCH;
    SIZE_T used = class == ClassWorkingSetEx ? length : least[class];
    NTSTATUS status = MmProbeForRead(buffer, length, 1);
    if (NT_SUCCESS(status) && returned)
        status = MmProbeForWrite(returned, sizeof used, 1);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN addressed = class != ClassWorkingSet && class != ClassWorkingSetEx;
    if (addressed && (ULONG_PTR)base > MM_HIGHEST_USER_ADDRESS)
        return STATUS_INVALID_PARAMETER;
    status = MiReferenceProcess(process, PROCESS_QUERY_INFORMATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiQueryClass(space, (ULONG_PTR)base, class, buffer, length, &used);
    MiDereference(space);
    if (returned && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW))
        MmCopyToUser(returned, &used, sizeof used);
    return status;
}

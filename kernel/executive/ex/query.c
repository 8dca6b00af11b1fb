/* query.c - NtFathomQuery: what the prompt and the walk ask of the machine; and the
 * common end of every query service.
 */
#include "exp.h"
#include "services.h"

static void ExpDescribeProcess(EPROCESS *process, FATHOM_PROCESS *entry)
{
    MMUSAGE usage = {0};
    *entry = (FATHOM_PROCESS){.Id = process->Id,
                              .Parent = process->ParentId,
                              .Threads = process->ActiveThreads,
                              .Handles = ObHandleCount(process->Handles)};
    if (process->Handles != NULL)
        MmQuerySpace(process->Space, &usage);
    entry->PrivatePages = usage.PrivatePages;
    entry->CommitPages = usage.CommitPages;
    memcpy(entry->Name, process->Name, sizeof entry->Name);
}

/* As many as fit; *size says how many bytes all take. */
static NTSTATUS ExpReturnProcesses(void *user, ULONG length, ULONG *size)
{
    *size = 0;
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry) {
        FATHOM_PROCESS entry;
        if (*size + sizeof entry <= length) {
            ExpDescribeProcess(process, &entry);
            NTSTATUS status = MmCopyToUser((UCHAR *)user + *size, &entry, sizeof entry);
            if (!NT_SUCCESS(status))
                return status;
        }
        *size += sizeof entry;
    }
    return *size <= length ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

/* id 0: of the caller.  As many as fit; *size says how many bytes all take. */
static NTSTATUS ExpReturnRegions(ULONG id, void *user, ULONG length, ULONG *size)
{
    EPROCESS *process = PsLookupProcess(id != 0 ? id : PsCurrentProcess()->Id);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (process == NULL)
        return STATUS_INVALID_CID;
    const ULONG count = MmQueryRegions(process->Space, NULL, 0);
    const ULONG part = min(count, length / sizeof(FATHOM_REGION));
    FATHOM_REGION *regions = ExAllocatePool(count * sizeof *regions, EX_TAG);
    *size = count * sizeof *regions;
    if (regions != NULL) {
        MmQueryRegions(process->Space, regions, count);
        status = MmCopyToUser(user, regions, part * sizeof *regions);
    }
    if (NT_SUCCESS(status) && part < count)
        status = STATUS_INFO_LENGTH_MISMATCH;
    ExFreePool(regions);
    ObDereferenceObject(process);
    return status;
}

/* STATUS_INVALID_PARAMETER: no user address. STATUS_INVALID_CID: no such process. */
static NTSTATUS ExpReturnTables(ULONG_PTR address, void *user, ULONG length,
                                ULONG *userReturned)
{
    FATHOM_TABLES tables = {0};
    NTSTATUS status = length < sizeof tables
                          ? STATUS_INFO_LENGTH_MISMATCH
                          : MmCopyFromUser(&tables, user, sizeof tables);
    if (!NT_SUCCESS(status))
        return status;
    if (address > MM_HIGHEST_USER_ADDRESS)
        return STATUS_INVALID_PARAMETER;
    EPROCESS *process = PsLookupProcess(tables.ProcessId);
    if (process == NULL)
        return STATUS_INVALID_CID;
    if (process->Space != NULL) /* it is just being made */
        MmQueryTables(process->Space, address, &tables);
    ObDereferenceObject(process);
    return ObReturnStructure(&tables, sizeof tables, user, length, userReturned, TRUE);
}

/* STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH (*returned says what is needed). */
NTSTATUS NTAPI NtFathomQuery(ULONG class, ULONG argument, void *user, ULONG length,
                             ULONG *userReturned)
{
    FATHOM_MEMORY memory;
    FATHOM_PAGE page;
    FATHOM_CLOCK clock = {.Icount = KeBootNumber("icount", 0)};
    ULONGLONG seed;
    ULONG size = 0;
    NTSTATUS status;
    switch (class) {
    case FathomQueryMemory:
        MmQueryMemory(&memory);
        return ObReturnStructure(&memory, sizeof memory, user, length, userReturned,
                                 TRUE);
    case FathomQueryPage:
        MmQueryPage(argument, &page);
        return ObReturnStructure(&page, sizeof page, user, length, userReturned, TRUE);
    case FathomQueryTables:
        return ExpReturnTables(argument, user, length, userReturned);
    case FathomQueryClock:
        return ObReturnStructure(&clock, sizeof clock, user, length, userReturned, TRUE);
    case FathomQuerySeed:
        seed = ExRandom();
        return ObReturnStructure(&seed,
                                 length < sizeof seed ? sizeof(ULONG) : sizeof seed, user,
                                 length, userReturned, TRUE);
    case FathomQueryProcesses:
        status = ExpReturnProcesses(user, length, &size);
        break;
    case FathomQueryRegions:
        status = ExpReturnRegions(argument, user, length, &size);
        break;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
    const NTSTATUS told = ObReturnOptional(userReturned, &size, sizeof size);
    return NT_SUCCESS(told) ? status : told;
}

/* place.c - the memory at the kernel's address.
 *
 * The kernel is linked for 1 MiB and runs there, but firmware may use a part of it until we
 * leave: boot services' code and data, which are free afterwards.  Then the kernel waits in
 * other memory and handoff.asm moves it:
 *
 *   1 MiB  [ free | boot services | free ]        free parts: claimed, so that nothing of
 *   elsewhere [ the kernel, laid out ]            ours comes to lie there
 *
 * Memory of a kind that stays (runtime services, ACPI, reserved) or a hole in the map is named.
 *
 * Source: UEFI Specification 2.10, section 7.2 (memory types, AllocatePages).
 */
#include "loader.h"

#define HIGHEST 0xFFFFFFFFu

static const CHAR16 *const Kinds[] = {
    [EfiReservedMemoryType] = L"reserved memory",
    [EfiRuntimeServicesCode] = L"runtime services' code",
    [EfiRuntimeServicesData] = L"runtime services' data",
    [EfiUnusableMemory] = L"memory with errors",
    [EfiACPIReclaimMemory] = L"ACPI tables",
    [EfiACPIMemoryNVS] = L"ACPI's own memory",
    [EfiMemoryMappedIO] = L"a device",
    [EfiMemoryMappedIOPortSpace] = L"a device",
};

/* The descriptor's part of the kernel's place, [*from, *to); empty if from >= to. */
static void overlap(const BOOT *boot, const EFI_MEMORY_DESCRIPTOR *d, UINT64 *from,
                    UINT64 *to)
{
    const UINT64 place = boot->KernelPlace, end = place + boot->KernelSize;
    const UINT64 last = d->PhysicalStart + (d->NumberOfPages << 12);
    *from = d->PhysicalStart > place ? d->PhysicalStart : place;
    *to = last < end ? last : end;
}

static EFI_STATUS stays(const EFI_MEMORY_DESCRIPTOR *d, UINT64 at)
{
    const CHAR16 *kind = d->Type < sizeof Kinds / sizeof *Kinds ? Kinds[d->Type] : NULL;
    return BootFail(EFI_OUT_OF_RESOURCES,
                    L"the kernel's place is taken: %08lx holds %s (type %d), which stays",
                    at, kind ? kind : L"memory of a kind unknown here", (UINTN)d->Type);
}

/* Every page of the place will be free; those that are free now become ours. */
static EFI_STATUS claim(const BOOT *boot, const UINT8 *map, UINTN count, UINTN stride)
{
    UINT64 covered = 0, from, to;
    for (UINTN i = 0; i < count; i++) {
        const EFI_MEMORY_DESCRIPTOR *d = (const void *)(map + i * stride);
        overlap(boot, d, &from, &to);
        if (from >= to)
            continue;
        if (!MemoryUsable(d->Type))
            return stays(d, from);
        covered += to - from;
        EFI_PHYSICAL_ADDRESS at = from;
        if (d->Type == EfiConventionalMemory)
            BS->AllocatePages(AllocateAddress, EfiLoaderData, (UINTN)(to - from) >> 12,
                              &at);
    }
    if (covered != boot->KernelSize)
        return BootFail(EFI_NOT_FOUND,
                        L"the kernel's place, %d KiB at %08x, is not all memory",
                        (UINTN)boot->KernelSize / 1024, (UINTN)boot->KernelPlace);
    return EFI_SUCCESS;
}

EFI_STATUS PlaceKernel(BOOT *boot)
{
    EFI_PHYSICAL_ADDRESS at = boot->KernelPlace;
    const UINTN pages = boot->KernelSize / 4096;
    EFI_STATUS status = BS->AllocatePages(AllocateAddress, EfiLoaderData, pages, &at);
    if (EFI_ERROR(status)) {
        UINTN count, key, stride;
        UINT32 version;
        UINT8 *map = (UINT8 *)LibMemoryMap(&count, &key, &stride, &version);
        if (!map)
            return BootFail(status, L"the firmware does not give its memory map");
        status = claim(boot, map, count, stride);
        FreePool(map);
        if (EFI_ERROR(status))
            return status;
        at = HIGHEST;
        status = BS->AllocatePages(AllocateMaxAddress, EfiLoaderData, pages, &at);
        if (EFI_ERROR(status))
            return BootFail(status, L"too little memory: the kernel's %d KiB do not fit",
                            (UINTN)boot->KernelSize / 1024);
    }
    boot->KernelWaits = (UINT32)at;
    return EFI_SUCCESS;
}

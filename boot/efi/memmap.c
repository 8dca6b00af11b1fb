/* memmap.c - UEFI's memory map as a Multiboot map.
 *
 * After ExitBootServices all that firmware used for itself to boot is free: those ranges
 * become type 1 (usable), neighbours joined.  As with every Multiboot loader, what the
 * kernel, its module and this information occupy is part of type 1, and the kernel keeps
 * clear of it.
 *
 * Sources: UEFI Specification 2.10, table 7.10 (types after ExitBootServices); Multiboot
 * Specification 0.6.96, section 3.3.
 */
#include "loader.h"

int MemoryUsable(UINT32 type)
{
    return type == EfiConventionalMemory || type == EfiBootServicesCode ||
           type == EfiBootServicesData || type == EfiLoaderCode || type == EfiLoaderData;
}

/* Convert size bytes of descriptors, stride bytes apart, in place: a range is shorter than a
 * descriptor and is written where one was already read, so no map is too long.
 * Returns how many ranges map holds now. */
UINT32 MemoryConvert(UINT8 *map, UINTN size, UINTN stride)
{
    UINT32 count = 0;
    for (UINTN at = 0; stride >= sizeof(EFI_MEMORY_DESCRIPTOR) &&
                       at + sizeof(EFI_MEMORY_DESCRIPTOR) <= size;
         at += stride) {
        EFI_MEMORY_DESCRIPTOR from = *(const EFI_MEMORY_DESCRIPTOR *)(map + at);
        UINT64 length = from.NumberOfPages << 12;
        UINT32 type = MemoryUsable(from.Type)             ? 1
                      : from.Type == EfiACPIReclaimMemory ? 3
                                                          : 2;
        MULTIBOOT_MMAP *next = (MULTIBOOT_MMAP *)map + count, *last = next - 1;
        if (count && last->Type == type &&
            last->Base + last->Length == from.PhysicalStart) {
            last->Length += length;
            continue;
        }
        *next = (MULTIBOOT_MMAP){sizeof *next - sizeof next->Size, from.PhysicalStart,
                                 length, type};
        count++;
    }
    return count;
}

/* Allocate the buffer for the last map, with room for what allocations and events still split,
 * and see that there is enough memory.  The kernel reads the map there. */
EFI_STATUS MemoryPrepare(BOOT *boot)
{
    UINTN size = 0, key, stride;
    UINT32 version;
    EFI_PHYSICAL_ADDRESS at = BOOT_LOW_LIMIT;
    BS->GetMemoryMap(&size, NULL, &key, &stride, &version);
    boot->MapSize = (size + size / 2 + 128 * stride) | 4095;
    EFI_STATUS status = BS->AllocatePages(AllocateMaxAddress, EfiLoaderData,
                                          (boot->MapSize + 1) / 4096, &at);
    if (EFI_ERROR(status))
        return BootFail(status, L"too little memory below 512 MiB for the memory map");
    boot->Map = (UINT8 *)(UINTN)at;
    size = boot->MapSize;
    status = BS->GetMemoryMap(&size, (void *)boot->Map, &key, &stride, &version);
    if (EFI_ERROR(status))
        return BootFail(status, L"the firmware does not give its memory map");
    UINT32 count = MemoryConvert(boot->Map, size, stride);
    const MULTIBOOT_MMAP *range = (const MULTIBOOT_MMAP *)boot->Map;
    UINT64 total = 0;
    for (UINT32 i = 0; i < count; i++)
        total += range[i].Type == 1 ? range[i].Length : 0;
    BootSay(L"  memory        %d MiB usable, %d ranges\n", (UINTN)(total >> 20),
            (UINTN)count);
    if (total >> 20 < BOOT_MIN_MEMORY)
        return BootFail(EFI_OUT_OF_RESOURCES,
                        L"too little memory: Fathom needs a machine with 64 MiB");
    return EFI_SUCCESS;
}

static void describe_memory(BOOT *boot, UINT32 count)
{
    MULTIBOOT_INFO *info = &boot->Handover->Info;
    info->Flags |= MULTIBOOT_HAS_MEMORY | MULTIBOOT_HAS_MMAP;
    info->Mmap = (UINT32)(UINTN)boot->Map;
    info->MmapLength = count * sizeof(MULTIBOOT_MMAP);
    info->MemLower = 640;
    for (UINT32 i = 0; i < count; i++) {
        const MULTIBOOT_MMAP *range = (const MULTIBOOT_MMAP *)boot->Map + i;
        UINT64 end = range->Base + range->Length;
        if (range->Type == 1 && range->Base <= 0x100000 && end > 0x100000)
            info->MemUpper = (UINT32)((end - 0x100000) >> 10);
    }
}

/* The point of no return: last map, ExitBootServices, the map converted.  The map's key
 * may go stale between the two calls (an event ran); then only these two may be called
 * again. */
EFI_STATUS MemoryLeaveFirmware(BOOT *boot)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        UINTN size = boot->MapSize, key, stride;
        UINT32 version;
        EFI_STATUS status =
            BS->GetMemoryMap(&size, (void *)boot->Map, &key, &stride, &version);
        if (EFI_ERROR(status))
            return BootFail(status, L"the firmware does not give its memory map");
        if (!EFI_ERROR(BS->ExitBootServices(boot->Image, key))) {
            describe_memory(boot, MemoryConvert(boot->Map, size, stride));
            return EFI_SUCCESS;
        }
    }
    return BootFail(EFI_ABORTED, L"the firmware refuses to leave");
}

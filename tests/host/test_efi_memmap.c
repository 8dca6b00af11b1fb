/* sources: boot/efi/memmap.c */
/* cflags: -Iboot/efi -I/usr/include/efi -I/usr/include/efi/x86_64 */
/* cflags: -DGNU_EFI_USE_MS_ABI -fshort-wchar */
/* test_efi_memmap - UEFI's memory map as a Multiboot map: types, joined neighbours,
 * strides, no overrun. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "loader.h"

#define STRIDE   48 /* firmware's descriptors are longer than ours, and may grow */
#define check(e) ((e) ? (void)0 : fail(#e, __LINE__))

/* What the rest of memmap.c calls: never reached here. */
EFI_BOOT_SERVICES *BS;
EFI_GUID GraphicsOutputProtocol;
int printf(const char *, ...);

EFI_STATUS LibLocateProtocol(EFI_GUID *guid, VOID **interface)
{
    (void)guid, (void)interface;
    return EFI_NOT_FOUND;
}

void BootSay(const CHAR16 *format, ...)
{
    (void)format;
}

EFI_STATUS BootFail(EFI_STATUS status, const CHAR16 *format, ...)
{
    (void)format;
    return status;
}

static void fail(const char *what, int line)
{
    printf("not ok 1 - line %d: %s\n1..1\n", line, what);
    exit(1);
}

static void put(uint8_t *map, unsigned index, uint32_t type, uint64_t start,
                uint64_t pages)
{
    EFI_MEMORY_DESCRIPTOR it = {
        .Type = type, .PhysicalStart = start, .NumberOfPages = pages};
    memcpy(map + index * STRIDE, &it, sizeof it);
}

/* Many descriptors, no two of which join: each is a range, in its place. */
static void longest(unsigned count)
{
    uint8_t *map = calloc(count, STRIDE);
    for (unsigned i = 0; i < count; i++)
        put(map, i, i & 1 ? EfiRuntimeServicesData : EfiConventionalMemory, i * 0x3000ull,
            2);
    check(MemoryConvert(map, count * STRIDE, STRIDE) == count);
    const MULTIBOOT_MMAP *out = (const void *)map;
    for (unsigned i = 0; i < count; i++)
        check(out[i].Base == i * 0x3000ull && out[i].Length == 0x2000 &&
              out[i].Type == (i & 1 ? 2 : 1) && out[i].Size == sizeof *out - 4);
    free(map);
}

int main(void)
{
    uint8_t *map = calloc(7, STRIDE), *one = map + 6 * STRIDE;
    const MULTIBOOT_MMAP *out = (const void *)map;
    put(map, 0, EfiBootServicesCode, 0, 0x10);
    put(map, 1, EfiConventionalMemory, 0x10000, 0x90); /* joins the one before */
    put(map, 2, EfiLoaderData, 0x100000, 0x100);       /* not a neighbour: a gap */
    put(map, 3, EfiRuntimeServicesData, 0x200000, 1);
    put(map, 4, EfiMemoryMappedIO, 0x201000, 1);    /* joins: both are out of reach */
    put(map, 5, EfiACPIReclaimMemory, 0x202000, 1); /* a kind of its own */
    put(map, 6, EfiConventionalMemory, 0x100000000, 0x100000);

    check(MemoryConvert(map, 6 * STRIDE, STRIDE) == 4);
    check(out[0].Size == sizeof *out - 4 && out[0].Type == 1);
    check(out[0].Base == 0 && out[0].Length == 0xA0000);
    check(out[1].Base == 0x100000 && out[1].Length == 0x100000 && out[1].Type == 1);
    check(out[2].Base == 0x200000 && out[2].Length == 0x2000 && out[2].Type == 2);
    check(out[3].Base == 0x202000 && out[3].Type == 3);
    check(MemoryConvert(one, STRIDE, STRIDE) == 1);
    out = (const void *)one;
    check(out[0].Base == 0x100000000 && out[0].Length == 0x100000000);
    /* A map that ends inside a descriptor, an empty one, a stride of nothing. */
    put(one, 0, EfiConventionalMemory, 0x100000, 1);
    check(MemoryConvert(one, STRIDE - 9, STRIDE) == 0);
    check(MemoryConvert(one, 0, STRIDE) == 0);
    check(MemoryConvert(one, STRIDE, 0) == 0);
    longest(600);
    longest(5000);
    free(map);
    printf("ok 1 - maps convert\n1..1\n");
    return 0;
}

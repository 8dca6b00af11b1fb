/* pe.c - lay a PE image out at its address.
 *
 * A PE file is headers, then sections; each section says where it lies in the file and
 * where in memory.  The kernel is linked high (80100000h); before paging it runs at its
 * base minus 80000000h.  Its entry comes from the Multiboot header, which lies in the first
 * 8 KiB of the file, so that every loader enters it alike.
 *
 * Nothing in the file is trusted: each offset is checked against the size before use.
 *
 * Sources: Microsoft, "PE Format" (offsets of the fields); Multiboot Specification
 * 0.6.96, 3.1.
 */
#include "pe.h"

#define PE32_MACHINE_I386 0x14C
#define PE32_MAGIC        0x10B
#define MULTIBOOT_MAGIC   0x1BADB002u
#define MULTIBOOT_KLUDGE  0x10000u   /* the header has addresses, the entry among them */
#define MAX_IMAGE         0x2000000u /* 32 MiB: far more than any kernel of ours */
#define SECTION_HEADER    40

static uint32_t get16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

/* count bytes at offset lie within size */
static int within(uint32_t offset, uint32_t count, size_t size)
{
    return offset <= size && count <= size - offset;
}

static const uint8_t *multiboot_header(const uint8_t *file, size_t size)
{
    for (uint32_t at = 0; at < 8192 && within(at, 32, size); at += 4) {
        const uint8_t *h = file + at;
        if (get32(h) == MULTIBOOT_MAGIC && get32(h) + get32(h + 4) + get32(h + 8) == 0)
            return h;
    }
    return NULL;
}

/* The section table: first header and count, as the COFF header says. */
static const uint8_t *section_table(const uint8_t *file, uint32_t *count)
{
    const uint8_t *coff = file + get32(file + 0x3C) + 4;
    *count = get16(coff + 2);
    return coff + 20 + get16(coff + 16);
}

static const char *check_sections(const uint8_t *file, size_t size, const PE_FACTS *facts)
{
    uint32_t count;
    const uint8_t *section = section_table(file, &count);
    if (count == 0 || !within((uint32_t)(section - file), count * SECTION_HEADER, size))
        return "the section table runs past its end";
    for (; count--; section += SECTION_HEADER) {
        uint32_t memory = get32(section + 8), address = get32(section + 12);
        uint32_t raw = get32(section + 16), offset = get32(section + 20);
        if (!within(address, memory, facts->Size))
            return "a section lies outside the image";
        if (raw > memory)
            raw = memory;
        if (!within(offset, raw, size))
            return "a section runs past the end of the file";
    }
    return NULL;
}

const char *PeCheck(const uint8_t *file, size_t size, PE_FACTS *facts)
{
    if (size < 0x40 || file[0] != 'M' || file[1] != 'Z')
        return "it is not a PE file";
    uint32_t pe = get32(file + 0x3C);
    if (!within(pe, 24 + 96, size) || get32(file + pe) != 0x4550)
        return "its PE header is damaged";
    const uint8_t *optional = file + pe + 24;
    if (get16(file + pe + 4) != PE32_MACHINE_I386 || get16(optional) != PE32_MAGIC)
        return "it is not for a 32-bit x86 machine";
    facts->Base = get32(optional + 28);
    facts->Size = get32(optional + 56);
    uint32_t headers = get32(optional + 60);
    if (facts->Size == 0 || facts->Size > MAX_IMAGE || facts->Size % 4096 != 0 ||
        facts->Base % 4096 != 0 || facts->Base < KERNEL_HALF + 0x1000)
        return "its size or address is impossible";
    if (headers > facts->Size || headers > size)
        return "its headers run past its end";
    const char *wrong = check_sections(file, size, facts);
    if (wrong)
        return wrong;
    const uint8_t *multiboot = multiboot_header(file, size);
    if (!multiboot || !(get32(multiboot + 4) & MULTIBOOT_KLUDGE))
        return "it has no Multiboot header";
    facts->Entry = get32(multiboot + 28);
    if (facts->Entry - (facts->Base - KERNEL_HALF) >= facts->Size)
        return "its entry lies outside of it";
    return NULL;
}

static void copy(uint8_t *to, const uint8_t *from, uint32_t count)
{
    while (count--)
        *to++ = *from++;
}

void PeLayOut(const uint8_t *file, const PE_FACTS *facts, uint8_t *to)
{
    uint32_t count;
    const uint8_t *section = section_table(file, &count);
    for (uint32_t i = 0; i < facts->Size; i++)
        to[i] = 0;
    copy(to, file, get32(file + get32(file + 0x3C) + 24 + 60));
    for (; count--; section += SECTION_HEADER) {
        uint32_t memory = get32(section + 8), raw = get32(section + 16);
        copy(to + get32(section + 12), file + get32(section + 20),
             raw < memory ? raw : memory);
    }
}

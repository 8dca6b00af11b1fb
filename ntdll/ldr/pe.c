/* pe.c - reading a PE image as it lies in memory, believing nothing in it.
 *
 * The loader binds imports from files that anyone may have written or damaged.  Here
 * every offset is checked against the image's size before it is followed, and a string
 * must end inside the image, so the worst a damaged file can do is
 * STATUS_INVALID_IMAGE_FORMAT. Nothing here calls anything: the same source is tested on
 * the host.
 *
 * Documented: "PE Format" (Microsoft Learn).  Windows: ntdll!RtlImageNtHeaderEx and the
 * Ldrp functions; `!dh` in WinDbg.
 */
#include "pe.h"

#define BAD STATUS_INVALID_IMAGE_FORMAT

static BOOLEAN Inside(ULONG rva, ULONG length, ULONG size)
{
    return rva <= size && length <= size - rva;
}

static const UCHAR *At(const void *base, ULONG rva)
{
    return (const UCHAR *)base + rva;
}

/* The NT headers of a mapped image of size bytes, if they are whole and of our kind. */
NTSTATUS LdrpCheckHeaders(const void *base, ULONG size, PIMAGE_NT_HEADERS *headers)
{
    const IMAGE_DOS_HEADER *dos = base;
    if (size < sizeof *dos || dos->e_magic != IMAGE_DOS_SIGNATURE)
        return BAD;
    ULONG offset = (ULONG)dos->e_lfanew;
    if (!Inside(offset, sizeof(IMAGE_NT_HEADERS32), size))
        return BAD;
    const IMAGE_NT_HEADERS32 *nt = (const void *)At(base, offset);
    if (nt->Signature != IMAGE_NT_SIGNATURE ||
        nt->FileHeader.Machine != IMAGE_FILE_MACHINE_I386 ||
        nt->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC ||
        nt->OptionalHeader.SizeOfImage > size ||
        !Inside(offset + offsetof(IMAGE_NT_HEADERS32, OptionalHeader) +
                    nt->FileHeader.SizeOfOptionalHeader,
                nt->FileHeader.NumberOfSections * sizeof(IMAGE_SECTION_HEADER), size))
        return BAD;
    *headers = (PIMAGE_NT_HEADERS)nt;
    return STATUS_SUCCESS;
}

/* A data directory that lies inside the image, or NULL. */
const void *LdrpDirectory(const void *base, PIMAGE_NT_HEADERS headers, ULONG index,
                          ULONG *size)
{
    const IMAGE_OPTIONAL_HEADER32 *optional = (const void *)&headers->OptionalHeader;
    if (index >= optional->NumberOfRvaAndSizes ||
        index >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        return NULL;
    const IMAGE_DATA_DIRECTORY *entry = &optional->DataDirectory[index];
    if (!entry->VirtualAddress ||
        !Inside(entry->VirtualAddress, entry->Size, optional->SizeOfImage))
        return NULL;
    *size = entry->Size;
    return At(base, entry->VirtualAddress);
}

/* The lowest bit that is set says which of four bytes is the first 0; 0: none is. */
static ULONG ZeroBytes(ULONG bytes)
{
    return (bytes - 0x01010101) & ~bytes & 0x80808080;
}

BOOLEAN LdrpString(const void *base, ULONG imageSize, ULONG rva, LDRP_NAME *string)
{
    const char *text = (const char *)At(base, rva);
    ULONG length = 0, room = imageSize - rva, zeros;
    if (rva >= imageSize)
        return FALSE;
    for (; room - length >= 4; length += 4) {
        if (!(zeros = ZeroBytes(*(const ULONG UNALIGNED *)(text + length))))
            continue;
        *string = (LDRP_NAME){text, length + (ULONG)__builtin_ctz(zeros) / 8};
        return TRUE;
    }
    while (length < room && text[length])
        length++;
    *string = (LDRP_NAME){text, length};
    return length < room;
}

NTSTATUS LdrpOpenExports(const void *base, PIMAGE_NT_HEADERS headers,
                         LDRP_EXPORTS *exports)
{
    ULONG size, image = headers->OptionalHeader.SizeOfImage;
    const IMAGE_EXPORT_DIRECTORY *d =
        LdrpDirectory(base, headers, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    if (!d)
        return STATUS_PROCEDURE_NOT_FOUND;
    if (size < sizeof *d || d->NumberOfFunctions > image / 4 ||
        d->NumberOfNames > image / 4 ||
        !Inside(d->AddressOfFunctions, d->NumberOfFunctions * 4, image) ||
        !Inside(d->AddressOfNames, d->NumberOfNames * 4, image) ||
        !Inside(d->AddressOfNameOrdinals, d->NumberOfNames * 2, image))
        return BAD;
    *exports = (LDRP_EXPORTS){
        .Base = base,
        .ImageSize = image,
        .Rva = (ULONG)((const UCHAR *)d - (const UCHAR *)base),
        .Size = size,
        .First = d->Base,
        .FunctionCount = d->NumberOfFunctions,
        .Functions = (const void *)At(base, d->AddressOfFunctions),
        .NameCount = d->NumberOfNames,
        .Names = (const void *)At(base, d->AddressOfNames),
        .Ordinals = (const void *)At(base, d->AddressOfNameOrdinals),
    };
    return STATUS_SUCCESS;
}

/* Entry number index of the address table: a function, or a forwarder if it points back
 * into the export directory. */
__attribute__((always_inline)) static inline NTSTATUS
Pick(const LDRP_EXPORTS *e, ULONG index, LDRP_EXPORT *export)
{
    if (index >= e->FunctionCount || !e->Functions[index])
        return STATUS_PROCEDURE_NOT_FOUND;
    *export = (LDRP_EXPORT){.Rva = e->Functions[index]};
    if (export->Rva >= e->ImageSize)
        return BAD;
    if (export->Rva - e->Rva < e->Size &&
        !LdrpString(e->Base, e->ImageSize, export->Rva, &export->Forwarder))
        return BAD;
    return STATUS_SUCCESS;
}

/* Like memcmp, four bytes at a time: the first byte that differs is the highest of a word
 * turned round. */
static int Compare(const char *a, const char *b, ULONG bytes)
{
    for (; bytes >= 4; a += 4, b += 4, bytes -= 4) {
        ULONG left = *(const ULONG UNALIGNED *)a, right = *(const ULONG UNALIGNED *)b;
        if (left != right)
            return __builtin_bswap32(left) < __builtin_bswap32(right) ? -1 : 1;
    }
    for (; bytes; a++, b++, bytes--)
        if (*a != *b)
            return (UCHAR)*a - (UCHAR)*b;
    return 0;
}

/* The first four bytes of a name as a number that orders as they do; 0: there are fewer. */
static inline ULONG FirstBytes(const char *text, ULONG length)
{
    return length < 4 ? 0 : __builtin_bswap32(*(const ULONG UNALIGNED *)text);
}

/* hint: where the name probably is (from the import), else any number.  Other import
 * libraries of GNU count from one, so the place before it is the second to be looked at.  Nearly
 * every other name that is looked at differs in its first four bytes, a 0 among them or not. */
NTSTATUS LdrpExportByName(const LDRP_EXPORTS *e, LDRP_NAME name, ULONG hint,
                          LDRP_EXPORT *export)
{
    ULONG low = 0, high = e->NameCount;
    ULONG middle = hint < high ? hint : high / 2;
    const ULONG first = FirstBytes(name.Text, name.Length);
    while (low < high) {
        ULONG rva = e->Names[middle];
        if (rva >= e->ImageSize)
            return BAD;
        ULONG room = e->ImageSize - rva;
        const char *here = (const char *)At(e->Base, rva);
        const ULONG theirs = first && room >= 4 ? FirstBytes(here, room) : first;
        int order = first < theirs ? -1 : first > theirs;
        if (order == 0) {
            order = Compare(name.Text, here, name.Length < room ? name.Length : room);
            if (order == 0 && room <= name.Length)
                return BAD; /* the image ends in a name */
            if (order == 0 && !here[name.Length])
                return Pick(e, e->Ordinals[middle], export);
        }
        if (order <= 0)
            high = middle;
        else
            low = middle + 1;
        middle = middle == hint && order <= 0 ? middle - 1 : low + (high - low) / 2;
    }
    return STATUS_PROCEDURE_NOT_FOUND;
}

/* Four bytes at a time, the length of neither name known: zeros says where the first 0 of a word
 * is, and zeros ^ (zeros - 1) covers the bytes up to it. */
NTSTATUS LdrpExportByHint(const LDRP_EXPORTS *e, ULONG hint, const void *base,
                          ULONG imageSize, ULONG rva, LDRP_EXPORT *export)
{
    if (hint >= e->NameCount || e->Names[hint] >= e->ImageSize || rva >= imageSize)
        return STATUS_PROCEDURE_NOT_FOUND;
    ULONG room = imageSize - rva, left = e->ImageSize - e->Names[hint];
    room = room < left ? room : left;
    if (room < 4)
        return STATUS_PROCEDURE_NOT_FOUND;
    const UCHAR *name = At(base, rva), *here = At(e->Base, e->Names[hint]);
    for (const UCHAR *last = name + room - 4; name <= last; name += 4, here += 4) {
        ULONG word = *(const ULONG UNALIGNED *)name, zeros = ZeroBytes(word);
        ULONG differ = word ^ *(const ULONG UNALIGNED *)here;
        if (zeros)
            return differ & (zeros ^ (zeros - 1)) ? STATUS_PROCEDURE_NOT_FOUND
                                                  : Pick(e, e->Ordinals[hint], export);
        if (differ)
            break;
    }
    return STATUS_PROCEDURE_NOT_FOUND;
}

NTSTATUS LdrpExportByOrdinal(const LDRP_EXPORTS *e, ULONG ordinal, LDRP_EXPORT *export)
{
    return Pick(e, ordinal - e->First, export);
}

/* One block of the table; a table may name itself, so each of its words is read once.
 * The first page holds the headers: nothing there may be changed. */
static NTSTATUS RelocateBlock(const void *base, PIMAGE_NT_HEADERS headers, ULONG page,
                              const USHORT *items, ULONG count, ULONG delta)
{
    ULONG image = headers->OptionalHeader.SizeOfImage;
    for (ULONG i = 0; i < count; i++) {
        USHORT item = items[i];
        ULONG type = item >> 12, rva = page + (item & 0xFFF);
        if (type == IMAGE_REL_BASED_ABSOLUTE)
            continue;
        if (type != IMAGE_REL_BASED_HIGHLOW || rva < PAGE_SIZE || !Inside(rva, 4, image))
            return BAD;
        *(ULONG UNALIGNED *)At(base, rva) += delta;
    }
    return STATUS_SUCCESS;
}

/* Add delta to every address that the relocation table names; the sections' pages must be
 * writable.  On failure the image is half done and must not be used.
 * STATUS_CONFLICTING_ADDRESSES: it has no such table. */
NTSTATUS LdrpRelocate(void *base, PIMAGE_NT_HEADERS headers, ULONG_PTR delta)
{
    ULONG left;
    const UCHAR *at =
        LdrpDirectory(base, headers, IMAGE_DIRECTORY_ENTRY_BASERELOC, &left);
    if ((headers->FileHeader.Characteristics & IMAGE_FILE_RELOCS_STRIPPED) || !at)
        return STATUS_CONFLICTING_ADDRESSES;
    while (left >= sizeof(IMAGE_BASE_RELOCATION)) {
        const IMAGE_BASE_RELOCATION block = *(const IMAGE_BASE_RELOCATION *)at;
        if (!block.SizeOfBlock) /* padding ends it too */
            return STATUS_SUCCESS;
        if (block.SizeOfBlock < sizeof block || block.SizeOfBlock > left)
            return BAD;
        NTSTATUS status = RelocateBlock(
            base, headers, block.VirtualAddress, (const USHORT *)(at + sizeof block),
            (block.SizeOfBlock - sizeof block) / 2, (ULONG)delta);
        if (!NT_SUCCESS(status))
            return status;
        at += block.SizeOfBlock;
        left -= block.SizeOfBlock;
    }
    return STATUS_SUCCESS;
}

/* ---- the public readers ---- */

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    const IMAGE_DOS_HEADER *dos = Base;
    if (!Base || Base == (PVOID)-1 || dos->e_magic != IMAGE_DOS_SIGNATURE ||
        (ULONG)dos->e_lfanew >= 0x10000000)
        return NULL;
    PIMAGE_NT_HEADERS headers = (PIMAGE_NT_HEADERS)At(Base, dos->e_lfanew);
    return headers->Signature == IMAGE_NT_SIGNATURE ? headers : NULL;
}

/* The section that rva lies in, and the address of rva in a file read flat into memory. */
PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva,
                            PVOID *Section)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(Headers);
    for (ULONG i = 0; i < Headers->FileHeader.NumberOfSections; i++, section++) {
        if (Rva - section->VirtualAddress >= section->SizeOfRawData)
            continue;
        if (Section)
            *Section = section;
        return (PVOID)At(Base, Rva - section->VirtualAddress + section->PointerToRawData);
    }
    return NULL;
}

/* Mapped FALSE, or bit 0 of Base: a file read flat. */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN Mapped, USHORT Entry,
                                         PULONG Size)
{
    BOOLEAN mapped = Mapped && !((ULONG_PTR)Base & 1);
    PVOID base = (PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)1);
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(base);
    if (!headers)
        return NULL;
    PVOID data = (PVOID)LdrpDirectory(base, headers, Entry, Size);
    if (!data || mapped)
        return data;
    ULONG rva = (ULONG)((const UCHAR *)data - (const UCHAR *)base);
    if (rva < headers->OptionalHeader.SizeOfHeaders)
        return data;
    return RtlImageRvaToVa(headers, base, rva, NULL);
}

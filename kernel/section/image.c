/* image.c - a PE file as an image: every number is checked before it is used.
 *
 * Each section of the file becomes a run of pages with the protection that its flags ask
 * for; writable ones are copy-on-write, so that all processes share a page until one
 * writes to it.
 *
 *      file:    | headers | .text     | .data |                 (FileAlignment)
 *      memory:  | headers |.. .text ..| .data + zeros | .bss |  (SectionAlignment, 4 KiB)
 *                  R          RX          RW copy
 *
 * A damaged file is a status here and never a fault later: every number is tested against
 * the file's size and the image's size before it is used.
 * Source: Microsoft PE and COFF Specification, sections 2-4.
 */
#include "section/shared.h"

#define MAX_SECTIONS 96u
#define MAX_HEADERS  0x10000u

typedef struct _MIPE { /* what was read of the file, all of it copied */
    MMFILE *File;
    ULONG NtOffset;
    IMAGE_NT_HEADERS32 Nt;
    ULONG SectionTable, TableEnd; /* file offsets */
} MIPE;

static NTSTATUS MiReadFile(MMFILE *file, ULONGLONG offset, void *buffer, ULONG length)
{
    if (offset > file->Size || length > file->Size - offset)
        return STATUS_INVALID_IMAGE_FORMAT;
    return NT_SUCCESS(file->Read(file, offset, buffer, length)) ? STATUS_SUCCESS
                                                                : STATUS_IN_PAGE_ERROR;
}

/* What the four letters at e_lfanew say if they are not "PE". */
static NTSTATUS MiOtherFormat(ULONG signature)
{
    switch (signature & 0xFFFF) {
    case IMAGE_OS2_SIGNATURE:
        return STATUS_INVALID_IMAGE_NE_FORMAT;
    case IMAGE_VXD_SIGNATURE:
        return STATUS_INVALID_IMAGE_LE_FORMAT;
    default:
        return STATUS_INVALID_IMAGE_PROTECT; /* a program for DOS */
    }
}

static NTSTATUS MiReadHeaders(MIPE *pe)
{
    IMAGE_DOS_HEADER dos;
    if (pe->File->Size < sizeof dos ||
        !NT_SUCCESS(MiReadFile(pe->File, 0, &dos, sizeof dos)) ||
        dos.e_magic != IMAGE_DOS_SIGNATURE)
        return STATUS_INVALID_IMAGE_NOT_MZ;
    pe->NtOffset = dos.e_lfanew;
    if (dos.e_lfanew < 4 || pe->NtOffset > MAX_HEADERS || pe->NtOffset & 3)
        return STATUS_INVALID_IMAGE_FORMAT;
    NTSTATUS status = MiReadFile(pe->File, pe->NtOffset, &pe->Nt, sizeof pe->Nt);
    if (!NT_SUCCESS(status))
        return status;
    if (pe->Nt.Signature != IMAGE_NT_SIGNATURE)
        return MiOtherFormat(pe->Nt.Signature);
    const IMAGE_FILE_HEADER *header = &pe->Nt.FileHeader;
    pe->SectionTable = pe->NtOffset + offsetof(IMAGE_NT_HEADERS32, OptionalHeader) +
                       header->SizeOfOptionalHeader;
    pe->TableEnd =
        pe->SectionTable + header->NumberOfSections * sizeof(IMAGE_SECTION_HEADER);
    if (pe->Nt.OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC ||
        header->Machine == IMAGE_FILE_MACHINE_AMD64)
        return STATUS_INVALID_IMAGE_WIN_64;
    if (pe->Nt.OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC ||
        header->Machine != IMAGE_FILE_MACHINE_I386 ||
        !(header->Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) ||
        header->SizeOfOptionalHeader < offsetof(IMAGE_OPTIONAL_HEADER32, DataDirectory))
        return STATUS_INVALID_IMAGE_FORMAT;
    return STATUS_SUCCESS;
}

static BOOLEAN MiIsPowerOf2(ULONG n)
{
    return n && !(n & (n - 1));
}

static NTSTATUS MiCheckHeaders(const MIPE *pe)
{
    const IMAGE_OPTIONAL_HEADER32 *o = &pe->Nt.OptionalHeader;
    ULONG sections = pe->Nt.FileHeader.NumberOfSections;
    BOOLEAN packed = o->SectionAlignment < PAGE_SIZE;
    if (!MiIsPowerOf2(o->FileAlignment) || !MiIsPowerOf2(o->SectionAlignment) ||
        o->SectionAlignment < o->FileAlignment ||
        (packed && o->SectionAlignment != o->FileAlignment))
        return STATUS_INVALID_IMAGE_FORMAT;
    if (sections > MAX_SECTIONS || o->SizeOfHeaders > MAX_HEADERS ||
        pe->TableEnd > pe->File->Size || o->SizeOfHeaders > pe->File->Size ||
        pe->TableEnd > ALIGN_UP(o->SizeOfImage, PAGE_SIZE) ||
        pe->NtOffset + sizeof pe->Nt > ALIGN_UP(o->SizeOfImage, PAGE_SIZE))
        return STATUS_INVALID_IMAGE_FORMAT;
    if (!o->SizeOfImage || o->SizeOfImage > MM_HIGHEST_USER_ADDRESS - 0x20000 ||
        o->SizeOfHeaders >= o->SizeOfImage + !sections ||
        o->AddressOfEntryPoint >= o->SizeOfImage)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (o->ImageBase & (ALLOCATION_GRANULARITY - 1) || o->NumberOfRvaAndSizes > 0x10000)
        return STATUS_INVALID_IMAGE_FORMAT;
    return STATUS_SUCCESS;
}

static void MiFillFacts(const MIPE *pe, MMSECTION_FACTS *facts)
{
    const IMAGE_OPTIONAL_HEADER32 *o = &pe->Nt.OptionalHeader;
    facts->ImageBase = o->ImageBase;
    facts->EntryPoint = o->AddressOfEntryPoint;
    facts->StackReserve = o->SizeOfStackReserve;
    facts->StackCommit = o->SizeOfStackCommit;
    facts->Subsystem = o->Subsystem;
    facts->SubsystemMajor = o->MajorSubsystemVersion;
    facts->SubsystemMinor = o->MinorSubsystemVersion;
    facts->Machine = pe->Nt.FileHeader.Machine;
    facts->Characteristics = pe->Nt.FileHeader.Characteristics;
    facts->DllCharacteristics = o->DllCharacteristics;
}

/* IMAGE_SCN_MEM_* to MM_*.  What is writable is copied unless it is marked shared. */
static ULONG MiSectionProtection(ULONG flags)
{
    BOOLEAN write = (flags & IMAGE_SCN_MEM_WRITE) != 0,
            execute = (flags & IMAGE_SCN_MEM_EXECUTE) != 0;
    BOOLEAN shared = (flags & IMAGE_SCN_MEM_SHARED) != 0;
    if (write && execute)
        return shared ? MM_EXECUTE_READWRITE : MM_EXECUTE_WRITECOPY;
    if (write)
        return shared ? MM_READWRITE : MM_WRITECOPY;
    if (execute)
        return flags & IMAGE_SCN_MEM_READ ? MM_EXECUTE_READ : MM_EXECUTE;
    return flags & IMAGE_SCN_MEM_READ ? MM_READONLY : MM_NOACCESS;
}

/* One section header as a run of pages. next: the first page that is still free. */
static NTSTATUS MiPlaceSection(const MIPE *pe, const IMAGE_SECTION_HEADER *header,
                               ULONG *next, MMSUBSECTION *part)
{
    ULONG size =
        header->Misc.VirtualSize ? header->Misc.VirtualSize : header->SizeOfRawData;
    ULONG image = pe->Nt.OptionalHeader.SizeOfImage;
    ULONG raw = header->PointerToRawData ? header->SizeOfRawData : 0;
    ULONG offset =
        header->PointerToRawData & ~0x1FFu; /* the loader reads whole sectors */
    if (header->VirtualAddress & (pe->Nt.OptionalHeader.SectionAlignment - 1) || !size ||
        header->VirtualAddress >> PAGE_SHIFT < *next || header->VirtualAddress >= image ||
        size > ALIGN_UP(image, PAGE_SIZE) - header->VirtualAddress)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (raw && (offset > pe->File->Size || raw > pe->File->Size - offset))
        return STATUS_INVALID_IMAGE_FORMAT;
    part->FirstPage = header->VirtualAddress >> PAGE_SHIFT;
    part->Pages = MiPages(size);
    part->FileOffset = offset;
    part->FileBytes = raw < part->Pages << PAGE_SHIFT ? raw : part->Pages << PAGE_SHIFT;
    part->Protection = MiSectionProtection(header->Characteristics);
    *next = part->FirstPage + part->Pages;
    return STATUS_SUCCESS;
}

static NTSTATUS MiPlaceSections(const MIPE *pe, MMCONTROL *control)
{
    const IMAGE_OPTIONAL_HEADER32 *o = &pe->Nt.OptionalHeader;
    MMSUBSECTION *parts = control->Subsections;
    /* SizeOfHeaders may leave out the section table. */
    ULONG headers = o->SizeOfHeaders > pe->TableEnd ? o->SizeOfHeaders : pe->TableEnd;
    ULONG next = MiPages(headers);
    if (o->SectionAlignment < PAGE_SIZE) {
        /* Packed tighter than a page: the file as it lies, one run. */
        ULONG bytes =
            o->SizeOfImage < pe->File->Size ? o->SizeOfImage : (ULONG)pe->File->Size;
        parts[control->SubsectionCount++] =
            (MMSUBSECTION){0, control->Pages, 0, bytes, MM_EXECUTE_WRITECOPY};
        return STATUS_SUCCESS;
    }
    parts[control->SubsectionCount++] = (MMSUBSECTION){0, next, 0, headers, MM_READONLY};
    for (ULONG i = 0; i < pe->Nt.FileHeader.NumberOfSections; i++) {
        IMAGE_SECTION_HEADER header;
        NTSTATUS status = MiReadFile(pe->File, pe->SectionTable + i * sizeof header,
                                     &header, sizeof header);
        if (NT_SUCCESS(status))
            status =
                MiPlaceSection(pe, &header, &next, &parts[control->SubsectionCount++]);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

/* STATUS_INVALID_IMAGE_NOT_MZ, _FORMAT, _PROTECT, _WIN_64, _NE_FORMAT, _LE_FORMAT,
 * STATUS_IN_PAGE_ERROR, and what MiNewControl says. */
NTSTATUS MiCreateImageControl(MMFILE *file, MMCONTROL **out)
{
    MIPE pe = {.File = file};
    NTSTATUS status = MiReadHeaders(&pe);
    if (NT_SUCCESS(status))
        status = MiCheckHeaders(&pe);
    if (!NT_SUCCESS(status))
        return status;
    ULONG pages = MiPages(pe.Nt.OptionalHeader.SizeOfImage);
    MMCONTROL *control = MiNewControl(MiControlImage, file, pages, TRUE, &status);
    if (!control)
        return status;
    ULONG parts = pe.Nt.FileHeader.NumberOfSections + 1u;
    control->Subsections = ExAllocatePool(parts * sizeof *control->Subsections, MM_TAG);
    status = control->Subsections ? MiPlaceSections(&pe, control)
                                  : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) {
        MiDereferenceControl(control);
        return status;
    }
    MiFillFacts(&pe, &control->Facts);
    *out = control;
    return STATUS_SUCCESS;
}

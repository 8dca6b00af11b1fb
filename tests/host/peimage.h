/* peimage.h - the PE structures that ntdll/ldr/pe.c reads, for a host without winnt.h.
 * From "PE Format" (Microsoft Learn). */
#ifndef FATHOM_PEIMAGE_H
#define FATHOM_PEIMAGE_H

#include "nthost.h"

typedef uint16_t WORD;
typedef uint32_t DWORD;

#define UNALIGNED
#define STATUS_INVALID_IMAGE_FORMAT      ((NTSTATUS)0xC000007B)
#define STATUS_PROCEDURE_NOT_FOUND       ((NTSTATUS)0xC000007A)
#define STATUS_CONFLICTING_ADDRESSES     ((NTSTATUS)0xC0000018)
#define IMAGE_DOS_SIGNATURE              0x5A4D
#define IMAGE_NT_SIGNATURE               0x00004550
#define IMAGE_FILE_MACHINE_I386          0x014C
#define IMAGE_FILE_RELOCS_STRIPPED       1
#define IMAGE_NT_OPTIONAL_HDR32_MAGIC    0x10B
#define IMAGE_NUMBEROF_DIRECTORY_ENTRIES 16
#define IMAGE_DIRECTORY_ENTRY_EXPORT     0
#define IMAGE_DIRECTORY_ENTRY_BASERELOC  5
#define IMAGE_REL_BASED_ABSOLUTE         0
#define IMAGE_REL_BASED_HIGHLOW          3

typedef struct {
    WORD e_magic, rest[29];
    int32_t e_lfanew;
} IMAGE_DOS_HEADER;
typedef struct {
    DWORD VirtualAddress, Size;
} IMAGE_DATA_DIRECTORY;
typedef struct {
    WORD Machine, NumberOfSections;
    DWORD TimeDateStamp, PointerToSymbolTable, NumberOfSymbols;
    WORD SizeOfOptionalHeader, Characteristics;
} IMAGE_FILE_HEADER;
typedef struct {
    WORD Magic;
    UCHAR LinkerMajor, LinkerMinor;
    DWORD SizeOfCode, SizeOfInitializedData, SizeOfUninitializedData, AddressOfEntryPoint,
        BaseOfCode, BaseOfData, ImageBase, SectionAlignment, FileAlignment;
    WORD Versions[6];
    DWORD Win32VersionValue, SizeOfImage, SizeOfHeaders, CheckSum;
    WORD Subsystem, DllCharacteristics;
    DWORD Sizes[4], LoaderFlags, NumberOfRvaAndSizes;
    IMAGE_DATA_DIRECTORY DataDirectory[IMAGE_NUMBEROF_DIRECTORY_ENTRIES];
} IMAGE_OPTIONAL_HEADER32;
typedef struct {
    DWORD Signature;
    IMAGE_FILE_HEADER FileHeader;
    IMAGE_OPTIONAL_HEADER32 OptionalHeader;
} IMAGE_NT_HEADERS32, *PIMAGE_NT_HEADERS;
typedef struct {
    UCHAR Name[8];
    union {
        DWORD VirtualSize;
    } Misc;
    DWORD VirtualAddress, SizeOfRawData, PointerToRawData, PointerToRelocations,
        PointerToLinenumbers;
    WORD NumberOfRelocations, NumberOfLinenumbers;
    DWORD Characteristics;
} IMAGE_SECTION_HEADER, *PIMAGE_SECTION_HEADER;
typedef struct {
    DWORD Characteristics, TimeDateStamp;
    WORD MajorVersion, MinorVersion;
    DWORD Name, Base, NumberOfFunctions, NumberOfNames, AddressOfFunctions,
        AddressOfNames, AddressOfNameOrdinals;
} IMAGE_EXPORT_DIRECTORY;
typedef struct {
    DWORD VirtualAddress, SizeOfBlock;
} IMAGE_BASE_RELOCATION;
C_ASSERT(sizeof(IMAGE_NT_HEADERS32) == 248);
C_ASSERT(sizeof(IMAGE_EXPORT_DIRECTORY) == 40);

#define IMAGE_FIRST_SECTION(nt)                                                          \
    ((PIMAGE_SECTION_HEADER)((char *)(nt) + 24 + (nt)->FileHeader.SizeOfOptionalHeader))

#endif

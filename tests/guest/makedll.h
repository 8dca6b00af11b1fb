/* makedll.h - a DLL made byte by byte, so that a test can have any it needs, damaged ones
 * too.
 *
 * One section at 1000h with everything in it; file and memory offsets are equal.  The
 * entry point jumps to a function of the test program, which lies at a fixed address:
 *
 *   struct dll d;
 *   dll_begin(&d, 0x20000000);
 *   dll_entry(&d, callback);
 *   dll_export(&d, "answer", dll_returns(&d, 42));
 *   dll_import(&d, "other.dll", "function", 0);
 *   dll_write(&d, "made.dll");
 */
#ifndef GUEST_MAKEDLL_H
#define GUEST_MAKEDLL_H

#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define DLL_SIZE  0x4000
#define DLL_START 0x1000

struct dll {
    unsigned char image[DLL_SIZE];
    DWORD base, used, entry, tls, exports, imports, relocations;
    struct {
        char name[32];
        DWORD rva, ordinal;
    } export[16];
    struct {
        char dll[32], name[32];
        DWORD ordinal, slot;
    } import[16];
    DWORD relocation[64];
    BOOL no_relocations;
};

typedef BOOL(WINAPI *dll_callback)(PVOID base, DWORD reason, PVOID reserved);

static DWORD dll_put(struct dll *d, const void *bytes, DWORD size)
{
    DWORD rva = (d->used + 3) & ~3u;
    CHECK(rva + size <= DLL_SIZE);
    if (bytes)
        memcpy(d->image + rva, bytes, size);
    d->used = rva + size;
    return rva;
}

static void dll_begin(struct dll *d, DWORD base)
{
    memset(d, 0, sizeof *d);
    d->base = base;
    d->used = DLL_START;
}

static void dll_relocate(struct dll *d, DWORD rva)
{
    d->relocation[d->relocations++] = rva;
}

/* A function that returns value: mov eax, value / ret. */
static inline DWORD dll_returns(struct dll *d, DWORD value)
{
    unsigned char code[6] = {0xB8};
    memcpy(code + 1, &value, 4);
    code[5] = 0xC3;
    return dll_put(d, code, 6);
}

/* A function that returns the 32-bit word at rva of its own DLL: mov eax, [abs] / ret. */
static inline DWORD dll_reads(struct dll *d, DWORD rva)
{
    unsigned char code[6] = {0xA1};
    DWORD address = d->base + rva;
    memcpy(code + 1, &address, 4);
    code[5] = 0xC3;
    DWORD at = dll_put(d, code, 6);
    dll_relocate(d, at + 1);
    return at;
}

/* Code that jumps to a function of the program: mov eax, function / jmp eax. */
static DWORD dll_jumps(struct dll *d, const void *function)
{
    unsigned char code[7] = {0xB8};
    memcpy(code + 1, &function, 4);
    code[5] = 0xFF;
    code[6] = 0xE0;
    return dll_put(d, code, 7);
}

static inline void dll_entry(struct dll *d, dll_callback callback)
{
    d->entry = dll_jumps(d, (const void *)callback);
}

/* name "" exports by ordinal alone; rva may be a string in the export directory: see
 * dll_forward. */
static inline void dll_export(struct dll *d, const char *name, DWORD rva)
{
    strcpy(d->export[d->exports].name, name);
    d->export[d->exports].ordinal = d->exports;
    d->export[d->exports++].rva = rva;
}

/* The forwarder's text is put when the directory is made: the name holds both. */
static inline void dll_forward(struct dll *d, const char *name, const char *to)
{
    strcpy(d->export[d->exports].name, name);
    strcpy(d->export[d->exports].name + 16, to);
    d->export[d->exports].ordinal = d->exports;
    d->export[d->exports++].rva = 0xFFFFFFFF;
}

static inline DWORD dll_import(struct dll *d, const char *dll, const char *name,
                               DWORD ordinal)
{
    DWORD number = d->imports++;
    strcpy(d->import[number].dll, dll);
    strcpy(d->import[number].name, name ? name : "");
    d->import[number].ordinal = ordinal;
    d->import[number].slot = dll_put(d, NULL, 8); /* slot and the end of its table */
    return d->import[number].slot;
}

/* Thread-local data that begins as size bytes, and one callback of the program (or NULL). */
static inline DWORD dll_tls(struct dll *d, const void *data, DWORD size,
                            dll_callback callback)
{
    DWORD raw = dll_put(d, data, size), index = dll_put(d, NULL, 4);
    DWORD list = dll_put(d, NULL, 8);
    if (callback) {
        *(DWORD *)(d->image + list) = d->base + dll_jumps(d, (const void *)callback);
        dll_relocate(d, list);
    }
    DWORD directory[6] = {
        d->base + raw, d->base + raw + size, d->base + index, d->base + list, 16, 0};
    d->tls = dll_put(d, directory, sizeof directory);
    for (int i = 0; i < 4; i++)
        dll_relocate(d, d->tls + 4 * i);
    return index;
}

static DWORD dll_make_exports(struct dll *d, const char *self, DWORD *size)
{
    DWORD n = d->exports, names = 0, order[16];
    IMAGE_EXPORT_DIRECTORY e = {.Base = 1, .NumberOfFunctions = n};
    DWORD start = dll_put(d, NULL, sizeof e);
    e.AddressOfFunctions = dll_put(d, NULL, 4 * n);
    for (DWORD i = 0; i < n; i++)
        if (d->export[i].name[0])
            order[names++] = i;
    for (DWORD i = 0; i < names; i++)
        for (DWORD k = i + 1; k < names; k++)
            if (strcmp(d->export[order[k]].name, d->export[order[i]].name) < 0) {
                DWORD swap = order[i];
                order[i] = order[k];
                order[k] = swap;
            }
    e.NumberOfNames = names;
    e.AddressOfNames = dll_put(d, NULL, 4 * names);
    e.AddressOfNameOrdinals = dll_put(d, NULL, 2 * names);
    e.Name = dll_put(d, self, (DWORD)strlen(self) + 1);
    for (DWORD i = 0; i < names; i++) {
        const char *name = d->export[order[i]].name;
        ((DWORD *)(d->image + e.AddressOfNames))[i] =
            dll_put(d, name, (DWORD)strlen(name) + 1);
        ((WORD *)(d->image + e.AddressOfNameOrdinals))[i] = (WORD)order[i];
    }
    for (DWORD i = 0; i < n; i++) {
        const char *to = d->export[i].name + 16;
        if (d->export[i].rva == 0xFFFFFFFF)
            d->export[i].rva = dll_put(d, to, (DWORD)strlen(to) + 1);
        ((DWORD *)(d->image + e.AddressOfFunctions))[i] = d->export[i].rva;
    }
    memcpy(d->image + start, &e, sizeof e);
    *size = d->used - start;
    return start;
}

static DWORD dll_make_imports(struct dll *d)
{
    IMAGE_IMPORT_DESCRIPTOR table[17] = {0};
    for (DWORD i = 0; i < d->imports; i++) {
        DWORD thunk[2] = {IMAGE_ORDINAL_FLAG32 | d->import[i].ordinal, 0};
        if (d->import[i].name[0]) {
            char hint[34] = {0};
            strcpy(hint + 2, d->import[i].name);
            thunk[0] = dll_put(d, hint, sizeof hint);
        }
        table[i].OriginalFirstThunk = dll_put(d, thunk, sizeof thunk);
        table[i].FirstThunk = d->import[i].slot;
        memcpy(d->image + d->import[i].slot, thunk, sizeof thunk);
        table[i].Name = dll_put(d, d->import[i].dll, (DWORD)strlen(d->import[i].dll) + 1);
    }
    return dll_put(d, table, sizeof *table * (d->imports + 1));
}

/* All relocations lie in the pages of 1000h..3FFFh: a block for each page. */
static DWORD dll_make_relocations(struct dll *d, DWORD *size)
{
    DWORD start = (d->used + 3) & ~3u;
    for (DWORD page = DLL_START; page < DLL_SIZE; page += 0x1000) {
        WORD item[66];
        DWORD count = 0;
        for (DWORD i = 0; i < d->relocations; i++)
            if (d->relocation[i] / 0x1000 == page / 0x1000)
                item[count++] =
                    (WORD)(IMAGE_REL_BASED_HIGHLOW << 12 | (d->relocation[i] & 0xFFF));
        if (count & 1)
            item[count++] = 0;
        IMAGE_BASE_RELOCATION block = {page, (DWORD)sizeof block + count * 2};
        dll_put(d, &block, sizeof block);
        dll_put(d, item, count * 2);
    }
    *size = d->used - start;
    return start;
}

/* Headers and directories; d->image is then the whole file. */
static void dll_finish(struct dll *d, const char *self)
{
    IMAGE_DATA_DIRECTORY directory[16] = {0};
    if (d->exports)
        directory[0].VirtualAddress = dll_make_exports(d, self, &directory[0].Size);
    if (d->imports) {
        directory[1].VirtualAddress = dll_make_imports(d);
        directory[1].Size = (d->imports + 1) * sizeof(IMAGE_IMPORT_DESCRIPTOR);
    }
    if (!d->no_relocations)
        directory[5].VirtualAddress = dll_make_relocations(d, &directory[5].Size);
    if (d->tls) {
        directory[9].VirtualAddress = d->tls;
        directory[9].Size = 24;
    }
    IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)d->image;
    dos->e_magic = IMAGE_DOS_SIGNATURE;
    dos->e_lfanew = 0x80;
    IMAGE_NT_HEADERS32 *nt = (IMAGE_NT_HEADERS32 *)(d->image + 0x80);
    nt->Signature = IMAGE_NT_SIGNATURE;
    nt->FileHeader.Machine = IMAGE_FILE_MACHINE_I386;
    nt->FileHeader.NumberOfSections = 1;
    nt->FileHeader.SizeOfOptionalHeader = sizeof nt->OptionalHeader;
    nt->FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL |
                                     IMAGE_FILE_32BIT_MACHINE |
                                     (d->no_relocations ? IMAGE_FILE_RELOCS_STRIPPED : 0);
    nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC;
    nt->OptionalHeader.AddressOfEntryPoint = d->entry;
    nt->OptionalHeader.ImageBase = d->base;
    nt->OptionalHeader.SectionAlignment = 0x1000;
    nt->OptionalHeader.FileAlignment = 0x200;
    nt->OptionalHeader.MajorOperatingSystemVersion = 4;
    nt->OptionalHeader.MajorSubsystemVersion = 4;
    nt->OptionalHeader.SizeOfImage = DLL_SIZE;
    nt->OptionalHeader.SizeOfHeaders = 0x400;
    nt->OptionalHeader.SizeOfCode = DLL_SIZE - DLL_START;
    nt->OptionalHeader.Subsystem = IMAGE_SUBSYSTEM_WINDOWS_CUI;
    nt->OptionalHeader.NumberOfRvaAndSizes = 16;
    memcpy(nt->OptionalHeader.DataDirectory, directory, sizeof directory);
    IMAGE_SECTION_HEADER *section = (IMAGE_SECTION_HEADER *)(nt + 1);
    memcpy(section->Name, ".all", 4);
    section->VirtualAddress = section->PointerToRawData = DLL_START;
    section->Misc.VirtualSize = section->SizeOfRawData = DLL_SIZE - DLL_START;
    section->Characteristics = IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE |
                               IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_CNT_CODE;
}

static void dll_save(const struct dll *d, const char *name, DWORD size)
{
    DWORD written;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, d->image, size, &written, NULL) && written == size);
    CHECK(CloseHandle(file));
}

static inline void dll_write(struct dll *d, const char *name)
{
    dll_finish(d, name);
    dll_save(d, name, DLL_SIZE);
}

#endif

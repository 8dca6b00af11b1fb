/* sources: kernel/observe/symbol.c */
/* cflags: -fno-sanitize=alignment */
/* test_symbol.c - the kernel's reading of names in PE files (kernel/observe/symbol.c): a made
 * file, counts that wrap, and thousands of damaged copies in blocks of exactly their size, so
 * that a byte read outside is caught. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "observe/observe.h"

#define SIZE    0x600u
#define NT      0x80u
#define SECTION (NT + sizeof(IMAGE_NT_HEADERS32))
#define EXPORTS 0x200u /* of the file; at RVA 1000h */
#define SYMBOLS 0x400u
#define BASE    0x400000u

struct {
    ULONG Count;
    struct {
        ULONG Address, Name;
    } Entry[1];
} KdKernelSymbols;

static UCHAR made[SIZE], *file;
static ULONG file_size;
static uint32_t state = 5;

static uint32_t next(uint32_t below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static BOOLEAN find(ULONG_PTR address, KDIMAGE *image)
{
    (void)address;
    *image = (KDIMAGE){BASE, 0x3000, file, file_size, "made"};
    return TRUE;
}

/* One section, RVA 1000h..1200h at 200h of the file.  Exports alpha (1110h) and beta (1120h);
 * COFF symbols _gamma@8 (1130h) and a long name (1140h). */
static void make(int with_symbols)
{
    IMAGE_NT_HEADERS32 *nt = (void *)(made + NT);
    IMAGE_SECTION_HEADER *section = (void *)(made + SECTION);
    IMAGE_EXPORT_DIRECTORY *e = (void *)(made + EXPORTS);
    IMAGE_SYMBOL *s = (void *)(made + SYMBOLS);
    memset(made, 0, SIZE);
    ((IMAGE_DOS_HEADER *)made)->e_magic = IMAGE_DOS_SIGNATURE;
    ((IMAGE_DOS_HEADER *)made)->e_lfanew = NT;
    nt->Signature = IMAGE_NT_SIGNATURE;
    nt->FileHeader.NumberOfSections = 1;
    nt->FileHeader.SizeOfOptionalHeader = sizeof nt->OptionalHeader;
    nt->OptionalHeader.DataDirectory[0] = (IMAGE_DATA_DIRECTORY){0x1000, 0x100};
    section->VirtualAddress = 0x1000;
    section->SizeOfRawData = 0x200;
    section->PointerToRawData = 0x200;
    section->Characteristics = IMAGE_SCN_MEM_EXECUTE;
    *e = (IMAGE_EXPORT_DIRECTORY){.NumberOfFunctions = 2,
                                  .NumberOfNames = 2,
                                  .AddressOfFunctions = 0x1040,
                                  .AddressOfNames = 0x1050,
                                  .AddressOfNameOrdinals = 0x1060};
    memcpy(made + EXPORTS + 0x40, (uint32_t[]){0x1110, 0x1120}, 8);
    memcpy(made + EXPORTS + 0x50, (uint32_t[]){0x1070, 0x1078}, 8);
    memcpy(made + EXPORTS + 0x60, (uint16_t[]){0, 1}, 4);
    strcpy((char *)made + EXPORTS + 0x70, "alpha");
    strcpy((char *)made + EXPORTS + 0x78, "beta");
    if (!with_symbols)
        return;
    nt->FileHeader.PointerToSymbolTable = SYMBOLS;
    nt->FileHeader.NumberOfSymbols = 2;
    memcpy(s[0].N.ShortName, "_gamma@8", 8);
    s[0].Value = 0x130;
    s[1].N.Name.Long = 4;
    s[1].Value = 0x140;
    s[0].SectionNumber = s[1].SectionNumber = 1;
    s[0].StorageClass = s[1].StorageClass = IMAGE_SYM_CLASS_EXTERNAL;
    strcpy((char *)(s + 2) + 4, "_a_longer_name");
}

/* Asks for the name of an RVA of made's first size bytes. */
static const char *name_of(ULONG size, ULONG rva)
{
    static char text[600];
    KdFindImage = find;
    file = malloc(size ? size : 1);
    file_size = size;
    memcpy(file, made, size);
    KdNameAddress(BASE + rva, text, sizeof text, NULL);
    free(file);
    return text;
}

static void names(void **unused)
{
    (void)unused;
    make(0);
    assert_string_equal(name_of(SIZE, 0x1110), "made!alpha");
    assert_string_equal(name_of(SIZE, 0x1125), "made!beta+5");
    make(1);
    assert_string_equal(name_of(SIZE, 0x1131), "made!gamma+1");
    assert_string_equal(name_of(SIZE, 0x1140), "made!a_longer_name");
}

/* A program chooses its symbols' bytes; the log's reader may be a terminal. */
static void control_characters(void **unused)
{
    (void)unused;
    make(1);
    memcpy(((IMAGE_SYMBOL *)(made + SYMBOLS))->N.ShortName, "_a\x1b\n\x7f\xc3\x9f", 7);
    assert_string_equal(name_of(SIZE, 0x1131), "made!a???\xc3\x9f"
                                               "8+1");
}

/* A count whose bytes wrap around to few: nothing of the table may be believed. */
static void counts_that_wrap(void **unused)
{
    IMAGE_EXPORT_DIRECTORY *e = (void *)(made + EXPORTS);
    (void)unused;
    make(0);
    e->NumberOfFunctions = 0x40000001;
    memcpy(made + EXPORTS + 0x60, (uint16_t[]){0xFFFF, 0xFFFE}, 4);
    assert_string_equal(name_of(SIZE, 0x1110), "made+1110");
    make(0);
    e->NumberOfNames = 0x80000001;
    assert_string_equal(name_of(SIZE, 0x1110), "made+1110");
    make(1);
    ((IMAGE_NT_HEADERS32 *)(made + NT))->FileHeader.NumberOfSymbols =
        0xE38E38E4; /* x 18 = 8 */
    assert_string_equal(name_of(SIZE, 0x1110), "made!alpha");
    make(1);
    ((IMAGE_SYMBOL *)(made + SYMBOLS))[1].N.Name.Long = 0xFFFFFFF0;
    assert_string_equal(name_of(SIZE, 0x1140), "made!gamma+10");
}

static void damaged(void **unused)
{
    static const ULONG edges[] = {0,          1,          0x10000,    0x7FFFFFFF,
                                  0x80000000, 0x40000001, 0xFFFFFFFF, 0xFFFFFFFC,
                                  0xFFFFF000, SIZE};
    (void)unused;
    for (int i = 0; i < 30000; i++) {
        make(i & 1);
        for (ULONG n = 1 + next(3); n; n--) {
            const ULONG at = next(3) ? next(SECTION + 40) : next(SIZE);
            if (next(2))
                made[at] = (UCHAR)next(256);
            else
                memcpy(made + (at < SIZE - 4 ? at & ~3u : 0), &edges[next(10)], 4);
        }
        name_of(next(4) ? SIZE : next(SIZE), 0x1100 + next(0x60));
    }
    for (ULONG size = 0; size < SIZE; size++) {
        make(1);
        name_of(size, 0x1131);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(control_characters),
        cmocka_unit_test(counts_that_wrap), cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

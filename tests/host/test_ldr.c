/* sources: ntdll/ldr/pe.c */
/* cflags: -DLDRP_HOST -fno-sanitize=alignment */
/* test_ldr.c - the loader's reading of images, on a made one and on thousands of damaged
 * copies in blocks of exactly their size, so that a byte read outside is caught. */
#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "ntdll/ldr/pe.h"

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID base);

#define SIZE 0x2000
#define BASE 0x20000000

static uint8_t made[SIZE];
static uint32_t state = 11;

static uint32_t next(uint32_t below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

/* Exports alpha (ordinal 5), beta (6, forwarded) and ordinal 7 alone; two relocations. */
static void make(void)
{
    static const uint16_t items[4] = {0x3000 | 0x800, 0x3000 | 0x804, 0, 0};
    IMAGE_NT_HEADERS32 *nt = (void *)(made + 0x80);
    IMAGE_EXPORT_DIRECTORY *e = (void *)(made + 0x200);
    memset(made, 0, SIZE);
    ((IMAGE_DOS_HEADER *)made)->e_magic = IMAGE_DOS_SIGNATURE;
    ((IMAGE_DOS_HEADER *)made)->e_lfanew = 0x80;
    nt->Signature = IMAGE_NT_SIGNATURE;
    nt->FileHeader.Machine = IMAGE_FILE_MACHINE_I386;
    nt->FileHeader.SizeOfOptionalHeader = sizeof nt->OptionalHeader;
    nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC;
    nt->OptionalHeader.ImageBase = BASE;
    nt->OptionalHeader.SizeOfImage = SIZE;
    nt->OptionalHeader.NumberOfRvaAndSizes = 16;
    nt->OptionalHeader.DataDirectory[0] = (IMAGE_DATA_DIRECTORY){0x200, 0x100};
    nt->OptionalHeader.DataDirectory[5] = (IMAGE_DATA_DIRECTORY){0x400, 16};
    *e = (IMAGE_EXPORT_DIRECTORY){.Base = 5,
                                  .NumberOfFunctions = 3,
                                  .NumberOfNames = 2,
                                  .AddressOfFunctions = 0x240,
                                  .AddressOfNames = 0x250,
                                  .AddressOfNameOrdinals = 0x260};
    memcpy(made + 0x240, (uint32_t[]){0x900, 0x290, 0x910}, 12);
    memcpy(made + 0x250, (uint32_t[]){0x270, 0x278}, 8);
    memcpy(made + 0x260, (uint16_t[]){0, 1}, 4);
    strcpy((char *)made + 0x270, "alpha");
    strcpy((char *)made + 0x278, "beta");
    strcpy((char *)made + 0x290, "OTHER.gamma");
    memcpy(made + 0x400, (uint32_t[]){0x1000, 16}, 8);
    memcpy(made + 0x408, items, 8);
    memcpy(made + 0x1800, (uint32_t[]){BASE + 0x10, BASE + 0x20}, 8);
}

static void exports(void **unused)
{
    PIMAGE_NT_HEADERS nt;
    LDRP_EXPORTS e;
    LDRP_EXPORT export;
    (void)unused;
    make();
    assert_int_equal(LdrpCheckHeaders(made, SIZE, &nt), STATUS_SUCCESS);
    assert_int_equal(LdrpOpenExports(made, nt, &e), STATUS_SUCCESS);
    for (uint32_t hint = 0; hint < 4; hint++) {
        assert_int_equal(LdrpExportByName(&e, (LDRP_NAME){"alpha", 5}, hint, &export),
                         STATUS_SUCCESS);
        assert_true(export.Rva == 0x900 && !export.Forwarder.Text);
        assert_int_equal(LdrpExportByName(&e, (LDRP_NAME){"beta", 4}, hint, &export),
                         STATUS_SUCCESS);
        assert_string_equal(export.Forwarder.Text, "OTHER.gamma");
        assert_int_equal(export.Forwarder.Length, 11);
        assert_int_equal(LdrpExportByName(&e, (LDRP_NAME){"alph", 4}, hint, &export),
                         STATUS_PROCEDURE_NOT_FOUND);
        assert_int_equal(LdrpExportByName(&e, (LDRP_NAME){"zeta", 4}, hint, &export),
                         STATUS_PROCEDURE_NOT_FOUND);
    }
    assert_int_equal(LdrpExportByOrdinal(&e, 7, &export), STATUS_SUCCESS);
    assert_int_equal(export.Rva, 0x910);
    assert_int_equal(LdrpExportByOrdinal(&e, 4, &export), STATUS_PROCEDURE_NOT_FOUND);
    assert_int_equal(LdrpExportByOrdinal(&e, 8, &export), STATUS_PROCEDURE_NOT_FOUND);
}

/* The name that an image has at hint is that of an import; a longer one, a shorter one, another
 * hint and a name that an image cuts off are left to LdrpExportByName. */
static void exports_by_hint(void **unused)
{
    static const char others[][8] = {"alph", "alphas", "alphA", "beta", ""};
    static const char alpha[12] = "..alpha";
    PIMAGE_NT_HEADERS nt;
    LDRP_EXPORTS e;
    LDRP_EXPORT export;
    (void)unused;
    make();
    assert_int_equal(LdrpCheckHeaders(made, SIZE, &nt), STATUS_SUCCESS);
    assert_int_equal(LdrpOpenExports(made, nt, &e), STATUS_SUCCESS);
    assert_int_equal(LdrpExportByHint(&e, 0, alpha, 12, 2, &export), STATUS_SUCCESS);
    assert_true(export.Rva == 0x900 && !export.Forwarder.Text);
    assert_int_equal(LdrpExportByHint(&e, 1, "beta\0\0\0", 8, 0, &export),
                     STATUS_SUCCESS);
    assert_string_equal(export.Forwarder.Text, "OTHER.gamma");
    for (uint32_t hint = 1; hint < 4; hint++)
        assert_int_equal(LdrpExportByHint(&e, hint, "alpha\0\0", 8, 0, &export),
                         STATUS_PROCEDURE_NOT_FOUND);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(LdrpExportByHint(&e, 0, others[i], 8, 0, &export),
                         STATUS_PROCEDURE_NOT_FOUND);
    for (uint32_t size = 0; size < 10; size++) /* two words are looked at */
        assert_int_equal(LdrpExportByHint(&e, 0, alpha, size, 2, &export),
                         STATUS_PROCEDURE_NOT_FOUND);
}

static void relocates(void **unused)
{
    PIMAGE_NT_HEADERS nt;
    (void)unused;
    make();
    assert_int_equal(LdrpCheckHeaders(made, SIZE, &nt), STATUS_SUCCESS);
    assert_int_equal(LdrpRelocate(made, nt, 0x10000), STATUS_SUCCESS);
    assert_int_equal(*(uint32_t *)(made + 0x1800), BASE + 0x10010);
    assert_int_equal(*(uint32_t *)(made + 0x1804), BASE + 0x10020);
    nt->FileHeader.Characteristics = IMAGE_FILE_RELOCS_STRIPPED;
    assert_int_equal(LdrpRelocate(made, nt, 0x10000), STATUS_CONFLICTING_ADDRESSES);
}

/* Everything that can be asked of an image in a block of exactly size bytes. */
static void ask(const uint8_t *bytes, uint32_t size)
{
    uint8_t *image = malloc(size ? size : 1);
    PIMAGE_NT_HEADERS nt;
    LDRP_EXPORTS e;
    LDRP_EXPORT export;
    memcpy(image, bytes, size);
    if (NT_SUCCESS(LdrpCheckHeaders(image, size, &nt))) {
        if (NT_SUCCESS(LdrpOpenExports(image, nt, &e))) {
            LdrpExportByName(&e, (LDRP_NAME){"alpha", 5}, next(4), &export);
            if (NT_SUCCESS(LdrpExportByName(&e, (LDRP_NAME){"beta", 4}, 0, &export)) &&
                export.Forwarder.Text)
                assert_true(strlen(export.Forwarder.Text) == export.Forwarder.Length &&
                            export.Forwarder.Length < size);
            LdrpExportByOrdinal(&e, 5 + next(4), &export);
            LdrpExportByHint(&e, next(4), image, size, next(size), &export);
        }
        LdrpRelocate(image, nt, 0x10000);
    }
    free(image);
}

static void damaged(void **unused)
{
    static uint8_t copy[SIZE];
    (void)unused;
    make();
    for (uint32_t size = 0; size <= SIZE; size += 7)
        ask(made, size);
    for (int i = 0; i < 200000; i++) {
        memcpy(copy, made, SIZE);
        for (uint32_t k = 1 + next(4); k; k--) {
            uint32_t at = next(3) ? 0x200 + next(0x210) : 0x80 + next(0x120);
            if (next(2))
                copy[at] = (uint8_t)next(256);
            else /* a number at an edge */
                memcpy(
                    copy + (at & ~3u),
                    (uint32_t[]){next(3) - 1, SIZE - next(5), 0x80000000u, 0x40000000u} +
                        next(4),
                    4);
        }
        ask(copy, SIZE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exports),
        cmocka_unit_test(exports_by_hint),
        cmocka_unit_test(relocates),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* sources: boot/efi/pe.c */
/* cflags: -Iboot/efi */
/* test_efi_pe - the loader's PE layout: a sound image, and every way to damage it. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "pe.h"

#define HEADERS   0x400
#define FILE_SIZE 0x3000
#define PE        0x80
#define OPTIONAL  (PE + 24)
#define SECTIONS  (OPTIONAL + 0xE0)
#define MULTIBOOT 0x1000

static void put16(uint8_t *file, unsigned at, unsigned value)
{
    file[at] = (uint8_t)value;
    file[at + 1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *file, unsigned at, uint32_t value)
{
    put16(file, at, value & 0xFFFF);
    put16(file, at + 2, value >> 16);
}

static void put_section(uint8_t *file, unsigned index, uint32_t memory, uint32_t address,
                        uint32_t raw, uint32_t offset)
{
    const unsigned at = SECTIONS + index * 40;
    put32(file, at + 8, memory);
    put32(file, at + 12, address);
    put32(file, at + 16, raw);
    put32(file, at + 20, offset);
}

/* Headers, one section with the Multiboot header, one of data with a zeroed end. */
static uint8_t *sound_image(void)
{
    uint8_t *file = calloc(1, FILE_SIZE);
    memcpy(file, "MZ", 2);
    put32(file, 0x3C, PE);
    memcpy(file + PE, "PE\0\0", 4);
    put16(file, PE + 4, 0x14C);
    put16(file, PE + 6, 2);
    put16(file, PE + 20, 0xE0);
    put16(file, OPTIONAL, 0x10B);
    put32(file, OPTIONAL + 28, 0x80100000);
    put32(file, OPTIONAL + 56, 0x4000);
    put32(file, OPTIONAL + 60, HEADERS);
    put_section(file, 0, 0x1000, 0x1000, 0x1000, 0x1000);
    put_section(file, 1, 0x1800, 0x2000, 0x1000, 0x2000);
    put32(file, MULTIBOOT, 0x1BADB002);
    put32(file, MULTIBOOT + 4, 0x10003);
    put32(file, MULTIBOOT + 8, 0u - (0x1BADB002u + 0x10003u));
    put32(file, MULTIBOOT + 28, 0x101020);
    memset(file + 0x2000, 0xAB, 0x1000);
    return file;
}

static void lays_out_a_sound_image(void **state)
{
    (void)state;
    uint8_t *file = sound_image(), *to = malloc(0x4000);
    PE_FACTS facts;
    memset(to, 0xEE, 0x4000);
    assert_null(PeCheck(file, FILE_SIZE, &facts));
    assert_int_equal(facts.Base, 0x80100000);
    assert_int_equal(facts.Size, 0x4000);
    assert_int_equal(facts.Entry, 0x101020);
    PeLayOut(file, &facts, to);
    assert_memory_equal(to, file, HEADERS);
    assert_memory_equal(to + 0x1000, file + 0x1000, 0x2000);
    for (unsigned i = 0x3000; i < 0x4000; i++)
        assert_int_equal(to[i], 0);
    free(to);
    free(file);
}

/* A file cut anywhere is refused, and no byte after the cut is read (ASan watches). */
static void refuses_every_cut(void **state)
{
    (void)state;
    uint8_t *file = sound_image();
    PE_FACTS facts;
    for (size_t size = 0; size < FILE_SIZE; size += size < 0x300 ? 1 : 61) {
        uint8_t *cut = malloc(size ? size : 1);
        memcpy(cut, file, size);
        assert_non_null(PeCheck(cut, size, &facts));
        free(cut);
    }
    free(file);
}

/* One 32-bit word after the other of the headers overwritten: refused, or laid out in
 * bounds. */
static void survives_every_wrong_word(void **state)
{
    (void)state;
    static const uint32_t wrong[] = {0,          1,          0x7FFFFFFF,
                                     0x80000000, 0xFFFFFFFF, 0xFFFFF000};
    for (unsigned at = 0; at < SECTIONS + 80; at += 2)
        for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            uint8_t *file = sound_image();
            PE_FACTS facts;
            put32(file, at, wrong[i]);
            if (PeCheck(file, FILE_SIZE, &facts) == NULL) {
                uint8_t *to = malloc(facts.Size);
                PeLayOut(file, &facts, to);
                free(to);
            }
            free(file);
        }
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint32_t value;
        const char *words;
    } cases[] = {
        {0, 0, "it is not a PE file"},
        {0x3C, 0xFFFFFFF0, "its PE header is damaged"},
        {PE + 4, 0x8664, "it is not for a 32-bit x86 machine"},
        {OPTIONAL + 28, 0x400000, "its size or address is impossible"},
        {OPTIONAL + 56, 0x4001, "its size or address is impossible"},
        {SECTIONS + 12, 0x10000, "a section lies outside the image"},
        {SECTIONS + 20, 0x10000, "a section runs past the end of the file"},
        {MULTIBOOT, 0, "it has no Multiboot header"},
        {MULTIBOOT + 28, 0x200000, "its entry lies outside of it"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *file = sound_image();
        PE_FACTS facts;
        put32(file, cases[i].at, cases[i].value);
        const char *said = PeCheck(file, FILE_SIZE, &facts);
        assert_non_null(said);
        assert_string_equal(said, cases[i].words);
        free(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lays_out_a_sound_image),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(survives_every_wrong_word),
        cmocka_unit_test(names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* lab.h - a case of a lab: what it expects, and how it reports.
 *
 * The same on the host (labs/N-name/host) and in Fathom (labs/N-name/guest): a program has a few
 * cases, and `PROG CASE` runs one of them in a process of its own.
 *
 *     LAB_CASE(every_page_once)
 *     {
 *         PFN_NUMBER pfn = MiTakePage(MI_ZONE_FAR, FALSE);
 *         LAB_EXPECT(pfn != PFN_NONE, "MiTakePage", "a page", "PFN_NONE, %u are free", count);
 *     }
 *
 * LAB_EXPECT(condition, function, expected, seen, numbers...): the condition must hold.  Else
 * the case ends with the report that it was `expected` of the student's `function`, and that
 * `seen` came instead.  Both texts may have %u %d %x %X with a width, up to 6 in all, and the
 * numbers (32 bits each) follow in that order.  The grader translates the texts by [chinese]
 * of lab.toml.
 * lab_mark(step, address): in Fathom, a judge outside of the machine stops it here and looks at
 * what lies in its memory (FORMAT.md: `outside`).
 * LAB_COST(n): the case cost n instructions, for a test of the stage icount; LAB_WORST(n): its
 * dearest operation, for one with a band of its own (worst).
 *
 * The report goes to descriptor 3 on the host and to standard output in Fathom, one line each, its
 * fields divided by tabs:
 *     fail FILE:LINE FUNCTION EXPECTED SEEN NUMBER...
 *     ok CASE NONCE COST [WORST]
 * A case that ends well reads the nonce from standard input only then: while the student's code
 * runs, no memory of the process has it.  So an exit(0), or a line that looks like a verdict, earns
 * nothing.  No function here allocates.
 */
#ifndef FATHOM_LAB_H
#define FATHOM_LAB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
static void lab_write(const char *text, unsigned length)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, NULL);
}
static unsigned lab_read(char *text, unsigned most)
{
    DWORD got = 0;
    ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, most, &got, NULL);
    return got;
}
#define lab_end(code) ExitProcess(code)
#else
#include <unistd.h>
static void lab_write(const char *text, unsigned length)
{
    if (write(3, text, length) < 0 && write(1, text, length) < 0)
        _exit(2);
}
static unsigned lab_read(char *text, unsigned most)
{
    long got = isatty(0) ? 0 : (long)read(0, text, most);
    return got > 0 ? (unsigned)got : 0;
}
#define lab_end(code) _exit(code)
#endif

enum { LAB_CASES = 64, LAB_LINE = 1000 };
typedef struct _LABCASE {
    const char *name;
    void (*run)(void);
} LABCASE;
/* One list for all files of a program. */
#ifdef LAB_MORE
extern LABCASE lab_cases[LAB_CASES];
extern unsigned lab_count;
extern unsigned long long lab_cost, lab_worst;
#else
LABCASE lab_cases[LAB_CASES];
unsigned lab_count;
unsigned long long lab_cost, lab_worst;
#endif

#define LAB_CASE(function)                                                               \
    static void function(void);                                                          \
    __attribute__((constructor)) static void lab_has_##function(void)                    \
    {                                                                                    \
        lab_cases[lab_count].name = #function;                                           \
        lab_cases[lab_count++].run = function;                                           \
    }                                                                                    \
    static void function(void)

#define LAB_COST(instructions)  ((void)(lab_cost = (instructions)))
#define LAB_WORST(instructions) ((void)(lab_worst = (instructions)))

#define LAB_EXPECT(condition, function, expected, seen, ...)                             \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            const unsigned lab_numbers[] = {0u, ##__VA_ARGS__};                          \
            lab_fail(__FILE__, __LINE__, function, expected, seen, lab_numbers + 1,      \
                     sizeof lab_numbers / sizeof *lab_numbers - 1);                      \
        }                                                                                \
    } while (0)

/* noipa: gdb and the recorder stop here, and a clone for one caller would have another name. */
__attribute__((noipa, unused)) static void
lab_fail(const char *file, int line, const char *function, const char *expected,
         const char *seen, const unsigned *numbers, unsigned count)
{
    char text[LAB_LINE];
    int at = snprintf(text, sizeof text - 100, "fail\t%s:%d\t%s\t%s\t%s", file, line,
                      function, expected, seen);
    for (unsigned i = 0; i < count && i < 6; i++)
        at += snprintf(text + at, sizeof text - (unsigned)at, "\t%u", numbers[i]);
    text[at++] = '\n';
    lab_write(text, (unsigned)at);
    lab_end(1);
}

static void lab_pass(const char *name)
{
    char nonce[80], text[LAB_LINE];
    unsigned length = lab_read(nonce, sizeof nonce - 1);
    while (length > 0 && (unsigned char)nonce[length - 1] <= ' ')
        length--;
    nonce[length] = 0;
    int at =
        snprintf(text, sizeof text, "ok\t%s\t%s\t%u", name, nonce, (unsigned)lab_cost);
    if (lab_worst)
        at +=
            snprintf(text + at, sizeof text - (unsigned)at, "\t%u", (unsigned)lab_worst);
    text[at++] = '\n';
    lab_write(text, (unsigned)at);
    lab_end(0);
}

#ifndef LAB_MORE
#ifdef _WIN32
__attribute__((noipa, unused)) void lab_mark(unsigned step, const volatile void *address)
{
    __asm__ volatile("" ::"r"(step), "r"(address) : "memory");
}

/* Rounds of a case that the judge outside went through step by step: it sets them, and the case
 * leaves its own time of these out. */
static volatile unsigned char lab_stepped[256];
#endif

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < lab_count; i++)
        if (argc > 1 && strcmp(argv[1], lab_cases[i].name) == 0) {
            lab_cases[i].run();
            lab_pass(lab_cases[i].name);
        }
    for (unsigned i = 0; i < lab_count; i++)
        printf("%s\n", lab_cases[i].name);
    return 2;
}
#else
__attribute__((unused)) static void (*const lab_passes)(const char *) = lab_pass;
#endif

#endif

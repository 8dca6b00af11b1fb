/* check.h - what a guest test needs: a check that says what was wrong and ends the program.
 *
 *   CHECK(condition)              ps/waits.c:41: not true: condition (last error 6)
 *   CHECK_EQUAL(seen, expected)   ps/waits.c:42: seen is 0x102, expected 0x0: text (last error 6)
 *   NOTE(text, value)             remembers a value; a check that fails says the latest one
 *
 * A helper that returns only whether something held notes what it saw, so that the statement that
 * used it can tell.
 */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C"
#endif
    __declspec(dllimport) unsigned long __stdcall GetLastError(void);

static const char *noted_text;
static unsigned long noted_value;
#define NOTE(text, value) (noted_text = (text), noted_value = (unsigned long)(value))

/* The end of a failed check's line.  error: the last error before anything was printed. */
static inline void check_told(unsigned long error)
{
    printf(" (last error %lu)\n", error);
    if (noted_text)
        printf("  noted before: %s %#lx\n", noted_text, noted_value);
    fflush(stdout);
}

static __attribute__((noreturn, cold, unused)) void
check_false(const char *file, int line, const char *text)
{
    const unsigned long error = GetLastError();
    printf("%s:%d: not true: %s", file, line, text);
    check_told(error);
    exit(1);
}

static __attribute__((noreturn, cold, unused)) void
check_differs(const char *file, int line, const char *text, unsigned long seen,
              const char *wanted, unsigned long expected)
{
    const unsigned long error = GetLastError();
    printf("%s:%d: %s is %#lx, expected %#lx: %s", file, line, text, seen, expected,
           wanted);
    check_told(error);
    exit(1);
}

#define CHECK(condition)                                                                 \
    ((condition) ? (void)0 : check_false(__FILE__, __LINE__, #condition))

#define CHECK_EQUAL(seen, expected)                                                      \
    do {                                                                                 \
        unsigned long seen_ = (unsigned long)(seen);                                     \
        unsigned long expected_ = (unsigned long)(expected);                             \
        if (seen_ != expected_)                                                          \
            check_differs(__FILE__, __LINE__, #seen, seen_, #expected, expected_);       \
    } while (0)

#endif

/* worst.h - what the files of worst.exe share: a call that is measured and printed as a line. */
#ifndef HOSTILE_WORST_H
#define HOSTILE_WORST_H

#pragma GCC diagnostic ignored                                                           \
    "-Wunused-function" /* of calls.h, whose objects are used here */
#include "dispatch/calls.h"

#define MIB       0x100000u
#define LONG_NAME 32760u /* characters; a UNICODE_STRING holds 32,767 */
#define SELF      (~0u)
#define ME        (~1u)

static int longer;
static char *room; /* 64 MiB, committed and touched */
static char *huge; /* 1 GiB, reserved */
static ULONG status;

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static unsigned long long cost_of(ULONG number, const ULONG *a)
{
    const unsigned long long start = ticks();
    status = call(number, a);
    return ticks() - start;
}

static void worst(ULONG number, const char *name, const char *what, const ULONG *a)
{
    const unsigned long long cost = cost_of(number, a);
    printf("%s %llu %08lx %s\n", name, cost, status, what);
}
#define W(name, what, ...) worst(SERVICE_##name, #name, what, (ULONG[MOST]){__VA_ARGS__})
#define CALL(name, ...)    (status = call(SERVICE_##name, (ULONG[MOST]){__VA_ARGS__}))

/* The dearest of the classes 0 to 99: argument number `which' of the call. */
static void dearest_class(ULONG number, const char *name, int which, ULONG *a)
{
    unsigned long long most = 0;
    ULONG class = 0, its_status = 0;
    for (ULONG i = 0; i < 100; i++) {
        a[which] = i;
        const unsigned long long cost = cost_of(number, a);
        if (cost < most)
            continue;
        most = cost;
        class = i;
        its_status = status;
    }
    printf("%s %llu %08lx class %lu with 1 MiB\n", name, most, its_status, class);
}
#define CLASSES(name, which, ...)                                                        \
    dearest_class(SERVICE_##name, #name, which, (ULONG[MOST]){__VA_ARGS__})

/* Attributes of a name: prefix, then as many x as there is room for, then the last character. */
static OBJECT_ATTRIBUTES *long_name(const WCHAR *prefix, WCHAR unit, WCHAR last)
{
    static WCHAR text[LONG_NAME + 1];
    static UNICODE_STRING name;
    static OBJECT_ATTRIBUTES result;
    const size_t length = wcslen(prefix);
    memcpy(text, prefix, length * sizeof *text);
    for (ULONG i = length; i < LONG_NAME - 1; i++)
        text[i] = unit != '\\' ? unit : (i - length) & 1 ? '\\' : 'd';
    text[LONG_NAME - 1] = last;
    name = (UNICODE_STRING){LONG_NAME * 2, LONG_NAME * 2, text};
    InitializeObjectAttributes(&result, &name, 0x40, NULL, NULL);
    return &result;
}

static OBJECT_ATTRIBUTES *long_object(WCHAR last)
{
    return long_name(L"\\BaseNamedObjects\\", 'n', last);
}

#endif

/* stdlib.c - what is left of stdlib.h: sorting, searching, random numbers, division,
 * paths.
 *
 * qsort: quicksort by the median of three, the smaller part by recursion (so the stack
 * stays under log2 n), short runs by insertion.  rand: the linear congruence every Visual
 * C++ has had (214013, 2531011), so that a seed gives the same numbers as on Windows.
 * Source of each: Microsoft C runtime reference, by name.
 */
#include "crt.h"
#include <search.h>
#include <wchar.h>

typedef int(__cdecl *compare)(const void *, const void *);
typedef int(__cdecl *compare_with)(void *, const void *, const void *);

struct order {
    compare plain;
    compare_with with;
    void *context;
    size_t size;
};

static int in_order(const struct order *order, const char *a, const char *b)
{
    return order->plain != NULL ? order->plain(a, b) : order->with(order->context, a, b);
}

static void swap(char *a, char *b, size_t size)
{
    for (; size != 0; size--) {
        char kept = *a;
        *a++ = *b;
        *b++ = kept;
    }
}

static void sort_short(char *low, char *high, const struct order *order)
{
    for (char *at = low + order->size; at <= high; at += order->size)
        for (char *to = at; to > low && in_order(order, to - order->size, to) > 0;
             to -= order->size)
            swap(to - order->size, to, order->size);
}

/* Sorts [low, high], both inside. */
static void sort(char *low, char *high, const struct order *order)
{
    size_t size = order->size;
    while (high > low && (size_t)(high - low) / size >= 8) {
        char *middle = low + (size_t)(high - low) / size / 2 * size;
        if (in_order(order, low, middle) > 0)
            swap(low, middle, size);
        if (in_order(order, low, high) > 0)
            swap(low, high, size);
        if (in_order(order, middle, high) > 0)
            swap(middle, high, size);
        /* The pivot waits beside the end; both scans stop at equal keys, which keeps runs
         * of equal elements from going quadratic. */
        char *pivot = high - size, *left = low, *right = pivot;
        swap(middle, pivot, size);
        for (;;) {
            do
                left += size;
            while (left < pivot && in_order(order, left, pivot) < 0);
            do
                right -= size;
            while (right > low && in_order(order, right, pivot) > 0);
            if (left >= right)
                break;
            swap(left, right, size);
        }
        swap(left, pivot, size);
        if (left - low < high - left) {
            sort(low, left - size, order);
            low = left + size;
        } else {
            sort(left + size, high, order);
            high = left - size;
        }
    }
    if (high > low)
        sort_short(low, high, order);
}

void __cdecl qsort(void *base, size_t count, size_t size, compare function)
{
    struct order order = {function, NULL, NULL, size};
    if (count > 1 && size != 0)
        sort(base, (char *)base + (count - 1) * size, &order);
}

void __cdecl qsort_s(void *base, size_t count, size_t size, compare_with function,
                     void *context)
{
    struct order order = {NULL, function, context, size};
    if (base == NULL || size == 0 || function == NULL)
        *_errno() = EINVAL;
    else if (count > 1)
        sort(base, (char *)base + (count - 1) * size, &order);
}

void *__cdecl bsearch(const void *key, const void *base, size_t count, size_t size,
                      compare function)
{
    const char *low = base;
    while (count != 0) {
        const char *middle = low + count / 2 * size;
        int order = function(key, middle);
        if (order == 0)
            return (void *)middle;
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

void *__cdecl _lfind(const void *key, const void *base, unsigned int *count,
                     unsigned int size, compare function)
{
    const char *at = base;
    for (unsigned int i = 0; i < *count; i++, at += size)
        if (function(key, at) == 0)
            return (void *)at;
    return NULL;
}

void *__cdecl _lsearch(const void *key, void *base, unsigned int *count,
                       unsigned int size, compare function)
{
    void *found = _lfind(key, base, count, size, function);
    if (found != NULL)
        return found;
    return memcpy((char *)base + (*count)++ * size, key, size);
}

void __cdecl srand(unsigned int seed)
{
    crt_thread()->random = seed;
}

int __cdecl rand(void)
{
    struct crt_thread *own = crt_thread();
    own->random = own->random * 214013 + 2531011;
    return (int)(own->random >> 16 & RAND_MAX);
}

/* 32 bits that a program cannot predict from those before by this generator alone; not
 * for keys.  Source: rand_s. */
errno_t __cdecl rand_s(unsigned int *out)
{
    static LONG made;
    LARGE_INTEGER counter;
    if (out == NULL)
        return *_errno() = EINVAL;
    QueryPerformanceCounter(&counter);
    uint64_t mixed = (uint64_t)counter.QuadPart +
                     0x9E3779B97F4A7C15u * (uint64_t)InterlockedIncrement(&made);
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    *out = (unsigned int)(mixed >> 32);
    return 0;
}

int __cdecl(abs)(int value)
{
    return value < 0 ? -value : value;
}

long __cdecl(labs)(long value)
{
    return value < 0 ? -value : value;
}

div_t __cdecl div(int number, int by)
{
    div_t result = {number / by, number % by};
    return result;
}

ldiv_t __cdecl ldiv(long number, long by)
{
    ldiv_t result = {number / by, number % by};
    return result;
}

unsigned int __cdecl(_rotl)(unsigned int value, int by)
{
    return value << (by & 31) | value >> (-by & 31);
}

unsigned int __cdecl(_rotr)(unsigned int value, int by)
{
    return value >> (by & 31) | value << (-by & 31);
}

unsigned long __cdecl(_lrotl)(unsigned long value, int by)
{
    return value << (by & 31) | value >> (-by & 31);
}

unsigned long __cdecl(_lrotr)(unsigned long value, int by)
{
    return value >> (by & 31) | value << (-by & 31);
}

void __cdecl _sleep(unsigned long milliseconds)
{
    Sleep(milliseconds);
}

/* "C:\dir\name.ext" into its four parts, any of which may be null; and together again. */
#define PATHS(SPLIT, MAKE, CHAR, LENGTH)                                                 \
    static void SPLIT##_part(CHAR *out, const CHAR *from, const CHAR *to)                \
    {                                                                                    \
        if (out == NULL)                                                                 \
            return;                                                                      \
        while (from < to)                                                                \
            *out++ = *from++;                                                            \
        *out = 0;                                                                        \
    }                                                                                    \
    void __cdecl SPLIT(const CHAR *path, CHAR *drive, CHAR *dir, CHAR *name, CHAR *ext)  \
    {                                                                                    \
        const CHAR *start = path, *slash = NULL, *dot = NULL, *at;                       \
        if (path[0] != 0 && path[1] == ':')                                              \
            start += 2;                                                                  \
        SPLIT##_part(drive, path, start);                                                \
        for (at = start; *at; at++) {                                                    \
            if (*at == '/' || *at == '\\') {                                             \
                slash = at + 1;                                                          \
                dot = NULL;                                                              \
            } else if (*at == '.') {                                                     \
                dot = at;                                                                \
            }                                                                            \
        }                                                                                \
        if (slash == NULL)                                                               \
            slash = start;                                                               \
        if (dot == NULL)                                                                 \
            dot = at;                                                                    \
        SPLIT##_part(dir, start, slash);                                                 \
        SPLIT##_part(name, slash, dot);                                                  \
        SPLIT##_part(ext, dot, at);                                                      \
    }                                                                                    \
    void __cdecl MAKE(CHAR *path, const CHAR *drive, const CHAR *dir, const CHAR *name,  \
                      const CHAR *ext)                                                   \
    {                                                                                    \
        if (drive != NULL && *drive) {                                                   \
            *path++ = *drive;                                                            \
            *path++ = ':';                                                               \
        }                                                                                \
        if (dir != NULL && *dir) {                                                       \
            while (*dir)                                                                 \
                *path++ = *dir++;                                                        \
            if (path[-1] != '/' && path[-1] != '\\')                                     \
                *path++ = '\\';                                                          \
        }                                                                                \
        while (name != NULL && *name)                                                    \
            *path++ = *name++;                                                           \
        if (ext != NULL && *ext && *ext != '.')                                          \
            *path++ = '.';                                                               \
        while (ext != NULL && *ext)                                                      \
            *path++ = *ext++;                                                            \
        *path = 0;                                                                       \
    }
PATHS(_splitpath, _makepath, char, strlen)
PATHS(_wsplitpath, _wmakepath, wchar_t, wcslen)

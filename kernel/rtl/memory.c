/* memory.c - the five functions that a compiler calls by itself, and strings. */
#include "rtl/rtl.h"

/* Bytes after dwords: rep movs has no cost of its own under TCG, so no cleverness. */
void *memcpy(void *to, const void *from, size_t size)
{
    void *d = to;
    size_t dwords = size / 4;
    size_t rest = size % 4;
    __asm__ volatile("rep movsl; movl %3, %%ecx; rep movsb"
                     : "+D"(d), "+S"(from), "+c"(dwords)
                     : "r"(rest)
                     : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((ULONG_PTR)to - (ULONG_PTR)from >= size)
        return memcpy(to, from, size);
    const UCHAR *s = (const UCHAR *)from + size - 1;
    UCHAR *d = (UCHAR *)to + size - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(size)::"memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *d = to;
    size_t dwords = size / 4;
    const size_t rest = size % 4;
    __asm__ volatile("rep stosl; movl %2, %%ecx; rep stosb"
                     : "+D"(d), "+c"(dwords)
                     : "r"(rest), "a"((UCHAR)value * 0x01010101u)
                     : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const UCHAR *x = a, *y = b;
    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i])
            return x[i] - y[i];
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != 0)
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return (UCHAR)*a - (UCHAR)*b;
}

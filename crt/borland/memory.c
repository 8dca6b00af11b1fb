/* memory.c - memcpy, memset, memmove and memcmp for cw3220's heap and for programs.
 *
 * The string instructions are written out: a C loop here would become a call of the function
 * that it is.
 */
#include "borland/heap.h"

void *__cdecl memcpy(void *to, const void *from, size_t bytes)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes)::"memory");
    return to;
}

void *__cdecl memset(void *at, int value, size_t bytes)
{
    void *start = at;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(value) : "memory");
    return start;
}

/* Overlapping with the destination higher: copied from the end down. */
void *__cdecl memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to - (uintptr_t)from >= bytes)
        return memcpy(to, from, bytes);
    char *last_to = (char *)to + bytes - 1;
    const char *last_from = (const char *)from + bytes - 1;
    __asm__ volatile("std; rep movsb; cld"
                     : "+D"(last_to), "+S"(last_from), "+c"(bytes)::"memory");
    return to;
}

int __cdecl memcmp(const void *left, const void *right, size_t bytes)
{
    const unsigned char *a = left, *b = right;
    for (; bytes != 0; a++, b++, bytes--)
        if (*a != *b)
            return *a < *b ? -1 : 1;
    return 0;
}

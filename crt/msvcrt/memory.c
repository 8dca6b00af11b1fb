/* memory.c - memcpy and its relatives.
 *
 * Copies and fills are the processor's string instructions: short, exact, and under an
 * emulator faster than a loop.  The direction flag is clear by the calling convention and
 * left so.
 */
#include "crt.h"

void *__cdecl memcpy(void *to, const void *from, size_t size)
{
    void *at = to;
    size_t words = size / 4, rest = size % 4;
    __asm__ volatile("rep movsl\n\tmovl %3, %%ecx\n\trep movsb"
                     : "+D"(at), "+S"(from), "+c"(words)
                     : "r"(rest)
                     : "memory");
    return to;
}

void *__cdecl memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    char *last_to = (char *)to + size - 1;
    const char *last_from = (const char *)from + size - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld"
                     : "+D"(last_to), "+S"(last_from), "+c"(size)
                     :
                     : "memory");
    return to;
}

void *__cdecl memset(void *block, int byte, size_t size)
{
    void *at = block;
    uint32_t word = (unsigned char)byte * 0x01010101u;
    size_t words = size / 4, rest = size % 4;
    __asm__ volatile("rep stosl\n\tmovl %2, %%ecx\n\trep stosb"
                     : "+D"(at), "+c"(words)
                     : "r"(rest), "a"(word)
                     : "memory");
    return block;
}

int __cdecl memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    for (; size != 0; size--, left++, right++)
        if (*left != *right)
            return *left < *right ? -1 : 1;
    return 0;
}

void *__cdecl memchr(const void *block, int byte, size_t size)
{
    const unsigned char *at = block;
    for (; size != 0; size--, at++)
        if (*at == (unsigned char)byte)
            return (void *)at;
    return NULL;
}

/* Copies up to and with the first `byte`; what follows it in `to`, or null.  Source:
 * _memccpy. */
void *__cdecl _memccpy(void *to, const void *from, int byte, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    for (; size != 0; size--) {
        *out++ = *in;
        if (*in++ == (unsigned char)byte)
            return out;
    }
    return NULL;
}

void __cdecl _swab(char *from, char *to, int size)
{
    for (; size > 1; size -= 2, from += 2, to += 2) {
        char first = from[0];
        to[0] = from[1];
        to[1] = first;
    }
}

#define SECURE(name) name
#include "secure_memory.h"

/* memory.c - copying, filling and comparing bytes, under C's names and under Rtl's.
 *
 * The compiler calls memcpy, memset, memmove and memcmp of its own accord, so these must
 * not be written in a way that it turns back into a call: hence the string instructions,
 * which are also the smallest code for the job.  The direction flag is clear, as the ABI
 * says.
 */
#include "ntdllp.h"

void *__cdecl memcpy(void *to, const void *from, size_t size)
{
    void *d = to;
    size_t words = size >> 2, rest = size & 3;
    __asm__ volatile("rep movsl\n\tmovl %3, %%ecx\n\trep movsb"
                     : "+D"(d), "+S"(from), "+c"(words)
                     : "r"(rest)
                     : "memory");
    return to;
}

void *__cdecl memmove(void *to, const void *from, size_t size)
{
    if ((ULONG_PTR)to - (ULONG_PTR)from >= size)
        return memcpy(to, from, size);
    PUCHAR d = (PUCHAR)to + size - 1;
    const UCHAR *s = (const UCHAR *)from + size - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(d), "+S"(s), "+c"(size)::"memory");
    return to;
}

void *__cdecl memset(void *to, int value, size_t size)
{
    void *d = to;
    ULONG fill = (UCHAR)value * 0x01010101u;
    size_t words = size >> 2, rest = size & 3;
    __asm__ volatile("rep stosl\n\tmovl %3, %%ecx\n\trep stosb"
                     : "+D"(d), "+c"(words)
                     : "a"(fill), "r"(rest)
                     : "memory");
    return to;
}

int __cdecl memcmp(const void *left, const void *right, size_t size)
{
    const UCHAR *a = left, *b = right;
    for (; size; size--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

void *__cdecl memchr(const void *bytes, int value, size_t size)
{
    const UCHAR *at = bytes;
    for (; size; size--, at++)
        if (*at == (UCHAR)value)
            return (void *)at;
    return NULL;
}

VOID NTAPI RtlFillMemory(PVOID To, SIZE_T Size, UCHAR Value)
{
    memset(To, Value, Size);
}

VOID NTAPI RtlZeroMemory(PVOID To, SIZE_T Size)
{
    memset(To, 0, Size);
}

VOID NTAPI RtlMoveMemory(PVOID To, const VOID *From, SIZE_T Size)
{
    memmove(To, From, Size);
}

/* Bytes that are equal from the start on. */
SIZE_T NTAPI RtlCompareMemory(const VOID *Left, const VOID *Right, SIZE_T Size)
{
    const UCHAR *a = Left, *b = Right;
    SIZE_T equal = 0;
    while (equal < Size && a[equal] == b[equal])
        equal++;
    return equal;
}

/* Bytes from the start on that repeat Pattern; Size is taken down to a multiple of 4. */
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Memory, SIZE_T Size, ULONG Pattern)
{
    PULONG at = Memory;
    SIZE_T equal = 0;
    while (equal < Size / 4 && at[equal] == Pattern)
        equal++;
    return equal * 4;
}

VOID NTAPI RtlFillMemoryUlong(PVOID Memory, SIZE_T Size, ULONG Pattern)
{
    SIZE_T words = Size / 4;
    __asm__ volatile("rep stosl" : "+D"(Memory), "+c"(words) : "a"(Pattern) : "memory");
}

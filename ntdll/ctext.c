/* ctext.c - C's kinds of characters, sets of them, sorting and searching, as ntdll exports them.
 *
 * Narrow characters are ASCII's, in any locale.  Wide letters are those that ntdll's case table
 * pairs.  qsort is a heap sort: no recursion, no memory.  They are exported under C's names
 * (ntdll.def).
 */
#include "ntdllp.h"

typedef int __cdecl COMPARE(const void *, const void *);

#define BETWEEN(c, first, last) ((c) >= (first) && (c) <= (last))
#define UPPER(c)                BETWEEN(c, 'A', 'Z')
#define LOWER(c)                BETWEEN(c, 'a', 'z')
#define DIGIT(c)                BETWEEN(c, '0', '9')
#define KIND(NAME, ...)                                                                  \
    int __cdecl NAME(int c)                                                              \
    {                                                                                    \
        return (__VA_ARGS__) != 0;                                                       \
    }

KIND(c_isupper, UPPER(c))
KIND(c_islower, LOWER(c))
KIND(c_isalpha, UPPER(c) || LOWER(c))
KIND(c_isdigit, DIGIT(c))
KIND(c_isalnum, UPPER(c) || LOWER(c) || DIGIT(c))
KIND(c_isxdigit, DIGIT(c) || BETWEEN(c, 'A', 'F') || BETWEEN(c, 'a', 'f'))
KIND(c_isspace, c == ' ' || BETWEEN(c, 9, 13))
KIND(c_iscntrl, BETWEEN(c, 0, 31) || c == 127)
KIND(c_isprint, BETWEEN(c, 32, 126))
KIND(c_isgraph, BETWEEN(c, 33, 126))
KIND(c_ispunct, BETWEEN(c, 33, 126) && !UPPER(c) && !LOWER(c) && !DIGIT(c))

int __cdecl c_toupper(int c)
{
    return LOWER(c) ? c - 32 : c;
}

int __cdecl c_tolower(int c)
{
    return UPPER(c) ? c + 32 : c;
}

WCHAR __cdecl c_towupper(WCHAR c)
{
    return RtlUpcaseUnicodeChar(c);
}

WCHAR __cdecl c_towlower(WCHAR c)
{
    return RtlDowncaseUnicodeChar(c);
}

KIND(c_iswlower, RtlUpcaseUnicodeChar((WCHAR)c) != (WCHAR)c)
KIND(c_iswalpha, RtlUpcaseUnicodeChar((WCHAR)c) != (WCHAR)c ||
                     RtlDowncaseUnicodeChar((WCHAR)c) != (WCHAR)c)

/* One body for char and for wchar_t. */
#define TEXT_FUNCTIONS(TYPE, SPN, CSPN, PBRK, NLEN, NCAT, LWR, UPR, TOLOWER, TOUPPER)    \
    static BOOLEAN SPN##_has(const TYPE *set, TYPE c)                                    \
    {                                                                                    \
        while (*set && *set != c)                                                        \
            set++;                                                                       \
        return *set != 0;                                                                \
    }                                                                                    \
    size_t __cdecl SPN(const TYPE *text, const TYPE *set)                                \
    {                                                                                    \
        size_t i = 0;                                                                    \
        while (text[i] && SPN##_has(set, text[i]))                                       \
            i++;                                                                         \
        return i;                                                                        \
    }                                                                                    \
    size_t __cdecl CSPN(const TYPE *text, const TYPE *set)                               \
    {                                                                                    \
        size_t i = 0;                                                                    \
        while (text[i] && !SPN##_has(set, text[i]))                                      \
            i++;                                                                         \
        return i;                                                                        \
    }                                                                                    \
    TYPE *__cdecl PBRK(const TYPE *text, const TYPE *set)                                \
    {                                                                                    \
        text += CSPN(text, set);                                                         \
        return *text ? (TYPE *)text : NULL;                                              \
    }                                                                                    \
    size_t __cdecl NLEN(const TYPE *text, size_t most)                                   \
    {                                                                                    \
        size_t i = 0;                                                                    \
        while (i < most && text[i])                                                      \
            i++;                                                                         \
        return i;                                                                        \
    }                                                                                    \
    TYPE *__cdecl NCAT(TYPE *to, const TYPE *from, size_t most)                          \
    {                                                                                    \
        TYPE *at = to;                                                                   \
        while (*at)                                                                      \
            at++;                                                                        \
        for (; most && *from; most--)                                                    \
            *at++ = *from++;                                                             \
        *at = 0;                                                                         \
        return to;                                                                       \
    }                                                                                    \
    TYPE *__cdecl LWR(TYPE *text)                                                        \
    {                                                                                    \
        for (TYPE *at = text; *at; at++)                                                 \
            *at = (TYPE)TOLOWER(*at);                                                    \
        return text;                                                                     \
    }                                                                                    \
    TYPE *__cdecl UPR(TYPE *text)                                                        \
    {                                                                                    \
        for (TYPE *at = text; *at; at++)                                                 \
            *at = (TYPE)TOUPPER(*at);                                                    \
        return text;                                                                     \
    }
TEXT_FUNCTIONS(char, c_strspn, c_strcspn, c_strpbrk, c_strnlen, c_strncat, c_strlwr,
               c_strupr, c_tolower, c_toupper)
TEXT_FUNCTIONS(WCHAR, c_wcsspn, c_wcscspn, c_wcspbrk, c_wcsnlen, c_wcsncat, c_wcslwr,
               c_wcsupr, c_towlower, c_towupper)

int __cdecl c_memicmp(const void *a, const void *b, size_t bytes)
{
    const UCHAR *x = a, *y = b;
    int difference = 0;
    for (; bytes && !difference; bytes--)
        difference = c_tolower(*x++) - c_tolower(*y++);
    return difference;
}

/* After the first byte that is c, in to; NULL: none of them is. */
void *__cdecl c_memccpy(void *to, const void *from, int c, size_t bytes)
{
    UCHAR *at = to;
    for (const UCHAR *source = from; bytes; bytes--)
        if ((*at++ = *source++) == (UCHAR)c)
            return at;
    return NULL;
}

static void Swap(UCHAR *a, UCHAR *b, size_t size)
{
    for (; size; size--) {
        const UCHAR byte = *a;
        *a++ = *b;
        *b++ = byte;
    }
}

/* Moves items[at] down until no child of it is larger. */
static void Sift(UCHAR *items, size_t at, size_t count, size_t size, COMPARE *compare)
{
    size_t child;
    for (; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count &&
            compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + at * size, items + child * size) >= 0)
            return;
        Swap(items + at * size, items + child * size, size);
    }
}

void __cdecl c_qsort(void *items, size_t count, size_t size, COMPARE *compare)
{
    for (size_t at = count / 2; at; at--)
        Sift(items, at - 1, count, size, compare);
    for (; count > 1; count--) {
        Swap(items, (UCHAR *)items + (count - 1) * size, size);
        Sift(items, 0, count - 1, size, compare);
    }
}

void *__cdecl c_bsearch(const void *key, const void *items, size_t count, size_t size,
                        COMPARE *compare)
{
    while (count) {
        const void *middle = (const UCHAR *)items + count / 2 * size;
        const int order = compare(key, middle);
        if (!order)
            return (void *)middle;
        if (order > 0) {
            items = (const UCHAR *)middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

int __cdecl c_abs(int value)
{
    return value < 0 ? (int)(0u - (unsigned)value) : value;
}

/* Characters without the NUL; out NULL: that are needed. */
size_t __cdecl c_mbstowcs(WCHAR *out, const char *text, size_t room)
{
    WCHAR one;
    size_t i = 0;
    for (; !out || i < room; i++) {
        RtlMultiByteToUnicodeN(&one, sizeof one, NULL, text + i, 1);
        if (out)
            out[i] = one;
        if (!text[i])
            break;
    }
    return i;
}

size_t __cdecl c_wcstombs(char *out, const WCHAR *text, size_t room)
{
    char one;
    size_t i = 0;
    for (; !out || i < room; i++) {
        RtlUnicodeToMultiByteN(&one, 1, NULL, text + i, sizeof(WCHAR));
        if (out)
            out[i] = one;
        if (!text[i])
            break;
    }
    return i;
}

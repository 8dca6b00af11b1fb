/* string.c - strings of char. */
#include "crt.h"
#include <ctype.h>
#define CHAR       char
#define UNIT       unsigned char
#define CHARARG    int
#define NAME(x)    str##x
#define PRIVATE(x) _str##x
#define LOWER(c)   ((c) >= 'A' && (c) <= 'Z' ? (c) + 32 : (c))
#define UPPER(c)   ((c) >= 'a' && (c) <= 'z' ? (c)-32 : (c))
#define TOK_PLACE  strtok_next
#include "string_core.h"

int __cdecl _memicmp(const void *a, const void *b, size_t size)
{
    return _strnicmp(a, b, size);
}

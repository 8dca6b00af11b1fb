/* runvalue.c - what the lines of the run list carry: encoded text, numbers, variables.
 *
 * Nothing is cut: a value's room is that of its line, the environment's that of all its lines.
 */
#include "exp.h"

static int ExpHexDigit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* The next byte of an encoded value. */
static UCHAR ExpDecodeByte(const char **at, const char *end)
{
    const char *p = *at;
    if (*p == '%' && end - p >= 3 && ExpHexDigit(p[1]) >= 0 && ExpHexDigit(p[2]) >= 0) {
        *at = p + 3;
        return ExpHexDigit(p[1]) << 4 | ExpHexDigit(p[2]);
    }
    *at = p + 1;
    return *p;
}

/* The bytes come into the value's second half first: a character is at most twice as long
 * as its UTF-8, so what is written never overtakes what is read. */
ULONG ExDecodeValue(const char *at, const char *end, WCHAR *value)
{
    UCHAR *const bytes = (UCHAR *)value + (end - at);
    ULONG n = 0;
    while (at < end)
        bytes[n++] = ExpDecodeByte(&at, end);
    n = IoDecodeUtf8(bytes, n, value);
    value[n] = 0;
    return n;
}

ULONG ExNumber(const WCHAR *text)
{
    ULONG value = 0, base = 10;
    if (text[0] == '0' && (text[1] | 32) == 'x') {
        base = 16;
        text += 2;
    }
    for (int digit;
         (digit = *text < 0x7F ? ExpHexDigit(*text) : -1) >= 0 && digit < (int)base;
         text++)
        value = value * base + digit;
    return value;
}

/* Characters of an entry's name; a name may begin with = itself. */
static ULONG ExpNameLength(const WCHAR *entry)
{
    ULONG length = entry[0] != 0;
    while (entry[length] && entry[length] != '=')
        length++;
    return length;
}

static BOOLEAN ExpSameVariable(const WCHAR *a, const WCHAR *b)
{
    const ULONG length = ExpNameLength(a);
    if (ExpNameLength(b) != length)
        return FALSE;
    for (ULONG i = 0; i < length; i++)
        if (ObUpper(a[i]) != ObUpper(b[i]))
            return FALSE;
    return TRUE;
}

static ULONG ExpEntrySize(const WCHAR *entry)
{
    ULONG size = 1;
    while (entry[size - 1])
        size++;
    return size;
}

void ExSetVariable(EXENVIRONMENT *environment, const WCHAR *entry)
{
    WCHAR *at = environment->Block;
    const ULONG size = ExpEntrySize(entry);
    while (*at && !ExpSameVariable(at, entry))
        at += ExpEntrySize(at);
    if (*at) {
        const ULONG gone = ExpEntrySize(at);
        WCHAR *const end = environment->Block + environment->Length;
        memmove(at, at + gone, (UCHAR *)end - (UCHAR *)(at + gone));
        environment->Length -= gone;
    }
    ASSERT(environment->Length + size + 1 <= environment->Room);
    memcpy(environment->Block + environment->Length, entry, size * sizeof(WCHAR));
    environment->Length += size;
    environment->Block[environment->Length] = 0;
}

BOOLEAN ExMakeEnvironment(EXENVIRONMENT *environment, ULONG more)
{
    const WCHAR *entry = PsDefaultEnvironment;
    while (*entry)
        entry += ExpEntrySize(entry);
    environment->Room = entry - PsDefaultEnvironment + more + 1;
    environment->Block = ExAllocatePool(environment->Room * sizeof(WCHAR), EX_TAG);
    if (environment->Block == NULL)
        return FALSE;
    for (entry = PsDefaultEnvironment; *entry; entry += ExpEntrySize(entry))
        ExSetVariable(environment, entry);
    return TRUE;
}

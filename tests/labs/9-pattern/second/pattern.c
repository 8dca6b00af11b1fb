/* pattern.c - a second matcher: from the right, one row of the table for each pattern character.
 *
 * Rest[n] says whether the pattern from here on takes the name from n on. */
#include "io/iop.h"

typedef struct _REST {
    BOOLEAN Now[IO_LONGEST_NAME + 1], After[IO_LONGEST_NAME + 1];
} REST;

static BOOLEAN One(const REST *rest, WCHAR wanted, WCHAR character, ULONG n)
{
    switch (wanted) {
    case '?':
        return character && rest->After[n + 1];
    case '>':
        return character && character != '.' ? rest->After[n + 1] : rest->After[n];
    case '"':
        return character ? character == '.' && rest->After[n + 1] : rest->After[n];
    default:
        return character && IopUpcase(character) == IopUpcase(wanted) &&
               rest->After[n + 1];
    }
}

static void Row(REST *rest, WCHAR wanted, const WCHAR *name, ULONG length, ULONG lastDot)
{
    for (ULONG n = length + 1; n-- > 0;) {
        if (wanted != '*' && wanted != '<')
            rest->Now[n] = One(rest, wanted, name[n], n);
        else
            rest->Now[n] =
                rest->After[n] ||
                (n < length && (wanted == '*' || n != lastDot) && rest->Now[n + 1]);
    }
    for (ULONG n = 0; n <= length; n++)
        rest->After[n] = rest->Now[n];
}

BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name)
{
    REST rest;
    ULONG length = 0, count = 0, lastDot = ~0u;
    for (; name[length]; length++) {
        if (length == IO_LONGEST_NAME)
            return FALSE;
        if (name[length] == '.')
            lastDot = length;
    }
    while (pattern[count])
        count++;
    for (ULONG n = 0; n <= length; n++)
        rest.After[n] = n == length;
    while (count-- > 0)
        Row(&rest, pattern[count], name, length, lastDot);
    return rest.After[0];
}

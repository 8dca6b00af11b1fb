/* cases.c - the pattern against its description, written again as slowly as it reads. */
#include "io/iop.h"
#include "lab.h"

WCHAR IopUpcase(WCHAR c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static BOOLEAN described(const char *pattern, const char *name)
{
    const BOOLEAN last_dot = *name == '.' && !strchr(name + 1, '.');
    switch (*pattern) {
    case 0:
        return *name == 0;
    case '*':
        return described(pattern + 1, name) || (*name && described(pattern, name + 1));
    case '<':
        return described(pattern + 1, name) ||
               (*name && !last_dot && described(pattern, name + 1));
    case '?':
        return *name && described(pattern + 1, name + 1);
    case '>':
        return described(pattern + 1, *name && *name != '.' ? name + 1 : name);
    case '"':
        return *name ? *name == '.' && described(pattern + 1, name + 1)
                     : described(pattern + 1, name);
    default:
        return IopUpcase((WCHAR)*pattern) == IopUpcase((WCHAR)*name) &&
               described(pattern + 1, name + 1);
    }
}

static BOOLEAN asked(const char *pattern, const char *name)
{
    WCHAR wide[2][300] = {{0}};
    for (ULONG i = 0; pattern[i]; i++)
        wide[0][i] = (WCHAR)pattern[i];
    for (ULONG i = 0; name[i]; i++)
        wide[1][i] = (WCHAR)name[i];
    return IopMatches(wide[0], wide[1]);
}

/* The text number n of an alphabet of 4 letters, up to 5 long. */
static void text_of(ULONG n, const char *alphabet, char *text)
{
    for (; n; n /= 5)
        if (n % 5)
            *text++ = alphabet[n % 5 - 1];
    *text = 0;
}

static void compare(const char *alphabet)
{
    char pattern[8], name[8];
    for (ULONG p = 0; p < 625; p++)
        for (ULONG n = 0; n < 625; n += 3) {
            text_of(p, alphabet, pattern);
            text_of(n, "aB.x", name);
            const BOOLEAN wanted = described(pattern, name), got = asked(pattern, name);
            LAB_EXPECT(got == wanted, "IopMatches", "%u (1: it matches)",
                       "%u, in case %u", wanted, got, p * 1000 + n);
        }
}

LAB_CASE(star_and_question)
{
    compare("b.*?");
}

LAB_CASE(dos_characters)
{
    compare("a<>\"");
    compare("<>.*");
}

LAB_CASE(never_forever)
{
    char pattern[255], name[255];
    for (ULONG i = 0; i < 240; i++) {
        pattern[i] = i & 1 ? '*' : 'a';
        name[i] = 'a';
    }
    pattern[240] = name[240] = 'b';
    pattern[241] = name[241] = 0;
    LAB_EXPECT(asked(pattern, name) == 1, "IopMatches", "%u (1: it matches)",
               "%u, in case %u", 1, 0, 1);
    name[240] = 'c';
    LAB_EXPECT(asked(pattern, name) == 0, "IopMatches", "%u (1: it matches)",
               "%u, in case %u", 0, 1, 2);
}

/* sources: kernel/executive/io/pattern.c */
/* long: too */
/* test_pattern - names and patterns (kernel/executive/io/pattern.c) against their description.
 *
 * The description is written a second time, as slowly as it reads: at each place of the pattern
 * every choice is tried.  All short patterns and names of a small alphabet are compared, then
 * long ones, at random; then the patterns that a matcher may need forever for.
 */
#include "cases.h"
#include "io/iop.h"

WCHAR IopUpcase(WCHAR c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static BOOLEAN has_dot(const WCHAR *name)
{
    while (*name && *name != '.')
        name++;
    return *name == '.';
}

static BOOLEAN described(const WCHAR *pattern, const WCHAR *name)
{
    const BOOLEAN last_dot = *name == '.' && !has_dot(name + 1);
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
    case '>': /* to the end of the question marks, all of them */
        if (*name && *name != '.')
            return described(pattern + 1, name + 1);
        while (*pattern == '>')
            pattern++;
        return described(pattern, name);
    case '"':
        return *name == '.' ? described(pattern + 1, name + 1)
                            : !*name && described(pattern + 1, name);
    default:
        return IopUpcase(*pattern) == IopUpcase(*name) &&
               described(pattern + 1, name + 1);
    }
}

/* The next text of this alphabet, short ones first; FALSE: it would be longer than most. */
static BOOLEAN next(WCHAR *text, const char *alphabet, ULONG most)
{
    ULONG i = 0;
    for (; text[i]; i++) {
        const char *after = strchr(alphabet, text[i]) + 1;
        if (*after) {
            text[i] = *after;
            return TRUE;
        }
        text[i] = *alphabet;
    }
    if (i == most)
        return FALSE;
    text[i] = *alphabet;
    text[i + 1] = 0;
    return TRUE;
}

static void TestShort(void **state)
{
    const ULONG most = getenv("FATHOM_LONG") ? 6 : 5;
    ULONG count = 0;
    (void)state;
    WCHAR pattern[8] = {0};
    do {
        WCHAR name[8] = {0};
        do {
            count++;
            if (IopMatches(pattern, name) == described(pattern, name))
                continue;
            for (ULONG i = 0; pattern[i]; i++)
                print_message("%c", pattern[i]);
            print_message(" and ");
            for (ULONG i = 0; name[i]; i++)
                print_message("%c", name[i]);
            fail_msg("differ");
        } while (next(name, "aB.", 4));
    } while (next(pattern, "a.*?<>\"", most));
    assert_true(count > 2000000);
}

static void text(WCHAR *to, const char *alphabet, ULONG length)
{
    for (ULONG i = 0; i < length; i++)
        to[i] = alphabet[rand() % strlen(alphabet)];
    to[length] = 0;
}

static void TestLong(void **state)
{
    (void)state;
    srand(1);
    for (ULONG i = 0; i < 20000; i++) {
        WCHAR pattern[16], name[32];
        text(pattern, "aab.*?<>\"", rand() % 9);
        text(name, "aaaab.", rand() % 16);
        assert_int_equal(IopMatches(pattern, name), described(pattern, name));
    }
}

/* count times unit, then end. */
static const WCHAR *repeated(const char *unit, ULONG count, const char *end)
{
    static WCHAR pattern[0x10000];
    WCHAR *to = pattern;
    for (ULONG i = 0; i < count; i++)
        for (const char *c = unit; *c; c++)
            *to++ = *c;
    do
        *to++ = *end;
    while (*end++);
    return pattern;
}

static void TestHard(void **state)
{
    WCHAR name[IO_LONGEST_NAME + 2] = {0};
    (void)state;
    for (ULONG i = 0; i < IO_LONGEST_NAME; i++)
        name[i] = 'a';
    assert_false(IopMatches(repeated("*a", 254, "b"), name));
    assert_false(IopMatches(repeated("*a", 254, "*b"), name));
    assert_true(IopMatches(repeated("*a", 255, ""), name));
    assert_true(IopMatches(repeated("<a", 255, ""), name));
    assert_true(IopMatches(repeated("?", 255, ""), name));
    assert_false(IopMatches(repeated("?", 256, ""), name));
    assert_true(IopMatches(repeated(">", 30000, ""), name));
    assert_true(IopMatches(repeated("*", 30000, "\""), name));
    assert_true(IopMatches(repeated("*>", 15000, "\""), name));
    name[IO_LONGEST_NAME] = 'a';
    assert_false(IopMatches(repeated("*", 1, ""), name));
    assert_true(IopMatches(repeated("\"", 30000, ""), name + IO_LONGEST_NAME + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TestShort),
        cmocka_unit_test(TestLong),
        cmocka_unit_test(TestHard),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

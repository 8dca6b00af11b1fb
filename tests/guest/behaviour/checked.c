/* checked.c - the C runtime's secure forms and checked parameters: which errors, what is left. */
#include <windows.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include "documented.h"

#define CUT ((size_t)-1) /* _TRUNCATE */

static void *of(const char *name)
{
    void *address = (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), name);
    NOTE(name, address != NULL);
    CHECK(address != NULL);
    return address;
}

static char text[64];
static wchar_t wide[64];
static size_t done;

typedef int convert(size_t *, void *, size_t, const void *, size_t);
static convert *to_wide, *to_narrow;

/* The call returns this error, tells `count` and leaves an empty text. */
#define LEAVES_NOTHING(call, error, target, count)                                       \
    (done = 77, *(target) = 'x', (call) == (error) && done == (count) && *(target) == 0)

static void conversions(void)
{
    documented("mbstowcs_s",
               "the size with the null, also without a target; no count then", SAME,
               to_wide(&done, NULL, 0, "abc", 0) == 0 && done == 4 &&
                   to_wide(&done, wide, 4, "abc", 3) == 0 && done == 4 &&
                   !wcscmp(wide, L"abc"));
    documented("mbstowcs_s", "count: at most so many, and a null", SAME,
               to_wide(&done, wide, 9, "abc", 2) == 0 && done == 3 &&
                   !wcscmp(wide, L"ab"));
    documented("mbstowcs_s", "_TRUNCATE: as much as fits, with a null; STRUNCATE", SAME,
               to_wide(&done, wide, 3, "abc", CUT) == 80 && done == 3 &&
                   !wcscmp(wide, L"ab") && to_wide(&done, wide, 4, "abc", CUT) == 0);
    documented("mbstowcs_s", "too small: ERANGE, an empty text", SAME,
               LEAVES_NOTHING(to_wide(&done, wide, 3, "abc", 3), ERANGE, wide, 0));
    documented("mbstowcs_s", "no text, no room for a target, no target: EINVAL", SAME,
               LEAVES_NOTHING(to_wide(&done, wide, 9, NULL, 3), EINVAL, wide, 0) &&
                   to_wide(&done, wide, 0, "abc", 3) == EINVAL &&
                   to_wide(NULL, NULL, 1, "abc", 3) == EINVAL);
    documented("wcstombs_s",
               "the size with the null, also without a target; no count then", SAME,
               to_narrow(&done, NULL, 0, L"abc", 0) == 0 && done == 4 &&
                   to_narrow(&done, text, 4, L"abc", 3) == 0 && done == 4 &&
                   !strcmp(text, "abc"));
    documented("wcstombs_s", "_TRUNCATE: as much as fits, with a null; STRUNCATE", SAME,
               to_narrow(&done, text, 3, L"abc", CUT) == 80 && done == 3 &&
                   !strcmp(text, "ab"));
    documented("wcstombs_s", "too small: ERANGE, an empty text", SAME,
               LEAVES_NOTHING(to_narrow(&done, text, 3, L"abc", 3), ERANGE, text, 0));
    documented(
        "wcstombs_s", "no byte for a character: EILSEQ, 0, an empty text", SAME,
        LEAVES_NOTHING(to_narrow(&done, text, 9, L"a\x4e00", 5), EILSEQ, text, 0) &&
            (done = 77, to_narrow(&done, NULL, 0, L"\x4e00", 0)) == EILSEQ && done == 0);
    documented("wcstombs_s", "no text, no target for the room: EINVAL", SAME,
               LEAVES_NOTHING(to_narrow(&done, text, 9, NULL, 3), EINVAL, text, 0) &&
                   to_narrow(&done, NULL, 1, L"abc", 3) == EINVAL);
}

#define SETS(call, code) (errno = 0, !(call) && errno == (code))

static void strings(void)
{
    char *(*token)(char *, const char *, char **) = of("strtok_s");
    wchar_t *(*wide_token)(wchar_t *, const wchar_t *, wchar_t **) = of("wcstok_s");
    int (*lower)(char *, size_t) = of("_strlwr_s");
    int (*number)(int, char *, size_t, int) = of("_itoa_s");
    char words[] = "a,,b", *place = NULL;
    wchar_t *wide_place = NULL;

    documented("strtok_s", "the tokens one by one; NULL at the end", SAME,
               token(words, ",", &place) == words &&
                   token(NULL, ",", &place) == words + 3 && !token(NULL, ",", &place) &&
                   !token(NULL, ",", &place));
    place = NULL;
    documented("strtok_s", "no delimiters, no context, nothing to go on from: EINVAL",
               SAME,
               SETS(token(words, NULL, &place), EINVAL) &&
                   SETS(token(words, ",", NULL), EINVAL) &&
                   SETS(token(NULL, ",", &place), EINVAL) &&
                   SETS(wide_token(NULL, L",", &wide_place), EINVAL));
    char *(*plain)(char *, const char *) = of("strtok");
    static const char constant[] = "ab"; /* in memory that may not be written */
    CHECK(plain((char *)constant, ",") == constant && !plain(NULL, ","));
    memcpy(text, "ABCD", 5);
    documented("_strlwr_s", "no null within the size: EINVAL", SAME,
               lower(text, 4) == EINVAL && lower(NULL, 4) == EINVAL);
    memcpy(text, "ABCD", 5);
    documented("_strlwr_s", "in lowercase", SAME,
               lower(text, 5) == 0 && !strcmp(text, "abcd"));
    documented("_itoa_s", "a radix below 2 or above 36: EINVAL, an empty text", SAME,
               number(5, text, 9, 1) == EINVAL && !*text &&
                   (*text = 'x', number(5, text, 9, 37)) == EINVAL && !*text);
    documented("_itoa_s", "too small: ERANGE, an empty text", SAME,
               number(12345, text, 5, 10) == ERANGE && !*text);
}

static void numbers(void)
{
    long (*to_long)(const char *, char **, int) = of("strtol");
    unsigned long (*to_ulong)(const wchar_t *, wchar_t **, int) = of("wcstoul");
    __int64 (*to_64)(const char *, char **, int) = of("_strtoi64");
    const char *digits = "12";
    char *end = NULL;
    documented("strtol", "a base below 0, 1, or above 36: 0, EINVAL, nothing read", SAME,
               SETS(to_long(digits, &end, 1), EINVAL) && end == digits &&
                   SETS(to_64(digits, &end, 37), EINVAL) &&
                   SETS(to_ulong(L"12", NULL, -2), EINVAL));
    documented("strtol", "a null pointer: 0, EINVAL", SAME,
               SETS(to_long(NULL, NULL, 10), EINVAL) &&
                   SETS(to_ulong(NULL, NULL, 10), EINVAL));
}

static void exponents(void)
{
    double (*to_double)(const char *, char **) = of("strtod");
    double (*from_wide)(const wchar_t *, wchar_t **) = of("wcstod");
    double (*plain)(const char *) = of("atof");
    const char *bare = "5d";
    wchar_t *wide_end = (wchar_t *)bare;
    char *end = (char *)bare;
    documented("strtod", "a null pointer: 0, EINVAL", SAME,
               SETS(to_double(NULL, &end), EINVAL) && !end &&
                   SETS(from_wide(NULL, &wide_end), EINVAL) && !wide_end &&
                   SETS(plain(NULL), EINVAL));
    documented("strtod", "an exponent begins with d, D, e or E", SAME,
               to_double("1d3", &end) == 1000 && !*end &&
                   to_double(" -12.5D-1x", &end) == -1.25 && *end == 'x' &&
                   from_wide(L"2d+2", &wide_end) == 200 && !*wide_end &&
                   plain(".5d1") == 5);
    documented("strtod", "the first character that does not fit ends it", SAME,
               to_double(bare, &end) == 5 && end == bare + 1);
}

static void scanning(void)
{
    int(__cdecl * scan)(const char *, const char *, ...) = of("sscanf");
    memset(text, '#', 8);
    documented("scanf Width Specification",
               "c: at most so many characters; fewer at the end of the input", SAME,
               scan("ab", "%3c", text) == 1 && !memcmp(text, "ab##", 4) &&
                   scan("", "%3c", text) == EOF);
}

static void dates(void)
{
    size_t (*format)(char *, size_t, const char *, const struct tm *) = of("strftime");
    int (*in_letters)(char *, size_t, const struct tm *) = of("asctime_s");
    struct tm good = {5, 4, 3, 2, 1, 100, 3, 32, 0}, bad = good, none = {0};

    documented("strftime", "values out of range: 0, EINVAL", SAME,
               (bad.tm_wday = -1, SETS(format(text, 64, "%A", &bad), EINVAL)) &&
                   (bad.tm_mon = 12, SETS(format(text, 64, "%b", &bad), EINVAL)) &&
                   (bad.tm_hour = 24, SETS(format(text, 64, "%X", &bad), EINVAL)) &&
                   SETS(format(text, 64, "%d", &none), EINVAL));
    documented("strftime", "y: the year's last two digits, also before 1900", SAME,
               (bad.tm_year = -1, format(text, 64, "%y %Y", &bad) == 7) &&
                   !strcmp(text, "99 1899") &&
                   (bad.tm_year = -1900, format(text, 64, "%y %Y", &bad) == 7) &&
                   !strcmp(text, "00 0000") && (bad.tm_year = 100));
    documented("strftime", "what no conversion uses is not looked at", SAME,
               format(text, 64, "%Y", &bad) == 4 && !strcmp(text, "2000"));
    format(text, 64, "%a %d %b %y %H:%M:%S %j %U %W %w %p", &good);
    documented("strftime", "all conversions of a date", SAME,
               !strcmp(text, "Wed 02 Feb 00 03:04:05 033 05 05 3 AM"));
    documented(
        "asctime_s", "values out of range, no date, less than 26 bytes: EINVAL", SAME,
        in_letters(text, 26, &bad) == EINVAL && in_letters(text, 26, NULL) == EINVAL &&
            in_letters(text, 25, &good) == EINVAL);
    strcpy(text, "before");
    CHECK(in_letters(text, 1, NULL) == EINVAL && !*text);
    errno = EINVAL; /* of a call before */
    CHECK(format(text, 4, "%Y", &good) == 0 && errno == ERANGE && !*text);
    wchar_t untouched[] = L"ab";
    size_t (*wide_format)(wchar_t *, size_t, const wchar_t *, const struct tm *) =
        of("wcsftime");
    CHECK(wide_format(untouched, 0, L"%Y", &good) == 0 && *untouched == 'a');
    documented("asctime_s", "26 characters", SAME,
               in_letters(text, 26, &good) == 0 &&
                   !strcmp(text, "Wed Feb 02 03:04:05 2000\n"));
}

int main(void)
{
    to_wide = of("mbstowcs_s");
    to_narrow = of("wcstombs_s");
    conversions();
    strings();
    numbers();
    exponents();
    scanning();
    dates();
    return undocumented();
}

/* format.c - printf and scanf of msvcrt, conversion by conversion. */
#define __USE_MINGW_ANSI_STDIO 0
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

static void is(int line, const char *expected, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int count = vsprintf(text, format, args);
    va_end(args);
    if (strcmp(text, expected) != 0 || count != (int)strlen(expected)) {
        printf("line %d: %s gives '%s', not '%s'\n", line, format, text, expected);
        fflush(stdout);
        exit(1);
    }
}
#define IS(...) is(__LINE__, __VA_ARGS__)

static void integers(void)
{
    IS("42|-42|  42|42  |0042|+42| 42", "%d|%i|%4d|%-4d|%04d|%+d|% d", 42, -42, 42, 42,
       42, 42, 42);
    IS("beef|BEEF|0xbeef|0XBEEF|137|0137", "%x|%X|%#x|%#X|%o|%#o", 48879, 48879, 48879,
       48879, 95, 95);
    IS("4294967295|-2147483648", "%u|%d", UINT_MAX, INT_MIN);
    IS("-1|65535|   007", "%hd|%hu|%6.3d", -1, -1, 7);
    IS("9223372036854775807|-1|ffffffffffffffff", "%I64d|%lld|%I64x", LLONG_MAX, -1LL,
       -1LL);
    IS("00001234", "%p", (void *)0x1234);
    IS("|0|00", "%.0d|%d|%.2d", 0, 0, 0);
    IS("   42|42   |", "%*d|%-*d|", 5, 42, 5, 42);
    /* A precision takes the 0 flag away. */
    IS("     042|     042|     02a", "%08.3d|% 08.3d|%08.3x", 42, 42, 42);
}

static void floats(void)
{
    IS("3.141593|3.141593e+000|3.14159|3", "%f|%e|%g|%.0f", 3.14159265, 3.14159265,
       3.14159265, 3.14159265);
    IS("1e+010|1e-005|100000|1e+006|0.0001", "%g|%g|%g|%g|%g", 1e10, 1e-5, 1e5, 1e6,
       1e-4);
    IS("1E+100|1.000000E-100", "%G|%E", 1e100, 1e-100);
    IS("0.10000000000000001|1.7976931348623157e+308", "%.17g|%.17g", 0.1, DBL_MAX);
    IS("1|3|1|2.5|2.50", "%.0f|%.0f|%.0f|%.1f|%.2f", 0.5, 2.5, 0.9, 2.5, 2.5);
    IS("     1.500|1.500     |000001.500|+1.500", "%10.3f|%-10.3f|%010.3f|%+.3f", 1.5,
       1.5, 1.5, 1.5);
    IS("1.#INF00|-1.#INF00|-1.#IND00|1.#QNAN0", "%f|%f|%f|%f", HUGE_VAL, -HUGE_VAL,
       -__builtin_nan(""), __builtin_nan(""));
    IS("-0.000000|0.000000|4.94066e-324", "%f|%f|%g", -0.0, 0.0, 4.94065645841247e-324);
    /* Seventeen significant digits are known; zeros follow (Visual C++ before 2015). */
    IS("0.10000000000000001000|1.0000000000000001000e-001", "%.20f|%.19e", 0.1, 0.1);
    IS("0x1.#INF000000000p+0|-0X1.#INDP+0", "%a|%.4A", HUGE_VAL, -__builtin_nan(""));
    char text[512];
    CHECK(sprintf(text, "%.300e", 1.0) == 307 && strcmp(text + 299, "000e+000") == 0);
    IS("1.|1.00000|0x1.8000000000000p+0", "%#.0f|%#g|%a", 1.0, 1.0, 1.5);
}

static void strings(void)
{
    IS("abc|  abc|abc  |ab|(null)", "%s|%5s|%-5s|%.2s|%s", "abc", "abc", "abc", "abc",
       NULL);
    IS("wide|wide|narrow|x|y|%", "%ls|%S|%hs|%c|%C|%%", L"wide", L"wide", "narrow", 'x',
       L'y');
    char text[16];
    memset(text, '#', sizeof(text));
    CHECK(_snprintf(text, 4, "abcdef") == -1 && memcmp(text, "abcd#", 5) == 0);
    CHECK(_snprintf(text, 6, "abcdef") == 6 && memcmp(text, "abcdef#", 7) == 0);
    CHECK(_scprintf("%d", 12345) == 5);
    wchar_t wide[32];
    CHECK(_snwprintf(wide, 32, L"%s %S %d %g", L"w", "n", 5, 1.5) == 9);
    CHECK(wcscmp(wide, L"w n 5 1.5") == 0);
}

static void scans(void)
{
    int a = 0, b = 0, end = 0;
    unsigned int u = 0;
    long long big = 0;
    short small = 0;
    double d = 0;
    float f = 0;
    char word[20], letter = 0;
    CHECK(sscanf("12 -34 0x1f", "%d %i %x", &a, &b, &u) == 3 && a == 12 && b == -34 &&
          u == 31);
    CHECK(sscanf("2.5 1e3 -7", "%lf %f %I64d", &d, &f, &big) == 3 && d == 2.5 &&
          f == 1000);
    CHECK(big == -7);
    CHECK(sscanf("abc123x", "%[a-z]%hd%n%c", word, &small, &end, &letter) == 3);
    CHECK(strcmp(word, "abc") == 0 && small == 123 && end == 6 && letter == 'x');
    /* An exponent without digits ends the number. */
    CHECK(sscanf(".5e", "%lf", &d) == 1 && d == 0.5);
    CHECK(sscanf("", "%d", &a) == EOF && sscanf("x", "%d", &a) == 0);
    CHECK(sscanf("5,6", "%d,%d", &a, &b) == 2 && a == 5 && b == 6);
    CHECK(sscanf("12345", "%2d%*d", &a) == 1 && a == 12);
    CHECK(sscanf("077 0x10", "%i %i", &a, &b) == 2 && a == 63 && b == 16);
    CHECK(sscanf("abcdef", "%3s", word) == 1 && strcmp(word, "abc") == 0);
    CHECK(swscanf(L"7 word", L"%d %S", &a, word) == 2 && a == 7 &&
          strcmp(word, "word") == 0);
}

int main(void)
{
    integers();
    floats();
    strings();
    scans();
    return 0;
}

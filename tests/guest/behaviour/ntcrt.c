/* ntcrt - the C functions of ntdll that print, scan and calculate, called there by their names. */
#include "documented.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>

#define ALL ((size_t)-1) /* _TRUNCATE */

static void *of(const char *name)
{
    void *address = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
    NOTE(name, address != NULL);
    CHECK(address != NULL);
    return address;
}

static char text[64];
static WCHAR wide[64];
static int(__cdecl *print)(char *, const char *, ...);
static int(__cdecl *wprint)(WCHAR *, const WCHAR *, ...);
static int(__cdecl *scan)(const char *, const char *, ...);
#define PRINTS(expected, ...)                                                            \
    (print(text, __VA_ARGS__) == (int)strlen(expected) && !strcmp(text, expected))
#define WPRINTS(expected, ...)                                                           \
    (wprint(wide, __VA_ARGS__) == (int)wcslen(expected) && !wcscmp(wide, expected))

static void printing(void)
{
    static const char ansi[] = {'a', 'b', 'c'};
    const struct {
        USHORT length, room;
        const void *buffer;
    } counted = {2, 3, ansi}, unicode = {4, 6, L"xyz"};
    documented(
        "sprintf", "signed, unsigned, octal, hexadecimal", SAME,
        PRINTS("-7 7 4294967289 17 7f 7F", "%d %i %u %o %x %X", -7, 7, -7, 15, 127, 127));
    documented("sprintf", "flags - + blank 0 #, width, precision, * from the arguments",
               SAME,
               PRINTS("[7   |+7| 7|0007|0x7f|017]", "[%-4d|%+d|% d|%04d|%#x|%#o]", 7, 7,
                      7, 7, 127, 15) &&
                   PRINTS("[ 007|7  |ab]", "[%4.3d|%*d|%.*s]", 7, -3, 7, 2, "abc"));
    documented("sprintf", "sizes h, l, ll, I32, I64", SAME,
               PRINTS("-1 65535 1099511627776 -5 ffffffffffffffff",
                      "%hd %hu %lld %I32d %I64x", 0xFFFF, 0xFFFF, 1ll << 40, -5, -1ll));
    documented("sprintf", "c and s are narrow; C, S, lc, ls, ws are wide; %% is one",
               SAME,
               PRINTS("a b cd ef gh ij%", "%c %C %s %S %ls %ws%%", 'a', L'b', "cd", L"ef",
                      L"gh", L"ij"));
    documented("sprintf", "p is eight capital digits", SAME,
               PRINTS("0012ABCD", "%p", (void *)0x12ABCD));
    documented("sprintf", "Z is a counted string, wZ a UNICODE_STRING", SAME,
               PRINTS("ab xy", "%Z %wZ", &counted, &unicode));
    documented("sprintf", "in ntdll: no e, f, g, a; the letter is written, nothing taken",
               DIFFERS, PRINTS("f 7", "%f %d", 7));
    documented("swprintf", "without a count; c and s are wide, hc, hs, C, S narrow", SAME,
               WPRINTS(L"a bc d ef -7", L"%c %s %hc %S %d", L'a', L"bc", 'd', "ef", -7));
}

static int __cdecl forward(const char *name, size_t size, size_t limit,
                           const char *format, ...)
{
    int(__cdecl * function)() = of(name);
    va_list args;
    va_start(args, format);
    const int count = limit ? function(text, size, limit, format, args)
                            : function(text, size, format, args);
    va_end(args);
    return count;
}

static void limits(void)
{
    int(__cdecl * some)(char *, size_t, const char *, ...) = of("_snprintf");
    int(__cdecl * wsome)(WCHAR *, size_t, const WCHAR *, ...) = of("_snwprintf");
    int(__cdecl * safe)(char *, size_t, const char *, ...) = of("sprintf_s");
    int(__cdecl * wsafe)(WCHAR *, size_t, const WCHAR *, ...) = of("swprintf_s");
    int(__cdecl * cut)(char *, size_t, size_t, const char *, ...) = of("_snprintf_s");
    memset(text, '#', sizeof text);
    documented("_snprintf", "what does not fit: count characters, no null, negative",
               SAME, some(text, 3, "%d", 12345) < 0 && !memcmp(text, "123#", 4));
    documented("_snprintf", "what fits exactly has no null and its length", SAME,
               some(text, 3, "%d", 456) == 3 && !memcmp(text, "456#", 4) &&
                   wsome(wide, 8, L"%d", 78) == 2 && !wcscmp(wide, L"78"));
    documented("sprintf_s", "a result that fits, with its null", SAME,
               safe(text, 4, "%d", 123) == 3 && !strcmp(text, "123") &&
                   wsafe(wide, 4, L"%d", 456) == 3 && !wcscmp(wide, L"456"));
    documented("_snprintf_s", "with _TRUNCATE: as much as fits, with a null; negative",
               SAME, cut(text, 4, ALL, "%d", 12345) < 0 && !strcmp(text, "123"));
    documented("_vsnprintf", "arguments by a list: as _snprintf", SAME,
               forward("_vsnprintf", 8, 0, "%s-%d", "ab", 5) == 4 &&
                   !strcmp(text, "ab-5") && forward("_vsnprintf", 2, 0, "%d", 123) < 0);
    documented("_vsnprintf_s", "arguments by a list: as _snprintf_s", SAME,
               forward("_vsnprintf_s", 4, ALL, "%d", 98765) < 0 && !strcmp(text, "987"));
}

static void scanning(void)
{
    int a = 0, b = 0, c = 0;
    LONGLONG big = 0;
    short small = 0;
    char word[8], set[8], two[2];
    WCHAR letters[8];
    documented("sscanf", "d, i, u, o, x: how many were assigned", SAME,
               scan(" -12 0x1f,17", "%d %i,%o", &a, &b, &c) == 3 && a == -12 && b == 31 &&
                   c == 15);
    documented("sscanf", "sizes h and I64", SAME,
               scan("-3 1099511627776", "%hd%I64d", &small, &big) == 2 && small == -3 &&
                   big == 1ll << 40);
    documented("sscanf", "a width, a field that is skipped by *, the count n", SAME,
               scan("1234 5 6", "%2d%*d%d%n", &a, &b, &c) == 2 && a == 12 && b == 5 &&
                   c == 6);
    documented("sscanf", "s ends at a blank, [ ] takes a set, c takes blanks, S is wide",
               SAME,
               scan("ab  xyx1 z", "%s %[x-y]1%2c", word, set, two) == 3 &&
                   !strcmp(word, "ab") && !strcmp(set, "xyx") && !memcmp(two, " z", 2) &&
                   scan("wide", "%S", letters) == 1 && !wcscmp(letters, L"wide"));
    documented("sscanf", "EOF at the end before the first conversion; 0 if it fails",
               SAME, scan("", "%d", &a) == -1 && scan("x", "%d", &a) == 0);
}

static BOOL near_to(double value, double expected)
{
    const double off = value - expected, most = expected * 4e-16;
    return off <= (most < 0 ? -most : most) && off >= (most < 0 ? most : -most);
}

static void elementary(void)
{
    double(__cdecl * sine)(double) = of("sin"), (__cdecl * cosine)(double) = of("cos");
    double(__cdecl * tangent)(double) = of("tan"), (__cdecl * arc)(double) = of("atan");
    double(__cdecl * root)(double) = of("sqrt"), (__cdecl * ln)(double) = of("log");
    double(__cdecl * size)(double) = of("fabs");
    double(__cdecl * down)(double) = of("floor"), (__cdecl * up)(double) = of("ceil");
    documented("sin", "sine, cosine, tangent, arc tangent", SAME,
               near_to(sine(1), 0.8414709848078965) &&
                   near_to(cosine(1), 0.5403023058681398) &&
                   near_to(tangent(1), 1.5574077246549023) &&
                   near_to(4 * arc(1), 3.141592653589793) && sine(1e300) <= 1);
    documented("sin", "of an infinity: indefinite", SAME,
               sine(1 / size(0.0)) != sine(1 / size(0.0)));
    documented("sqrt", "of 2; of a negative number: indefinite", SAME,
               root(2) == 1.4142135623730951 && root(-1) != root(-1));
    documented("log", "of 10; of 0: minus infinity; of a negative number: indefinite",
               SAME,
               near_to(ln(10), 2.302585092994046) && ln(0) < -1e308 && ln(-1) != ln(-1));
    documented("floor", "the largest whole number not above", SAME,
               down(2.8) == 2 && down(-2.8) == -3 && down(1e300) == 1e300);
    documented("ceil", "the smallest whole number not below", SAME,
               up(2.8) == 3 && up(-2.8) == -2 && size(-2.5) == 2.5);
}

static void powers(void)
{
    double(__cdecl * power)(double, double) = of("pow");
    volatile double none = 0;
    const double infinity = 1 / none;
    documented("pow", "whole, broken and negative exponents", SAME,
               power(2, 10) == 1024 && near_to(power(2, 0.5), 1.4142135623730951) &&
                   power(-2, -3) == -0.125 && near_to(power(10, 300), 1e300));
    documented("pow", "y = 0 gives 1; x = 0 and y < 0 an infinity; a root of -8 none",
               SAME,
               power(5, 0) == 1 && power(0, 0) == 1 && power(0, -1) == infinity &&
                   power(-8, 1.0 / 3) != power(-8, 1.0 / 3));
    documented("pow", "too large: an infinity; too small: 0", SAME,
               power(10, 400) == infinity && power(10, -400) == 0);
    documented("pow", "of and with an infinity", SAME,
               power(0.5, infinity) == 0 && power(2, infinity) == infinity &&
                   power(-infinity, 3) == -infinity && power(-infinity, -2) == 0);
}

static double through(const char *name, double x, double y)
{
    void *address = of(name);
    double result;
    if (!strcmp(name, "_CIpow"))
        __asm__ volatile("fldl %1\n\tfldl %2\n\tcall *%3\n\tfstpl %0"
                         : "=m"(result)
                         : "m"(x), "m"(y), "r"(address)
                         : "eax", "ecx", "edx", "memory");
    else
        __asm__ volatile("fldl %1\n\tcall *%2\n\tfstpl %0"
                         : "=m"(result)
                         : "m"(x), "r"(address)
                         : "eax", "ecx", "edx", "memory");
    return result;
}

static LONGLONG whole(double x)
{
    void *address = of("_ftol");
    LONGLONG result;
    __asm__ volatile("fldl %1\n\tcall *%2" : "=A"(result) : "m"(x), "r"(address) : "ecx");
    return result;
}

static void helpers(void)
{
    documented("/Oi (generate intrinsic functions)", "_CIsin and its kin take st0", SAME,
               near_to(through("_CIsin", 1, 0), 0.8414709848078965) &&
                   near_to(through("_CIcos", 1, 0), 0.5403023058681398) &&
                   near_to(through("_CIlog", 10, 0), 2.302585092994046) &&
                   through("_CIsqrt", 2, 0) == 1.4142135623730951 &&
                   through("_CIpow", 2, 10) == 1024);
    documented(
        "Conversions from floating-point types", "_ftol cuts the fraction off", SAME,
        whole(2.9) == 2 && whole(-2.9) == -2 && whole(-1e15 - 0.5) == -1000000000000000);
}

static void secure(void)
{
    int (*copy)(char *, size_t, const char *) = of("strcpy_s");
    int (*append)(char *, size_t, const char *) = of("strcat_s");
    int (*copy_part)(WCHAR *, size_t, const WCHAR *, size_t) = of("wcsncpy_s");
    int (*move)(void *, size_t, const void *, size_t) = of("memcpy_s");
    documented("strcpy_s", "in ntdll: as the C runtime's", SAME,
               copy(text, 4, "abc") == 0 && !strcmp(text, "abc") &&
                   copy(text, 3, "abc") == ERANGE && !*text &&
                   copy(NULL, 3, "abc") == EINVAL);
    documented("strcat_s", "in ntdll: as the C runtime's", SAME,
               copy(text, 9, "ab") == 0 && append(text, 5, "cd") == 0 &&
                   !strcmp(text, "abcd") && append(text, 5, "e") == ERANGE && !*text);
    documented("wcsncpy_s", "in ntdll: as the C runtime's", SAME,
               copy_part(wide, 9, L"abc", 2) == 0 && !wcscmp(wide, L"ab") &&
                   copy_part(wide, 3, L"abc", ALL) == 80 && !wcscmp(wide, L"ab"));
    documented("memcpy_s", "in ntdll: as the C runtime's", SAME,
               move(text, 3, "xyz", 3) == 0 && text[2] == 'z' &&
                   move(text, 2, "xyz", 3) == ERANGE && !text[0] && !text[1] &&
                   text[2] == 'z');
}

int main(void)
{
    print = of("sprintf");
    wprint = of("swprintf");
    scan = of("sscanf");
    printing();
    limits();
    scanning();
    elementary();
    powers();
    helpers();
    secure();
    return undocumented();
}

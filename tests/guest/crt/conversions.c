/* conversions.c - the edges of msvcrt's conversions: printf's and scanf's sizes, _ecvt and _fcvt of
 * few digits, asctime beyond 9999, errno of functions of a NaN, signals that are raised, _pclose of
 * no pipe.
 *
 * The values are those that programs see of Windows 7's msvcrt.dll; the pages say nothing of them,
 * or less. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <windows.h>
#include "check.h"

/* The DLL's own: the headers have some of mingw's in their place, and the compiler knows others. */
static void *own(const char *name)
{
    void *function = (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), name);
    CHECK(function != NULL);
    return function;
}

static int(__cdecl *print)(char *, const char *, ...);
static int(__cdecl *scan)(const char *, const char *, ...);
static char out[100];

#define PRINTS(wanted, ...)                                                              \
    CHECK(print(out, __VA_ARGS__) == (int)strlen(wanted) && !strcmp(out, wanted))

static void printing(void)
{
    static const wchar_t unknown[] = {'a', 0x3042, 0};
    PRINTS("I", "%I", 1);
    PRINTS("Iq", "%Iq", 1);
    PRINTS("z", "%z", 1);
    PRINTS("t.", "%t.", 1);
    PRINTS("km", "%k%m", 1);
    PRINTS("5 -7", "%zu %td", 5, -7);
    PRINTS("12345678 ff", "%Iu %Ix", 12345678, 255);
    PRINTS("4294967296", "%I64d", 4294967296ll);
    PRINTS("not wide", "%Ls", "not wide");
    PRINTS("wide", "%ls", L"wide");
    PRINTS("7 1.50", "%Ld %.2Lf", 7, 1.5);
    PRINTS("", "%C", 0x3042);
    PRINTS("[  ]", "[%2C]", 0x3042);
    PRINTS("A", "%C", 'A');
    CHECK(print(out, "%S", unknown) == -1);
}

static void scanning(void)
{
    void *pointer = &out;
    unsigned value = 0xDEADBEEF;
    CHECK(scan("0x46F173", "%p", &pointer) == 1 && pointer == NULL);
    CHECK(scan("46F173", "%p", &pointer) == 1 && pointer == (void *)0x46F173);
    CHECK(scan("1234", "%P", &pointer) == 1 && pointer == (void *)0x1234);
    CHECK(scan("0x1F", "%x", &value) == 1 && value == 0x1F);
    CHECK(scan("12345678", "%hhd", &value) == 1 && value == 12345678);
    value = 0xDEADBEEF;
    CHECK(scan("12345678", "%hd", &value) == 1 && value == 0xDEAD614E);
}

static void digits(void)
{
    static const struct {
        double value;
        int count;
        const char *all, *fixed;
        int all_point, fixed_point, negative;
    } rows[] = {
        {45.0, 2, "45", "4500", 2, 2, 0},
        {0.0001, 1, "1", "", -3, -3, 0},
        {0.0001, -10, "", "", -3, -3, 0},
        {0.0001, 10, "1000000000", "1000000", -3, -3, 0},
        {-111.0001, 5, "11100", "11100010", 3, 3, 1},
        {3333.3, 2, "33", "333330", 4, 4, 0},
        {999999999999.9, 3, "100", "999999999999900", 13, 12, 0},
        {0.0, 5, "00000", "00000", 0, 0, 0},
        {0.0, 0, "", "", 0, 0, 0},
        {0.0, -1, "", "", 0, 0, 0},
        {-123.0001, 0, "", "123", 3, 3, 1},
        {-123.0001, -1, "", "12", 3, 3, 1},
        {-123.0001, -3, "", "", 3, 3, 1},
        {99999.9999, 1, "1", "1000000", 6, 6, 0},
        {0.6, 0, "", "1", 1, 1, 0},
        {0.4, 0, "", "", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int point, negative;
        NOTE("row", i);
        CHECK(
            !strcmp(_ecvt(rows[i].value, rows[i].count, &point, &negative), rows[i].all));
        CHECK(point == rows[i].all_point && negative == rows[i].negative);
        CHECK(!strcmp(_fcvt(rows[i].value, rows[i].count, &point, &negative),
                      rows[i].fixed));
        CHECK(point == rows[i].fixed_point && negative == rows[i].negative);
    }
}

static void dates(void)
{
    struct tm date = {
        .tm_mday = 28, .tm_mon = 10, .tm_year = 8100, .tm_wday = 3, .tm_hour = 2};
    char text[26];
    errno_t(__cdecl * into)(char *, size_t, const struct tm *) = own("asctime_s");

    CHECK(!strcmp(asctime(&date), "Wed Nov 28 02:00:00 :000\n"));
    date.tm_year = 9999 - 1900;
    CHECK(!strcmp(asctime(&date), "Wed Nov 28 02:00:00 9999\n"));
    date.tm_year = 79;
    CHECK(into(text, 26, &date) == 0 && !strcmp(text, "Wed Nov 28 02:00:00 1979\n"));
    CHECK(!strcmp(asctime(&date), text) && asctime(NULL) == NULL);
}

static void not_numbers(void)
{
    static const char *const say[] = {"atan", "exp", "tanh"}, *const keep[] = {"asin",
                                                                               "acos"};
    double(__cdecl * exponential)(double) = own("exp");

    for (int i = 0; i < 3; i++) {
        double(__cdecl * function)(double) = own(say[i]);
        errno = 0;
        CHECK(isnan(function(NAN)) && errno == EDOM);
    }
    for (int i = 0; i < 2; i++) {
        double(__cdecl * function)(double) = own(keep[i]);
        errno = 0;
        CHECK(isnan(function(NAN)) && errno == 0);
    }
    errno = 0;
    CHECK(exponential(1) == 2.718281828459045 && exponential(0) == 1 && errno == 0);
    CHECK(exponential(-INFINITY) == 0 && exponential(INFINITY) == INFINITY && errno == 0);
    CHECK(exponential(710) == INFINITY && errno == ERANGE);
}

static void **exception_pointers;
static int *fp_code, raised, raised_code;
static void *raised_pointers = &raised;

static void on_signal(int number)
{
    raised = number;
    raised_pointers = *exception_pointers;
    raised_code = *fp_code;
}

/* What a handler sees of an exception when there is none. */
static void raising(void)
{
    static const int numbers[] = {SIGSEGV, SIGILL, SIGFPE};
    void **(*pointers)(void) = own("__pxcptinfoptrs");
    int *(*code)(void) = own("__fpecode");

    exception_pointers = pointers();
    fp_code = code();
    *exception_pointers = out;
    *fp_code = 5;
    for (int i = 0; i < 3; i++) {
        CHECK(signal(numbers[i], on_signal) == SIG_DFL && raise(numbers[i]) == 0);
        CHECK(raised == numbers[i] && raised_pointers == NULL);
        CHECK(raised_code == (numbers[i] == SIGFPE ? 0x8C : 5)); /* _FPE_EXPLICITGEN */
        CHECK(*exception_pointers == out && *fp_code == 5);
        CHECK(signal(numbers[i], SIG_DFL) == SIG_DFL);
    }
    CHECK(signal(SIGTERM, on_signal) == SIG_DFL && raise(SIGTERM) == 0 &&
          raised_pointers == out);
}

int main(void)
{
    print = own("sprintf");
    scan = own("sscanf");
    printing();
    scanning();
    digits();
    dates();
    not_numbers();
    raising();
    errno = 0;
    CHECK(_pclose(stdout) == -1 && errno == EBADF);
    return 0;
}

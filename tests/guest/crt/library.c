/* library.c - strings, conversions, sorting, dates, mathematics, jumps, signals,
 * environment. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <windows.h>
#include "check.h"

static void strings(void)
{
    char text[] = "a,b;;c", *place = strtok(text, ",;");
    CHECK(strcmp(place, "a") == 0 && strcmp(strtok(NULL, ",;"), "b") == 0);
    CHECK(strcmp(strtok(NULL, ",;"), "c") == 0 && strtok(NULL, ",;") == NULL);
    char moved[] = "0123456789";
    memmove(moved + 2, moved, 5);
    CHECK(strcmp(moved, "0101234789") == 0);
    memmove(moved, moved + 2, 5);
    CHECK(strcmp(moved, "0123434789") == 0);
    CHECK(_stricmp("ABC", "abd") < 0 && strstr("hello world", "wor") != NULL);
    CHECK(strspn("aabc", "ab") == 3 && strcspn("abc", "c") == 2);
    CHECK(strcmp(strerror(ENOENT), strerror(2)) == 0);
    wchar_t wide[8];
    CHECK(mbstowcs(wide, "hey", 8) == 3 && wcscmp(wide, L"hey") == 0);
}

static void numbers(void)
{
    char *end;
    CHECK(strtol("  -42x", &end, 10) == -42 && *end == 'x');
    CHECK(strtol("0x1F", NULL, 0) == 31 && strtol("077", NULL, 0) == 63 &&
          strtol("z", NULL, 36) == 35);
    errno = 0;
    CHECK(strtol("99999999999", NULL, 10) == LONG_MAX && errno == ERANGE);
    CHECK(strtod("1.5e3z", &end) == 1500 && *end == 'z');
    CHECK(strtod("0.1", NULL) == 0.1 && strtod("1e400", NULL) == HUGE_VAL);
    CHECK(atoi("42abc") == 42 && atof("-2.5") == -2.5);
    char text[40];
    CHECK(strcmp(_itoa(-255, text, 16), "ffffff01") == 0 &&
          strcmp(_itoa(-5, text, 10), "-5") == 0);
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void sorting(void)
{
    static int values[2000];
    srand(1);
    CHECK(rand() == 41 && rand() == 18467 && rand() == 6334);
    for (int i = 0; i < 2000; i++)
        values[i] = rand() % 700;
    qsort(values, 2000, sizeof(*values), by_value);
    for (int i = 1; i < 2000; i++)
        CHECK(values[i - 1] <= values[i]);
    int *found = bsearch(&values[777], values, 2000, sizeof(*values), by_value);
    CHECK(found != NULL && *found == values[777]);
}

static void dates(void)
{
    time_t moment = 1234567890;
    struct tm *date = gmtime(&moment);
    char text[64];
    CHECK(strcmp(asctime(date), "Fri Feb 13 23:31:30 2009\n") == 0);
    CHECK(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %j %a %B", date) != 0);
    CHECK(strcmp(text, "2009-02-13 23:31:30 044 Fri February") == 0);
    struct tm broken = {
        .tm_year = 109, .tm_mon = 1, .tm_mday = 30, .tm_hour = 12, .tm_isdst = -1};
    moment = mktime(&broken);
    CHECK(moment > 0 && broken.tm_mon == 2 && broken.tm_mday == 2 && broken.tm_wday == 1);
    CHECK(time(NULL) > 1000000000);
}

static void mathematics(void)
{
    CHECK(fabs(sin(1) - 0.8414709848078965) < 1e-15 &&
          fabs(asin(0.5) - 0.5235987755982989) < 1e-15);
    CHECK(pow(2, 10) == 1024 && sqrt(2.25) == 1.5 && floor(-1.5) == -2 && ceil(1.2) == 2);
    CHECK(fabs(tanh(0.5) - 0.46211715726000975) < 1e-15 && log10(1000) == 3);
    int power;
    double whole;
    CHECK(frexp(48, &power) == 0.75 && power == 6 && modf(-3.25, &whole) == -0.25 &&
          whole == -3);
}

static jmp_buf place;
static volatile int signals;

static void on_signal(int number)
{
    signals = number;
}

static void jumps(void)
{
    volatile int passes = 0;
    int value = setjmp(place);
    if (value < 3) {
        passes++;
        longjmp(place, value + 1);
    }
    CHECK(value == 3 && passes == 3);
    CHECK(signal(SIGTERM, on_signal) == SIG_DFL && raise(SIGTERM) == 0 &&
          signals == SIGTERM);
    CHECK(signal(SIGTERM, SIG_DFL) == SIG_DFL);
}

static unsigned int __stdcall in_thread(void *argument)
{
    errno = 77;
    return *(unsigned int *)argument;
}

static void threads(void)
{
    unsigned int code = 0x1234;
    DWORD result;
    errno = 5;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, in_thread, &code, 0, NULL);
    CHECK(thread != NULL && WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &result) && result == 0x1234 && errno == 5);
    CHECK(CloseHandle(thread));
}

static void environment(void)
{
    CHECK(getenv("NO_SUCH_NAME") == NULL && _putenv("Crt_Test=yes") == 0);
    CHECK(strcmp(getenv("CRT_TEST"), "yes") == 0);
    char text[8];
    CHECK(GetEnvironmentVariableA("CRT_TEST", text, sizeof(text)) == 3);
    CHECK(_putenv("CRT_TEST=") == 0 && getenv("CRT_TEST") == NULL);
    CHECK(strcmp(setlocale(LC_ALL, NULL), "C") == 0 &&
          *localeconv()->decimal_point == '.');
}

int main(void)
{
    strings();
    numbers();
    sorting();
    dates();
    mathematics();
    jumps();
    threads();
    environment();
    return 0;
}

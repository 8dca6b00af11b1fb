/* cfunctions.c - the C functions that ntdll exports, called there and not in the C runtime. */
#include <string.h>
#include <windows.h>
#include "check.h"

typedef int order(const void *, const void *);

static void *of(const char *name)
{
    void *address = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
    if (!address)
        printf("ntdll has no %s\n", name);
    CHECK(address != NULL);
    return address;
}

static int atoi_of(const char *text)
{
    return ((int (*)(const char *))of("atoi"))(text);
}
static void read_numbers(void)
{
    LONG (*to_long)(const char *, char **, int) = of("strtol");
    ULONG (*to_ulong)(const WCHAR *, WCHAR **, int) = of("wcstoul");
    LONGLONG (*to_64)(const char *) = of("_atoi64");
    const char *text = " \t-0x1fg";
    WCHAR *wide_end;
    char *end;
    CHECK_EQUAL(atoi_of(" +12x"), 12);
    CHECK_EQUAL(atoi_of("-2147483648"), 0x80000000);
    CHECK_EQUAL(atoi_of("4294967297"), 1); /* the low bits */
    CHECK_EQUAL(atoi_of("- 1"), 0);
    CHECK(to_64("-1234567890123456789") == -1234567890123456789ll);
    CHECK_EQUAL(to_long(text, &end, 0), -0x1F);
    CHECK_EQUAL(*end, 'g');
    CHECK_EQUAL(to_long("0778", &end, 0), 077);
    CHECK_EQUAL(*end, '8');
    CHECK_EQUAL(to_long("0xg", &end, 16), 0);
    CHECK_EQUAL(*end, '0'); /* no number: the text's start */
    CHECK_EQUAL(to_long("zz", NULL, 36), 35 * 36 + 35);
    CHECK_EQUAL(to_long("99999999999999999999999", NULL, 10), 0x7FFFFFFF);
    CHECK_EQUAL(to_long("-2147483649", NULL, 10), 0x80000000);
    CHECK_EQUAL(to_long(text, NULL, 1), 0);
    CHECK(to_long("  +", &end, 10) == 0 && *end == ' ');
    CHECK_EQUAL(to_ulong(L"-1", &wide_end, 10), 0xFFFFFFFF);
    CHECK_EQUAL(*wide_end, 0);
    CHECK_EQUAL(to_ulong(L"4294967296", NULL, 10), 0xFFFFFFFF);
}

static void write_numbers(void)
{
    char *(*from_int)(int, char *, int) = of("_itoa");
    char *(*from_ulong)(ULONG, char *, int) = of("_ultoa");
    WCHAR *(*from_64)(LONGLONG, WCHAR *, int) = of("_i64tow");
    WCHAR *(*from_u64)(ULONGLONG, WCHAR *, int) = of("_ui64tow");
    WCHAR wide[80];
    char text[80];
    CHECK(!strcmp(from_int(-123, text, 10), "-123") &&
          !strcmp(from_int(0, text, 10), "0"));
    CHECK(!strcmp(from_int(-1, text, 16), "ffffffff"));
    CHECK(!strcmp(from_int((int)0x80000000, text, 10), "-2147483648"));
    CHECK(!strcmp(from_ulong(0xFFFFFFFF, text, 2), "11111111111111111111111111111111"));
    CHECK(!strcmp(from_ulong(35, text, 36), "z"));
    CHECK(
        !wcscmp(from_64(-9223372036854775807ll - 1, wide, 10), L"-9223372036854775808"));
    CHECK(!wcscmp(from_u64(0xFFFFFFFFFFFFFFFFull, wide, 10), L"18446744073709551615"));
    CHECK(!wcscmp(from_64(-1, wide, 2) + 63, L"1"));
}

static void kinds(void)
{
    static const struct {
        const char *name;
        const char *set; /* of the visible characters */
        int others;      /* of the 256 that are none */
    } kind[] = {{"isdigit", "0123456789", 0},
                {"isxdigit", "0123456789abcdefABCDEF", 0},
                {"isspace", " ", 5},
                {"iscntrl", "", 33},
                {"isupper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0},
                {"ispunct", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", 0}};
    for (unsigned i = 0; i < sizeof kind / sizeof *kind; i++) {
        int (*is)(int) = of(kind[i].name), seen = 0;
        for (int c = 0; c < 256; c++)
            seen += is(c) != 0;
        for (const char *c = kind[i].set; *c; c++)
            CHECK(is(*c) != 0);
        CHECK_EQUAL(seen, (int)strlen(kind[i].set) + kind[i].others);
    }
    CHECK(((WCHAR(*)(WCHAR))of("towupper"))(0xE9) == 0xC9);
    CHECK(((int (*)(int))of("tolower"))('Q') == 'q' &&
          ((int (*)(int))of("iswalpha"))(0xE9));
}

static void texts(void)
{
    size_t (*spn)(const char *, const char *) = of("strspn");
    WCHAR *(*pbrk)(const WCHAR *, const WCHAR *) = of("wcspbrk");
    char *(*ncat)(char *, const char *, size_t) = of("strncat");
    char *(*upper)(char *) = of("_strupr");
    void *(*ccpy)(void *, const void *, int, size_t) = of("_memccpy");
    int (*icmp)(const void *, const void *, size_t) = of("_memicmp");
    size_t (*widen)(WCHAR *, const char *, size_t) = of("mbstowcs");
    WCHAR wide[8];
    char text[16] = "ab";
    CHECK(spn("aabbc", "ab") == 4 &&
          ((size_t(*)(const char *, const char *))of("strcspn"))("abc", "c") == 2);
    CHECK(!wcscmp(pbrk(L"path.ext", L".:"), L".ext") && !pbrk(L"x", L"y"));
    CHECK(!strcmp(ncat(text, "cdef", 2), "abcd") && !strcmp(upper(text), "ABCD"));
    CHECK(ccpy(text, "x:y", ':', 3) == text + 2 && !ccpy(text, "xyz", ':', 3));
    CHECK(icmp("AbC", "aBc", 3) == 0 && icmp("ab", "AC", 2) < 0);
    CHECK(widen(NULL, "\x80q", 0) == 2 && widen(wide, "\x80q", 8) == 2 &&
          wide[0] == 0x20AC && !wide[2]);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}
static void sorting(void)
{
    void (*sort)(void *, size_t, size_t, order *) = of("qsort");
    void *(*search)(const void *, const void *, size_t, size_t, order *) = of("bsearch");
    static int numbers[1000];
    unsigned seed = 1;
    for (int i = 0; i < 1000; i++)
        numbers[i] = (int)((seed = seed * 1103515245 + 12345) >> 16 & 0x3FF);
    sort(numbers, 1000, sizeof *numbers, by_number);
    for (int i = 1; i < 1000; i++)
        CHECK(numbers[i - 1] <= numbers[i]);
    for (int i = 0; i < 1000; i++)
        CHECK(*(int *)search(&numbers[i], numbers, 1000, sizeof *numbers, by_number) ==
              numbers[i]);
    seed = 5000;
    CHECK(search(&seed, numbers, 1000, sizeof *numbers, by_number) == NULL);
    sort(numbers, 0, sizeof *numbers, by_number);
}

int main(void)
{
    read_numbers();
    write_numbers();
    kinds();
    texts();
    sorting();
    return 0;
}

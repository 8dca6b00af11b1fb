/* locale.c - the locale, of which there is one: "C".
 *
 * setlocale accepts "C", "" (the environment's, which is "C" too) and "POSIX"; anything
 * else is not there (null).  Source: Microsoft C runtime reference, setlocale,
 * localeconv.
 */
#include "crt.h"
#include <locale.h>
#include <wchar.h>

static struct lconv conventions = {
    .decimal_point = ".",
    .thousands_sep = "",
    .grouping = "",
    .int_curr_symbol = "",
    .currency_symbol = "",
    .mon_decimal_point = "",
    .mon_thousands_sep = "",
    .mon_grouping = "",
    .positive_sign = "",
    .negative_sign = "",
    .int_frac_digits = CHAR_MAX,
    .frac_digits = CHAR_MAX,
    .p_cs_precedes = CHAR_MAX,
    .p_sep_by_space = CHAR_MAX,
    .n_cs_precedes = CHAR_MAX,
    .n_sep_by_space = CHAR_MAX,
    .p_sign_posn = CHAR_MAX,
    .n_sign_posn = CHAR_MAX,
};

unsigned int crt_lc_codepage;
unsigned int crt_lc_collate_cp;
LCID crt_lc_handle[6];
int crt_setlc_active;
int crt_unguarded_readlc_active;

char *__cdecl setlocale(int category, const char *name)
{
    if (category < LC_ALL || category > LC_TIME)
        return NULL;
    if (name == NULL || !*name || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
        return "C";
    return NULL;
}

wchar_t *__cdecl _wsetlocale(int category, const wchar_t *name)
{
    if (category < LC_ALL || category > LC_TIME)
        return NULL;
    return name == NULL || !*name || wcscmp(name, L"C") == 0 ? L"C" : NULL;
}

struct lconv *__cdecl localeconv(void)
{
    return &conventions;
}

unsigned int __cdecl ___lc_codepage_func(void)
{
    return crt_lc_codepage;
}

unsigned int __cdecl ___lc_collate_cp_func(void)
{
    return crt_lc_collate_cp;
}

LCID *__cdecl ___lc_handle_func(void)
{
    return crt_lc_handle;
}

int __cdecl ___setlc_active_func(void)
{
    return crt_setlc_active;
}

int *__cdecl ___unguarded_readlc_active_add_func(void)
{
    return &crt_unguarded_readlc_active;
}

int __cdecl _getmbcp(void)
{
    return 0;
}

int __cdecl _setmbcp(int page)
{
    (void)page;
    return 0;
}

int __cdecl _configthreadlocale(int kind)
{
    /* Threads share the one locale there is; asking and disabling are what it can do. */
    return kind == 0 || kind == _DISABLE_PER_THREAD_LOCALE ? _DISABLE_PER_THREAD_LOCALE
                                                           : -1;
}

/* mbstring.h: characters of several bytes, of which there are none in code page 1252. */
unsigned char *__cdecl crt_mbsinc(const unsigned char *text)
{
    return (unsigned char *)text + 1;
}

unsigned char *__cdecl crt_mbsdec(const unsigned char *start, const unsigned char *at)
{
    return at > start ? (unsigned char *)at - 1 : NULL;
}

unsigned int __cdecl crt_mbsnextc(const unsigned char *text)
{
    return *text;
}

size_t __cdecl crt_mbclen(const unsigned char *text)
{
    (void)text;
    return 1;
}

/* Characters in the first `count` bytes. */
size_t __cdecl crt_mbsnccnt(const unsigned char *text, size_t count)
{
    return strnlen((const char *)text, count);
}

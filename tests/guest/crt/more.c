/* more.c - checked forms, and wide names of what is narrow: programs, environment, files. */
#define MINGW_HAS_SECURE_API 1
#include <windows.h>
#include <conio.h>
#include <direct.h>
#include <errno.h>
#include <io.h>
#include <mbstring.h>
#include <process.h>
#include <time.h>
#include <wchar.h>
#include <string.h>
#include "check.h"

static void numbers(void)
{
    wchar_t wide[20];
    char text[20];
    int point, negative;
    CHECK(_itow_s(-77, wide, 20, 10) == 0 && wcscmp(wide, L"-77") == 0);
    CHECK(_ultow_s(5, wide, 20, 2) == 0 && wcscmp(wide, L"101") == 0);
    CHECK(_i64tow_s(-5000000000, wide, 20, 10) == 0 && wcscmp(wide, L"-5000000000") == 0);
    CHECK(_itow_s(12345, wide, 5, 10) == ERANGE && wide[0] == 0);
    CHECK(_itow_s(1, wide, 5, 1) == EINVAL && _itow_s(1, NULL, 5, 10) == EINVAL);
    CHECK(_ecvt_s(text, 20, 3.14159, 4, &point, &negative) == 0);
    CHECK(strcmp(text, "3142") == 0 && point == 1 && negative == 0);
    CHECK(_ecvt_s(text, 4, 3.14159, 4, &point, &negative) == ERANGE);
    CHECK(_gcvt_s(text, 20, 2.5, 5) == 0 && strcmp(text, "2.5") == 0);
}

static void paths(void)
{
    char drive[3], dir[20], name[20], ext[8], path[40];
    wchar_t wide[20];
    CHECK(_splitpath_s("C:\\d\\f.e", drive, 3, dir, 20, name, 20, ext, 8) == 0);
    CHECK(!strcmp(drive, "C:") && !strcmp(dir, "\\d\\") && !strcmp(name, "f"));
    CHECK(_splitpath_s("C:\\d\\f.e", drive, 3, NULL, 0, name, 20, NULL, 0) == 0);
    CHECK(_splitpath_s("C:\\d\\f.e", drive, 3, dir, 2, name, 20, ext, 8) == ERANGE);
    CHECK(drive[0] == 0 && dir[0] == 0 && name[0] == 0);
    CHECK(_splitpath_s("C:\\d", drive, 3, NULL, 5, name, 20, ext, 8) == EINVAL);
    CHECK(_makepath_s(path, 40, "c", "d", "f", "e") == 0 && !strcmp(path, "c:d\\f.e"));
    CHECK(_makepath_s(path, 5, "c", "d", "f", "e") == ERANGE && path[0] == 0);
    CHECK(_wmakepath_s(wide, 20, L"c", L"d", L"f", L"e") == 0 &&
          wcscmp(wide, L"c:d\\f.e") == 0);
    fclose(fopen("more.tmp", "w"));
    _searchenv("more.tmp", "PATH", path);
    CHECK(strstr(path, "more.tmp") != NULL);
    remove("more.tmp");
    _searchenv("more.tmp", "PATH", path);
    CHECK(path[0] == 0);
    CHECK(_chdrive(_getdrive()) == 0 && _chdrive(26) == -1 && (_getdrives() & 4));
    CHECK(_getdcwd(0, path, 40) != NULL);
}

static int __cdecl compare(void *context, const void *key, const void *element)
{
    ++*(int *)context;
    return *(const int *)key - *(const int *)element;
}

static void texts(void)
{
    char text[8] = "aaa";
    wchar_t wide[8] = L"bbb";
    int sorted[] = {1, 3, 5, 7, 9, 11}, key = 7, compared = 0, length;
    CHECK(_strset_s(text, 8, 'q') == 0 && strcmp(text, "qqq") == 0);
    CHECK(_strset_s(text, 3, 'q') == EINVAL && text[0] == 0);
    CHECK(_wcsset_s(wide, 8, L'z') == 0 && wcscmp(wide, L"zzz") == 0);
    CHECK(_snwprintf_s(wide, 8, _TRUNCATE, L"%ls", L"abcdefghij") == -1);
    CHECK(wcscmp(wide, L"abcdefg") == 0);
    CHECK(_snwprintf_s(wide, 8, 3, L"%d", 12) == 2 && wcscmp(wide, L"12") == 0);
    CHECK(_snwprintf_s(wide, 4, 8, L"%d", 123456) == -1 && wide[0] == 0);
    CHECK(wctomb_s(&length, text, 8, L'a') == 0 && length == 1 && text[0] == 'a');
    CHECK(bsearch_s(&key, sorted, 6, 4, compare, &compared) == &sorted[3] && compared);
    key = 8;
    CHECK(bsearch_s(&key, sorted, 6, 4, compare, &compared) == NULL);
    unsigned char *bytes = (unsigned char *)"abc";
    CHECK(_mbsinc(bytes) == bytes + 1 && _mbsdec(bytes, bytes) == NULL);
    CHECK(_mbsdec(bytes, bytes + 2) == bytes + 1 && _mbsnextc(bytes) == 'a');
    CHECK(_mbclen(bytes) == 1 && _mbsnccnt(bytes, 2) == 2 && _mbsnccnt(bytes, 9) == 3);
}

static void wide_names(void)
{
    wchar_t text[64];
    size_t needed;
    time_t start = 0;
    CHECK(_wputenv_s(L"MORE", L"value") == 0 && strcmp(getenv("MORE"), "value") == 0);
    CHECK(_wgetenv_s(&needed, text, 64, L"MORE") == 0 && needed == 6);
    CHECK(wcscmp(text, L"value") == 0 && _wgetenv_s(&needed, text, 3, L"MORE") == ERANGE);
    CHECK(_wgetenv_s(&needed, text, 64, L"NONE") == 0 && needed == 0 && text[0] == 0);
    CHECK(wcslen(_wstrdate(text)) == 8 && wcslen(_wstrtime(text)) == 8);
    CHECK(wcscmp(_wctime(&start), L"Thu Jan 01 00:00:00 1970\n") == 0);
    wcscpy(text, L"abXXXXXX");
    CHECK(_wmktemp(text) == text && wcsncmp(text, L"aba", 3) == 0);
    wchar_t *name = _wtempnam(NULL, L"mo");
    CHECK(name && wcsstr(name, L"mo"));
    free(name);
    CHECK(_wtmpnam(text) == text && text[0] == L'\\');
    CHECK(!_kbhit()); /* its input is no console */
}

/* Started with words it ends with their number, or by another program's. */
static void programs(const wchar_t *self)
{
    const wchar_t *list[] = {L"more", L"a", L"b", NULL}, *place[] = {L"HERE=1", NULL};
    CHECK_EQUAL(_wspawnl(_P_WAIT, self, L"more", L"a", NULL), 11);
    CHECK_EQUAL(_wspawnv(_P_WAIT, self, list), 12);
    CHECK_EQUAL(_wspawnve(_P_WAIT, self, list, place), 62);
    CHECK_EQUAL(_wspawnle(_P_WAIT, self, L"more", L"a", NULL, place), 61);
    CHECK_EQUAL(_wspawnl(_P_WAIT, L"none.exe", L"none", NULL), -1);
    CHECK_EQUAL(errno, ENOENT);
    CHECK_EQUAL(_wspawnl(_P_WAIT, self, L"more", L"exec", L"b", L"c", NULL), 0);
    FILE *pipe = _wpopen(L"none.exe", L"r");
    CHECK(pipe == NULL || _pclose(pipe) != 0);
}

int main(int count, char **words)
{
    wchar_t self[MAX_PATH];
    GetModuleFileNameW(NULL, self, MAX_PATH);
    if (count > 1 && strcmp(words[1], "exec") == 0) {
        _wexecl(self, L"more", L"x", NULL); /* never returns; its caller sees 0 */
        return 99;
    }
    if (count > 1)
        return 10 + count - 1 + (getenv("HERE") ? 50 : 0);
    numbers();
    paths();
    texts();
    wide_names();
    programs(self);
    return 0;
}

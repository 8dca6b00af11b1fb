/* version.c - VerifyVersionInfo: which condition a field is judged by.  Written for whatever
 * version runs: what is wanted is that version, changed in one field. */
#include <windows.h>
#include "check.h"

#define MAJOR  VER_MAJORVERSION
#define MINOR  VER_MINORVERSION
#define PACK   VER_SERVICEPACKMAJOR
#define UPDATE VER_SERVICEPACKMINOR
#define ALL    (MAJOR | MINOR | PACK | UPDATE)

enum change {
    AS_IT_IS,
    LESS_MAJOR,
    MORE_MINOR,
    MORE_PACK,
    LESS_PACK,
    MORE_UPDATE,
    MORE_BUILD
};

static const struct {
    DWORD types;
    enum change change;
    struct {
        DWORD type;
        BYTE condition;
    } conditions[4];
    BOOL holds;
} rows[] = {
    {ALL, MORE_MINOR, {{MAJOR, VER_EQUAL}, {MINOR, VER_LESS}}, TRUE},
    {ALL,
     MORE_MINOR,
     {{MAJOR, VER_GREATER_EQUAL}, {MINOR, VER_LESS}},
     FALSE}, /* >= goes on */
    {ALL, AS_IT_IS, {{MAJOR, VER_GREATER_EQUAL}, {MINOR, VER_LESS}}, TRUE},
    {ALL, MORE_MINOR, {{MAJOR, VER_LESS_EQUAL}, {MINOR, VER_GREATER}}, TRUE},
    {ALL,
     MORE_UPDATE,
     {{MINOR, VER_EQUAL}, {UPDATE, VER_LESS}},
     FALSE}, /* none of MAJOR */
    {ALL,
     MORE_UPDATE,
     {{MAJOR, VER_EQUAL}, {UPDATE, VER_LESS}},
     FALSE}, /* none of MINOR */
    {PACK | UPDATE, MORE_UPDATE, {{PACK, VER_EQUAL}, {UPDATE, VER_LESS}}, TRUE},
    {ALL,
     MORE_UPDATE,
     {{MAJOR, VER_EQUAL}, {MINOR, VER_EQUAL}, {PACK, VER_EQUAL}, {UPDATE, VER_LESS}},
     TRUE},
    {ALL,
     MORE_UPDATE,
     {{MAJOR, VER_EQUAL},
      {MINOR, VER_GREATER_EQUAL},
      {PACK, VER_EQUAL},
      {UPDATE, VER_LESS}},
     FALSE},
    {MAJOR | PACK, MORE_PACK, {{MAJOR, VER_EQUAL}, {PACK, VER_LESS}}, TRUE},
    {ALL,
     LESS_MAJOR,
     {{MAJOR, VER_GREATER_EQUAL}, {PACK, VER_LESS}},
     TRUE}, /* decided at once */
    {MINOR | PACK, MORE_PACK, {{MINOR, VER_LESS}}, TRUE},
    {MINOR | PACK, MORE_PACK, {{MINOR, VER_GREATER_EQUAL}}, FALSE},
    {MINOR | PACK, LESS_PACK, {{MINOR, VER_GREATER}}, TRUE},
    {MINOR | PACK, AS_IT_IS, {{MINOR, VER_LESS}}, FALSE},
    {MINOR | PACK, AS_IT_IS, {{MINOR, VER_GREATER_EQUAL}}, TRUE},
    {MAJOR | VER_BUILDNUMBER,
     AS_IT_IS,
     {{MAJOR, VER_GREATER_EQUAL}},
     FALSE}, /* none of the build */
    {MAJOR | VER_BUILDNUMBER,
     MORE_BUILD,
     {{MAJOR, VER_GREATER_EQUAL}, {VER_BUILDNUMBER, VER_LESS}},
     TRUE},
    {MINOR, MORE_BUILD, {{MINOR, VER_GREATER_EQUAL}}, TRUE},
};

static void change(OSVERSIONINFOEXA *wanted, enum change how)
{
    wanted->dwMajorVersion -= how == LESS_MAJOR;
    wanted->dwMinorVersion += how == MORE_MINOR;
    wanted->wServicePackMajor += how == MORE_PACK;
    wanted->wServicePackMajor -= how == LESS_PACK;
    wanted->wServicePackMinor += how == MORE_UPDATE;
    wanted->dwBuildNumber += how == MORE_BUILD;
}

int main(void)
{
    OSVERSIONINFOEXA now = {.dwOSVersionInfoSize = sizeof now}, wanted = now;
    const BYTE any[] = {VER_AND, VER_OR};

    CHECK(GetVersionExA((OSVERSIONINFOA *)&now));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        DWORDLONG mask = 0;
        if (rows[i].change == LESS_PACK && !now.wServicePackMajor)
            continue;
        wanted = now;
        change(&wanted, rows[i].change);
        for (int k = 0; k < 4 && rows[i].conditions[k].type; k++)
            mask = VerSetConditionMask(mask, rows[i].conditions[k].type,
                                       rows[i].conditions[k].condition);
        NOTE("row", i);
        SetLastError(0);
        CHECK_EQUAL(VerifyVersionInfoA(&wanted, rows[i].types, mask), rows[i].holds);
        CHECK(rows[i].holds || GetLastError() == ERROR_OLD_WIN_VERSION);
    }
    wanted.wSuiteMask = 0; /* no suite is asked for */
    for (int i = 0; i < 2; i++)
        CHECK(VerifyVersionInfoA(&wanted, VER_SUITENAME,
                                 VerSetConditionMask(0, VER_SUITENAME, any[i])));
    return 0;
}

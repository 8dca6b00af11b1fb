/* dates - GetDateFormat and GetTimeFormat, by their pictures and flags; the precise time. */
#include "documented.h"

static const SYSTEMTIME when = {2011, 2, 0, 22,
                                8,    5, 7, 9}; /* its day of the week is Tuesday, 2 */

static BOOL date(DWORD flags, const char *picture, const char *expected)
{
    static char text[100];
    const int length =
        GetDateFormatA(LOCALE_USER_DEFAULT, flags, &when, picture, text, 100);
    NOTE(text, length);
    return length == (int)strlen(expected) + 1 && !strcmp(text, expected);
}
static BOOL time_at(WORD hour, DWORD flags, const char *picture, const char *expected)
{
    SYSTEMTIME at = when;
    static char text[100];
    at.wHour = hour;
    const int length =
        GetTimeFormatA(LOCALE_USER_DEFAULT, flags, &at, picture, text, 100);
    NOTE(text, length);
    return length == (int)strlen(expected) + 1 && !strcmp(text, expected);
}

static void dates(void)
{
    documented("GetDateFormat", "the short date, the long one, year and month", SAME,
               date(0, NULL, "2/22/2011") && date(DATE_SHORTDATE, NULL, "2/22/2011") &&
                   date(DATE_LONGDATE, NULL, "Tuesday, February 22, 2011") &&
                   date(DATE_YEARMONTH, NULL, "February, 2011"));
    documented("GetDateFormat", "d, dd, ddd, dddd; M, MM, MMM, MMMM; y, yy, yyyy, yyyyy",
               SAME,
               date(0, "d dd ddd dddd", "22 22 Tue Tuesday") &&
                   date(0, "M MM MMM MMMM", "2 02 Feb February") &&
                   date(0, "y yy yyyy yyyyy", "11 11 2011 2011"));
    documented("GetDateFormat", "'ddd',' MMM dd yy gives Tue, Feb 22 11", SAME,
               date(0, "ddd',' MMM dd yy", "Tue, Feb 22 11"));
    documented("GetDateFormat", "text in quotes is copied; two quotes are one", SAME,
               date(0, "'day 'd' of ''M'' 'M", "day 22 of 'M' 2"));
    documented("GetDateFormat", "the day of the week is the date's, whatever was given",
               SAME, date(0, "dddd", "Tuesday"));
    documented("GetDateFormat", "a kind of date with a picture: ERROR_INVALID_FLAGS",
               SAME,
               FAILS(GetDateFormatA(0x409, DATE_LONGDATE, &when, "d", NULL, 0),
                     ERROR_INVALID_FLAGS) &&
                   FAILS(GetDateFormatA(0x409, DATE_LONGDATE | DATE_SHORTDATE, &when,
                                        NULL, NULL, 0),
                         ERROR_INVALID_FLAGS));
}

static void times(void)
{
    documented("GetTimeFormat", "h:mm:ss tt is the user's time", SAME,
               time_at(8, 0, NULL, "8:05:07 AM") && time_at(20, 0, NULL, "8:05:07 PM") &&
                   time_at(0, 0, NULL, "12:05:07 AM") &&
                   time_at(12, 0, NULL, "12:05:07 PM"));
    documented("GetTimeFormat", "h, hh, H, HH, m, mm, s, ss, t, tt", SAME,
               time_at(15, 0, "h hh H HH m mm s ss t tt", "3 03 15 15 5 05 7 07 P PM"));
    documented("GetTimeFormat",
               "TIME_NOSECONDS, TIME_NOMINUTESORSECONDS: with the separators", SAME,
               time_at(8, TIME_NOSECONDS, NULL, "8:05 AM") &&
                   time_at(8, TIME_NOMINUTESORSECONDS, NULL, "8 AM") &&
                   time_at(8, TIME_NOSECONDS, "hh:mm:ss", "08:05"));
    documented("GetTimeFormat",
               "TIME_NOTIMEMARKER: the separators before and after go as well", SAME,
               time_at(8, TIME_NOTIMEMARKER, NULL, "8:05:07") &&
                   time_at(8, TIME_NOTIMEMARKER, "tt h:mm", "8:05"));
    documented("GetTimeFormat", "TIME_FORCE24HOURFORMAT; the marker is still there", SAME,
               time_at(15, TIME_FORCE24HOURFORMAT, NULL, "15:05:07 PM"));
}

static void refusals(void)
{
    SYSTEMTIME wrong = when;
    WCHAR text[12];
    documented("GetDateFormat",
               "no room: ERROR_INSUFFICIENT_BUFFER; size 0: what is needed", SAME,
               GetDateFormatW(0x409, 0, &when, NULL, NULL, 0) == 10 &&
                   FAILS(GetDateFormatW(0x409, 0, &when, NULL, text, 9),
                         ERROR_INSUFFICIENT_BUFFER) &&
                   GetDateFormatW(0x409, 0, &when, NULL, text, 10) == 10 && !text[9]);
    documented(
        "GetDateFormat, GetTimeFormat",
        "a size without a buffer: ERROR_INVALID_PARAMETER", SAME,
        FAILS(GetDateFormatW(0x409, 0, &when, NULL, NULL, 9), ERROR_INVALID_PARAMETER) &&
            FAILS(GetTimeFormatA(0x409, 0, &when, NULL, NULL, 9),
                  ERROR_INVALID_PARAMETER) &&
            FAILS(GetTimeFormatW(0x409, 0, &when, NULL, NULL, -1),
                  ERROR_INVALID_PARAMETER));
    wrong.wMonth = 13;
    documented(
        "GetDateFormat", "a date that is none: ERROR_INVALID_PARAMETER", SAME,
        FAILS(GetDateFormatW(0x409, 0, &wrong, NULL, text, 12), ERROR_INVALID_PARAMETER));
    wrong = when;
    wrong.wMinute = 60;
    documented(
        "GetTimeFormat", "a time that is none: ERROR_INVALID_PARAMETER", SAME,
        FAILS(GetTimeFormatW(0x409, 0, &wrong, NULL, text, 12), ERROR_INVALID_PARAMETER));
    documented("GetDateFormat, GetTimeFormat", "no date or time given: the present one",
               SAME,
               GetDateFormatW(0x409, 0, NULL, L"yyyy", text, 12) == 5 && text[0] == '2' &&
                   GetTimeFormatW(0x409, 0, NULL, L"HH", text, 12) == 3);
}

static ULONGLONG precise(void)
{
    VOID(WINAPI * get)
    (FILETIME *) = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"),
                                          "GetSystemTimePreciseAsFileTime");
    ULARGE_INTEGER now;
    CHECK(get != NULL);
    get((FILETIME *)&now);
    return now.QuadPart;
}
static ULONGLONG plain(void)
{
    ULARGE_INTEGER now;
    GetSystemTimeAsFileTime((FILETIME *)&now);
    return now.QuadPart;
}
static void fine(void)
{
    ULONGLONG before = precise(), steps = 0, back = 0, apart = 0, now;
    for (int i = 0; i < 2000; i++, before = now) {
        now = precise();
        steps += now > before && now - before < 10000; /* less than a millisecond */
        back += now < before;
    }
    documented("GetSystemTimePreciseAsFileTime",
               "the system time, finer than a tick (the function is Windows 8's)", SAME,
               steps > 100 && back == 0);
    for (int i = 0; i < 20; i++, Sleep(7)) {
        const ULONGLONG earlier = plain(), between = precise(), later = plain();
        apart += between < earlier || between > later + 4 * 156250;
    }
    documented("GetSystemTimePreciseAsFileTime", "agrees with GetSystemTimeAsFileTime",
               SAME, apart == 0);
}

int main(void)
{
    fine();
    dates();
    times();
    refusals();
    return undocumented();
}

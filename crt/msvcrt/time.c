/* time.c - calendar time: seconds since 1970, broken down and put together again.
 *
 * Inside everything is 64-bit; the functions of the 32-bit time_t (time, localtime, ...)
 * are the same ones narrowed.  Days and dates are converted by counting eras of 400 years
 * (Howard Hinnant, "chrono-compatible low-level date algorithms").  The zone comes from
 * TZ ("PST8PDT") or the system; daylight time by the rule of the United States since
 * 2007, as msvcrt does. Lock: CRT_LOCK_TIME for the zone.  Source: Microsoft C runtime
 * reference, by name.
 */
#include "crt.h"
#include <sys/timeb.h>
#include <wchar.h>

#define DAY 86400
#define LAST_SECOND                                                                      \
    32535244799ll /* the end of the year 3000, the last one documented                   \
                   */
#define EPOCH_TICKS 116444736000000000ull /* 1601 to 1970 in 100 ns: KB 167296 */

static char zone_name[2][64] = {"PST", "PDT"};
char *crt_tzname[2] = {zone_name[0], zone_name[1]};
long crt_timezone = 8 * 3600;
int crt_daylight = 1;
long crt_dstbias = -3600;
static int zone_known;

static int64_t now_ticks(void)
{
    ULARGE_INTEGER ticks;
    FILETIME file;
    GetSystemTimeAsFileTime(&file);
    ticks.LowPart = file.dwLowDateTime;
    ticks.HighPart = file.dwHighDateTime;
    return (int64_t)(ticks.QuadPart - EPOCH_TICKS);
}

__time64_t __cdecl _time64(__time64_t *out)
{
    __time64_t now = now_ticks() / 10000000;
    if (out != NULL)
        *out = now;
    return now;
}

__time32_t __cdecl crt_time32(__time32_t *out)
{
    __time32_t now = (__time32_t)_time64(NULL);
    if (out != NULL)
        *out = now;
    return now;
}

double __cdecl crt_difftime32(__time32_t end, __time32_t start)
{
    return (double)end - (double)start;
}

double __cdecl crt_difftime64(__time64_t end, __time64_t start)
{
    return (double)end - (double)start;
}

/* Milliseconds since the process began. */
clock_t __cdecl clock(void)
{
    static int64_t began;
    if (began == 0) {
        FILETIME made, gone, kernel, user;
        if (GetProcessTimes(GetCurrentProcess(), &made, &gone, &kernel, &user))
            began = (int64_t)((uint64_t)made.dwHighDateTime << 32 | made.dwLowDateTime) -
                    (int64_t)EPOCH_TICKS;
        else
            began = now_ticks();
    }
    return (clock_t)((now_ticks() - began) / 10000);
}

/* "PST8PDT", "CET-1CEST": three letters, hours west with minutes, the daylight name. */
static int zone_from_text(const char *text)
{
    if (text == NULL || strlen(text) < 3)
        return 0;
    memcpy(zone_name[0], text, 3);
    zone_name[0][3] = 0;
    char *at;
    const char *sign = text + 3;
    long seconds = strtol(sign, &at, 10) * 3600, minutes = 0;
    if (*at == ':')
        minutes = strtol(at + 1, &at, 10) * 60;
    if (*at == ':')
        minutes += strtol(at + 1, &at, 10);
    crt_timezone = *sign == '-' ? seconds - minutes : seconds + minutes;
    crt_daylight = *at != 0;
    strncpy(zone_name[1], at, 3);
    zone_name[1][3] = 0;
    return 1;
}

static void zone_from_system(void)
{
    TIME_ZONE_INFORMATION zone;
    memset(&zone, 0, sizeof(zone));
    if (GetTimeZoneInformation(&zone) == TIME_ZONE_ID_INVALID)
        return;
    crt_timezone = zone.Bias * 60;
    if (zone.StandardDate.wMonth != 0)
        crt_timezone += zone.StandardBias * 60;
    crt_daylight = zone.DaylightDate.wMonth != 0 && zone.DaylightBias != 0;
    crt_dstbias = crt_daylight ? (zone.DaylightBias - zone.StandardBias) * 60 : 0;
    for (int i = 0; i < 63; i++) {
        zone_name[0][i] = (char)(i < 32 ? zone.StandardName[i] : 0);
        zone_name[1][i] = (char)(i < 32 ? zone.DaylightName[i] : 0);
    }
}

void __cdecl _tzset(void)
{
    crt_lock(CRT_LOCK_TIME);
    if (!zone_from_text(getenv("TZ")))
        zone_from_system();
    zone_known = 1;
    crt_unlock(CRT_LOCK_TIME);
}

static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = (int)(year - era * 400);
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void break_down(int64_t seconds, struct tm *out)
{
    int64_t days = seconds / DAY;
    int rest = (int)(seconds % DAY);
    if (rest < 0) {
        rest += DAY;
        days--;
    }
    int64_t shifted = days + 719468,
            era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int day_of_era = (int)(shifted - era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int part = (5 * day_of_year + 2) / 153;
    int month = part < 10 ? part + 3 : part - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    out->tm_mday = day_of_year - (153 * part + 2) / 5 + 1;
    out->tm_mon = month - 1;
    out->tm_year = (int)(year - 1900);
    out->tm_yday = (int)(days - days_from_date(year, 1, 1));
    out->tm_wday = (int)((days % 7 + 11) % 7);
    out->tm_hour = rest / 3600;
    out->tm_min = rest / 60 % 60;
    out->tm_sec = rest % 60;
    out->tm_isdst = 0;
}

/* Day of the month of the n-th Sunday of `month` (1..12). */
static int sunday(int year, int month, int n)
{
    int64_t first = days_from_date(year, month, 1);
    int weekday = (int)((first % 7 + 11) % 7);
    return 1 + (7 - weekday) % 7 + 7 * (n - 1);
}

/* Whether local standard time `at` is in daylight time: second Sunday of March, 2:00, to
 * first Sunday of November, 2:00 daylight time. */
static int in_daylight(const struct tm *at)
{
    int year = at->tm_year + 1900;
    int64_t here = days_from_date(year, at->tm_mon + 1, at->tm_mday) * DAY +
                   at->tm_hour * 3600 + at->tm_min * 60 + at->tm_sec;
    int64_t from = days_from_date(year, 3, sunday(year, 3, 2)) * DAY + 2 * 3600;
    int64_t to =
        days_from_date(year, 11, sunday(year, 11, 1)) * DAY + 2 * 3600 + crt_dstbias;
    return here >= from && here < to;
}

/* 0, or EINVAL for a time before 1970 or after 3000 (all of tm is then -1).  Source:
 * _gmtime64_s. */
errno_t __cdecl _gmtime64_s(struct tm *out, const __time64_t *time)
{
    if (out == NULL || time == NULL || *time < 0 || *time > LAST_SECOND) {
        if (out != NULL)
            memset(out, 0xFF, sizeof(*out));
        return *_errno() = EINVAL;
    }
    break_down(*time, out);
    return 0;
}

errno_t __cdecl _localtime64_s(struct tm *out, const __time64_t *time)
{
    if (out == NULL || time == NULL || *time < 0 || *time > LAST_SECOND) {
        if (out != NULL)
            memset(out, 0xFF, sizeof(*out));
        return *_errno() = EINVAL;
    }
    if (!zone_known)
        _tzset();
    break_down(*time - crt_timezone, out);
    if (crt_daylight && in_daylight(out)) {
        break_down(*time - crt_timezone - crt_dstbias, out);
        out->tm_isdst = 1;
    }
    return 0;
}

struct tm *__cdecl _gmtime64(const __time64_t *time)
{
    struct tm *out = &crt_thread()->broken_time;
    return _gmtime64_s(out, time) == 0 ? out : NULL;
}

struct tm *__cdecl _localtime64(const __time64_t *time)
{
    struct tm *out = &crt_thread()->broken_time;
    return _localtime64_s(out, time) == 0 ? out : NULL;
}

struct tm *__cdecl crt_gmtime32(const __time32_t *time)
{
    __time64_t wide = *time;
    return _gmtime64(&wide);
}

struct tm *__cdecl crt_localtime32(const __time32_t *time)
{
    __time64_t wide = *time;
    return _localtime64(&wide);
}

errno_t __cdecl crt_gmtime32_s(struct tm *out, const __time32_t *time)
{
    __time64_t wide = time != NULL ? *time : -1;
    return _gmtime64_s(out, &wide);
}

errno_t __cdecl crt_localtime32_s(struct tm *out, const __time32_t *time)
{
    __time64_t wide = time != NULL ? *time : -1;
    return _localtime64_s(out, &wide);
}

/* Seconds of a date whose fields may be out of range; they are set right.  -1: before
 * 1970. */
static int64_t put_together(struct tm *date, int local)
{
    int64_t year = (int64_t)date->tm_year + 1900 + date->tm_mon / 12;
    int month = date->tm_mon % 12;
    if (month < 0) {
        month += 12;
        year--;
    }
    int64_t seconds = (days_from_date(year, month + 1, 1) + date->tm_mday - 1) * DAY +
                      (int64_t)date->tm_hour * 3600 + (int64_t)date->tm_min * 60 +
                      date->tm_sec;
    int daylight = 0;
    if (local) {
        struct tm probe;
        if (!zone_known)
            _tzset();
        break_down(seconds, &probe);
        daylight = date->tm_isdst > 0 ||
                   (date->tm_isdst < 0 && crt_daylight && in_daylight(&probe));
        seconds += crt_timezone + (daylight ? crt_dstbias : 0);
    }
    if (seconds < 0)
        return -1;
    if (local)
        _localtime64_s(date, &seconds);
    else
        break_down(seconds, date);
    return seconds;
}

__time64_t __cdecl _mktime64(struct tm *date)
{
    return put_together(date, 1);
}

__time64_t __cdecl _mkgmtime64(struct tm *date)
{
    return put_together(date, 0);
}

__time32_t __cdecl crt_mktime32(struct tm *date)
{
    int64_t seconds = put_together(date, 1);
    return seconds > INT_MAX ? -1 : (__time32_t)seconds;
}

__time32_t __cdecl crt_mkgmtime32(struct tm *date)
{
    int64_t seconds = put_together(date, 0);
    return seconds > INT_MAX ? -1 : (__time32_t)seconds;
}

void __cdecl _ftime64(struct __timeb64 *out)
{
    int64_t ticks = now_ticks();
    if (!zone_known)
        _tzset();
    out->time = ticks / 10000000;
    out->millitm = (unsigned short)(ticks / 10000 % 1000);
    out->timezone = (short)(crt_timezone / 60);
    out->dstflag = (short)crt_daylight;
}

void __cdecl crt_ftime32(struct __timeb32 *out)
{
    struct __timeb64 wide;
    _ftime64(&wide);
    out->time = (__time32_t)wide.time;
    out->millitm = wide.millitm;
    out->timezone = wide.timezone;
    out->dstflag = wide.dstflag;
}

char **__cdecl crt_p_tzname(void)
{
    return crt_tzname;
}

long *__cdecl __p__timezone(void)
{
    return &crt_timezone;
}

int *__cdecl __p__daylight(void)
{
    return &crt_daylight;
}

long *__cdecl __p__dstbias(void)
{
    return &crt_dstbias;
}

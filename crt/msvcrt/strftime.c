/* strftime.c - dates as text: strftime, asctime, ctime, _strdate, _strtime.
 *
 * Only the "C" locale's names and shapes.  Source: Microsoft C runtime reference,
 * strftime.
 */
#include "crt.h"
#include <wchar.h>

extern char *crt_tzname[2];

static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
static const char *const month_names[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

struct text {
    char *at, *end;
    int failed;
};

static void put_text(struct text *out, const char *text, int limit)
{
    for (; *text && limit != 0; text++, limit--) {
        if (out->at < out->end)
            *out->at++ = *text;
        else
            out->failed = 1;
    }
}

static void put_number(struct text *out, int value, int digits, int plain)
{
    char text[16];
    _snprintf(text, sizeof(text), plain ? "%d" : "%0*d", plain ? value : digits, value);
    put_text(out, text, -1);
}

static void put_date(struct text *out, const char *format, const struct tm *date);

/* One conversion; `plain` is the # flag: no leading zeros, long forms.  0 if it is none. */
static int put_field(struct text *out, int field, int plain, const struct tm *date)
{
    int hour = date->tm_hour % 12 != 0 ? date->tm_hour % 12 : 12;
    int wday = date->tm_wday % 7, mon = date->tm_mon % 12;
    switch (field) {
    case 'a':
        put_text(out, day_names[wday], 3);
        return 1;
    case 'A':
        put_text(out, day_names[wday], -1);
        return 1;
    case 'b':
        put_text(out, month_names[mon], 3);
        return 1;
    case 'B':
        put_text(out, month_names[mon], -1);
        return 1;
    case 'c':
        put_date(out, plain ? "%A, %B %d, %Y %H:%M:%S" : "%m/%d/%y %H:%M:%S", date);
        return 1;
    case 'd':
        put_number(out, date->tm_mday, 2, plain);
        return 1;
    case 'H':
        put_number(out, date->tm_hour, 2, plain);
        return 1;
    case 'I':
        put_number(out, hour, 2, plain);
        return 1;
    case 'j':
        put_number(out, date->tm_yday + 1, 3, plain);
        return 1;
    case 'm':
        put_number(out, date->tm_mon + 1, 2, plain);
        return 1;
    case 'M':
        put_number(out, date->tm_min, 2, plain);
        return 1;
    case 'p':
        put_text(out, date->tm_hour < 12 ? "AM" : "PM", -1);
        return 1;
    case 'S':
        put_number(out, date->tm_sec, 2, plain);
        return 1;
    case 'U':
        put_number(out, (date->tm_yday + 7 - wday) / 7, 2, plain);
        return 1;
    case 'w':
        put_number(out, wday, 1, plain);
        return 1;
    case 'W':
        put_number(out, (date->tm_yday + 7 - (wday + 6) % 7) / 7, 2, plain);
        return 1;
    case 'x':
        put_date(out, plain ? "%A, %B %d, %Y" : "%m/%d/%y", date);
        return 1;
    case 'X':
        put_date(out, "%H:%M:%S", date);
        return 1;
    case 'y':
        put_number(out, date->tm_year % 100, 2, plain);
        return 1;
    case 'Y':
        put_number(out, date->tm_year + 1900, 4, plain);
        return 1;
    case 'z':
    case 'Z':
        _tzset();
        put_text(out, crt_tzname[date->tm_isdst > 0], -1);
        return 1;
    case '%':
        put_text(out, "%", -1);
        return 1;
    default:
        return 0;
    }
}

static void put_date(struct text *out, const char *format, const struct tm *date)
{
    for (; *format && !out->failed; format++) {
        if (*format != '%') {
            put_text(out, format, 1);
            continue;
        }
        int plain = format[1] == '#';
        format += 1 + plain;
        if (!*format || !put_field(out, *format, plain, date)) {
            out->failed = 1;
            *_errno() = EINVAL;
            return;
        }
    }
}

/* The characters written without the zero; 0 if they do not fit or the format is wrong. */
size_t __cdecl strftime(char *text, size_t size, const char *format,
                        const struct tm *date)
{
    if (text == NULL || size == 0 || format == NULL || date == NULL) {
        *_errno() = EINVAL;
        return 0;
    }
    struct text out = {text, text + size - 1, 0};
    put_date(&out, format, date);
    *out.at = 0;
    if (out.failed) {
        *text = 0;
        *_errno() = *_errno() == EINVAL ? EINVAL : ERANGE;
        return 0;
    }
    return (size_t)(out.at - text);
}

size_t __cdecl wcsftime(wchar_t *text, size_t size, const wchar_t *format,
                        const struct tm *date)
{
    char narrow_format[256], narrow[1024];
    if (wcstombs(narrow_format, format, sizeof(narrow_format)) >= sizeof(narrow_format))
        return 0;
    size_t length = strftime(narrow, size < sizeof(narrow) ? size : sizeof(narrow),
                             narrow_format, date);
    mbstowcs(text, narrow, length + 1);
    return length;
}

/* "Wed Jan 02 02:03:55 1980\n": 26 bytes.  Source: asctime. */
char *__cdecl asctime(const struct tm *date)
{
    char *out = crt_thread()->asctime_text;
    if (date == NULL || strftime(out, 26, "%a %b %d %H:%M:%S %Y\n", date) == 0)
        return NULL;
    return out;
}

errno_t __cdecl asctime_s(char *text, size_t size, const struct tm *date)
{
    if (text == NULL || size < 26 || date == NULL)
        return *_errno() = EINVAL;
    strftime(text, size, "%a %b %d %H:%M:%S %Y\n", date);
    return 0;
}

wchar_t *__cdecl _wasctime(const struct tm *date)
{
    wchar_t *out = crt_thread()->wasctime_text;
    char *text = asctime(date);
    if (text == NULL)
        return NULL;
    mbstowcs(out, text, 26);
    return out;
}

char *__cdecl _ctime64(const __time64_t *time)
{
    return asctime(_localtime64(time));
}

char *__cdecl crt_ctime32(const __time32_t *time)
{
    __time64_t wide = *time;
    return asctime(_localtime64(&wide));
}

wchar_t *__cdecl _wctime64(const __time64_t *time)
{
    return _wasctime(_localtime64(time));
}

static char *today(char *text, const char *format)
{
    __time64_t now = _time64(NULL);
    strftime(text, 9, format, _localtime64(&now));
    return text;
}

char *__cdecl _strdate(char *text)
{
    return today(text, "%m/%d/%y");
}

char *__cdecl _strtime(char *text)
{
    return today(text, "%H:%M:%S");
}

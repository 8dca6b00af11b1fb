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
            out->failed = ERANGE;
    }
}

static void put_number(struct text *out, int value, int digits, int plain)
{
    char text[16];
    _snprintf(text, sizeof(text), plain ? "%d" : "%0*d", plain ? value : digits, value);
    put_text(out, text, -1);
}

static void put_date(struct text *out, const char *format, const struct tm *date);

#define FIELD(name) offsetof(struct tm, name)
static const struct {
    const char *uses; /* conversions */
    size_t place;
    int first;
    unsigned int count;
} ranges[] = {{"aAwUW", FIELD(tm_wday), 0, 7}, {"bBm", FIELD(tm_mon), 0, 12},
              {"d", FIELD(tm_mday), 1, 31},    {"HIp", FIELD(tm_hour), 0, 24},
              {"M", FIELD(tm_min), 0, 60},     {"S", FIELD(tm_sec), 0, 60},
              {"jUW", FIELD(tm_yday), 0, 366}, {"yY", FIELD(tm_year), -1900, 10000}};

/* Is what a conversion needs within its range?  Other fields may hold anything. */
static int in_range(int conversion, const struct tm *date)
{
    int good = 1;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        int value = *(const int *)((const char *)date + ranges[i].place);
        if (strchr(ranges[i].uses, conversion) != NULL)
            good &= (unsigned int)(value - ranges[i].first) < ranges[i].count;
    }
    return good;
}

/* The number that a conversion writes, and its digits; 0 if it writes none. */
static int number_of(int field, const struct tm *date, int *value)
{
    int wday = date->tm_wday;
    switch (field) {
    case 'd':
        return *value = date->tm_mday, 2;
    case 'H':
        return *value = date->tm_hour, 2;
    case 'I':
        return *value = date->tm_hour % 12 != 0 ? date->tm_hour % 12 : 12, 2;
    case 'j':
        return *value = date->tm_yday + 1, 3;
    case 'm':
        return *value = date->tm_mon + 1, 2;
    case 'M':
        return *value = date->tm_min, 2;
    case 'S':
        return *value = date->tm_sec, 2;
    case 'U':
        return *value = (date->tm_yday + 7 - wday) / 7, 2;
    case 'w':
        return *value = wday, 1;
    case 'W':
        return *value = (date->tm_yday + 7 - (wday + 6) % 7) / 7, 2;
    case 'y':
        return *value = (date->tm_year + 1900) % 100, 2;
    case 'Y':
        return *value = date->tm_year + 1900, 4;
    }
    return 0;
}

/* The text that a conversion writes, or NULL; *size: its bytes, -1: all of it. */
static const char *text_of(int field, const struct tm *date, int *size)
{
    *size = field == 'a' || field == 'b' ? 3 : -1;
    switch (field) {
    case 'a':
    case 'A':
        return day_names[date->tm_wday];
    case 'b':
    case 'B':
        return month_names[date->tm_mon];
    case 'p':
        return date->tm_hour < 12 ? "AM" : "PM";
    case 'z':
    case 'Z':
        _tzset();
        return crt_tzname[date->tm_isdst > 0];
    case '%':
        return "%";
    }
    return NULL;
}

/* The format that a conversion stands for, or NULL. */
static const char *format_of(int field, int plain)
{
    switch (field) {
    case 'c':
        return plain ? "%A, %B %d, %Y %H:%M:%S" : "%m/%d/%y %H:%M:%S";
    case 'x':
        return plain ? "%A, %B %d, %Y" : "%m/%d/%y";
    case 'X':
        return "%H:%M:%S";
    }
    return NULL;
}

/* One conversion; `plain` is the # flag: no leading zeros, long forms.  0 if it is none, or not
 * of this date. */
static int put_field(struct text *out, int field, int plain, const struct tm *date)
{
    if (!in_range(field, date))
        return 0;
    int value, size, digits = number_of(field, date, &value);
    if (digits != 0) {
        put_number(out, value, digits, plain);
        return 1;
    }
    const char *format = format_of(field, plain);
    if (format != NULL) {
        put_date(out, format, date);
        return 1;
    }
    const char *text = text_of(field, date, &size);
    if (text != NULL)
        put_text(out, text, size);
    return text != NULL;
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
            out->failed = EINVAL;
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
        *_errno() = out.failed;
        return 0;
    }
    return (size_t)(out.at - text);
}

size_t __cdecl wcsftime(wchar_t *text, size_t size, const wchar_t *format,
                        const struct tm *date)
{
    char narrow_format[256], narrow[1024] = "";
    if (wcstombs(narrow_format, format, sizeof(narrow_format)) >= sizeof(narrow_format))
        return 0;
    size_t length = strftime(narrow, size < sizeof(narrow) ? size : sizeof(narrow),
                             narrow_format, date);
    if (text != NULL && size != 0)
        mbstowcs(text, narrow, length + 1);
    return length;
}

/* Two halves of the year, each two characters, as msvcrt writes them: ":000" is 10000. */
static void put_year(char *text, int year)
{
    const int half[] = {year / 100, year % 100};
    for (int i = 0; i < 2; i++) {
        text[2 * i] = (char)('0' + half[i] / 10);
        text[2 * i + 1] = (char)('0' + half[i] % 10);
    }
}

/* "Wed Jan 02 02:03:55 1980\n": 26 bytes; NULL if a field is out of range. */
static char *ascii_time(char *out, const struct tm *date)
{
    struct tm within = *date;
    if (within.tm_year > 9999 - 1900)
        within.tm_year = 0; /* for strftime, which has four digits */
    if (strftime(out, 26, "%a %b %d %H:%M:%S %Y\n", &within) == 0)
        return NULL;
    put_year(out + 20, date->tm_year + 1900);
    return out;
}

/* Source: asctime. */
char *__cdecl asctime(const struct tm *date)
{
    return date != NULL ? ascii_time(crt_thread()->asctime_text, date) : NULL;
}

errno_t __cdecl asctime_s(char *text, size_t size, const struct tm *date)
{
    if (text != NULL && size != 0)
        *text = 0;
    if (text == NULL || size < 26 || date == NULL || ascii_time(text, date) == NULL)
        return *_errno() = EINVAL;
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

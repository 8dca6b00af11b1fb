/* dateformat.c - GetDateFormat, GetTimeFormat: a picture of letters, filled with a date or time.
 *
 *   picture  h:mm:ss tt          an element is a letter, repeated; everything else is copied,
 *   text     8:05:07 AM          what is in quotes too
 *
 * The one locale is English (United States).  What a flag leaves out goes with the separators
 * before it.  Source: Microsoft's pages of GetDateFormat, GetTimeFormat, "Day, Month, Year, and Era
 * Format Pictures", "Hour, Minute, and Second Format Pictures".
 */
#include "k32.h"

typedef struct {
    const SYSTEMTIME *Time;
    DWORD Flags;
    BOOL Date; /* a date's letters, else a time's */
    LPWSTR Out;
    int Size, Length, Kept; /* Kept: the length after the last element that was written */
    BOOL Dropping;          /* the element before was left out */
} PICTURE;

static const WCHAR *const Days[] = {L"Sunday",   L"Monday", L"Tuesday", L"Wednesday",
                                    L"Thursday", L"Friday", L"Saturday"};
static const WCHAR *const Months[] = {
    L"January", L"February", L"March",     L"April",   L"May",      L"June",
    L"July",    L"August",   L"September", L"October", L"November", L"December"};

static void Put(PICTURE *p, WCHAR character)
{
    if (p->Length < p->Size)
        p->Out[p->Length] = character;
    p->Length++;
}

static void PutText(PICTURE *p, LPCWSTR text, int most)
{
    while (*text && most--)
        Put(p, *text++);
}

static void PutNumber(PICTURE *p, DWORD value, int digits)
{
    WCHAR text[8];
    int at = 0;

    for (; value || digits > 0 || !at; digits--, value /= 10)
        text[at++] = (WCHAR)('0' + value % 10);
    while (at)
        Put(p, text[--at]);
}

static void DateElement(PICTURE *p, WCHAR letter, int count)
{
    const SYSTEMTIME *t = p->Time;

    if (letter == 'd' && count < 3)
        PutNumber(p, t->wDay, count);
    else if (letter == 'd')
        PutText(p, Days[t->wDayOfWeek], count == 3 ? 3 : 99);
    else if (letter == 'M' && count < 3)
        PutNumber(p, t->wMonth, count);
    else if (letter == 'M')
        PutText(p, Months[t->wMonth - 1], count == 3 ? 3 : 99);
    else if (letter == 'y')
        PutNumber(p, count < 3 ? t->wYear % 100u : t->wYear, count < 3 ? count : 4);
    else
        PutText(p, L"A.D.", 99);
}

static void TimeElement(PICTURE *p, WCHAR letter, int count)
{
    const SYSTEMTIME *t = p->Time;
    const int digits = count < 2 ? 1 : 2;

    if (letter == 'H' || (letter == 'h' && (p->Flags & TIME_FORCE24HOURFORMAT)))
        PutNumber(p, t->wHour, digits);
    else if (letter == 'h')
        PutNumber(p, t->wHour % 12 ? t->wHour % 12u : 12, digits);
    else if (letter == 'm')
        PutNumber(p, t->wMinute, digits);
    else if (letter == 's')
        PutNumber(p, t->wSecond, digits);
    else
        PutText(p, t->wHour < 12 ? L"AM" : L"PM", count < 2 ? 1 : 2);
}

static BOOL LeftOut(const PICTURE *p, WCHAR letter)
{
    const DWORD no = p->Date ? 0 : p->Flags;
    return (letter == 'm' && (no & TIME_NOMINUTESORSECONDS)) ||
           (letter == 's' && (no & (TIME_NOMINUTESORSECONDS | TIME_NOSECONDS))) ||
           (letter == 't' && (no & TIME_NOTIMEMARKER));
}

/* count letters.  A time marker that is left out goes with the separators after it, too. */
static void Element(PICTURE *p, WCHAR letter, int count)
{
    if (LeftOut(p, letter)) {
        p->Length = p->Kept;
        p->Dropping = letter == 't';
        return;
    }
    p->Dropping = FALSE;
    (p->Date ? DateElement : TimeElement)(p, letter, count);
    p->Kept = p->Length;
}

/* Text in quotes, of which two are one; at: after the first quote. */
static LPCWSTR Quoted(PICTURE *p, LPCWSTR at)
{
    for (; *at; at++) {
        if (*at == '\'' && *++at != '\'')
            break;
        Put(p, *at);
    }
    return at;
}

static void Fill(PICTURE *p, LPCWSTR at)
{
    LPCWSTR letters = p->Date ? L"dMyg" : L"hHmst";
    int count;

    while (*at) {
        if (*at == '\'') {
            at = Quoted(p, at + 1);
        } else if (wcschr(letters, *at)) {
            for (count = 1; at[count] == *at;)
                count++;
            Element(p, *at, count);
            at += count;
        } else if (p->Dropping) {
            at++;
        } else {
            Put(p, *at++);
        }
    }
    Put(p, 0);
}

/* ERROR_INVALID_FLAGS: two kinds of date, or a kind and a picture. */
static BOOL DatePicture(DWORD flags, LPCWSTR *format)
{
    const DWORD kind = flags & (DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH);

    if ((kind & (kind - 1)) || (*format && kind))
        return BasepFail(ERROR_INVALID_FLAGS);
    if (!*format)
        *format = kind == DATE_LONGDATE    ? L"dddd, MMMM dd, yyyy"
                  : kind == DATE_YEARMONTH ? L"MMMM, yyyy"
                                           : L"M/d/yyyy";
    return TRUE;
}

/* The date with its day of the week, whatever that is given as; a time's date is not looked at. */
static BOOL Checked(const SYSTEMTIME *given, BOOL date, SYSTEMTIME *time)
{
    FILETIME file;

    if (!given) {
        GetLocalTime(time);
        return TRUE;
    }
    *time = *given;
    if (!date && (time->wHour > 23 || time->wMinute > 59 || time->wSecond > 59))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (date)
        time->wHour = time->wMinute = time->wSecond = time->wMilliseconds = 0;
    return !date ||
           (SystemTimeToFileTime(time, &file) && FileTimeToSystemTime(&file, time));
}

/* Characters with the NUL; size 0: that are needed.  ERROR_INVALID_PARAMETER,
 * ERROR_INVALID_FLAGS, ERROR_INSUFFICIENT_BUFFER. */
static int Format(LCID locale, DWORD flags, const SYSTEMTIME *given, LPCWSTR format,
                  LPWSTR out, int size, BOOL date)
{
    SYSTEMTIME time;
    PICTURE picture = {&time, flags, date, out, size, 0, 0, FALSE};

    if (!IsValidLocale(locale, 0) || size < 0 || (size && !out))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (date && !DatePicture(flags, &format))
        return 0;
    if (!Checked(given, date, &time))
        return 0;
    Fill(&picture, format ? format : L"h:mm:ss tt");
    if (size && picture.Length > size)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    return picture.Length;
}

/* As Format.  The time is taken once: both calls must see the same. */
static int FormatA(LCID locale, DWORD flags, const SYSTEMTIME *given, LPCSTR format,
                   LPSTR out, int size, BOOL date)
{
    LPWSTR picture = format ? BasepToWide(format) : NULL, wide = NULL;
    SYSTEMTIME now;
    int length = 0, result = 0;

    GetLocalTime(&now);
    given = given ? given : &now;
    if (size < 0 || (size && !out))
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
    else if (!format || picture)
        length = Format(locale, flags, given, picture, NULL, 0, date);
    if (length)
        wide = RtlAllocateHeap(BaseHeap(), 0, length * sizeof(WCHAR));
    if (wide) {
        Format(locale, flags, given, picture, wide, length, date);
        result = WideCharToMultiByte(CP_ACP, 0, wide, length, out, size, NULL, NULL);
    } else if (length) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    }
    BasepFree(wide);
    BasepFree(picture);
    return result;
}

int WINAPI GetDateFormatW(LCID locale, DWORD flags, const SYSTEMTIME *time,
                          LPCWSTR format, LPWSTR out, int size)
{
    return Format(locale, flags, time, format, out, size, TRUE);
}

int WINAPI GetTimeFormatW(LCID locale, DWORD flags, const SYSTEMTIME *time,
                          LPCWSTR format, LPWSTR out, int size)
{
    return Format(locale, flags, time, format, out, size, FALSE);
}

int WINAPI GetDateFormatA(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCSTR format,
                          LPSTR out, int size)
{
    return FormatA(locale, flags, time, format, out, size, TRUE);
}

int WINAPI GetTimeFormatA(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCSTR format,
                          LPSTR out, int size)
{
    return FormatA(locale, flags, time, format, out, size, FALSE);
}

int WINAPI GetDateFormatEx(LPCWSTR name, DWORD flags, const SYSTEMTIME *time,
                           LPCWSTR format, LPWSTR out, int size, LPCWSTR calendar)
{
    const LCID locale = name ? LocaleNameToLCID(name, 0) : LOCALE_USER_DEFAULT;

    if (!locale || calendar)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return Format(locale, flags, time, format, out, size, TRUE);
}

int WINAPI GetTimeFormatEx(LPCWSTR name, DWORD flags, const SYSTEMTIME *time,
                           LPCWSTR format, LPWSTR out, int size)
{
    const LCID locale = name ? LocaleNameToLCID(name, 0) : LOCALE_USER_DEFAULT;

    if (!locale)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return Format(locale, flags, time, format, out, size, FALSE);
}

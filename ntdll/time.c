/* time.c - 100 ns since 1601-01-01 to calendar fields and back; the Gregorian calendar.
 *
 * Days are counted from March, so that the leap day is a year's last.  Local time is UTC
 * plus SharedUserData.TimeZoneBias.  Documented: RtlTimeToTimeFields and its family.
 */
#include "ntdllp.h"

#define TICKS_PER_MS    10000
#define MS_PER_DAY      86400000
#define DAYS_PER_400    146097
#define SECONDS_TO_1970 11644473600ull
#define DAYS_1601_MARCH 306 /* from 1600-03-01, the count's start, to 1601-01-01 */

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields)
{
    ULONGLONG ms = (ULONGLONG)Time->QuadPart / TICKS_PER_MS;
    ULONG days = (ULONG)(ms / MS_PER_DAY), rest = (ULONG)(ms % MS_PER_DAY);
    Fields->Milliseconds = (SHORT)(rest % 1000);
    Fields->Second = (SHORT)(rest / 1000 % 60);
    Fields->Minute = (SHORT)(rest / 60000 % 60);
    Fields->Hour = (SHORT)(rest / 3600000);
    Fields->Weekday = (SHORT)((days + 1) % 7); /* 1601-01-01 was a Monday */
    ULONG count = days + DAYS_1601_MARCH, era = count / DAYS_PER_400,
          day = count % DAYS_PER_400;
    ULONG year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    ULONG inYear = day - (365 * year + year / 4 - year / 100);
    ULONG month = (5 * inYear + 2) / 153; /* March is 0 */
    Fields->Day = (SHORT)(inYear - (153 * month + 2) / 5 + 1);
    Fields->Month = (SHORT)(month < 10 ? month + 3 : month - 9);
    Fields->Year = (SHORT)(1600 + era * 400 + year + (month >= 10));
}

/* FALSE if a field is out of its range; Weekday is not looked at. */
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS Fields, PLARGE_INTEGER Time)
{
    static const UCHAR days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    LONG year = Fields->Year, month = Fields->Month;
    if (year < 1601 || month < 1 || month > 12)
        return FALSE;
    BOOLEAN leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    LONG length = days[month - 1] + (month == 2 && leap);
    if (Fields->Day < 1 || Fields->Day > length || (USHORT)Fields->Hour > 23 ||
        (USHORT)Fields->Minute > 59 || (USHORT)Fields->Second > 59 ||
        (USHORT)Fields->Milliseconds > 999)
        return FALSE;
    ULONG m = (ULONG)(month > 2 ? month - 3 : month + 9);
    ULONG y = (ULONG)(year - 1600 - (month <= 2));
    ULONG count = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
                  (ULONG)Fields->Day - 1 - DAYS_1601_MARCH;
    ULONG ms = ((Fields->Hour * 60u + Fields->Minute) * 60u + Fields->Second) * 1000u +
               Fields->Milliseconds;
    Time->QuadPart = ((LONGLONG)count * MS_PER_DAY + ms) * TICKS_PER_MS;
    return TRUE;
}

/* FALSE if it lies before 1970 or after 2106. */
BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG Seconds)
{
    ULONGLONG seconds = (ULONGLONG)Time->QuadPart / 10000000 - SECONDS_TO_1970;
    if (seconds > 0xFFFFFFFFu)
        return FALSE;
    *Seconds = (ULONG)seconds;
    return TRUE;
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (LONGLONG)((Seconds + SECONDS_TO_1970) * 10000000);
}

static LONGLONG Bias(void)
{
    volatile KSYSTEM_TIME *bias = &USER_SHARED_DATA->TimeZoneBias;
    LONG high;
    ULONG low;
    do { /* High2Time is written first, High1Time last */
        high = bias->High1Time;
        low = bias->LowPart;
    } while (high != bias->High2Time);
    return (LONGLONG)((ULONGLONG)(ULONG)high << 32 | low);
}

NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER System, PLARGE_INTEGER Local)
{
    Local->QuadPart = System->QuadPart - Bias();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER Local, PLARGE_INTEGER System)
{
    System->QuadPart = Local->QuadPart + Bias();
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlQueryPerformanceCounter(PLARGE_INTEGER Counter)
{
    return NT_SUCCESS(NtQueryPerformanceCounter(Counter, NULL));
}

BOOLEAN NTAPI RtlQueryPerformanceFrequency(PLARGE_INTEGER Frequency)
{
    LARGE_INTEGER counter;
    return NT_SUCCESS(NtQueryPerformanceCounter(&counter, Frequency));
}

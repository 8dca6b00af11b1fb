/* time.c - clocks and calendars.
 *
 * The clocks lie in SharedUserData and are read without a service: High1Time and
 * High2Time agree when the reader was not overtaken by a tick.  Local time is UTC (no
 * time zone).
 */
#include "k32.h"
#include "precise.h"

static ULONGLONG ReadTime(const volatile KSYSTEM_TIME *time)
{
    LONG high;
    ULONG low;

    do {
        high = time->High1Time;
        low = time->LowPart;
    } while (high != time->High2Time);
    return (ULONGLONG)(ULONG)high << 32 | low;
}

/* Milliseconds since boot: ticks times a multiplier of 8.24 bits. */
ULONGLONG WINAPI GetTickCount64(void)
{
    ULONGLONG ticks = ReadTime(&USER_SHARED_DATA->TickCount);
    ULONG multiplier = USER_SHARED_DATA->TickCountMultiplier;
    return (ticks >> 32) * multiplier * 256 + ((ticks & 0xFFFFFFFF) * multiplier >> 24);
}

DWORD WINAPI GetTickCount(void)
{
    return (DWORD)GetTickCount64();
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *counter)
{
    return BasepResult(NtQueryPerformanceCounter(counter, NULL));
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    LARGE_INTEGER counter;
    return BasepResult(NtQueryPerformanceCounter(&counter, frequency));
}

/* 100 ns of interrupt time since boot. */
BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG time)
{
    if (!BasepTouchWrite(time) || !BasepTouchWrite((PUCHAR)(time + 1) - 1))
        return BasepFail(ERROR_INVALID_PARAMETER);
    *time = ReadTime(&USER_SHARED_DATA->InterruptTime);
    return TRUE;
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME time)
{
    ULONGLONG now = ReadTime(&USER_SHARED_DATA->SystemTime);
    *time = (FILETIME){(DWORD)now, (DWORD)(now >> 32)};
}

/* Windows 8's, which stock mingw-w64 lets programs import.  The counter gives what lies between two
 * ticks (precise.h). */
VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME time)
{
    static SRWLOCK lock;
    static PRECISE state;
    LARGE_INTEGER counter, frequency;
    ULONGLONG now;

    RtlAcquireSRWLockExclusive(&lock);
    NtQueryPerformanceCounter(&counter, &frequency);
    now = (ULONGLONG)(counter.QuadPart / frequency.QuadPart) * 10000000u +
          (ULONGLONG)(counter.QuadPart % frequency.QuadPart) * 10000000u /
              frequency.QuadPart;
    now = BasepFollowClock(ReadTime(&USER_SHARED_DATA->SystemTime), now, &state);
    RtlReleaseSRWLockExclusive(&lock);
    *time = (FILETIME){(DWORD)now, (DWORD)(now >> 32)};
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *file, LPSYSTEMTIME system)
{
    LARGE_INTEGER time = {.LowPart = file->dwLowDateTime,
                          .HighPart = (LONG)file->dwHighDateTime};
    TIME_FIELDS fields;

    if (time.QuadPart < 0)
        return BasepFail(ERROR_INVALID_PARAMETER);
    RtlTimeToTimeFields(&time, &fields);
    *system =
        (SYSTEMTIME){fields.Year, fields.Month,  fields.Weekday, fields.Day,
                     fields.Hour, fields.Minute, fields.Second,  fields.Milliseconds};
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *system, LPFILETIME file)
{
    TIME_FIELDS fields = {(SHORT)system->wYear,         (SHORT)system->wMonth,
                          (SHORT)system->wDay,          (SHORT)system->wHour,
                          (SHORT)system->wMinute,       (SHORT)system->wSecond,
                          (SHORT)system->wMilliseconds, 0};
    LARGE_INTEGER time;

    if (!RtlTimeFieldsToTime(&fields, &time))
        return BasepFail(ERROR_INVALID_PARAMETER);
    *file = (FILETIME){time.LowPart, (DWORD)time.HighPart};
    return TRUE;
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME system)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, system);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME local)
{
    GetSystemTime(local);
}

/* The clock is the machine's own: ERROR_PRIVILEGE_NOT_HELD. */
BOOL WINAPI SetSystemTime(const SYSTEMTIME *system)
{
    FILETIME time;
    if (!SystemTimeToFileTime(system, &time))
        return FALSE;
    return BasepFail(ERROR_PRIVILEGE_NOT_HELD);
}

BOOL WINAPI SetLocalTime(const SYSTEMTIME *local)
{
    return SetSystemTime(local);
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *file, LPFILETIME local)
{
    *local = *file;
    return TRUE;
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *local, LPFILETIME file)
{
    *file = *local;
    return TRUE;
}

BOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *zone,
                                            const SYSTEMTIME *utc, LPSYSTEMTIME local)
{
    FILETIME time;
    LONGLONG shifted;

    if (!SystemTimeToFileTime(utc, &time))
        return FALSE;
    shifted = (LONGLONG)((ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime);
    shifted -= zone ? zone->Bias * 600000000LL : 0; /* minutes in 100 ns */
    time = (FILETIME){(DWORD)shifted, (DWORD)(shifted >> 32)};
    return FileTimeToSystemTime(&time, local);
}

BOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *zone,
                                            const SYSTEMTIME *local, LPSYSTEMTIME utc)
{
    TIME_ZONE_INFORMATION back = {.Bias = zone ? -zone->Bias : 0};
    return SystemTimeToTzSpecificLocalTime(&back, local, utc);
}

LONG WINAPI CompareFileTime(const FILETIME *a, const FILETIME *b)
{
    ULONGLONG left = (ULONGLONG)a->dwHighDateTime << 32 | a->dwLowDateTime;
    ULONGLONG right = (ULONGLONG)b->dwHighDateTime << 32 | b->dwLowDateTime;
    return left < right ? -1 : left > right;
}

DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION zone)
{
    *zone = (TIME_ZONE_INFORMATION){.StandardName = L"UTC", .DaylightName = L"UTC"};
    return TIME_ZONE_ID_UNKNOWN; /* a zone without daylight saving */
}

/* 64 Hz, never adjusted; both in 100 ns. */
BOOL WINAPI GetSystemTimeAdjustment(PDWORD adjustment, PDWORD increment, PBOOL disabled)
{
    *adjustment = *increment = 156250;
    *disabled = TRUE;
    return TRUE;
}

/* MS-DOS dates count from 1980, in two-second steps. ERROR_INVALID_PARAMETER outside of
 * 1980 to 2107. */
BOOL WINAPI FileTimeToDosDateTime(const FILETIME *file, LPWORD date, LPWORD time)
{
    SYSTEMTIME system = {0};

    if (!FileTimeToSystemTime(file, &system))
        return FALSE;
    if (system.wYear < 1980 || system.wYear > 2107)
        return BasepFail(ERROR_INVALID_PARAMETER);
    *date = (WORD)((system.wYear - 1980) << 9 | system.wMonth << 5 | system.wDay);
    *time = (WORD)(system.wHour << 11 | system.wMinute << 5 | system.wSecond / 2);
    return TRUE;
}

BOOL WINAPI DosDateTimeToFileTime(WORD date, WORD time, LPFILETIME file)
{
    SYSTEMTIME system = {.wYear = (WORD)(1980 + (date >> 9)),
                         .wMonth = date >> 5 & 15,
                         .wDay = date & 31,
                         .wHour = time >> 11,
                         .wMinute = time >> 5 & 63,
                         .wSecond = (time & 31) * 2};
    return SystemTimeToFileTime(&system, file);
}

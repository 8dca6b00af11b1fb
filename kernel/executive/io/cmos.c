/* cmos.c - the battery clock, read once at boot: what day and time it is.
 *
 * Its registers count seconds to years, in BCD or binary (register B says which).  While
 * bit 7 of register A is set an update is under way and the numbers may be half old.
 * Source: MC146818 data sheet.
 */
#include "io/io.h"
#include "kd/port.h"

#define TICKS_1601_TO_1970 116444736000000000ull /* 100 ns */

static ULONG IopReadCmos(UCHAR index)
{
    KdOut8(0x70, index);
    return KdIn8(0x71);
}

static ULONG IopCmosNumber(UCHAR index, BOOLEAN binary)
{
    const ULONG v = IopReadCmos(index);
    return binary ? v : (v >> 4) * 10 + (v & 15);
}

/* Days since 1970-01-01 of a Gregorian date. */
static ULONG IopDays(ULONG year, ULONG month, ULONG day)
{
    static const USHORT before[12] = {0,   31,  59,  90,  120, 151,
                                      181, 212, 243, 273, 304, 334};
    const ULONG past = year - 1;
    const BOOLEAN leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const ULONG leaps =
        past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leaps + before[(month - 1) % 12] + (leap && month > 2) +
           day - 1;
}

ULONGLONG IoReadBatteryClock(void)
{
    for (ULONG i = 0; i < 100000 && (IopReadCmos(0x0A) & 0x80); i++)
        ; /* an update is under way */
    const BOOLEAN binary = IopReadCmos(0x0B) & 4;
    const ULONG year = 2000 + IopCmosNumber(9, binary), month = IopCmosNumber(8, binary);
    const ULONG days = IopDays(year, month == 0 ? 1 : month, IopCmosNumber(7, binary));
    const ULONG seconds = IopCmosNumber(4, binary) * 3600 +
                          IopCmosNumber(2, binary) * 60 + IopCmosNumber(0, binary);
    return TICKS_1601_TO_1970 + (days * 86400ull + seconds) * 10000000ull;
}

/* unicode.c - upper and lower case of UTF-16 characters, one character to one.
 *
 * Windows has a table (l_intl.nls, PEB.UnicodeCaseTableData).  The scripts whose letters
 * come in regular ranges are found here by rule: Latin-1, Latin Extended-A, Greek,
 * Cyrillic, Armenian, full-width.  Letters outside of these keep their case:
 * docs/caveats.md.
 */
#include "ntdllp.h"

/* Ranges of lower-case letters: step 1, capitals at a fixed distance; step 2, the capital
 * is the neighbour before. */
static const struct {
    WCHAR First, Last;
    SHORT Distance; /* to the capital */
    UCHAR Step;
} Lower[] = {
    {'a', 'z', -32, 1},        {0x00E0, 0x00F6, -32, 1}, {0x00F8, 0x00FE, -32, 1},
    {0x00FF, 0x00FF, 0x79, 1}, {0x0101, 0x012F, -1, 2},  {0x0133, 0x0137, -1, 2},
    {0x013A, 0x0148, -1, 2},   {0x014B, 0x0177, -1, 2},  {0x017A, 0x017E, -1, 2},
    {0x03AC, 0x03AC, -38, 1},  {0x03AD, 0x03AF, -37, 1}, {0x03B1, 0x03C1, -32, 1},
    {0x03C3, 0x03CB, -32, 1},  {0x03CC, 0x03CC, -64, 1}, {0x03CD, 0x03CE, -63, 1},
    {0x0430, 0x044F, -32, 1},  {0x0450, 0x045F, -80, 1}, {0x0461, 0x0481, -1, 2},
    {0x048B, 0x04BF, -1, 2},   {0x04D1, 0x0523, -1, 2},  {0x0561, 0x0586, -48, 1},
    {0x1E01, 0x1E95, -1, 2},   {0x1EA1, 0x1EFF, -1, 2},  {0xFF41, 0xFF5A, -32, 1},
};
#define RANGES (sizeof Lower / sizeof Lower[0])

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR Char)
{
    if (Char <= 'z') /* ASCII at once */
        return Char < 'a' ? Char : (WCHAR)(Char - 'a' + 'A');
    for (ULONG i = 0; i < RANGES; i++) {
        if (Char < Lower[i].First)
            return Char;
        if (Char <= Lower[i].Last && (Char - Lower[i].First) % Lower[i].Step == 0)
            return (WCHAR)(Char + Lower[i].Distance);
    }
    return Char;
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR Char)
{
    if (Char < 'A')
        return Char;
    for (ULONG i = 0; i < RANGES; i++) {
        WCHAR lower = (WCHAR)(Char - Lower[i].Distance);
        if (lower >= Lower[i].First && lower <= Lower[i].Last &&
            (lower - Lower[i].First) % Lower[i].Step == 0)
            return lower;
    }
    return Char;
}

static NTSTATUS MapString(PUNICODE_STRING to, PCUNICODE_STRING from, BOOLEAN allocate,
                          WCHAR(NTAPI *map)(WCHAR))
{
    if (allocate) {
        to->Buffer = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, from->Length);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = from->Length;
    } else if (to->MaximumLength < from->Length) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG i = 0; i < from->Length / sizeof(WCHAR); i++)
        to->Buffer[i] = map(from->Buffer[i]);
    to->Length = from->Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING To, PCUNICODE_STRING From,
                                      BOOLEAN Allocate)
{
    return MapString(To, From, Allocate, RtlUpcaseUnicodeChar);
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING To, PCUNICODE_STRING From,
                                        BOOLEAN Allocate)
{
    return MapString(To, From, Allocate, RtlDowncaseUnicodeChar);
}

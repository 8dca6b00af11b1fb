/* pte.c - protections: as users name them, as mm does, as the processor reads them.
 *
 *      PAGE_READWRITE | PAGE_GUARD   <->   MM_READWRITE | MM_GUARD   ->   bits of a PTE
 *
 * Source: "Memory Protection Constants" in the Win32 documentation; Intel SDM 3A, 4.6.
 */
#include "mm/pte.h"

ULONGLONG MiNxBit;

/* x86 cannot execute without reading, so MM_EXECUTE reads as well. */
#define USER(code) (PTE_VALID | PTE_USER | PTE_ACCESSED | (code) << PTE_CODE_SHIFT)
ULONG MiHardwareLow[16] = {
    [MM_READONLY] = USER(MM_READONLY),
    [MM_EXECUTE] = USER(MM_EXECUTE),
    [MM_EXECUTE_READ] = USER(MM_EXECUTE_READ),
    [MM_READWRITE] = USER(MM_READWRITE) | PTE_WRITE,
    [MM_WRITECOPY] = USER(MM_WRITECOPY),
    [MM_EXECUTE_READWRITE] = USER(MM_EXECUTE_READWRITE) | PTE_WRITE,
    [MM_EXECUTE_WRITECOPY] = USER(MM_EXECUTE_WRITECOPY),
};
ULONG MiHardwareHigh[16]; /* the NX bit, where the processor has it */

void MiSetHardwareNx(void)
{
    for (ULONG code = 0; code < 16; code++) {
        MiHardwareHigh[code] = MiIsExecutable(code) ? 0 : (ULONG)(MiNxBit >> 32);
        MiHardwareLow[code] =
            MiHardwareLow[code & MM_ACCESS_MASK] | (code & MM_NOCACHE ? PTE_NOCACHE : 0);
    }
}

/* ---- PAGE_* and MM_* ---- */
static const UCHAR MiPageCodes[8] = {/* PAGE_ bit 0..7 */
                                     MM_NOACCESS,          MM_READONLY,
                                     MM_READWRITE,         MM_WRITECOPY,
                                     MM_EXECUTE,           MM_EXECUTE_READ,
                                     MM_EXECUTE_READWRITE, MM_EXECUTE_WRITECOPY};

/* MM_INVALID: not exactly one access, or modifiers that do not go with it. */
ULONG MiProtectionFromPage(ULONG page)
{
    ULONG access = page & 0xFF, modifiers = page & ~0xFFu;
    if (!access || access & (access - 1) ||
        modifiers & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE))
        return MM_INVALID;
    ULONG code = MiPageCodes[__builtin_ctz(access)];
    if (!modifiers)
        return code;
    if (access == PAGE_NOACCESS)
        return MM_INVALID;
    if ((modifiers & PAGE_NOCACHE && modifiers & (PAGE_GUARD | PAGE_WRITECOMBINE)) ||
        (modifiers & PAGE_GUARD && modifiers & PAGE_WRITECOMBINE))
        return MM_INVALID;
    return code | (modifiers & PAGE_GUARD ? MM_GUARD : 0) |
           (modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE) ? MM_NOCACHE : 0);
}

ULONG MiPageFromProtection(ULONG protection)
{
    static const UCHAR access[8] = {
        PAGE_NOACCESS,  PAGE_READONLY,  PAGE_EXECUTE,           PAGE_EXECUTE_READ,
        PAGE_READWRITE, PAGE_WRITECOPY, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY};
    if (!(protection & MM_ACCESS_MASK))
        return PAGE_NOACCESS;
    return access[protection & MM_ACCESS_MASK] |
           (protection & MM_GUARD ? PAGE_GUARD : 0) |
           (protection & MM_NOCACHE ? PAGE_NOCACHE : 0);
}

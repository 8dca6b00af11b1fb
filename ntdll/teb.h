/* teb.h - the running thread's TEB and its process's PEB: where FS leads.
 *
 * FS:[18h] is NT_TIB.Self, FS:[30h] TEB.ProcessEnvironmentBlock (include/ntos.h has the offsets).
 * Source: Windows Internals, 6th edition, part 1, chapter 5.
 */
#ifndef FATHOM_NTDLL_TEB_H
#define FATHOM_NTDLL_TEB_H

#include "ntdll.h"

static inline PTEB NtTeb(void)
{
    PTEB teb;
    __asm__("movl %%fs:0x18, %0" : "=r"(teb));
    return teb;
}

static inline PPEB NtPeb(void)
{
    PPEB peb;
    __asm__("movl %%fs:0x30, %0" : "=r"(peb));
    return peb;
}

#endif

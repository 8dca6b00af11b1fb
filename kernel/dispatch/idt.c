/* idt.c - the vector table.
 *
 *   00-1F  exceptions (02 NMI and 08 double fault: task gates)     30-3F  interrupt lines
 *   2C     assertion, 2D debug service, 2E system service: a program may call these, and
 * 03, 04
 *
 * Every other vector exists too, for the kernel alone: `int n` from a program is a
 * general protection fault.  Windows: !idt.
 */
#include "dispatch/service.h"
#include "ke/ki.h"

#define GATE_INTERRUPT 0x8E
#define GATE_TASK      0x85
#define GATE_USER      0x60 /* descriptor privilege level 3 */
#define VECTOR_SERVICE 0x2E

extern void (*const KiTrapTable[256])(void);
void KiSystemService(void);

static ULONGLONG KiGate(ULONG offset, ULONG selector, ULONG access)
{
    return (offset & 0xFFFF) | (ULONGLONG)selector << 16 | (ULONGLONG)access << 40 |
           (ULONGLONG)(offset >> 16) << 48;
}

void KiInitializeTraps(void)
{
    static const UCHAR user[] = {0x03, 0x04, 0x2C, 0x2D};
    for (ULONG v = 0; v < 256; v++)
        KiIdt[v] = KiGate((ULONG)KiTrapTable[v], KGDT_R0_CODE, GATE_INTERRUPT);
    for (ULONG i = 0; i < sizeof user; i++)
        KiIdt[user[i]] |= (ULONGLONG)GATE_USER << 40;
    KiIdt[VECTOR_SERVICE] =
        KiGate((ULONG)KiSystemService, KGDT_R0_CODE, GATE_INTERRUPT | GATE_USER);
    KiIdt[2] = KiGate(0, KGDT_NMI_TSS, GATE_TASK);
    KiIdt[8] = KiGate(0, KGDT_DF_TSS, GATE_TASK);
}

/* idt.c - the vector table, and where sysenter lands.
 *
 *   00-1F  exceptions; 02 NMI and 08 double fault are task gates
 *   30-3F  interrupt lines
 *   2C     assertion, 2D debug service, 2E system service
 *
 * A program may call 03, 04, 2C, 2D and 2E.  Every other vector is the kernel's alone:
 * `int n` from a program is a general protection fault.  Windows: !idt.
 */
#include "dispatch/sysenter.h"
#include "dispatch/trap.h"

#define GATE_INTERRUPT 0x8E
#define GATE_TASK      0x85
#define GATE_USER      0x60 /* descriptor privilege level 3 */
#define VECTOR_STEP    0x01
#define VECTOR_SERVICE 0x2E

extern void (*const KiTrapTable[256])(void);
void KiTrap01(void);
void KiSystemService(void);
void KiNmiTask(void);
void KiDoubleFaultTask(void);

static ULONGLONG KiGate(ULONG offset, ULONG selector, ULONG access)
{
    return (offset & 0xFFFF) | (ULONGLONG)selector << 16 | (ULONGLONG)access << 40 |
           (ULONGLONG)(offset >> 16) << 48;
}

static void KiInitializeSysenter(void)
{
    KiWriteMsr(MSR_SYSENTER_CS, KGDT_R0_CODE);
    KiWriteMsr(MSR_SYSENTER_ESP, (ULONG)KiSysenterStack);
    KiWriteMsr(MSR_SYSENTER_EIP, (ULONG)KiFastCallEntry);
}

void KeInitializeTraps(void)
{
    static const UCHAR user[] = {0x03, 0x04, 0x2C, 0x2D};
    for (ULONG v = 0; v < 256; v++)
        KiIdt[v] = KiGate((ULONG)KiTrapTable[v], KGDT_R0_CODE, GATE_INTERRUPT);
    for (ULONG i = 0; i < sizeof user; i++)
        KiIdt[user[i]] |= (ULONGLONG)GATE_USER << 40;
    KiIdt[VECTOR_STEP] = KiGate((ULONG)KiTrap01, KGDT_R0_CODE, GATE_INTERRUPT);
    KiIdt[VECTOR_SERVICE] =
        KiGate((ULONG)KiSystemService, KGDT_R0_CODE, GATE_INTERRUPT | GATE_USER);
    KiIdt[2] = KiGate(0, KGDT_NMI_TSS, GATE_TASK);
    KiIdt[8] = KiGate(0, KGDT_DF_TSS, GATE_TASK);
    KiNmiTss.Eip = (ULONG)KiNmiTask;
    KiDoubleFaultTss.Eip = (ULONG)KiDoubleFaultTask;
    if (KeFeatures.Sep)
        KiInitializeSysenter();
}

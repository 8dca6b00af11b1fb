/* localapic.c - the local APIC: silent but for what the PIC and NMI send through it.
 *
 * Firmware and QEMU's microvm leave it in any state: its timer running, or LINT0 masked, so
 * that no interrupt of the PIC arrives.  Here it is put into virtual wire mode:
 *
 *   PIC --> LINT0 (ExtINT) --+
 *   NMI --> LINT1 (NMI) -----+--> processor      all other sources masked; the task
 *   own timer (masked) ------+                   priority holds back what is pending
 *
 * Where no PIT ticks (ticker.c), its timer does, at the vector of line 0.
 *
 * A vector of it that was not asked for (the spurious one, FFh) is ignored by dispatch/trap.c.
 * In x2APIC mode it is left as it is.  Lock: none, only at boot.
 * Sources: Intel SDM vol. 3, chapter 10 (local APIC); MP Specification 1.4, section 3.6.2.2.
 */
#include "iop.h"

#define MSR_APIC_BASE  0x1B
#define BASE_ENABLED   (1u << 11)
#define BASE_X2        (1u << 10)
#define CPUID_APIC     (1u << 9) /* leaf 1, EDX */
#define VERSION        0x030     /* offsets of registers, bytes */
#define TASK_PRIORITY  0x080
#define END            0x0B0
#define SPURIOUS       0x0F0
#define IN_SERVICE     0x100 /* eight words, 16 bytes apart */
#define REQUESTED      0x200
#define LVT_CMCI       0x2F0
#define LVT_TIMER      0x320
#define LVT_THERMAL    0x330
#define LVT_COUNTERS   0x340
#define LVT_LINT0      0x350
#define LVT_LINT1      0x360
#define LVT_ERROR      0x370
#define INITIAL_COUNT  0x380
#define CURRENT_COUNT  0x390
#define DIVIDE         0x3E0
#define DIVIDE_BY_1    0xB
#define MASKED         0x10000u
#define PERIODIC       0x20000u
#define EXTERNAL       0x700u
#define NMI            0x400u
#define ENABLED        0x1FFu /* and FFh as the spurious vector */
#define NOTHING_PASSES 0xFFu
#define LINES_PASS     (KE_IRQ_VECTOR - 1u) /* the class of line 0 and those above */

static volatile ULONG *IopApic;

static ULONG IopApicRead(ULONG offset)
{
    return IopApic[offset / sizeof(ULONG)];
}

static void IopApicWrite(ULONG offset, ULONG value)
{
    IopApic[offset / sizeof(ULONG)] = value;
}

/* The physical address of its registers, or 0. */
static ULONGLONG IopFindApic(void)
{
    ULONG a = 1, b, c = 0, d;
    ULONGLONG base;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (!(d & CPUID_APIC))
        return 0;
    __asm__ volatile("rdmsr" : "=A"(base) : "c"(MSR_APIC_BASE));
    return (base & (BASE_ENABLED | BASE_X2)) == BASE_ENABLED ? base & ~0xFFFull : 0;
}

static void IopMaskSources(void)
{
    const ULONG last = IopApicRead(VERSION) >> 16 & 0xFF; /* entries less one */
    IopApicWrite(LVT_TIMER, MASKED);
    IopApicWrite(INITIAL_COUNT, 0);
    IopApicWrite(LVT_ERROR, MASKED);
    if (last >= 4)
        IopApicWrite(LVT_COUNTERS, MASKED);
    if (last >= 5)
        IopApicWrite(LVT_THERMAL, MASKED);
    if (last >= 6)
        IopApicWrite(LVT_CMCI, MASKED);
}

BOOLEAN IopTakeLocalApic(void)
{
    const ULONGLONG base = IopFindApic();
    IopApic = base != 0 ? MmMapIoSpace(base, PAGE_SIZE, FALSE) : NULL;
    if (IopApic == NULL)
        return FALSE;
    IopApicWrite(TASK_PRIORITY, NOTHING_PASSES);
    IopApicWrite(SPURIOUS, ENABLED); /* first: while it is off every entry stays masked */
    IopMaskSources();
    IopApicWrite(LVT_LINT0, EXTERNAL);
    IopApicWrite(LVT_LINT1, NMI);
    return TRUE;
}

ULONG IopApicCount(void)
{
    if (IopApicRead(INITIAL_COUNT) == 0) {
        IopApicWrite(DIVIDE, DIVIDE_BY_1);
        IopApicWrite(INITIAL_COUNT, ~0u);
    }
    return ~0u - IopApicRead(CURRENT_COUNT);
}

/* Does an interrupt wait that the task priority lets pass, or is one not ended? */
static BOOLEAN IopIsPending(void)
{
    ULONG bits = IopApicRead(REQUESTED + 0x10) >> 16;
    for (ULONG word = 0; word < 8; word++)
        bits |= IopApicRead(IN_SERVICE + word * 0x10) |
                (word >= 2 ? IopApicRead(REQUESTED + word * 0x10) : 0);
    return bits != 0;
}

static void IopEndInterrupt(void)
{
    IopApicWrite(END, 0);
}

void IopStartApicTimer(ULONG count)
{
    IopApicWrite(LVT_TIMER, MASKED);
    IopApicWrite(TASK_PRIORITY, LINES_PASS);
    for (ULONG i = 0; i < 256 && IopIsPending(); i++) { /* what the firmware left */
        __asm__ volatile("sti; nop; cli" ::: "memory");
        IopEndInterrupt();
    }
    KeConnectInterrupt(0, IopEndInterrupt);
    IopApicWrite(LVT_TIMER, PERIODIC | KE_IRQ_VECTOR);
    IopApicWrite(INITIAL_COUNT, count);
}

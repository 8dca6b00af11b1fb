/* cpu.c - the processor: what it can, its segments, its task states, its registers.
 *
 *   selector   08 kernel code   10 kernel data   1B user code   23 user data
 *              28 TSS           30 KPCR (fs)     3B TEB (fs)
 *              50 #DF TSS       58 NMI TSS
 *
 * The first four are in the order that sysenter and sysexit want.
 *
 * The TEB segment's base changes with each thread.  Double fault and NMI come through
 * task gates: whatever state the stack is in, they have their own.  Windows: !pcr, dg,
 * !cpuinfo.
 */
#include "kd/port.h"
#include "ke/ki.h"

C_ASSERT(offsetof(KPCR, TSS) == 0x40);
C_ASSERT(offsetof(KPCR, CurrentThread) == 0x124);
C_ASSERT(offsetof(KPCR, Reschedule) == 0x12C);
C_ASSERT(offsetof(KTSS, Esp0) == 4);

#define MSR_PAT        0x277
#define MSR_EFER       0xC0000080
#define EFER_NXE       (1u << 11)
#define CR0_MP         (1u << 1)
#define CR0_EM         (1u << 2)
#define CR0_TS         (1u << 3)
#define CR0_NE         (1u << 5)
#define CR0_WP         (1u << 16)
#define CR0_AM         (1u << 18)
#define CR4_PGE        (1u << 7)
#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

KFEATURES KeFeatures;
UCHAR KeBootStack[KE_BOOT_STACK_SIZE] __attribute__((aligned(PAGE_SIZE)));
KPCR KiPcr;
KTSS KiTss, KiNmiTss, KiDoubleFaultTss;
ULONGLONG KiIdt[256] __attribute__((aligned(8)));
static ULONGLONG KiGdt[12] __attribute__((aligned(8)));
static UCHAR KiFaultStacks[2][8192] __attribute__((aligned(16)));

void KiLoadSegments(const KDESCRIPTOR *gdt, const KDESCRIPTOR *idt);

static void KiCpuid(ULONG leaf, ULONG r[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(0));
}

static ULONGLONG KiReadMsr(ULONG msr)
{
    ULONGLONG value;
    __asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
    return value;
}

void KiWriteMsr(ULONG msr, ULONGLONG value)
{
    __asm__ volatile("wrmsr" ::"A"(value), "c"(msr));
}

/* Bits: Intel SDM vol. 2, CPUID. */
static void KiFindFeatures(void)
{
    ULONG r[4];
    KiCpuid(0, r);
    const ULONG leaves = r[0];
    KiCpuid(1, r);
    const ULONG signature = r[0], edx = r[3];
    KeFeatures.Tsc = edx >> 4 & 1;
    KeFeatures.Pge = edx >> 13 & 1;
    KeFeatures.Pat = edx >> 16 & 1;
    KeFeatures.Fxsr = edx >> 24 & 1;
    KeFeatures.Sse = KeFeatures.Fxsr && (edx >> 25 & 1);
    /* Early Pentium Pro claim SEP and have none: SDM, SYSENTER. */
    KeFeatures.Sep = (edx >> 11 & 1) && (signature & 0xFFF) >= 0x633;
    if (leaves >= 7) {
        KiCpuid(7, r);
        KeFeatures.Smep = r[1] >> 7 & 1;
        KeFeatures.Smap = r[1] >> 20 & 1;
    }
    KiCpuid(0x80000000, r);
    /* v86 answers rubbish here: believe only a maximum that looks like one. */
    if ((r[0] & 0xFFFF0000) == 0x80000000 && r[0] >= 0x80000001) {
        KiCpuid(0x80000001, r);
        KeFeatures.Nx = r[3] >> 20 & 1;
    }
}

static ULONGLONG KiDescriptor(ULONG base, ULONG limit, ULONG access, ULONG flags)
{
    return (limit & 0xFFFF) | (ULONGLONG)(base & 0xFFFFFF) << 16 |
           (ULONGLONG)access << 40 | (ULONGLONG)(limit >> 16 & 0xF) << 48 |
           (ULONGLONG)flags << 52 | (ULONGLONG)(base >> 24) << 56;
}

void KiSetSegmentBase(ULONG selector, ULONG base)
{
    USHORT *d = (USHORT *)&KiGdt[selector / 8];
    d[1] = base;
    d[2] = (d[2] & 0xFF00) | (base >> 16 & 0xFF);
    d[3] = (d[3] & 0x00FF) | (base >> 16 & 0xFF00);
}

static void KiInitializeTask(KTSS *tss, UCHAR *stack)
{
    tss->EFlags = 2;
    tss->Esp = tss->Esp0 = (ULONG)stack + sizeof KiFaultStacks[0] - 16;
    tss->Ss = tss->Ss0 = KGDT_R0_DATA;
    tss->Cs = KGDT_R0_CODE;
    tss->Ds = tss->Es = KGDT_R3_DATA;
    tss->Fs = KGDT_R0_PCR;
    tss->IoMapBase = sizeof *tss;
}

void KeSetTaskCr3(void)
{
    KiNmiTss.Cr3 = KiDoubleFaultTss.Cr3 = KD_READ_CR(3);
}

static void KiInitializeSegments(void)
{
    KiGdt[KGDT_R0_CODE / 8] = KiDescriptor(0, 0xFFFFF, 0x9B, 0xC);
    KiGdt[KGDT_R0_DATA / 8] = KiDescriptor(0, 0xFFFFF, 0x93, 0xC);
    KiGdt[KGDT_R3_CODE / 8] = KiDescriptor(0, 0xFFFFF, 0xFB, 0xC);
    KiGdt[KGDT_R3_DATA / 8] = KiDescriptor(0, 0xFFFFF, 0xF3, 0xC);
    KiGdt[KGDT_TSS / 8] = KiDescriptor((ULONG)&KiTss, sizeof KiTss - 1, 0x89, 0);
    KiGdt[KGDT_R0_PCR / 8] = KiDescriptor((ULONG)&KiPcr, 0xFFF, 0x93, 0x4);
    KiGdt[KGDT_R3_TEB / 8] = KiDescriptor(0, 0xFFF, 0xF3, 0x4);
    KiGdt[KGDT_DF_TSS / 8] =
        KiDescriptor((ULONG)&KiDoubleFaultTss, sizeof(KTSS) - 1, 0x89, 0);
    KiGdt[KGDT_NMI_TSS / 8] = KiDescriptor((ULONG)&KiNmiTss, sizeof(KTSS) - 1, 0x89, 0);
    KiTss.Ss0 = KGDT_R0_DATA;
    KiTss.Esp0 = (ULONG)KeBootStack + sizeof KeBootStack - KFX_AREA_SIZE;
    KiTss.IoMapBase = sizeof KiTss; /* no port is the user's */
    KiInitializeTask(&KiDoubleFaultTss, KiFaultStacks[0]);
    KiInitializeTask(&KiNmiTss, KiFaultStacks[1]);
    KiPcr.ExceptionList = (PVOID)-1;
    KiPcr.SelfPcr = &KiPcr;
    KiPcr.IDT = KiIdt;
    KiPcr.GDT = KiGdt;
    KiPcr.TSS = &KiTss;
    const KDESCRIPTOR gdt = {sizeof KiGdt - 1, KiGdt}, idt = {sizeof KiIdt - 1, KiIdt};
    KiLoadSegments(&gdt, &idt);
}

/* STAC and CLAC where ke.inc left room for them. */
static void KiPatchSmap(void)
{
    extern const ULONG _smap_start[][2], _smap_end[][2];
    for (const ULONG(*site)[2] = _smap_start; site < _smap_end; site++)
        memcpy((void *)(*site)[0], &(*site)[1], 3);
}

/* PAT entry 1 (a page that is written through) becomes write-combining, for framebuffers:
 * code 1.  Intel SDM 3A, 11.12. */
static void KiSetPageAttributes(void)
{
    KiWriteMsr(MSR_PAT, (KiReadMsr(MSR_PAT) & ~0xFF00ull) | 0x100);
}

/* The only place where control registers and mode bits are set, after the boot turned
 * paging on. */
static void KiSetControlRegisters(void)
{
    ULONG cr0 = KD_READ_CR(0), cr4 = KD_READ_CR(4);
    cr4 |= (KeFeatures.Pge ? CR4_PGE : 0) | (KeFeatures.Fxsr ? CR4_OSFXSR : 0) |
           (KeFeatures.Sse ? CR4_OSXMMEXCPT : 0) | (KeFeatures.Smep ? CR4_SMEP : 0) |
           (KeFeatures.Smap ? CR4_SMAP : 0);
    __asm__ volatile("mov %0, %%cr4" ::"r"(cr4));
    cr0 = (cr0 & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE | CR0_WP | CR0_AM;
    __asm__ volatile("mov %0, %%cr0" ::"r"(cr0));
    __asm__ volatile("fninit");
    if (KeFeatures.Nx)
        KiWriteMsr(MSR_EFER, KiReadMsr(MSR_EFER) | EFER_NXE);
    if (KeFeatures.Pat)
        KiSetPageAttributes();
}

void KeInitializeProcessor(void)
{
    KiFindFeatures();
    KiInitializeSegments();
    if (KeFeatures.Smap)
        KiPatchSmap();
    KiSetControlRegisters();
    KeSetTaskCr3();
}

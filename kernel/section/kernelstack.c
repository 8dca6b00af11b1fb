/* kernelstack.c - kernel addresses that are no pool: the threads' kernel stacks, devices.
 *
 *   MI_STACK_BASE -> | not mapped | KERNEL_STACK_SIZE | not mapped | KERNEL_STACK_SIZE | ...
 *                    |<------ slot 0: a bit ------>|<------ slot 1 ------>|
 *
 * What overflows a stack meets the page before it, which is never mapped.
 */
#include "mm/mmp.h"
#include "section/section.h"

#define STACK_SLOT (KERNEL_STACK_SIZE + PAGE_SIZE)
#define STACKS     ((MI_STACK_END - MI_STACK_BASE) / STACK_SLOT)
static ULONG MiStackBits[MI_BITS(STACKS)], MiStackHint;

/* ---- kernel stacks: a page that is never mapped, then KERNEL_STACK_SIZE ---- */
void *MmCreateKernelStack(void)
{
    ULONG slot = MiTakeRun(MiStackBits, &MiStackHint, STACKS, 1);
    if (slot == PFN_NONE)
        return NULL;
    ULONG_PTR base = MI_STACK_BASE + slot * STACK_SLOT + PAGE_SIZE;
    if (!MiMapPages(base, KERNEL_STACK_SIZE >> PAGE_SHIFT)) {
        MiFlipBits(MiStackBits, slot, 1);
        return NULL;
    }
    return (void *)(base + KERNEL_STACK_SIZE);
}

void MmDeleteKernelStack(void *top)
{
    ULONG_PTR base = (ULONG_PTR)top - KERNEL_STACK_SIZE;
    ULONG slot = (base - MI_STACK_BASE) / STACK_SLOT;
    MiUnmapPages(base, KERNEL_STACK_SIZE >> PAGE_SHIFT);
    MiFlipBits(MiStackBits, slot, 1);
    if (slot < MiStackHint)
        MiStackHint = slot;
}

/* ---- device memory: never given back ---- */

/* PTE_THROUGH alone is PAT entry 1, which ke made write-combining; both bits: uncached. */
static ULONG MiIoBits(BOOLEAN combining)
{
    return combining && KeFeatures.Pat ? PTE_THROUGH : PTE_NOCACHE | PTE_THROUGH;
}

void *MmMapIoSpace(ULONGLONG physical, SIZE_T size, BOOLEAN combining)
{
    ULONG offset = (ULONG)physical & (PAGE_SIZE - 1), count = MiPages(offset + size);
    ULONG_PTR va = MiTakePoolRange(count);
    if (!va)
        return NULL;
    for (ULONG i = 0; i < count; i++)
        if (!MiMapKernel(va + i * PAGE_SIZE, (PFN_NUMBER)(physical >> PAGE_SHIFT) + i,
                         MiIoBits(combining)))
            return NULL;
    return (void *)(va + offset);
}

/* ---- physical memory that has an address already ---- */
void *MmPhysicalToVirtual(ULONGLONG physical, SIZE_T size)
{
    ULONGLONG limit = (ULONGLONG)MiLinearPages << PAGE_SHIFT;
    if (physical >= limit || size > limit - physical)
        return NULL;
    return (void *)(MI_LINEAR_BASE + (ULONG)physical);
}

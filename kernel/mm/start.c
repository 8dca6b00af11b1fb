/* start.c - MmInitializeSystem: mm comes up as a list of steps.
 *
 * The boot code runs on tables that map low memory at 80000000 and at 0.  Here the
 * kernel's own are built and loaded: the linear map in 2 MiB pages (the kernel's image in
 * small ones, each part with its own protection), the tables mapped into themselves, the
 * PFN database.
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"

#define RESERVE 64u /* pages that nothing is promised */

static MMSPACE MiFirstSpace
    __attribute__((aligned(32))); /* of the kernel's own threads */
extern char _kernel_end[];

/* The kernel's image lies in memory as its PE headers say: code is not writable, data
 * does not execute. */
static ULONGLONG MiImageBits(ULONG_PTR va)
{
    const UCHAR *base = (const UCHAR *)MI_KERNEL_BASE;
    const IMAGE_NT_HEADERS32 *nt = (const void *)(base + *(const ULONG *)(base + 0x3C));
    ULONGLONG data = PTE_WRITE | MiNxBit;
    if (va < MI_KERNEL_BASE || va >= (ULONG_PTR)_kernel_end ||
        *(const USHORT *)base != 0x5A4D)
        return data;
    const IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);
    for (ULONG i = 0; i < nt->FileHeader.NumberOfSections; i++) {
        ULONG_PTR start = MI_KERNEL_BASE + section[i].VirtualAddress;
        if (va >= start &&
            va < start + ALIGN_UP(section[i].Misc.VirtualSize, PAGE_SIZE)) {
            ULONG what = section[i].Characteristics;
            return (what & IMAGE_SCN_MEM_WRITE ? PTE_WRITE : 0) |
                   (what & IMAGE_SCN_MEM_EXECUTE ? 0 : MiNxBit);
        }
    }
    return data;
}

static void MiFillLinearMap(MMPTE *directory)
{
    ULONG_PTR end = MI_LINEAR_BASE + (MiLinearPages << 12);
    ULONG_PTR kernelEnd = ALIGN_UP(_kernel_end, 0x200000);
    for (ULONG_PTR va = MI_LINEAR_BASE; va < end; va += 0x200000) {
        MMPTE *pde = &directory[(va >> 21) & 511];
        PFN_NUMBER pfn = (va - MI_LINEAR_BASE) >> 12;
        if (va >= kernelEnd) {
            pde->Long =
                MiFrame(pfn, PTE_VALID | PTE_WRITE | PTE_LARGE | PTE_GLOBAL).Long |
                MiNxBit;
            continue;
        }
        PFN_NUMBER table = MiBootPage();
        MMPTE *pte = (MMPTE *)(MI_LINEAR_BASE + (table << 12));
        for (ULONG i = 0; i < MI_PAGES_PER_TABLE; i++)
            pte[i].Long = MiFrame(pfn + i, PTE_VALID | PTE_GLOBAL).Long |
                          MiImageBits(va + i * PAGE_SIZE);
        pde->Long = MiFrame(table, PTE_VALID | PTE_WRITE).Long;
    }
}

static void MiLoadTables(PFN_NUMBER directory[4])
{
    MMPTE *pages[4];
    for (int i = 0; i < 4; i++) {
        directory[i] = MiBootPage();
        pages[i] = (MMPTE *)(MI_LINEAR_BASE + (directory[i] << 12));
        MiFirstSpace.Pdpt[i] = MiFrame(directory[i], PTE_VALID).Long;
    }
    MiFillLinearMap(pages[2]);
    for (int i = 0; i < 4; i++)
        pages[3][i] = MiFrame(directory[i], PTE_VALID | PTE_WRITE);
    MiFirstSpace.Cr3 = (ULONG)&MiFirstSpace - MI_LINEAR_BASE;
    __asm__ volatile("movl %0, %%cr3" ::"r"(MiFirstSpace.Cr3) : "memory");
}

void MmInitializeSystem(const MULTIBOOT_INFO *info)
{
    PFN_NUMBER directory[4];
    if ((ULONG_PTR)info < MI_LINEAR_BASE)
        info = (const MULTIBOOT_INFO *)((ULONG_PTR)info + MI_LINEAR_BASE);
    MiReadBootMap(info);
    MiNxBit = KeFeatures.Nx ? PTE_NX : 0;
    MiSetHardwareNx();
    MiLoadTables(directory);
    MiInitializeSpaces(directory, &MiFirstSpace);
    /* The kernel's tables for hyperspace must be there before any page is above 512 MiB.
     */
    MiStorePte(MiPdeOf(MI_HYPER_BASE), MiFrame(MiBootPage(), PTE_VALID | PTE_WRITE));
    MiBuildPfnDatabase();
    MIPAGECOUNTS pages;
    MiCountPages(&pages);
    MiCommitLimit = pages.Free - RESERVE;
}

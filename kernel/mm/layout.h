/* layout.h - the address map, the only place where it is written down.
 *
 *   00000000  never mapped (64 KiB)
 *   00010000  user: programs, DLLs, heaps, stacks                       to 7FFEFFFF
 *   7FFDF000  the PEB; TEBs below it
 *   7FFE0000  SharedUserData, read-only
 *   80000000  linear map: physical memory from 0, at most 512 MiB; the kernel at 80100000
 *   A0000000  PFN database: one MMPFN for each physical page, only where there is memory
 *   A8000000  kernel stacks, each over a page that is never mapped
 *   B0000000  pool, device memory      to BFDFFFFF: the next page table is hyperspace's alone
 *   BFFF0000  hyperspace: a few slots through which a page without an address is reached
 *   C0000000  the page tables themselves (C0600000: the directories), as Windows with PAE
 *   C0800000  nothing                                                   to FFFFFFFF
 *
 * 80000000..BFFFFFFF is one page directory that all spaces share, so a kernel mapping
 * made in one is there in all.
 */
#ifndef FATHOM_LAYOUT_H
#define FATHOM_LAYOUT_H

#define MI_LINEAR_BASE 0x80000000u
#define MI_LINEAR_SIZE 0x20000000u
#define MI_PFN_BASE    0xA0000000u
#define MI_PFN_END     0xA8000000u
#define MI_STACK_BASE  0xA8000000u
#define MI_STACK_END   0xB0000000u
#define MI_POOL_BASE   0xB0000000u
#define MI_POOL_END    0xBFE00000u
#define MI_HYPER_BASE  0xBFFF0000u
#define MI_PTE_BASE    0xC0000000u
#define MI_PDE_BASE    0xC0600000u
#define MI_PTE_END     0xC0800000u
#define MI_KERNEL_BASE 0x80100000u

#define MI_SHARED_VPN      0x7FFE0u
#define MI_HIGHEST_VPN     0x7FFEFu /* last page a user address can lie on */
#define MI_LOWEST_VPN      0x10u
#define MI_PEB_VPN         0x7FFDFu
#define MI_GRANULE         16u  /* pages in an allocation granule, 64 KiB */
#define MI_PAGES_PER_TABLE 512u /* PTEs in a page table */

#endif

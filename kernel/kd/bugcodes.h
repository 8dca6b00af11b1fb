/* bugcodes.h - why the kernel stops: names and numbers as in Windows' bugcodes.h; 0xC4 is
 * a failed ASSERT of ours.
 */
#ifndef FATHOM_BUGCODES_H
#define FATHOM_BUGCODES_H

#define KD_BUG_CODES(row)                                                                \
    row(0x50, PAGE_FAULT_IN_NONPAGED_AREA) row(0x5C, HAL_INITIALIZATION_FAILED)          \
        row(0x7D, INSTALL_MORE_MEMORY) row(0x7F, UNEXPECTED_KERNEL_MODE_TRAP)            \
            row(0x80, NMI_HARDWARE_FAILURE) row(0xC4, ASSERTION_FAILED)

enum {
#define KD_BUG_CODE(code, name) name = code,
    KD_BUG_CODES(KD_BUG_CODE)
#undef KD_BUG_CODE
};

#endif

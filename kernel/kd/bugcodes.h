/* bugcodes.h - why the kernel stops: names and numbers as in Windows' bugcodes.h; 0xC4 is
 * a failed ASSERT of ours.
 */
#ifndef FATHOM_BUGCODES_H
#define FATHOM_BUGCODES_H

#define KD_BUG_CODES(row)                                                                \
    row(0x0A, IRQL_NOT_LESS_OR_EQUAL) row(0x1A, MEMORY_MANAGEMENT)                       \
        row(0x1E, KMODE_EXCEPTION_NOT_HANDLED) row(0x50, PAGE_FAULT_IN_NONPAGED_AREA)    \
            row(0x5C, HAL_INITIALIZATION_FAILED) row(0x7A, KERNEL_DATA_INPAGE_ERROR)     \
                row(0x7D, INSTALL_MORE_MEMORY) row(0x7F, UNEXPECTED_KERNEL_MODE_TRAP)    \
                    row(0x80, NMI_HARDWARE_FAILURE) row(0xC2, BAD_POOL_CALLER)           \
                        row(0xC4, ASSERTION_FAILED) row(0xE2, MANUALLY_INITIATED_CRASH)

enum {
#define KD_BUG_CODE(code, name) name = code,
    KD_BUG_CODES(KD_BUG_CODE)
#undef KD_BUG_CODE
};

#endif

/* pages.c - thousands of pages are taken and given under the whole system.  The audit after the
 * program counts every page, so one that is lost or given twice is found there. */
#include "lab.h"

enum { BLOCK = 1 << 20, PAGE = 4096 };

static unsigned char *committed(void)
{
    unsigned char *block =
        VirtualAlloc(NULL, BLOCK, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    LAB_EXPECT(block != NULL, "MiTakePage", "1 MiB by VirtualAlloc", "error %u",
               (unsigned)GetLastError());
    return block;
}

/* Each page shows zeros at its first touch, then what was written. */
static void use(unsigned char *block, unsigned mark)
{
    for (unsigned at = 0; at < BLOCK; at += PAGE)
        for (unsigned i = 0; i < PAGE; i += 512) {
            LAB_EXPECT(block[at + i] == 0, "MiTakePage",
                       "zeros at the first touch of a page (P2)",
                       "%02X at +%X, from an earlier use", block[at + i], i);
            block[at + i] = (unsigned char)mark;
        }
    for (unsigned at = 0; at < BLOCK; at += PAGE)
        LAB_EXPECT(block[at] == (unsigned char)mark, "MiTakePage",
                   "a page that is nobody else's: %02X", "%02X", mark & 0xFF, block[at]);
}

static void rounds(unsigned count, unsigned rest)
{
    for (unsigned i = 1; i <= count; i++) {
        unsigned char *one = committed(), *two = committed();
        use(one, i);
        use(two, ~i);
        VirtualFree(one, BLOCK / 2, MEM_DECOMMIT);
        VirtualFree(two, 0, MEM_RELEASE);
        if (rest)
            Sleep(rest); /* the idle thread zeroes some */
        VirtualFree(one, 0, MEM_RELEASE);
    }
}

LAB_CASE(audit_after_programs)
{
    rounds(6, 1);
}

LAB_CASE(other_sizes)
{
    rounds(2, 0);
}

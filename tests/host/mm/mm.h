/* mm.h - what page.c and pagealloc.c need of mm, for the host: a database of few pages. */
#ifndef FATHOM_TEST_MM_H
#define FATHOM_TEST_MM_H

#include "nthost.h"

typedef ULONG PFN_NUMBER;
#define PFN_NONE 0xFFFFFFFFu
typedef enum {
    MmPageUser = 1,
    MmPageTable = 2,
    MmPageKernel = 3,
    MmPageShared = 4
} MMPAGEUSE;
#define MM_PAGE_ZEROED 1
#define MM_PAGE_LOW    2
PFN_NUMBER PageAlloc(MMPAGEUSE use, ULONG flags, ULONG_PTR address);
void PageFree(PFN_NUMBER);
BOOLEAN MmZeroOnePage(void);
extern ULONG MmAllocations, MmPoolFailAt;

#define MiPfn(pfn) (&test_database[pfn])
#include "mm/pfn.h"
extern MMPFN test_database[];

#endif

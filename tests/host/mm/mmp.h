/* mmp.h - what page.c needs of mm, for the host: no hardware, a small database. */
#ifndef FATHOM_TEST_MMP_H
#define FATHOM_TEST_MMP_H

#include <assert.h>
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

#define MiPfn(pfn) (&test_database[pfn])
#include "mm/pfn.h"
extern MMPFN test_database[];

void MiZeroPage(PFN_NUMBER);
BOOLEAN MiFailNow(void);
#define ASSERT assert
#define KD_TRACE(name, ...)                                                              \
    do {                                                                                 \
        const ULONG fields[] = {__VA_ARGS__};                                            \
        (void)fields;                                                                    \
    } while (0)

#endif

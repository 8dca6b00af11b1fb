/* observe.h - what symbol.c needs of observe, for the host: an image, and what finds it. */
#ifndef FATHOM_TEST_OBSERVE_H
#define FATHOM_TEST_OBSERVE_H

#include "peimage.h"

#define MM_SYSTEM_RANGE_START    0x80000000u
#define IMAGE_SIZEOF_SYMBOL      18
#define IMAGE_SIZEOF_SHORT_NAME  8
#define IMAGE_SYM_CLASS_EXTERNAL 2
#define IMAGE_SYM_CLASS_FILE     103
#define IMAGE_SYM_CLASS_SECTION  104
#define IMAGE_SCN_MEM_EXECUTE    0x20000000
#define min(a, b)                ((a) < (b) ? (a) : (b))

typedef struct __attribute__((packed)) {
    union {
        UCHAR ShortName[IMAGE_SIZEOF_SHORT_NAME];
        struct {
            DWORD Short, Long;
        } Name;
    } N;
    DWORD Value;
    SHORT SectionNumber;
    WORD Type;
    UCHAR StorageClass, NumberOfAuxSymbols;
} IMAGE_SYMBOL;
C_ASSERT(sizeof(IMAGE_SYMBOL) == IMAGE_SIZEOF_SYMBOL);

typedef struct _KDIMAGE {
    ULONG_PTR Base;
    SIZE_T Size;
    const UCHAR *File;
    SIZE_T FileSize;
    char Name[32];
} KDIMAGE;
extern BOOLEAN (*KdFindImage)(ULONG_PTR address, KDIMAGE *image);
BOOLEAN KdNameAddress(ULONG_PTR address, char *text, SIZE_T size, ULONG_PTR *start);

#endif

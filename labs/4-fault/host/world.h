/* world.h - the world that fault.c's cases run in: 4 tables of entries, 96 pages, a processor. */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "mm/fault.h"

#define WORLD_BASE   0x200u /* the first page number */
#define WORLD_TABLES 4u
#define WORLD_VPNS   (WORLD_TABLES * MI_PAGES_PER_TABLE)
#define WORLD_PAGES  96u
#define WORLD_BYTES  16u /* of a page that are kept */
#define WORLD_SHARED 8u  /* pages 1 .. 8 are those of the view's file */

typedef enum { Read, Write, Execute } ACCESS;

typedef struct {
    MMPTE Pte[WORLD_VPNS], Tlb[WORLD_VPNS];
    uint8_t Table[WORLD_TABLES]; /* which page it is; 0: not there */
    uint8_t Bytes[WORLD_PAGES][WORLD_BYTES];
    uint32_t FailAt, Asked; /* the FailAt-th page or table is not to be had; 0: all are */
    uint32_t Guards;        /* calls of MiGuardFault */
    uint32_t Entries;       /* calls of MmAccessFault and MiMakeResident */
    uint32_t Good;          /* of these, with STATUS_SUCCESS */
    NTSTATUS GuardSays, FileSays; /* what MiGuardFault and the view's Fetch answer */
    const char *Wrong;
} WORLD;
extern WORLD World;

void WorldBegin(void);
/* A region of pages; view: it shows the file from its first page on. */
MMVAD *WorldRegion(uint32_t vpn, uint32_t pages, uint32_t protection, int commit,
                   int view);
/* The processor's access at byte 0 of a page, user mode: what came of it, after at most 4 faults
 * for it.  A write writes value.  *faults: how many there were. */
NTSTATUS WorldAccess(uint32_t vpn, ACCESS, uint8_t value, uint32_t *faults);
/* The page at vpn is committed with a protection of its own, MM_*. */
void WorldProtect(uint32_t vpn, uint32_t protection);
uint8_t WorldByte(uint32_t vpn); /* of the page that is there */
/* NULL, or what is wrong: F1 to F3, lost pages, a stale TLB entry. */
const char *WorldFault(void);

#endif

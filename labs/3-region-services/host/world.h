/* world.h - the world that region.c's cases run in: regions in a plain array, pages in another. */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "mm/region.h"

#define WORLD_END  0x2000u /* pages of the world; region.c never leaves it */
#define WORLD_MOST 256     /* regions */

typedef struct {
    uint8_t Entry[WORLD_END];    /* range.h */
    uint8_t Resident[WORLD_END]; /* a touched page */
    MMVAD Store[WORLD_MOST];
    MMVAD *Vads[WORLD_MOST];   /* in order of address */
    uint32_t Count;            /* regions */
    uint32_t Committed, Limit; /* pages of commit charge, and the most */
    int FailAt, Asked;         /* the FailAt-th chance to fail is taken; 0: none */
    const char *Wrong;         /* what a call was told that no right region.c tells it */
} WORLD;
extern WORLD World;
extern MMSPACE Space;

void WorldBegin(void);
/* NULL, or what is wrong: W1 to W3, R2, R3. */
const char *WorldFault(void);
/* Touches a page that is committed: it gets a frame. */
void WorldTouch(uint32_t vpn);
/* What the page at vpn is: MM_*; MM_DECOMMIT: reserved or free. */
uint32_t WorldProtection(uint32_t vpn);
/* The committed pages of a region, counted one by one. */
uint32_t WorldCommitted(const MMVAD *);

#endif

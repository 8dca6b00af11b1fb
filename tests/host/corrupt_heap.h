/* corrupt_heap.h - what corrupt_heap.c and corrupt_places.c share: the heap that suffers, the
 * blocks that live in it, and the places that can be damaged. */
#ifndef FATHOM_CORRUPT_HEAP_H
#define FATHOM_CORRUPT_HEAP_H

#include "heap_os.h"

#define LIVE   300
#define BAIT   0x4000 /* bytes of memory that is not the heap's */
#define PLACES 60000

typedef enum {
    BusyHeader,
    FreeHeader,
    FreeLinks,
    FreeBody,
    RangeHeader,
    RangeBody,
    FrontHeader,
    FrontBody,
    FrontRegion,
    LargeHeader,
    NearBefore, /* anything that is no block's data, within 64 KiB of one */
    NearAfter,
    Reach, /* from here on what no write within 64 KiB of a block reaches */
    SegmentFields = Reach,
    HeapFields,
    FrontFields,
    Kinds
} KIND;
#define NEAR 0x10000u /* bytes */
typedef struct {
    char *At;
    unsigned char Bytes; /* a field's, for whole writes */
    unsigned char Kind;
} PLACE;

typedef struct {
    unsigned char *Block; /* null: none */
    SIZE_T Size;
    unsigned char Fill;
} BLOCK;

extern HEAP *Heap;
extern BLOCK Live[LIVE];
extern unsigned char *Bait;
unsigned Random(unsigned Below);

/* corrupt_places.c */
extern PLACE Places[PLACES]; /* sorted by kind */
extern unsigned KindStart[Kinds], KindCount[Kinds];
void FindPlaces(void);
/* A place near a random block, before or after it; false: none was found. */
bool FindNear(KIND Kind, PLACE *Found);
bool Damage(PLACE *Target); /* false: what was written is what stood there */

#endif

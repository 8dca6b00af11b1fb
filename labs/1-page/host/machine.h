/* machine.h - a small machine for the page allocator, and the model that checks its answers.
 *
 * 160 pages: 0..99 in the linear map, 100..139 below the border of the far zone, 140..159 above
 * it.  The model knows of each page if the allocator has it, and with what; it knows the contract's
 * rules (and those of a variant), not how page.c keeps its pages.
 */
#ifndef LAB_PAGE_MACHINE_H
#define LAB_PAGE_MACHINE_H

#include "mm/pagealloc.h"
#include "lab.h"

#ifndef LAB_ORDER
#define LAB_ORDER 0
#define LAB_KIND  0
#define LAB_IDLE  0
#endif

#define LOW   100u
#define PAGES 160u
enum { OUT, OLD, ZEROED };

extern UCHAR held[PAGES];  /* the model: OUT (taken, or not added), OLD, ZEROED */
extern UCHAR clean[PAGES]; /* it holds zeros */
extern ULONG zeroings;     /* calls of MiZeroPage */

/* The function of page.c that runs: MiZeroPage names it if it is called wrongly. */
extern const char *running;
#define MiTakePage(zone, zeroed) (running = "MiTakePage", MiTakePage(zone, zeroed))
#define MmZeroOnePage()          (running = "MmZeroOnePage", MmZeroOnePage())

void add(PFN_NUMBER first, ULONG count);
void add_all(void);
PFN_NUMBER take(ULONG zone, BOOLEAN zeroed); /* what is always true is checked */
void give(PFN_NUMBER pfn);
void zero_one(void);
ULONG pages_of(UCHAR kind);
void check_counts(const char *function);
/* The place that a page must come from: *kind and the zone; MI_ZONES: there is none. */
ULONG place_of(ULONG zone, UCHAR wanted, UCHAR *kind);
ULONG idle_zone(void);

#endif

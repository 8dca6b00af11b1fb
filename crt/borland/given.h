/* given.h - what start.c needs of given.c besides what heap.h says the heap is given. */
#ifndef CRT_BORLAND_GIVEN_H
#define CRT_BORLAND_GIVEN_H
#include "borland/heap.h"

void given_start(void); /* the lock can be used from here on */
void given_end(void);
void errno_detach(void); /* the calling thread ends */
#endif

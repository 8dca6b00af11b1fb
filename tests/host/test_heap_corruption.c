/* sources: HEAP tests/host/corrupt_places.c */
/* cflags: -fno-strict-aliasing -fno-sanitize=all -O2 */
/* test_heap_corruption.c - corrupt_heap.c's search, a few seconds of it. */
#define CORRUPT_TRIALS 2000
#include "corrupt_heap.c"

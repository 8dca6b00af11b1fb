/* sources: HEAP tests/host/corrupt_places.c */
/* cflags: -fno-strict-aliasing -fno-sanitize=all -O2 */
/* long: too */
/* test_heap_corruption.c - corrupt_heap.c's search, a few seconds of it. */
#define CORRUPT_TRIALS (getenv("FATHOM_LONG") ? 2000u : 700u)
#include "corrupt_heap.c"

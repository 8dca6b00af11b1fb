/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* long: too */
/* test_heap_programs.c - the fuzzer's programs from a seed, a few seconds of them. */
#define FUZZ_MAIN
#define FUZZ_RUNS (getenv("FATHOM_LONG") ? 60 : 12)
#include "fuzz_heap.c"

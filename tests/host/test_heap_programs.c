/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_programs.c - the fuzzer's programs from a seed, a few seconds of them. */
#define FUZZ_MAIN
#define FUZZ_RUNS 60
#include "fuzz_heap.c"

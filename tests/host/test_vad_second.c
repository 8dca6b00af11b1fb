/* sources: tests/second/vad.c */
/* test_vad_second - the same cases with the second book of regions. */
#include "test_vad.c"

/* The assembler is to show the held-back cases: to it a quote in a comment begins no string.
 *
 * refused: its assembler text has .include, which a file of a lab may not have */
#include "mm/pagealloc.h"

#define THE_SECTION ".data\n/* \" */ .include \"labs/1-page/held/host/life.c\"\n#"
__attribute__((section(THE_SECTION))) int what = 1;

/* sources: tests/second/page.c kernel/mm/pagealloc.c */
/* cflags: -DMI_FAR_PFN=140u */
/* test_page_second - the same cases with the second page allocator. */
#include "test_page.c"

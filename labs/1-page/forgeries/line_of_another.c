/* The compiler is to show lines of the held-back cases, beside its messages.
 *
 * refused: it gives its lines the name of another file, life.c (#line) */
#include "mm/pagealloc.h"

#line 12 "labs/1-page/held/host/life.c"
int what = is_in(this_line);

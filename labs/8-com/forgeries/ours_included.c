/* ours_included.c - It includes the tree's own files.
 *
 * refused: it includes ole32/taskmem.c
 */
#include "ole32/taskmem.c"
#include "ole32/spy.c"
#include "ole32/outparam.c"

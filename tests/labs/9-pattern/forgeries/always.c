/* always.c - answers without looking: a test that compares with itself would pass it.
 *
 * not refused: it earns nothing
 */
#include "io/iop.h"

BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name)
{
    (void)name;
    return *pattern != 0;
}

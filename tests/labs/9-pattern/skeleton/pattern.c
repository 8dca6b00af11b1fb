/* pattern.c - does a name match a pattern?
 *
 *   *   any characters, also none
 *   ?   one character
 *   <   as *, but it never takes the last dot of the name
 *   >   one character other than a dot; no character before a dot and at the end
 *   "   a dot; no character at the end
 */
#include "io/iop.h"

/* Both end with a zero.  Upper and lower case are the same (IopUpcase).  FALSE, too, for a name of
 * more than IO_LONGEST_NAME characters. */
BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name)
{
    (void)pattern, (void)name;
    return 2; /* missing */
}

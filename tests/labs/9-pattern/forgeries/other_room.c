/* other_room.c - asks another room for the answer.
 *
 * refused: it uses IopValidName
 */
#include "io/iop.h"

BOOLEAN IopMatches(const WCHAR *pattern, const WCHAR *name)
{
    BOOLEAN IopValidName(const WCHAR *name, ULONG length);
    return *pattern && IopValidName(name, 1);
}

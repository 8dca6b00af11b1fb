/* user.h - nothing more than range.h, for the host. */
#include "mm/range.h"

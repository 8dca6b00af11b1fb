/* services.h - the prototypes of all system services, for the files that define them: a
 * definition that is not as include/services.tbl says does not compile.
 */
#ifndef FATHOM_SERVICES_H
#define FATHOM_SERVICES_H

#include "ntos.h"
#include "ntport.h"

#define SERVICE_API
#include "services_types.h"

#endif

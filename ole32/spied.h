/* spied.h - the set of blocks that the registered spy has seen; under spy.c's lock. */
#ifndef OLE32_SPIED_H
#define OLE32_SPIED_H
#include "ole32.h"

SIZE_T OlepSpiedCount(void);
/* Makes sure that OlepSpiedAdd can take one more; FALSE: no memory. */
BOOL OlepSpiedRoom(void);
void OlepSpiedAdd(void *Pointer);
BOOL OlepIsSpied(void *Pointer);
void OlepSpiedRemove(void *Pointer); /* OlepIsSpied */
#endif

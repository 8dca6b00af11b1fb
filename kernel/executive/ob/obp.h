/* obp.h - what the files of ob share: the header before every object's body.
 *
 *      +-----------------+ <- pool block
 *      | OBJECT_HEADER   |    dt nt!_OBJECT_HEADER
 *      +-----------------+ <- body: what everyone else calls the object
 *      | KEVENT, ...     |
 */
#ifndef FATHOM_OBP_H
#define FATHOM_OBP_H

#include "mm/mm.h"
#include "ob/ob.h"
#include "rtl/avl.h"

typedef struct _OBJECT_HEADER {
    const OBTYPE *Type;
    LONG PointerCount; /* references, one for each handle among them */
    LONG HandleCount;
    WCHAR *Name;           /* pool, NUL-ended; NULL: unnamed */
    RTL_AVL_NODE NameNode; /* in ObpNames while it has a name */
} OBJECT_HEADER;
C_ASSERT(sizeof(OBJECT_HEADER) % 16 == 0);

#define OBJECT_OF(body) ((OBJECT_HEADER *)(body)-1)
#define BODY_OF(header) ((void *)((header) + 1))

void ObpCountHandle(void *body);  /* one more handle */
void ObpForgetHandle(void *body); /* one handle less; drops its reference too */
void ObpForgetName(OBJECT_HEADER *);
/* A new handle of a table, written to userHandle unless that is NULL; none stays on a failure. */
NTSTATUS ObpReturnHandle(OBHANDLE_TABLE *, void *body, ACCESS_MASK granted,
                         ULONG attributes, HANDLE *userHandle);

#endif

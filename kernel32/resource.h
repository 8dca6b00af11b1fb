/* resource.h - reading a module's resource directories (resource.c), for what lists them too. */
#ifndef FATHOM_RESOURCE_H
#define FATHOM_RESOURCE_H

#include "k32.h"

#define IS_INTRESOURCE(name) ((ULONG_PTR)(name) >> 16 == 0)

typedef struct {
    PUCHAR Root;
    ULONG Size;
} RESOURCES;

/* FALSE: ERROR_RESOURCE_DATA_NOT_FOUND. */
BOOL BasepOpenResources(HMODULE, RESOURCES *);
/* Do so many bytes from offset on lie in the section? */
BOOL BasepResourceInside(const RESOURCES *, ULONG offset, ULONG bytes);
/* The entries of the directory at offset; NULL: it does not lie inside. */
const IMAGE_RESOURCE_DIRECTORY_ENTRY *BasepResourceEntries(const RESOURCES *,
                                                           ULONG offset, ULONG *count);
/* The offset that the entry of this name leads to; FALSE with the error. "#123" is 123. */
BOOL BasepResourceDescend(const RESOURCES *, ULONG *offset, LPCWSTR name, DWORD error);

#endif

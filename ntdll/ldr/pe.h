/* pe.h - reading an image that may be damaged (pe.c): every offset is checked.
 *
 * On the host (LDRP_HOST) the same source is tested under sanitizers, with the image formats
 * of tests/host/peimage.h in place of the Windows headers.
 */
#ifndef FATHOM_LDR_PE_H
#define FATHOM_LDR_PE_H

#ifdef LDRP_HOST
#include "peimage.h"
#else
#include "../ntdllp.h"
#endif

typedef struct _LDRP_EXPORT {
    ULONG Rva;             /* of the function, or */
    const char *Forwarder; /* "DLL.Name" or "DLL.#n" */
} LDRP_EXPORT;
NTSTATUS LdrpCheckHeaders(const void *base, ULONG size, PIMAGE_NT_HEADERS *headers);
const void *LdrpDirectory(const void *base, PIMAGE_NT_HEADERS, ULONG index, ULONG *size);
const char *LdrpString(const void *base, ULONG imageSize, ULONG rva);
NTSTATUS LdrpExportByName(const void *base, PIMAGE_NT_HEADERS, const char *name,
                          ULONG hint, LDRP_EXPORT *);
NTSTATUS LdrpExportByOrdinal(const void *base, PIMAGE_NT_HEADERS, ULONG ordinal,
                             LDRP_EXPORT *);
NTSTATUS LdrpRelocate(void *base, PIMAGE_NT_HEADERS, ULONG_PTR delta);

#endif

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

typedef struct _LDRP_NAME {
    const char *Text; /* NULL: none, an ordinal counts */
    ULONG Length;     /* bytes; a NUL need not follow */
} LDRP_NAME;
typedef struct _LDRP_EXPORT {
    ULONG Rva;           /* of the function, or */
    LDRP_NAME Forwarder; /* "DLL.Name" or "DLL.#n" */
} LDRP_EXPORT;
/* An image's exports, its directory checked: the three tables lie inside the image. */
typedef struct _LDRP_EXPORTS {
    const void *Base; /* NULL: not yet opened */
    ULONG ImageSize;  /* bytes */
    ULONG Rva, Size;  /* of the directory: an address in it is a forwarder's */
    ULONG First;      /* ordinal of Functions[0] */
    ULONG FunctionCount;
    const ULONG *Functions;
    ULONG NameCount;
    const ULONG *Names; /* ascending */
    const USHORT *Ordinals;
} LDRP_EXPORTS;
NTSTATUS LdrpCheckHeaders(const void *base, ULONG size, PIMAGE_NT_HEADERS *headers);
const void *LdrpDirectory(const void *base, PIMAGE_NT_HEADERS, ULONG index, ULONG *size);
/* The string at rva; FALSE: it does not end inside the image. */
BOOLEAN LdrpString(const void *base, ULONG imageSize, ULONG rva, LDRP_NAME *);
/* STATUS_PROCEDURE_NOT_FOUND: it exports nothing. */
NTSTATUS LdrpOpenExports(const void *base, PIMAGE_NT_HEADERS, LDRP_EXPORTS *);
NTSTATUS LdrpExportByName(const LDRP_EXPORTS *, LDRP_NAME, ULONG hint, LDRP_EXPORT *);
/* The export at hint if its name is the one at rva of an image; else, and where either name ends
 * close to its image's end, STATUS_PROCEDURE_NOT_FOUND: LdrpExportByName knows. */
NTSTATUS LdrpExportByHint(const LDRP_EXPORTS *, ULONG hint, const void *base,
                          ULONG imageSize, ULONG rva, LDRP_EXPORT *);
NTSTATUS LdrpExportByOrdinal(const LDRP_EXPORTS *, ULONG ordinal, LDRP_EXPORT *);
NTSTATUS LdrpRelocate(void *base, PIMAGE_NT_HEADERS, ULONG_PTR delta);

#endif

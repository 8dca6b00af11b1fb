/* io.h - files and console. */
#ifndef FATHOM_IO_H
#define FATHOM_IO_H

#include "mm/mm.h"
#include "ob/ob.h"

void IoInitialize(const MULTIBOOT_INFO *); /* the archive as C:, the consoles, the keyboard */
/* A file of the archive, by its path below C:\ (case-insensitive); referenced; NULL: none. */
MMFILE *IoOpenArchiveFile(const WCHAR *path);
/* Handle object for it / for the console / for the host's streams (0 in, 1 out, 2 err). */
NTSTATUS IoCreateStandardObject(ULONG stream, BOOLEAN host, void **body);
NTSTATUS IoReferenceMmFile(HANDLE file, ACCESS_MASK, MMFILE **); /* for NtCreateSection */
extern const OBTYPE IoFileType;

#endif

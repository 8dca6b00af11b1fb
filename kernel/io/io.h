/* io.h - files and console. */
#ifndef FATHOM_IO_H
#define FATHOM_IO_H

#include "mm/mm.h"
#include "ob/ob.h"

void IoInitialize(const MULTIBOOT_INFO *); /* the archive as C:, the consoles, the keyboard */
/* A file of the archive, by its path below C:\ (case-insensitive); referenced; NULL: none. */
MMFILE *IoOpenArchiveFile(const WCHAR *path);
/* Any file, by an NT path (\??\C:\dir\prog.exe) or a DOS path; referenced.
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_FILE_IS_A_DIRECTORY. */
NTSTATUS IoOpenMmFile(const WCHAR *path, MMFILE **);
/* An object for a handle to the console, or to the host's streams of run-list program index
 * (stream 0 in, 1 out, 2 err). */
NTSTATUS IoCreateStandardObject(ULONG stream, BOOLEAN host, ULONG index, void **body);
NTSTATUS IoReferenceMmFile(HANDLE file, ACCESS_MASK, MMFILE **); /* for NtCreateSection */
extern const OBTYPE IoFileType;

#endif

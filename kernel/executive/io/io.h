/* io.h - files and console. */
#ifndef FATHOM_IO_H
#define FATHOM_IO_H

#include "mm/mm.h"
#include "section/section.h"
#include "ob/ob.h"

void IoInitializeScreen(const MULTIBOOT_INFO *); /* from now on the log is shown there */
/* Line 0 comes 64 times a second from now on, or it has been said that no clock ticks. */
void IoStartTicker(void);
void IoInitialize(
    const MULTIBOOT_INFO *); /* the archive as C:, the consoles, the keyboard */
/* A file of the archive, by its path below C:\ (case-insensitive); referenced; NULL:
 * none. */
MMFILE *IoOpenArchiveFile(const WCHAR *path);
/* Any file, by an NT path (\??\C:\dir\prog.exe) or a DOS path; referenced.
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, STATUS_FILE_IS_A_DIRECTORY. */
NTSTATUS IoOpenMmFile(const WCHAR *path, MMFILE **);
/* A file of the archive's store, by its name without the colon: its bytes, which stay. */
BOOLEAN IoFindStored(const char *name, const UCHAR **data, ULONG *size);
/* A file in C:\ with these bytes, in place of one of that name, until IoResetFiles.
 * STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_COLLISION (a folder),
 * STATUS_INSUFFICIENT_RESOURCES: the file that was there may be gone. */
NTSTATUS IoPlaceFile(const WCHAR *name, const UCHAR *data, ULONG size);
ULONG IoDecodeUtf8(const UCHAR *from, ULONG length, WCHAR *to);
/* C: is again as the archive has it: names, folders, attributes, times, contents; what was
 * made since is gone.  So is the console.  No program runs. */
void IoResetFiles(void);
/* An object for a handle to the console, or to the host's streams of run-list program
 * index (stream 0 in, 1 out, 2 err). */
NTSTATUS IoCreateStandardObject(ULONG stream, BOOLEAN host, ULONG index, void **body);
NTSTATUS IoReferenceMmFile(HANDLE file, ACCESS_MASK, MMFILE **); /* for NtCreateSection */
/* A user APC in a block of pool.  STATUS_NO_MEMORY, STATUS_UNSUCCESSFUL (the thread has ended). */
NTSTATUS IoQueueApc(PKTHREAD, PVOID routine, PVOID, PVOID, PVOID);
/* Standard input of the run list's next program: these bytes instead of the host's; NULL:
 * the host's. */
void IoSetHostInput(const UCHAR *data, ULONG size);
/* A 'D' frame of the host: bytes for standard input; from the tick, interrupts off. */
void IoHostData(const void *payload, ULONG length);
/* From now on what comes on COM1 is looked at as it comes. */
void IoListenForControl(void);
/* Wait until Ctrl-C (0) or Ctrl-Break (1) is typed on the machine's console; one thread. */
ULONG IoWaitForControl(void);
/* 100 ns since 1601, UTC: the battery clock is taken to run in UTC, as QEMU's does. */
ULONGLONG IoReadBatteryClock(void);
extern const OBTYPE IoFileType;

#endif

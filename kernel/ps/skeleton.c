/* skeleton.c - on its way. */
#include "kd/kd.h"
#include "ex/ex.h"
const OBTYPE PsProcessType = {.Name = "Process"}, PsThreadType = {.Name = "Thread"};
LIST_ENTRY PsAllProcesses = {&PsAllProcesses, &PsAllProcesses};
EPROCESS *PsCurrentProcess(void) { return NULL; }
ETHREAD *PsCurrentThread(void) { return NULL; }
void PsInitialize(void) {}
NTSTATUS PsCreateInitialProcess(const PSCREATE *c, EPROCESS **p) { (void)c; (void)p; return STATUS_NOT_IMPLEMENTED; }
NTSTATUS PsCreateSystemThread(void (*start)(void *), void *context, ETHREAD **t) { (void)start; (void)context; (void)t; return STATUS_NOT_IMPLEMENTED; }
NTSTATUS PsTerminateProcess(EPROCESS *p, NTSTATUS s) { (void)p; (void)s; return STATUS_NOT_IMPLEMENTED; }
void PsCrash(EXCEPTION_RECORD *r, KTRAP_FRAME *f) { (void)r; (void)f; KeTerminateThread(STATUS_UNSUCCESSFUL); }
void IoInitialize(const MULTIBOOT_INFO *m) { (void)m; }
MMFILE *IoOpenArchiveFile(const WCHAR *p) { (void)p; return NULL; }
NTSTATUS IoCreateStandardObject(ULONG s, BOOLEAN h, void **b) { (void)s; (void)h; (void)b; return STATUS_NOT_IMPLEMENTED; }
NTSTATUS IoReferenceMmFile(HANDLE f, ACCESS_MASK a, MMFILE **m) { (void)f; (void)a; (void)m; return STATUS_NOT_IMPLEMENTED; }
void ExStart(const char *c) { (void)c; DbgPrint("fathom: nothing to run yet\n"); KdPowerOff(0); }

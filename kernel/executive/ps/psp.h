/* psp.h - what the files of ps share. */
#ifndef FATHOM_PSP_H
#define FATHOM_PSP_H

#include "dispatch/dispatch.h"
#include "io/io.h"
#include "observe/observe.h"
#include "ps/ps.h"
#include "rtl/format.h"
#include "rtl/rtl.h"

#define PSP_TAG OB_TAG('P', 's', ' ', ' ')

/* Ids of processes and threads come from one counter, multiples of 4, as on Windows. */
ULONG PspNewId(void);

/* ---- process.c ---- */
/* What a process or a thread is opened by: an id.  STATUS_INVALID_PARAMETER_MIX: a name is
 * given, as Windows refuses both at once. */
NTSTATUS PspCaptureClient(POBJECT_ATTRIBUTES userAttributes, const CLIENT_ID *userClient,
                          ULONG *attributes, CLIENT_ID *client);
/* An empty process: space, handle table, id; in PsAllProcesses. */
NTSTATUS PspCreateProcess(EPROCESS *parent, EPROCESS **);
/* All that a process holds is given back; by its last thread, or when it never had one. */
void PspCleanProcess(EPROCESS *, NTSTATUS);

/* ---- thread.c ---- */
#define THREAD_CREATE_FLAGS_CREATE_SUSPENDED   0x1
#define THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER 0x4
typedef struct _PSTHREAD {
    ULONG_PTR Start, Argument;
    ULONG_PTR ZeroBits;               /* of the stack */
    SIZE_T StackReserve, StackCommit; /* bytes; 0: what the image says */
    BOOLEAN Suspended, HideFromDebugger;
} PSTHREAD;
NTSTATUS PspCreateThread(EPROCESS *, const PSTHREAD *,
                         ETHREAD **); /* not yet ready; referenced */
void PspStartThread(ETHREAD *);
void PspAbandonThread(ETHREAD *); /* created, never started: take it back */
DECLSPEC_NORETURN void PspExitThread(NTSTATUS);
void PspInitializeThreads(void);

/* ---- query.c ---- */
/* The object of a handle with the limited right to query it, or with the full one. */
NTSTATUS PspReferenceQueried(HANDLE, const OBTYPE *, ACCESS_MASK limited,
                             ACCESS_MASK full, void *body);

/* ---- setprocess.c ---- */
void PspApplyPriority(ETHREAD *);
/* A class of NtSetInformationProcess whose value is a number: class 18 takes
 * PROCESS_PRIORITY_CLASS_* << 8.  STATUS_INVALID_PARAMETER, STATUS_ACCESS_DENIED,
 * STATUS_INVALID_INFO_CLASS: nothing has changed. */
NTSTATUS PspSetNumber(EPROCESS *, ULONG class, ULONG value);

/* ---- peb.c ---- */
#define PSP_STRINGS 8
UNICODE_STRING *PspStringOf(RTL_USER_PROCESS_PARAMETERS *, ULONG i);
/* params: its strings, Environment (EnvironmentSize bytes) and all else in kernel memory;
 * written to the process, normalised, and the PEB filled. */
NTSTATUS PspFillPeb(EPROCESS *, const RTL_USER_PROCESS_PARAMETERS *params,
                    ULONG globalFlag);

/* ---- control.c ---- */
#define CONSOLE_NEW_GROUP 2 /* in ConsoleFlags, from kernel32 to here alone */
void PspJoinConsole(EPROCESS *, const EPROCESS *parent, RTL_USER_PROCESS_PARAMETERS *);

/* ---- create.c ---- */
NTSTATUS PspMapImages(EPROCESS *, const WCHAR *path); /* of a program */
void PspTraceCreated(EPROCESS *);
NTSTATUS PspCreateFirstThread(EPROCESS *, BOOLEAN suspended, ETHREAD **);

/* ---- init.c ---- */
extern MMSECTION *PspNtdll;
extern ULONG_PTR PspNtdllBase;

/* ---- attr.c ---- PS_ATTRIBUTE_LIST; numbers as in Windows' own (without flag bits) */
enum {
    PsAttributeParentProcess = 0,
    PsAttributeClientId = 3,
    PsAttributeTebAddress = 4,
    PsAttributeImageName = 5,
    PsAttributeImageInfo = 6,
    PsAttributePriorityClass = 8, /* PROCESS_PRIORITY_CLASS_* */
    PsAttributeErrorMode = 9,     /* as ProcessDefaultHardErrorMode has it */
    PsAttributeStdHandleInfo = 10,
    PsAttributeHandleList = 11,
    PspAttributeCount = 16
};
typedef struct _PS_ATTRIBUTE {
    ULONG_PTR Attribute;
    SIZE_T Size;
    ULONG_PTR Value;
    SIZE_T *ReturnLength;
} PS_ATTRIBUTE;
typedef struct _PSATTRIBUTES {
    PS_ATTRIBUTE Item[PspAttributeCount]; /* by number; Size 0: not given */
} PSATTRIBUTES;
NTSTATUS PspCaptureAttributes(const void *userList, PSATTRIBUTES *);
/* Write an out-attribute, if it was asked for. */
NTSTATUS PspReturnAttribute(const PSATTRIBUTES *, ULONG number, const void *from,
                            SIZE_T size);
NTSTATUS PspReturnThreadAttributes(const PSATTRIBUTES *, const ETHREAD *);

#endif

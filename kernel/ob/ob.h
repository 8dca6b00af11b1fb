/* ob.h - objects and handles: reference counts, types, names, one handle table a process.
 *
 * A handle is a multiple of 4 that indexes its process's table; the table grows and is bounded.
 */
#ifndef FATHOM_OB_H
#define FATHOM_OB_H

#include "ke/ke.h"

typedef struct _OBTYPE {
    const char *Name;                   /* "Event", as NtQueryObject says it */
    void (*Delete)(void *body);         /* the last reference went */
    void (*Close)(void *body);          /* the last handle went; may be NULL */
    ACCESS_MASK ValidAccess;
    GENERIC_MAPPING Generic;
    BOOLEAN Waitable;                   /* the body begins with a DISPATCHER_HEADER ... */
    ULONG WaitOffset;                   /* ... at this offset */
} OBTYPE;

typedef struct _OBHANDLE_TABLE OBHANDLE_TABLE;

/* A zeroed body of size bytes with one reference. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ObCreateObject(const OBTYPE *, SIZE_T size, void **body);
void ObReferenceObject(void *body);
void ObDereferenceObject(void *body);
const OBTYPE *ObGetType(void *body);

NTSTATUS ObCreateHandleTable(OBHANDLE_TABLE **);
void ObDeleteHandleTable(OBHANDLE_TABLE *); /* closes all */
ULONG ObHandleCount(OBHANDLE_TABLE *);
NTSTATUS ObInheritHandles(OBHANDLE_TABLE *parent, OBHANDLE_TABLE *child);

/* Insert in the current process's table (ObCurrentTable, given by ps). Takes its own reference. */
NTSTATUS ObInsertHandle(OBHANDLE_TABLE *, void *body, ACCESS_MASK granted, ULONG attributes, HANDLE *);
/* STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. NtCurrentProcess()
 * and NtCurrentThread() are understood (through hooks of ps). */
NTSTATUS ObReferenceObjectByHandle(HANDLE, const OBTYPE *type, ACCESS_MASK desired, void **body, ACCESS_MASK *granted);
NTSTATUS ObCloseHandle(OBHANDLE_TABLE *, HANDLE);
extern OBHANDLE_TABLE *(*ObCurrentTable)(void);
extern void *(*ObPseudoObject)(HANDLE, const OBTYPE *type); /* -1, -2; referenced or NULL */

/* OBJECT_ATTRIBUTES as a user pointer: captured, name in \BaseNamedObjects. */
typedef struct _OBATTRIBUTES {
    ULONG Attributes; /* OBJ_INHERIT, OBJ_OPENIF, OBJ_CASE_INSENSITIVE */
    HANDLE Root;
    WCHAR *Name;      /* pool, NUL-ended, or NULL */
    USHORT NameLength;
} OBATTRIBUTES;
NTSTATUS ObCaptureAttributes(POBJECT_ATTRIBUTES user, OBATTRIBUTES *); /* NULL: empty */
void ObReleaseAttributes(OBATTRIBUTES *);
/* Create-or-open by name and give a handle: the common end of NtCreateEvent and its kin.
 * *body new from ObCreateObject is consumed. STATUS_OBJECT_NAME_EXISTS when opened. */
NTSTATUS ObInsertNamed(void *body, OBATTRIBUTES *, ACCESS_MASK desired, HANDLE *userHandle);
NTSTATUS ObOpenNamed(const OBTYPE *, POBJECT_ATTRIBUTES user, ACCESS_MASK desired, HANDLE *userHandle);

#endif

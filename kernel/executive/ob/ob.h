/* ob.h - objects and handles: reference counts, types, names, one handle table a process.
 *
 * A handle is a multiple of 4 that indexes its process's table; the table grows and is
 * bounded. An object lives while its pointer count is not 0; every handle holds one of
 * those.  Its name lives while its handle count is not 0 (Windows: a "temporary" object). */
#ifndef FATHOM_OB_H
#define FATHOM_OB_H

#include "ke/ke.h"

/* A pool tag, as `!poolused` reads it: the first letter in the lowest byte. */
#define OB_TAG(a, b, c, d)                                                               \
    ((ULONG)(a) | (ULONG)(b) << 8 | (ULONG)(c) << 16 | (ULONG)(d) << 24)

typedef struct _OBTYPE {
    const char *Name;           /* "Event", as NtQueryObject says it */
    void (*Delete)(void *body); /* the last reference went; may be NULL */
    void (*Close)(void *body);  /* the last handle went; may be NULL */
    ACCESS_MASK ValidAccess;
    GENERIC_MAPPING Generic;
    BOOLEAN Waitable;  /* the body begins with a DISPATCHER_HEADER ... */
    UCHAR FactsSize;   /* of Tell, at most OB_FACTS */
    USHORT WaitOffset; /* ... at this offset */
    void (*Tell)(void *body,
                 void *facts); /* for ObQuery, into FactsSize bytes of zeros */
} OBTYPE;
#define OB_FACTS 16

typedef struct _OBHANDLE_TABLE OBHANDLE_TABLE;

extern ULONG ObTotalObjects, ObTotalHandles; /* that exist: an audit compares them */

/* A zeroed body of size bytes with one reference. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ObCreateObject(const OBTYPE *, SIZE_T size, void **body);
void ObReferenceObject(void *body);
void ObDereferenceObject(void *body);
const OBTYPE *ObGetType(void *body);

NTSTATUS ObCreateHandleTable(OBHANDLE_TABLE **);
void ObDeleteHandleTable(OBHANDLE_TABLE *); /* closes all */
ULONG ObHandleCount(OBHANDLE_TABLE *);
/* The child gets the inheritable handles under the same numbers; only not NULL: those of its
 * count handles.  STATUS_INVALID_PARAMETER: one of them may not be inherited. */
NTSTATUS ObInheritHandles(OBHANDLE_TABLE *parent, OBHANDLE_TABLE *child,
                          const HANDLE *only, ULONG count);

/* What a handle's creator asked for, in terms of the type: generic rights mapped, the
 * rest cut. */
ACCESS_MASK ObMapAccess(const OBTYPE *, ACCESS_MASK desired);

/* Insert in a table (ObCurrentTable(), given by ps, for the caller's). Takes its own
 * reference. STATUS_INSUFFICIENT_RESOURCES: the table is at its bound or memory is out. */
NTSTATUS ObInsertHandle(OBHANDLE_TABLE *, void *body, ACCESS_MASK granted,
                        ULONG attributes, HANDLE *);
/* The same for the caller's table, the handle written to user memory; on any failure no
 * handle is left.  Does not consume the caller's reference. */
NTSTATUS ObReturnHandle(void *body, ACCESS_MASK granted, ULONG attributes,
                        HANDLE *userHandle);
/* The same with what the user asked for: rights are mapped, of the attributes only OBJ_INHERIT
 * counts. */
NTSTATUS ObReturnOpened(void *body, ACCESS_MASK desired, ULONG attributes,
                        HANDLE *userHandle);
/* STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 * NtCurrentProcess() and NtCurrentThread() are understood (through hooks of ps). */
NTSTATUS ObReferenceObjectByHandle(HANDLE, const OBTYPE *type, ACCESS_MASK desired,
                                   void **body, ACCESS_MASK *granted);
/* The same where what was granted does not matter; body: where the pointer to it goes. */
NTSTATUS ObReferenceHandle(HANDLE, const OBTYPE *type, ACCESS_MASK desired, void *body);
NTSTATUS ObCloseHandle(OBHANDLE_TABLE *, HANDLE);
extern OBHANDLE_TABLE *(*ObCurrentTable)(void);
extern void *(*ObPseudoObject)(HANDLE,
                               const OBTYPE *type); /* -1, -2; referenced or NULL */
/* ps: the handle table of a process handle; *process is referenced. */
extern NTSTATUS (*ObProcessTable)(HANDLE, ACCESS_MASK, void **process, OBHANDLE_TABLE **);
/* One entry of a table: STATUS_INVALID_HANDLE; body is not referenced. */
NTSTATUS ObLookupHandle(OBHANDLE_TABLE *, HANDLE, void **body, ACCESS_MASK *granted,
                        ULONG *attributes);
/* OBJ_INHERIT and OBJ_PROTECT_CLOSE of one entry. */
NTSTATUS ObSetHandleAttributes(OBHANDLE_TABLE *, HANDLE, ULONG attributes);
#ifndef OBJ_PROTECT_CLOSE
#define OBJ_PROTECT_CLOSE 0x00000001
#endif

/* OBJECT_ATTRIBUTES as a user pointer: captured, name in \BaseNamedObjects. */
typedef struct _OBATTRIBUTES {
    ULONG Attributes; /* OBJ_INHERIT, OBJ_OPENIF, OBJ_CASE_INSENSITIVE */
    HANDLE Root;
    WCHAR *Name;       /* pool, NUL-ended, or NULL */
    USHORT NameLength; /* characters */
} OBATTRIBUTES;
NTSTATUS ObCaptureAttributes(POBJECT_ATTRIBUTES user, OBATTRIBUTES *); /* NULL: empty */
void ObReleaseAttributes(OBATTRIBUTES *);
WCHAR
ObUpper(WCHAR); /* of a to z; names and variables differ in no other letters' case */
/* A counted string of user memory into pool, NUL-ended.  length: characters.
 * STATUS_ACCESS_VIOLATION, STATUS_OBJECT_NAME_INVALID, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ObCaptureString(const UNICODE_STRING *user, WCHAR **name, USHORT *length);
/* If name starts with prefix (in any case), what follows it; else name. */
const WCHAR *ObSkipPrefix(const WCHAR *name, const char *prefix);
/* How NtCreateEvent and its kin begin: what the caller says is captured, and a body made.  On a
 * failure nothing is held. */
NTSTATUS ObBeginCreate(const OBTYPE *, SIZE_T size, POBJECT_ATTRIBUTES user,
                       OBATTRIBUTES *, void **body);
/* How they end: create-or-open by name, and a handle.  A body that is new and the attributes are
 * consumed, whatever comes.  STATUS_OBJECT_NAME_EXISTS when opened. */
NTSTATUS ObInsertNamed(void *body, OBATTRIBUTES *, ACCESS_MASK desired,
                       HANDLE *userHandle);
NTSTATUS ObOpenNamed(const OBTYPE *, POBJECT_ATTRIBUTES user, ACCESS_MASK desired,
                     HANDLE *userHandle);
/* A service that opens an object of the type by its name, and does no more. */
#define OB_OPEN_SERVICE(Service, type)                                                   \
    NTSTATUS NTAPI Service(HANDLE *handle, ACCESS_MASK desired, POBJECT_ATTRIBUTES user) \
    {                                                                                    \
        return ObOpenNamed(&(type), user, desired, handle);                              \
    }
/* The object of a name, referenced.  STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_NAME_INVALID. */
NTSTATUS ObReferenceNamed(const OBTYPE *type, const OBATTRIBUTES *, void **body);

/* Copy a fixed structure out as the NtQueryXxx services do: the length must fit (or be at
 * least so, atLeast), *returned is told. STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_ACCESS_VIOLATION. */
NTSTATUS ObReturnStructure(const void *from, ULONG size, void *user, ULONG length,
                           ULONG *userReturned, BOOLEAN atLeast);
/* An in-out parameter: it can be written, and what is in it comes into copy. */
NTSTATUS ObCaptureInOut(void *user, void *copy, SIZE_T size);
/* An out parameter that may be NULL: tried before the deed, written after it. */
NTSTATUS ObProbeOptional(void *user, SIZE_T size);
NTSTATUS ObReturnOptional(void *user, const void *from, SIZE_T size);
/* NtQueryEvent and its kin: class 0 of an object of the type is what its Tell says. */
NTSTATUS ObQuery(const OBTYPE *, HANDLE, ULONG class, void *user, ULONG length,
                 ULONG *userReturned);

#endif

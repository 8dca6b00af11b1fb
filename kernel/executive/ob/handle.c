/* handle.c - handle tables: a process's numbers for objects.
 *
 * A table is a directory of pages of entries; a page comes when the ones before it are
 * full, so a table grows to its bound and never moves.  Free entries make one list, the
 * last closed first, as on Windows.
 *
 *      handle 0x1F4 = index 7Dh * 4      Pages[7Dh / 512] -> ENTRY[7Dh % 512]
 *
 * Invariants:
 *   T1  Count = the number of entries with an object; entry 0 never has one
 *   T2  every entry below Limit is in use or in the free list
 * Windows keeps the same thing in HANDLE_TABLE, `!handle`; its bound is 16,777,216
 * handles, ours TABLE_PAGES * 512.
 */
#include "kd/kd.h"
#include "obp.h"

#define ENTRIES_PER_PAGE 512u
#define TABLE_PAGES      128u /* 65,536 entries, 65,535 handles */
#define ENTRIES_AT_ONCE  32u  /* a page's are made free in so many steps */
#define NO_ENTRY         0u

typedef struct {
    void *Object; /* NULL: free */
    union {
        struct {
            ULONG Access : 30;
            ULONG Inherit : 1;
            ULONG Protect : 1;
        };
        ULONG NextFree;
    };
} ENTRY;

struct _OBHANDLE_TABLE {
    ENTRY *Pages[TABLE_PAGES];
    ULONG Limit; /* entries that exist */
    ULONG FirstFree;
    ULONG Count;
};

OBHANDLE_TABLE *(*ObCurrentTable)(void);
void *(*ObPseudoObject)(HANDLE, const OBTYPE *);

static ENTRY *ObpEntryAt(OBHANDLE_TABLE *table, ULONG index)
{
    return &table->Pages[index / ENTRIES_PER_PAGE][index % ENTRIES_PER_PAGE];
}

/* A few entries at a time: most processes have few handles. */
static NTSTATUS ObpGrowTable(OBHANDLE_TABLE *table, ULONG entries)
{
    while (table->Limit < entries) {
        ULONG first = table->Limit, page = first / ENTRIES_PER_PAGE;
        if (page == TABLE_PAGES)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (table->Pages[page] == NULL)
            table->Pages[page] = ExAllocatePool(ENTRIES_PER_PAGE * sizeof(ENTRY),
                                                OB_TAG('O', 'b', 't', 'b'));
        if (table->Pages[page] == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        table->Limit += ENTRIES_AT_ONCE;
        for (ULONG i = table->Limit; i-- > first;) {
            if (i == 0)
                continue;
            ObpEntryAt(table, i)->NextFree = table->FirstFree;
            table->FirstFree = i;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObCreateHandleTable(OBHANDLE_TABLE **result)
{
    OBHANDLE_TABLE *table = ExAllocatePool(sizeof *table, OB_TAG('O', 'b', 't', 'b'));
    if (table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ObpGrowTable(table, 1);
    if (!NT_SUCCESS(status)) {
        ExFreePool(table);
        return status;
    }
    *result = table;
    return STATUS_SUCCESS;
}

static ENTRY *ObpFindEntry(OBHANDLE_TABLE *table, HANDLE handle)
{
    /* Windows ignores the low two bits of a handle, and so do programs that tag them. */
    ULONG index = (ULONG_PTR)handle / 4;
    if (table == NULL || index == 0 || index >= table->Limit)
        return NULL;
    ENTRY *entry = ObpEntryAt(table, index);
    return entry->Object != NULL ? entry : NULL;
}

static void ObpFreeEntry(OBHANDLE_TABLE *table, ULONG index)
{
    ENTRY *entry = ObpEntryAt(table, index);
    void *body = entry->Object;
    entry->Object = NULL;
    entry->NextFree = table->FirstFree;
    table->FirstFree = index;
    table->Count--;
    ObpForgetHandle(body);
}

void ObDeleteHandleTable(OBHANDLE_TABLE *table)
{
    for (ULONG i = 1; i < table->Limit; i++)
        if (ObpEntryAt(table, i)->Object != NULL)
            ObpFreeEntry(table, i);
    ASSERT(table->Count == 0);
    for (ULONG page = 0; page < TABLE_PAGES && table->Pages[page] != NULL; page++)
        ExFreePool(table->Pages[page]);
    ExFreePool(table);
}

ULONG ObHandleCount(OBHANDLE_TABLE *table)
{
    return table != NULL ? table->Count : 0;
}

static void ObpFillEntry(OBHANDLE_TABLE *table, ENTRY *entry, void *body,
                         ACCESS_MASK access, ULONG attributes)
{
    entry->Object = body;
    entry->Access = access;
    entry->Inherit = (attributes & OBJ_INHERIT) != 0;
    entry->Protect = (attributes & OBJ_PROTECT_CLOSE) != 0;
    table->Count++;
    ObpCountHandle(body);
}

NTSTATUS ObInsertHandle(OBHANDLE_TABLE *table, void *body, ACCESS_MASK granted,
                        ULONG attributes, HANDLE *handle)
{
    if (table == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    if (table->FirstFree == NO_ENTRY) {
        NTSTATUS status = ObpGrowTable(table, table->Limit + 1);
        if (!NT_SUCCESS(status))
            return status;
    }
    ULONG index = table->FirstFree;
    ENTRY *entry = ObpEntryAt(table, index);
    table->FirstFree = entry->NextFree;
    ObpFillEntry(table, entry, body, granted, attributes);
    *handle = (HANDLE)(ULONG_PTR)(index * 4);
    return STATUS_SUCCESS;
}

NTSTATUS ObpReturnHandle(OBHANDLE_TABLE *table, void *body, ACCESS_MASK granted,
                         ULONG attributes, HANDLE *userHandle)
{
    HANDLE handle;
    NTSTATUS status = ObInsertHandle(table, body, granted, attributes, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReturnOptional(userHandle, &handle, sizeof handle);
    if (!NT_SUCCESS(status)) {
        ObSetHandleAttributes(table, handle, 0);
        ObCloseHandle(table, handle);
    }
    return status;
}

NTSTATUS ObReturnHandle(void *body, ACCESS_MASK granted, ULONG attributes,
                        HANDLE *userHandle)
{
    return userHandle != NULL
               ? ObpReturnHandle(ObCurrentTable(), body, granted, attributes, userHandle)
               : STATUS_ACCESS_VIOLATION;
}

NTSTATUS ObReturnOpened(void *body, ACCESS_MASK desired, ULONG attributes,
                        HANDLE *userHandle)
{
    return ObReturnHandle(body, ObMapAccess(ObGetType(body), desired),
                          attributes & OBJ_INHERIT, userHandle);
}

NTSTATUS ObInheritHandles(OBHANDLE_TABLE *parent, OBHANDLE_TABLE *child,
                          const HANDLE *only, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        ENTRY *entry = ObpFindEntry(parent, only[i]);
        if (entry == NULL || !entry->Inherit)
            return STATUS_INVALID_PARAMETER;
    }
    const ULONG most = only != NULL ? count : parent->Limit;
    for (ULONG n = 0; n < most; n++) {
        const ULONG i = only != NULL ? (ULONG_PTR)only[n] / 4 : n;
        const ENTRY *from = ObpEntryAt(parent, i);
        if (from->Object == NULL || !from->Inherit)
            continue;
        NTSTATUS status = ObpGrowTable(child, i + 1);
        if (!NT_SUCCESS(status))
            return status;
        ENTRY *to = ObpEntryAt(child, i);
        if (to->Object == NULL) /* the list may name it twice */
            ObpFillEntry(child, to, from->Object, from->Access,
                         OBJ_INHERIT | (from->Protect ? OBJ_PROTECT_CLOSE : 0));
    }
    /* The free list of the child ran through the entries just filled: make it anew. */
    child->FirstFree = NO_ENTRY;
    for (ULONG i = child->Limit; --i > 0;) {
        if (ObpEntryAt(child, i)->Object == NULL) {
            ObpEntryAt(child, i)->NextFree = child->FirstFree;
            child->FirstFree = i;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObLookupHandle(OBHANDLE_TABLE *table, HANDLE handle, void **body,
                        ACCESS_MASK *granted, ULONG *attributes)
{
    ENTRY *entry = ObpFindEntry(table, handle);
    if (entry == NULL)
        return STATUS_INVALID_HANDLE;
    *body = entry->Object;
    if (granted != NULL)
        *granted = entry->Access;
    if (attributes != NULL)
        *attributes =
            (entry->Inherit ? OBJ_INHERIT : 0) | (entry->Protect ? OBJ_PROTECT_CLOSE : 0);
    return STATUS_SUCCESS;
}

NTSTATUS ObSetHandleAttributes(OBHANDLE_TABLE *table, HANDLE handle, ULONG attributes)
{
    ENTRY *entry = ObpFindEntry(table, handle);
    if (entry == NULL)
        return STATUS_INVALID_HANDLE;
    entry->Inherit = (attributes & OBJ_INHERIT) != 0;
    entry->Protect = (attributes & OBJ_PROTECT_CLOSE) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS ObReferenceObjectByHandle(HANDLE handle, const OBTYPE *type, ACCESS_MASK desired,
                                   void **body, ACCESS_MASK *granted)
{
    if ((LONG_PTR)handle < 0) { /* NtCurrentProcess(), NtCurrentThread() */
        *body = ObPseudoObject(handle, type);
        if (*body == NULL)
            return handle == NtCurrentProcess() || handle == NtCurrentThread()
                       ? STATUS_OBJECT_TYPE_MISMATCH
                       : STATUS_INVALID_HANDLE;
        if (granted != NULL)
            *granted = ObGetType(*body)->ValidAccess;
        return STATUS_SUCCESS;
    }
    ENTRY *entry = ObpFindEntry(ObCurrentTable(), handle);
    if (entry == NULL)
        return STATUS_INVALID_HANDLE;
    if (type != NULL && ObGetType(entry->Object) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if ((entry->Access & desired) != desired)
        return STATUS_ACCESS_DENIED;
    ObReferenceObject(entry->Object);
    *body = entry->Object;
    if (granted != NULL)
        *granted = entry->Access;
    return STATUS_SUCCESS;
}

NTSTATUS ObReferenceHandle(HANDLE handle, const OBTYPE *type, ACCESS_MASK desired,
                           void *body)
{
    return ObReferenceObjectByHandle(handle, type, desired, body, NULL);
}

NTSTATUS ObCloseHandle(OBHANDLE_TABLE *table, HANDLE handle)
{
    ENTRY *entry = ObpFindEntry(table, handle);
    if (entry == NULL)
        return STATUS_INVALID_HANDLE;
    if (entry->Protect)
        return STATUS_HANDLE_NOT_CLOSABLE;
    ObpFreeEntry(table, (ULONG_PTR)handle / 4);
    return STATUS_SUCCESS;
}

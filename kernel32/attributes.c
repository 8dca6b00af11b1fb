/* attributes.c - the attribute list that CreateProcess takes with a STARTUPINFOEX.
 *
 * The list is the caller's memory and holds pointers only: what they point to must stay until
 * the list is deleted, as documented for UpdateProcThreadAttribute.  Two attributes exist
 * here: which handles a child inherits, and whose child it is.
 */
#include "k32.h"

#ifndef ERROR_OBJECT_NAME_EXISTS
#define ERROR_OBJECT_NAME_EXISTS 698 /* mingw-w64's headers lack it before version 12 */
#endif

/* ERROR_INSUFFICIENT_BUFFER with *size bytes needed: the documented first call. */
BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list,
                                              DWORD count, DWORD flags, PSIZE_T size)
{
    BASE_ATTRIBUTES *own = (BASE_ATTRIBUTES *)list;
    const SIZE_T room = *size;

    if (flags || !count)
        return BasepFail(ERROR_INVALID_PARAMETER);
    *size = sizeof *own;
    if (!own || room < sizeof *own)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    *own = (BASE_ATTRIBUTES){.Most = count};
    return TRUE;
}

/* ERROR_NOT_SUPPORTED: another attribute; ERROR_BAD_LENGTH; ERROR_OBJECT_NAME_EXISTS: given
 * before; ERROR_GEN_FAILURE: more than the list was made for. */
BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags,
                                      DWORD_PTR attribute, PVOID value, SIZE_T size,
                                      PVOID previous, PSIZE_T returned)
{
    BASE_ATTRIBUTES *own = (BASE_ATTRIBUTES *)list;
    const BOOL parent = attribute == PROC_THREAD_ATTRIBUTE_PARENT_PROCESS;

    if (flags || previous || returned)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!parent && attribute != PROC_THREAD_ATTRIBUTE_HANDLE_LIST)
        return BasepFail(ERROR_NOT_SUPPORTED);
    if (parent ? size != sizeof(HANDLE) : !size || size % sizeof(HANDLE))
        return BasepFail(ERROR_BAD_LENGTH);
    if (parent ? own->Parent != NULL : own->HandleList != NULL)
        return BasepFail(ERROR_OBJECT_NAME_EXISTS);
    if (own->Count == own->Most)
        return BasepFail(ERROR_GEN_FAILURE);
    own->Count++;
    if (parent) {
        own->Parent = value;
    } else {
        own->HandleList = value;
        own->HandleListSize = size;
    }
    return TRUE;
}

VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list)
{
    (void)list;
}

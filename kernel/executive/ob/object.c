/* object.c - objects: a header of counts before a body that its type knows.
 *
 * Invariants:
 *   O1  PointerCount >= HandleCount, both >= 0; the body lives while PointerCount > 0
 *   O2  each handle in a table is one of HandleCount and one of PointerCount
 *   O3  a name is in the list of names exactly while HandleCount > 0 (or it is being
 * inserted) The kernel is not preempted, and no interrupt handler counts references: no
 * lock. Windows keeps the same thing in OBJECT_HEADER (`!object`, `dt
 * nt!_OBJECT_HEADER`).
 */
#include "kd/kd.h"
#include "obp.h"

ULONG ObTotalObjects, ObTotalHandles;

NTSTATUS ObCreateObject(const OBTYPE *type, SIZE_T size, void **body)
{
    OBJECT_HEADER *header =
        ExAllocatePool(sizeof *header + size, OB_TAG('O', 'b', 'j', ' '));
    if (header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    header->Type = type;
    header->PointerCount = 1;
    ObTotalObjects++;
    *body = BODY_OF(header);
    return STATUS_SUCCESS;
}

void ObReferenceObject(void *body)
{
    ASSERT(OBJECT_OF(body)->PointerCount > 0);
    OBJECT_OF(body)->PointerCount++;
}

void ObDereferenceObject(void *body)
{
    OBJECT_HEADER *header = OBJECT_OF(body);
    ASSERT(header->PointerCount > header->HandleCount);
    if (--header->PointerCount > 0)
        return;
    if (header->Name != NULL)
        ObpForgetName(header);
    if (header->Type->Delete != NULL)
        header->Type->Delete(body);
    ObTotalObjects--;
    ExFreePool(header);
}

const OBTYPE *ObGetType(void *body)
{
    return OBJECT_OF(body)->Type;
}

void ObpCountHandle(void *body)
{
    ObReferenceObject(body);
    OBJECT_OF(body)->HandleCount++;
    ObTotalHandles++;
}

void ObpForgetHandle(void *body)
{
    OBJECT_HEADER *header = OBJECT_OF(body);
    ASSERT(header->HandleCount > 0);
    ObTotalHandles--;
    if (--header->HandleCount == 0) {
        if (header->Name != NULL)
            ObpForgetName(header);
        if (header->Type->Close != NULL)
            header->Type->Close(body);
    }
    ObDereferenceObject(body);
}

ACCESS_MASK ObMapAccess(const OBTYPE *type, ACCESS_MASK desired)
{
    ACCESS_MASK access =
        desired & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL |
                    MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY);
    if (desired & GENERIC_READ)
        access |= type->Generic.GenericRead;
    if (desired & GENERIC_WRITE)
        access |= type->Generic.GenericWrite;
    if (desired & GENERIC_EXECUTE)
        access |= type->Generic.GenericExecute;
    if (desired & (GENERIC_ALL | MAXIMUM_ALLOWED))
        access |= type->ValidAccess;
    return access & (type->ValidAccess | STANDARD_RIGHTS_ALL);
}

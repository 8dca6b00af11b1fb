/* attr.c - PS_ATTRIBUTE_LIST: what NtCreateThreadEx and NtCreateUserProcess are told and
 * tell.
 *
 *   list:  TotalLength, then { Attribute, Size, Value, ReturnLength* } to its end
 *   Attribute: number | 10000h thread | 20000h input | 40000h additive
 *
 * Unknown numbers are passed over: they ask for what Fathom has one of (processor, node). */
#include "psp.h"

#define PS_ATTRIBUTE_NUMBER_MASK 0xFFFFu
#define MAXIMUM_ATTRIBUTES       32u

NTSTATUS PspCaptureAttributes(const void *userList, PSATTRIBUTES *captured)
{
    SIZE_T total;
    PS_ATTRIBUTE item;
    __builtin_memset(captured, 0, sizeof *captured);
    if (userList == NULL)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromUser(&total, userList, sizeof total);
    if (!NT_SUCCESS(status))
        return status;
    if (total < sizeof total || (total - sizeof total) % sizeof item ||
        (total - sizeof total) / sizeof item > MAXIMUM_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    const PS_ATTRIBUTE *user = (const PS_ATTRIBUTE *)((const SIZE_T *)userList + 1);
    for (SIZE_T i = 0; i < (total - sizeof total) / sizeof item; i++) {
        status = MmCopyFromUser(&item, user + i, sizeof item);
        if (!NT_SUCCESS(status))
            return status;
        ULONG number = item.Attribute & PS_ATTRIBUTE_NUMBER_MASK;
        if (number < PspAttributeCount)
            captured->Item[number] = item;
    }
    return STATUS_SUCCESS;
}

NTSTATUS PspReturnAttribute(const PSATTRIBUTES *list, ULONG number, const void *from,
                            SIZE_T size)
{
    const PS_ATTRIBUTE *item = &list->Item[number];
    if (item->Size == 0)
        return STATUS_SUCCESS;
    if (item->Size < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyToUser((void *)item->Value, from, size);
    if (NT_SUCCESS(status) && item->ReturnLength != NULL)
        status = MmCopyToUser(item->ReturnLength, &size, sizeof size);
    return status;
}

NTSTATUS PspReturnThreadAttributes(const PSATTRIBUTES *list, const ETHREAD *thread)
{
    CLIENT_ID client = {(HANDLE)(ULONG_PTR)thread->Process->Id,
                        (HANDLE)(ULONG_PTR)thread->Id};
    NTSTATUS status =
        PspReturnAttribute(list, PsAttributeClientId, &client, sizeof client);
    if (NT_SUCCESS(status))
        status = PspReturnAttribute(list, PsAttributeTebAddress, &thread->Tcb.Teb,
                                    sizeof(PVOID));
    return status;
}

/* link: -lntdll */
/* status.c - RtlNtStatusToDosError: what the two tables answer, their ends and seams. */
#include <windows.h>
#include <winternl.h>
#include "check.h"

static const struct {
    ULONG Status, Error;
} Pairs[] = {
    {0, ERROR_SUCCESS},
    {0x00000103, ERROR_IO_PENDING},
    {0x80000005, ERROR_MORE_DATA},
    {0x8000000D, ERROR_PARTIAL_COPY},
    {0xC0000001, ERROR_GEN_FAILURE},
    {0xC0000005, ERROR_NOACCESS},
    {0xC0000008, ERROR_INVALID_HANDLE},
    {0xC0000014, ERROR_UNRECOGNIZED_MEDIA},
    {0xC0000017, ERROR_NOT_ENOUGH_MEMORY},
    {0xC0000022, ERROR_ACCESS_DENIED},
    {0xC0000032, ERROR_DISK_CORRUPT},
    {0xC000003F, ERROR_CRC},
    {0xC0000043, ERROR_SHARING_VIOLATION},
    {0xC0000060, ERROR_NO_SUCH_PRIVILEGE},
    {0xC000006D, ERROR_LOGON_FAILURE},
    {0xC000008D, 0xC000008D}, /* an exception is itself */
    {0xC0000093, 0xC0000093},
    {0xC0000097, ERROR_NOT_ENOUGH_MEMORY},
    {0xC000009A, ERROR_NO_SYSTEM_RESOURCES},
    {0xC00000BE, ERROR_BAD_NETPATH},
    {0xC00000CC, ERROR_BAD_NET_NAME},
    {0xC000012B, ERROR_TOKEN_ALREADY_IN_USE},
    {0xC000012D, ERROR_COMMITMENT_LIMIT},
    {0xC0000161, 582},
    {0xC000017C, ERROR_KEY_DELETED},
    {0xC0000201, ERROR_NETWORK_ACCESS_DENIED},
    {0xC0000236, ERROR_CONNECTION_REFUSED},
    {0xC000026B, 624},
    {0xC0000374, ERROR_INTERNAL_ERROR},
    {0xE0000001, 0xE0000001}, /* an application's own */
    {0x80070005, ERROR_ACCESS_DENIED},
    {0xC0070005, ERROR_ACCESS_DENIED},
    {0xC0000FFF, ERROR_MR_MID_NOT_FOUND},
    {0xC1000014, ERROR_MR_MID_NOT_FOUND},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof Pairs / sizeof *Pairs; i++) {
        printf("%08lx\n", Pairs[i].Status);
        CHECK_EQUAL(RtlNtStatusToDosError((NTSTATUS)Pairs[i].Status), Pairs[i].Error);
    }
    return 0;
}

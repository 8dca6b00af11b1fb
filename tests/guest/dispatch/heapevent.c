/* heapevent.c - NtFathomHeapEvent refuses what is no FATHOM_HEAP_CALL, and believes no count. */
#include "check.h"
#include <windows.h>

#include "heapcall.h"

#define HEAD FIELD_OFFSET(FATHOM_HEAP_CALL, Frames)

int main(void)
{
    long(WINAPI * tell)(const void *, ULONG) =
        (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtFathomHeapEvent");
    FATHOM_HEAP_CALL call = {.Operation = HEAP_EVENT_ALLOCATE, .FrameCount = ~0u};
    CHECK(tell != NULL);
    CHECK_EQUAL(tell(&call, HEAD - 1), 0xC000000D);
    CHECK_EQUAL(tell(&call, sizeof call + 1), 0xC000000D);
    CHECK_EQUAL(tell(&call, ~0u), 0xC000000D);
    CHECK_EQUAL(tell(NULL, HEAD), 0xC0000005);
    CHECK_EQUAL(tell((void *)0x80100000, HEAD), 0xC0000005);
    CHECK_EQUAL(tell(&call, HEAD), 0);
    CHECK_EQUAL(tell(&call, sizeof call), 0);
    CHECK_EQUAL(tell((void *)(ULONG_PTR)12345, 0), 0); /* a clock, no pointer */
    CHECK_EQUAL(tell(&call, HEAD), 0);
    return 0;
}

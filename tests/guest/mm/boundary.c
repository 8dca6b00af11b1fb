/* link: -lntdll */
/* boundary - addresses of the kernel, ranges that wrap, SharedUserData, PEB and TEB. */
#include "memory.h"

#define SHARED ((char *)0x7FFE0000)

int main(void)
{
    static const ULONG_PTR wrong[] = {0x80000000, 0x80100000, 0xC0000000, 0xFFFFF000,
                                      0xFFFFFFFF};
    char byte = 1;
    SIZE_T done;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *at = (char *)wrong[i];
        CHECK_EQUAL(READS(at), STATUS_ACCESS_VIOLATION);
        CHECK_EQUAL(WRITES(at), STATUS_ACCESS_VIOLATION);
        CHECK(allocate(at, PAGE, MEM_RESERVE, PAGE_READWRITE, NULL) < 0);
        CHECK(allocate(at, PAGE, MEM_COMMIT, PAGE_READWRITE, NULL) < 0);
        CHECK(release(at, PAGE, MEM_DECOMMIT) < 0);
        CHECK(release(at, 0, MEM_RELEASE) < 0);
        CHECK(protect(at, PAGE, PAGE_READWRITE, NULL) < 0);
        CHECK(NtWriteVirtualMemory(SELF, at, &byte, 1, &done) != 0);
        CHECK(NtReadVirtualMemory(SELF, at, &byte, 1, &done) != 0);
        CHECK(NtReadVirtualMemory(SELF, &byte, at, 1, &done) != 0);
        CHECK_EQUAL(NtAllocateVirtualMemory(SELF, (PVOID *)at, 0, &done, MEM_RESERVE,
                                            PAGE_READWRITE),
                    STATUS_ACCESS_VIOLATION);
    }
    CHECK(allocate((char *)0x10000, 0xFFFFF000, MEM_RESERVE, PAGE_READWRITE, NULL) < 0);
    CHECK(allocate(NULL, 0x80000000, MEM_RESERVE, PAGE_READWRITE, NULL) < 0);
    CHECK(allocate(NULL, 0x7FFE0000, MEM_RESERVE, PAGE_READWRITE, NULL) < 0);
    CHECK(allocate((char *)1, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) < 0);
    CHECK_EQUAL(READS((char *)0x20), STATUS_ACCESS_VIOLATION);

    CHECK_EQUAL(READS(SHARED), 0);
    CHECK_EQUAL(WRITES(SHARED), STATUS_ACCESS_VIOLATION);
    CHECK(release(SHARED, 0, MEM_RELEASE) < 0);
    CHECK(release(SHARED, PAGE, MEM_DECOMMIT) < 0);
    CHECK(protect(SHARED, PAGE, PAGE_READWRITE, NULL) < 0);
    CHECK(NtWriteVirtualMemory(SELF, SHARED, &byte, 1, &done) != 0);
    CHECK_EQUAL(query(SHARED).Protect, PAGE_READONLY);

    char *teb;
    __asm__("movl %%fs:0x18, %0" : "=r"(teb));
    char *peb = *(char **)(teb + 0x30);
    CHECK(release(teb, 0, MEM_RELEASE) < 0);
    CHECK(release(peb, 0, MEM_RELEASE) < 0);
    CHECK(protect(teb, PAGE, PAGE_NOACCESS, NULL) < 0);
    CHECK(protect(peb, PAGE, PAGE_READONLY, NULL) < 0);
    /* What a service is to write to must be writable, and is looked at first. */
    char *base;
    CHECK_EQUAL(allocate(NULL, PAGE, MEM_COMMIT, PAGE_READONLY, (void **)&base), 0);
    SIZE_T size = PAGE;
    CHECK_EQUAL(NtAllocateVirtualMemory(SELF, (PVOID *)base, 0, &size, MEM_RESERVE,
                                        PAGE_READWRITE),
                STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(NtReadVirtualMemory((HANDLE)0xDEAC, base, &byte, 1, &done),
                STATUS_INVALID_HANDLE);
    release(base, 0, MEM_RELEASE);
    return 0;
}

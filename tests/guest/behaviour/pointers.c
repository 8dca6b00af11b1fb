/* link: -lntdll -lpsapi */
/* pointers - IsBadReadPtr and its kin, ReadProcessMemory, WriteProcessMemory, QueryWorkingSet,
 * and how much of memory a process may hold to: VirtualLock, SetProcessWorkingSetSize. */
#include "documented.h"
#include <psapi.h>

static HANDLE open(DWORD access)
{
    HANDLE self = OpenProcess(access, FALSE, GetCurrentProcessId());
    CHECK(self);
    return self;
}

static void bad_pointers(void)
{
    char *base = committed(4 * PAGE);
    DWORD old;
    CHECK(VirtualProtect(base + PAGE, PAGE, PAGE_READONLY, &old));
    CHECK(VirtualProtect(base + 2 * PAGE, PAGE, PAGE_NOACCESS, &old));
    documented("IsBadReadPtr", "read access to all bytes of the range: zero", SAME,
               !IsBadReadPtr(base, 2 * PAGE) && !IsBadReadPtr(base + 5, 1));
    documented("IsBadReadPtr", "not to all bytes of it: nonzero", SAME,
               IsBadReadPtr(base, 2 * PAGE + 1) && IsBadReadPtr(base + 3 * PAGE - 1, 2) &&
                   IsBadReadPtr(NULL, 1));
    documented("IsBadReadPtr", "a size of zero: zero", SAME,
               !IsBadReadPtr(NULL, 0) && !IsBadReadPtr((void *)0x80000000, 0));
    documented("IsBadWritePtr", "write access to all bytes of the range: zero", SAME,
               !IsBadWritePtr(base, PAGE));
    documented("IsBadWritePtr", "not to all bytes of it: nonzero", SAME,
               IsBadWritePtr(base, PAGE + 1) && IsBadWritePtr(base + PAGE, 1));
    documented("IsBadWritePtr", "the memory keeps its contents", SAME,
               (*base = 42) && !IsBadWritePtr(base, PAGE) && *base == 42);
    documented("IsBadCodePtr", "read access to the address: zero, else nonzero", SAME,
               !IsBadCodePtr((FARPROC)(void *)bad_pointers) &&
                   IsBadCodePtr((FARPROC)(void *)(base + 2 * PAGE)) &&
                   IsBadCodePtr(NULL));
    memset(base, 'a', PAGE);
    CHECK(VirtualProtect(base + PAGE, PAGE, PAGE_READWRITE, &old));
    memset(base + PAGE, 'b', PAGE);
    documented("IsBadStringPtr",
               "read access to all characters up to the terminating null: zero, whatever "
               "lies after it",
               SAME,
               (base[2 * PAGE - 1] = 0, 1) && !IsBadStringPtrA(base, ~0u) &&
                   !IsBadStringPtrA(base, 0x10000));
    documented("IsBadStringPtr", "up to the number of characters that is given", SAME,
               (base[2 * PAGE - 1] = 'c') && !IsBadStringPtrA(base, 2 * PAGE));
    documented("IsBadStringPtr", "not to all of them: nonzero", SAME,
               IsBadStringPtrA(base, 2 * PAGE + 1) && IsBadStringPtrA(NULL, 1));
    freed(base);
}

static void other_memory(void)
{
    char *base = committed(3 * PAGE), buffer[64] = "here";
    SIZE_T done = 99;
    HANDLE reader = open(PROCESS_VM_READ), writer = open(PROCESS_VM_WRITE),
           both = open(PROCESS_VM_WRITE | PROCESS_VM_OPERATION);
    strcpy(base, "there");
    documented("ReadProcessMemory", "copies the data from the process to the buffer",
               SAME,
               ReadProcessMemory(reader, base, buffer, 6, &done) && done == 6 &&
                   !strcmp(buffer, "there"));
    documented(
        "ReadProcessMemory", "the handle must have PROCESS_VM_READ access", SAME,
        FAILS(ReadProcessMemory(writer, base, buffer, 6, &done), ERROR_ACCESS_DENIED));
    documented("ReadProcessMemory", "lpNumberOfBytesRead may be NULL", SAME,
               ReadProcessMemory(reader, base, buffer, 6, NULL));
    CHECK(VirtualFree(base + PAGE, PAGE, MEM_DECOMMIT));
    documented("ReadProcessMemory",
               "the entire area must be accessible, or the function fails", SAME,
               FAILS(ReadProcessMemory(reader, base + PAGE - 8, buffer, 16, &done),
                     ERROR_PARTIAL_COPY));
    documented("WriteProcessMemory", "copies the data from the buffer to the process",
               SAME,
               WriteProcessMemory(both, base, "where", 6, &done) && done == 6 &&
                   !strcmp(base, "where"));
    documented(
        "WriteProcessMemory",
        "the handle must have PROCESS_VM_WRITE and PROCESS_VM_OPERATION access", SAME,
        FAILS(WriteProcessMemory(reader, base, "never", 6, &done), ERROR_ACCESS_DENIED));
    documented("WriteProcessMemory", "the entire area must be writable, or it fails",
               SAME,
               !WriteProcessMemory(both, base + PAGE - 8, buffer, 16, &done) &&
                   !WriteProcessMemory(both, base + PAGE, buffer, 1, &done));
    documented("WriteProcessMemory", "lpNumberOfBytesWritten may be NULL", SAME,
               WriteProcessMemory(both, base, "quiet", 6, NULL) &&
                   !strcmp(base, "quiet"));
    CHECK(CloseHandle(reader) && CloseHandle(writer) && CloseHandle(both));
    freed(base);
}

static void working_set(void)
{
    SIZE_T least, most;
    HANDLE asking = open(PROCESS_QUERY_INFORMATION);
    documented("SetProcessWorkingSetSize",
               "the default sizes are 50 pages (204,800 bytes) and 345 pages (1,413,120)",
               SAME,
               GetProcessWorkingSetSize(SELF, &least, &most) && least == 204800 &&
                   most == 1413120);
    char *base = committed(0x100000);
    documented(
        "VirtualLock",
        "the pages that can be locked are those of the minimum working set less a "
        "small overhead",
        SAME,
        VirtualLock(base, 30 * PAGE) &&
            FAILS(VirtualLock(base + 30 * PAGE, 21 * PAGE), ERROR_WORKING_SET_QUOTA) &&
            !RESIDENT(base + 30 * PAGE));
    documented("VirtualLock",
               "an application that locks more calls SetProcessWorkingSetSize first",
               SAME,
               SetProcessWorkingSetSize(SELF, 0x200000, 0x400000) &&
                   VirtualLock(base, 0x100000));
    documented(
        "SetProcessWorkingSetSize",
        "the minimum must be greater than zero and not above the maximum", SAME,
        FAILS(SetProcessWorkingSetSize(SELF, 0, 0x400000), ERROR_INVALID_PARAMETER) &&
            FAILS(SetProcessWorkingSetSize(SELF, 0x400000, 0x200000),
                  ERROR_INVALID_PARAMETER));
    documented("SetProcessWorkingSetSize",
               "a minimum of less than 20 pages is set to 20 pages", SAME,
               SetProcessWorkingSetSize(SELF, PAGE, 0x200000) &&
                   GetProcessWorkingSetSize(SELF, &least, &most) && least == 20 * PAGE &&
                   most == 0x200000);
    documented(
        "SetProcessWorkingSetSize", "the maximum must be at least 13 pages", SAME,
        FAILS(SetProcessWorkingSetSize(SELF, PAGE, 12 * PAGE), ERROR_INVALID_PARAMETER));
    documented(
        "SetProcessWorkingSetSize", "the handle must have PROCESS_SET_QUOTA", SAME,
        FAILS(SetProcessWorkingSetSize(asking, PAGE, 0x200000), ERROR_ACCESS_DENIED) &&
            SetProcessWorkingSetSize(open(PROCESS_SET_QUOTA), PAGE, 0x200000));
    documented(
        "SetProcessWorkingSetSize",
        "both -1: as many pages as possible leave; locked ones do not, and here no "
        "others",
        SIMPLIFIED,
        SetProcessWorkingSetSize(SELF, (SIZE_T)-1, (SIZE_T)-1) && RESIDENT(base));
    freed(base);
    base = committed(2 * PAGE);
    *base = 1;
    PSAPI_WORKING_SET_EX_INFORMATION page = {.VirtualAddress = base};
    documented("QueryWorkingSetEx", "the address of each entry says what is asked", SAME,
               QueryWorkingSetEx(SELF, &page, sizeof page) &&
                   page.VirtualAttributes.Valid &&
                   page.VirtualAttributes.Win32Protection == PAGE_READWRITE);
    PSAPI_WORKING_SET_INFORMATION small;
    documented("QueryWorkingSet",
               "the buffer is too small: ERROR_BAD_LENGTH, and NumberOfEntries is what "
               "is needed",
               SAME,
               FAILS(QueryWorkingSet(SELF, &small, sizeof small), ERROR_BAD_LENGTH) &&
                   small.NumberOfEntries > 10);
    documented("QueryWorkingSet", "the handle must have PROCESS_QUERY_INFORMATION", SAME,
               FAILS(QueryWorkingSet(open(PROCESS_VM_READ), &small, sizeof small),
                     ERROR_ACCESS_DENIED));
    freed(base);
    CHECK(CloseHandle(asking));
}

int main(void)
{
    bad_pointers();
    other_memory();
    working_set();
    return undocumented();
}

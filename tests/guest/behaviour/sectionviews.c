/* link: -lntdll */
/* sectionviews.c - committing and protecting pages of views, the rights of FILE_MAP_COPY, what a
 * section says of itself.  A protection that a view does not allow is STATUS_SECTION_PROTECTION,
 * ERROR_INVALID_PARAMETER in Win32. */
#include <windows.h>
#include <winternl.h>
#include "documented.h"

#define BYTES    0x4000
#define AT_ROUND 0x40000000 /* AT_ROUND_TO_PAGE */

typedef struct {
    PVOID Base;
    ULONG Attributes;
    LARGE_INTEGER Size;
} section_basic;
NTSTATUS NTAPI NtQuerySection(HANDLE, ULONG, PVOID, SIZE_T, SIZE_T *);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T,
                                  LARGE_INTEGER *, SIZE_T *, ULONG, ULONG, ULONG);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, PVOID, ULONG, PVOID, SIZE_T, SIZE_T *);

static HANDLE file_of(DWORD bytes)
{
    HANDLE file = CreateFileA("sectionviews.bin", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    SetFilePointer(file, (LONG)bytes, NULL, FILE_BEGIN);
    CHECK(file != INVALID_HANDLE_VALUE && SetEndOfFile(file));
    return file;
}

static HANDLE memory(DWORD protect)
{
    HANDLE map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protect, 0, BYTES, NULL);
    CHECK(map);
    return map;
}

static void committing(void)
{
    HANDLE file = file_of(BYTES),
           data = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, 0);
    HANDLE map = memory(PAGE_READWRITE | SEC_RESERVE);
    char *view = MapViewOfFile(data, FILE_MAP_WRITE, 0, 0, 0);
    char *one, *two;

    documented("VirtualAlloc", "committing pages of a file's view: ERROR_ACCESS_DENIED",
               SAME,
               FAILS(VirtualAlloc(view, PAGE, MEM_COMMIT, PAGE_READWRITE),
                     ERROR_ACCESS_DENIED) &&
                   FAILS(VirtualAlloc(view, PAGE, MEM_COMMIT, PAGE_WRITECOPY),
                         ERROR_ACCESS_DENIED));
    documented(
        "VirtualAlloc", "PAGE_WRITECOPY for private memory: ERROR_INVALID_PARAMETER",
        SAME,
        FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_WRITECOPY),
              ERROR_INVALID_PARAMETER) &&
            FAILS(VirtualAlloc(reserved(PAGE), PAGE, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY),
                  ERROR_INVALID_PARAMETER) &&
            FAILS(VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_WRITECOPY),
                  ERROR_INVALID_PARAMETER));
    one = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    two = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(VirtualAlloc(one, BYTES, MEM_COMMIT, PAGE_READWRITE) == one);
    one[0] = 'a';
    documented("VirtualAlloc", "committing again sets the protection of a view's pages",
               SAME,
               VirtualAlloc(one, PAGE, MEM_COMMIT, PAGE_READONLY) == one &&
                   query(one).Protect == PAGE_READONLY &&
                   query(one + PAGE).Protect == PAGE_READWRITE && one[0] == 'a');
    documented("VirtualAlloc", "with PAGE_WRITECOPY they become copy-on-write", SAME,
               VirtualAlloc(one, PAGE, MEM_COMMIT, PAGE_WRITECOPY) == one &&
                   query(one).Protect == PAGE_WRITECOPY && (one[0] = 'b') == 'b' &&
                   two[0] == 'a' && query(one).Protect == PAGE_READWRITE);
    UnmapViewOfFile(two);
    two = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    documented("VirtualAlloc", "a commit gives no right that the view lacks", SAME,
               FAILS(VirtualAlloc(two, PAGE, MEM_COMMIT, PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER) &&
                   query(two).Protect == PAGE_READONLY);
    UnmapViewOfFile(one), UnmapViewOfFile(two), UnmapViewOfFile(view);
    CHECK(CloseHandle(map) && CloseHandle(data) && CloseHandle(file));
}

static void protecting(void)
{
    HANDLE map = memory(PAGE_EXECUTE_READWRITE);
    char *none = MapViewOfFile(map, SECTION_MAP_EXECUTE, 0, 0, 0);
    char *read = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    DWORD old;

    documented("VirtualProtect", "of a view without access no page gets any", SAME,
               query(none).Protect == PAGE_NOACCESS &&
                   FAILS(VirtualProtect(none, PAGE, PAGE_READONLY, &old),
                         ERROR_INVALID_PARAMETER) &&
                   VirtualProtect(none, PAGE, PAGE_NOACCESS, &old));
    documented("VirtualProtect", "of a view for reading no page becomes writable", SAME,
               FAILS(VirtualProtect(read, PAGE, PAGE_READWRITE, &old),
                     ERROR_INVALID_PARAMETER) &&
                   FAILS(VirtualProtect(read, PAGE, PAGE_EXECUTE_READ, &old),
                         ERROR_INVALID_PARAMETER) &&
                   VirtualProtect(read, PAGE, PAGE_WRITECOPY, &old));
    UnmapViewOfFile(none), UnmapViewOfFile(read);
    CHECK(CloseHandle(map));
}

/* The protection of a view with this access. */
static DWORD view_of(HANDLE map, DWORD access)
{
    void *view = MapViewOfFile(map, access, 0, 0, 0);
    DWORD protect = view ? query(view).Protect : 0;
    UnmapViewOfFile(view);
    return protect;
}

static void copies(void)
{
    HANDLE map = memory(PAGE_EXECUTE_READWRITE);
    documented("MapViewOfFile", "FILE_MAP_COPY alone: a copy-on-write view", SAME,
               view_of(map, FILE_MAP_COPY) == PAGE_WRITECOPY &&
                   view_of(map, FILE_MAP_COPY | FILE_MAP_EXECUTE) ==
                       PAGE_EXECUTE_WRITECOPY);
    documented("MapViewOfFile", "beside any other right FILE_MAP_COPY is none", SAME,
               view_of(map, FILE_MAP_COPY | SECTION_MAP_EXECUTE) == PAGE_NOACCESS &&
                   view_of(map, FILE_MAP_COPY | FILE_MAP_READ) == PAGE_READONLY &&
                   view_of(map, FILE_MAP_ALL_ACCESS) == PAGE_READWRITE);
    CHECK(CloseHandle(map));
}

/* TEB.LastStatusValue: the status that became the last error. */
static LONG last_status(void)
{
    LONG status;
    __asm__ volatile("movl %%fs:0xBF4, %0" : "=r"(status));
    return status;
}

/* What NtQuerySection says; .Attributes 0: it failed. */
static section_basic told(HANDLE map)
{
    section_basic basic = {0};
    if (NtQuerySection(map, 0, &basic, sizeof basic, NULL))
        basic.Attributes = 0;
    return basic;
}

static void sections(void)
{
    HANDLE file = file_of(0x1234), map;
    section_basic basic;

    documented(
        "CreateFileMapping", "SEC_FILE cannot be asked for: ERROR_INVALID_PARAMETER",
        SAME,
        FAILS(CreateFileMappingA(file, NULL, PAGE_READWRITE | 0x800000, 0, 0, NULL),
              ERROR_INVALID_PARAMETER) &&
            FAILS(CreateFileMappingA(file, NULL, PAGE_READWRITE | SEC_COMMIT | 0x800000,
                                     0, 0, NULL),
                  ERROR_INVALID_PARAMETER));
    map = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    basic = told(map);
    documented("NtQuerySection", "a file's section: SEC_FILE, the size in bytes", SAME,
               basic.Attributes & 0x800000 && basic.Size.QuadPart == 0x1234);
    CHECK(CloseHandle(map) && CloseHandle(file));
    map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1001, NULL);
    basic = told(map);
    documented("NtQuerySection", "a memory section: its size in whole pages", SAME,
               basic.Attributes == SEC_COMMIT && basic.Size.QuadPart == 0x2000);
    CHECK(CloseHandle(map));
    file = file_of(0);
    SetLastError(0);
    map = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    documented("CreateFileMapping",
               "SEC_IMAGE of an empty file: STATUS_INVALID_FILE_FOR_SECTION", SAME,
               map == NULL && last_status() == (LONG)0xC0000020);
    CHECK(CloseHandle(file));
}

static void rounded(void)
{
    HANDLE map = memory(PAGE_READWRITE), self = GetCurrentProcess();
    char *free_place = reserved(0x20000), *at = free_place + 2 * PAGE + 5;
    LARGE_INTEGER offset = {.QuadPart = PAGE + 7};
    SIZE_T size = PAGE;
    ULONG region[4] = {0};
    PVOID base = at;

    CHECK(VirtualFree(free_place, 0, MEM_RELEASE));
    documented("ZwMapViewOfSection", "without AT_ROUND_TO_PAGE: STATUS_MAPPED_ALIGNMENT",
               SAME,
               NtMapViewOfSection(map, self, &base, 0, 0, &offset, &size, 1, 0,
                                  PAGE_READWRITE) == (NTSTATUS)0xC0000220);
    documented("ZwMapViewOfSection",
               "AT_ROUND_TO_PAGE rounds base and offset down to a page", SAME,
               NtMapViewOfSection(map, self, &base, 0, 0, &offset, &size, 1, AT_ROUND,
                                  PAGE_READWRITE) == 0 &&
                   (char *)base == free_place + 2 * PAGE && offset.QuadPart == PAGE &&
                   size == PAGE);
    CHECK(NtQueryVirtualMemory(self, base, 3, region, sizeof region, NULL) == 0);
    documented("NtQueryVirtualMemory",
               "MemoryRegionInformation: mapped memory is not private", SAME,
               !(region[2] & 1) && region[3] == PAGE);
    CHECK(UnmapViewOfFile(base) && CloseHandle(map));
}

int main(void)
{
    committing();
    protecting();
    copies();
    sections();
    rounded();
    return undocumented();
}

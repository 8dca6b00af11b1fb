/* link: -lntdll */
/* filemapping - CreateFileMapping, OpenFileMapping, UnmapViewOfFile, FlushViewOfFile. */
#include "documented.h"

#define MEMORY INVALID_HANDLE_VALUE

static HANDLE file_of(const char *name, DWORD access, DWORD bytes)
{
    HANDLE file = CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              bytes ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
    DWORD done;
    CHECK(file != INVALID_HANDLE_VALUE);
    for (DWORD i = 0; i < bytes; i++)
        CHECK(WriteFile(file, "abcdefgh" + i % 8, 1, &done, NULL));
    return file;
}

static int byte_of(HANDLE file, LONG offset)
{
    unsigned char byte = 0;
    DWORD done = 0;
    SetFilePointer(file, offset, NULL, FILE_BEGIN);
    return ReadFile(file, &byte, 1, &done, NULL) && done == 1 ? byte : -1;
}

static void memory_sections(void)
{
    HANDLE map = CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE, 0, 0x20000, "chart");
    documented("CreateFileMapping",
               "INVALID_HANDLE_VALUE: a section of a specified size that the paging file "
               "backs",
               SAME, map != NULL && GetLastError() == 0);
    char *view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    documented("CreateFileMapping", "the initial contents of its pages are 0", SAME,
               view && view[0] == 0 && view[0x1FFFF] == 0);
    documented("CreateFileMapping", "INVALID_HANDLE_VALUE without a size is refused",
               SAME,
               FAILS(CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE, 0, 0, NULL),
                     ERROR_INVALID_PARAMETER));
    SetLastError(0);
    HANDLE again = CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE, 0, 0x1000, "chart");
    documented("CreateFileMapping",
               "a name that exists returns a handle to the existing object, with its "
               "current size, and ERROR_ALREADY_EXISTS",
               SAME, again && GetLastError() == ERROR_ALREADY_EXISTS);
    char *other = MapViewOfFile(again, FILE_MAP_READ, 0, 0x10000, 0);
    documented("CreateFileMapping", "views of the same object are coherent", SAME,
               other && (view[0x10000] = 7) == 7 && other[0] == 7);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "bell");
    documented("CreateFileMapping",
               "a name that another kind of object has fails with ERROR_INVALID_HANDLE",
               SAME,
               FAILS(CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE, 0, PAGE, "bell"),
                     ERROR_INVALID_HANDLE));
    CloseHandle(event);
    documented(
        "OpenFileMapping", "an object that does not exist is ERROR_FILE_NOT_FOUND", SAME,
        FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, "none such"), ERROR_FILE_NOT_FOUND));
    HANDLE opened = OpenFileMappingA(FILE_MAP_READ, FALSE, "chart");
    char *third = MapViewOfFile(opened, FILE_MAP_READ, 0, 0x10000, 0);
    documented("OpenFileMapping", "the handle shows the same pages", SAME,
               third && third[0] == 7);
    documented(
        "OpenFileMapping", "the handle gives the access that was asked for and no more",
        SAME, FAILS(MapViewOfFile(opened, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED));
    CHECK(CloseHandle(map) && CloseHandle(again) && CloseHandle(opened));
    documented("CreateFileMapping",
               "mapped views hold the object: it lives until the last is unmapped", SAME,
               other[0] == 7 && WRITES(view) == 0);
    documented("UnmapViewOfFile", "unmapping a view invalidates its range of addresses",
               SAME,
               UnmapViewOfFile(other) && READS(other) == STATUS_ACCESS_VIOLATION &&
                   query(other).State == MEM_FREE);
    documented("UnmapViewOfFile", "an address without a view is ERROR_INVALID_ADDRESS",
               SAME, FAILS(UnmapViewOfFile(other), ERROR_INVALID_ADDRESS));
    CHECK(UnmapViewOfFile(view) && UnmapViewOfFile(third));
    documented(
        "CreateFileMapping",
        "when the last reference is gone the object and its name are gone", SAME,
        FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, "chart"), ERROR_FILE_NOT_FOUND));
}

static void reserved_sections(void)
{
    HANDLE map =
        CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 0x10000, NULL);
    char *a = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    char *b = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(a && b);
    documented("CreateFileMapping", "SEC_RESERVE reserves pages without committing them",
               SAME,
               query(a).State == MEM_RESERVE && READS(a) == STATUS_ACCESS_VIOLATION);
    documented("CreateFileMapping",
               "reserved pages can be committed by VirtualAlloc, for every view", SAME,
               VirtualAlloc(a, PAGE, MEM_COMMIT, PAGE_READWRITE) == a && (*a = 3) == 3 &&
                   *b == 3);
    documented("CreateFileMapping",
               "pages of a section that were committed cannot be decommitted or freed",
               SAME, !VirtualFree(a, PAGE, MEM_DECOMMIT) && *a == 3);
    CHECK(UnmapViewOfFile(a) && UnmapViewOfFile(b) && CloseHandle(map));
    documented("CreateFileMapping",
               "attributes without SEC_COMMIT, SEC_RESERVE or SEC_IMAGE mean SEC_COMMIT",
               SAME,
               (map = CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE, 0, PAGE, NULL)) &&
                   (a = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0)) &&
                   query(a).State == MEM_COMMIT);
    CHECK(UnmapViewOfFile(a) && CloseHandle(map));
    documented(
        "CreateFileMapping", "SEC_COMMIT and SEC_RESERVE together are refused", SAME,
        FAILS(CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_RESERVE,
                                 0, PAGE, NULL),
              ERROR_INVALID_PARAMETER));
}

static void files(void)
{
    HANDLE file = file_of("mapped.bin", GENERIC_READ | GENERIC_WRITE, 5000), map;
    char *view;
    map = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    view = map ? MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    CHECK(view);
    documented("CreateFileMapping",
               "without a maximum size it is the current size of the file", SAME,
               query(view).RegionSize == 2 * PAGE && view[0] == 'a' && view[4999] == 'h');
    documented("MapViewOfFile", "bytes beyond the file's end in the last page are zero",
               SAME, view[5000] == 0 && view[2 * PAGE - 1] == 0);
    documented("VirtualAlloc",
               "MEM_RESET is an error where the range is mapped to a file", SAME,
               !VirtualAlloc(view, PAGE, MEM_RESET, PAGE_READWRITE));
    view[1] = 'X';
    documented("FlushViewOfFile",
               "writes the modified pages of the range to the file; 0 bytes: to the end",
               SAME, FlushViewOfFile(view, 0) && byte_of(file, 1) == 'X');
    view[4097] = 'Y';
    documented("FlushViewOfFile", "a range within the view", SAME,
               FlushViewOfFile(view + 4096, 1) && byte_of(file, 4097) == 'Y');
    view[2] = 'Z';
    CHECK(CloseHandle(map));
    documented("UnmapViewOfFile",
               "modified pages reach the file after the last unmapping", SAME,
               UnmapViewOfFile(view) && byte_of(file, 2) == 'Z');
    documented("FlushViewOfFile", "an address that is in no view: the function fails",
               SAME, FAILS(FlushViewOfFile(view, 0), ERROR_INVALID_ADDRESS));
    documented(
        "CreateFileMapping",
        "a size greater than the file extends it, if the protection allows writing", SAME,
        (map = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 10000, NULL)) &&
            GetFileSize(file, NULL) == 10000);
    CHECK(CloseHandle(map));
    documented("CreateFileMapping",
               "a size greater than the file without write access fails", SAME,
               FAILS(CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 20000, NULL),
                     ERROR_NOT_ENOUGH_MEMORY));
    map = CreateFileMappingA(file, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    view = MapViewOfFile(map, FILE_MAP_COPY, 0, 0, 0);
    documented("CreateFileMapping",
               "PAGE_WRITECOPY: changes are the process's own and never reach the file",
               SAME,
               view && (view[0] = 'Q') == 'Q' && UnmapViewOfFile(view) &&
                   byte_of(file, 0) == 'a');
    CHECK(CloseHandle(map) && CloseHandle(file));
    file = file_of("mapped.bin", GENERIC_READ, 0);
    documented("CreateFileMapping",
               "PAGE_READWRITE needs a file opened with GENERIC_READ and GENERIC_WRITE",
               SAME,
               FAILS(CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL),
                     ERROR_ACCESS_DENIED));
    documented("CreateFileMapping", "PAGE_READONLY and PAGE_WRITECOPY need GENERIC_READ",
               SAME,
               (map = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL)) &&
                   CloseHandle(map) &&
                   (map = CreateFileMappingA(file, NULL, PAGE_WRITECOPY, 0, 0, NULL)) &&
                   CloseHandle(map));
    documented("CreateFileMapping", "PAGE_EXECUTE_READ needs GENERIC_EXECUTE too", SAME,
               FAILS(CreateFileMappingA(file, NULL, PAGE_EXECUTE_READ, 0, 0, NULL),
                     ERROR_ACCESS_DENIED));
    CHECK(CloseHandle(file));
    file = CreateFileA("empty.bin", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       0, NULL);
    documented("CreateFileMapping", "a file of length 0 fails with ERROR_FILE_INVALID",
               SAME,
               FAILS(CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL),
                     ERROR_FILE_INVALID));
    CHECK(CloseHandle(file) && DeleteFileA("empty.bin") && DeleteFileA("mapped.bin"));
    documented("CreateFileMapping", "PAGE_NOACCESS is not supported", SAME,
               FAILS(CreateFileMappingA(MEMORY, NULL, PAGE_NOACCESS, 0, PAGE, NULL),
                     ERROR_INVALID_PARAMETER));
    documented("CreateFileMapping", "PAGE_EXECUTE is not supported", SAME,
               FAILS(CreateFileMappingA(MEMORY, NULL, PAGE_EXECUTE, 0, PAGE, NULL),
                     ERROR_INVALID_PARAMETER));
}

int main(void)
{
    memory_sections();
    reserved_sections();
    files();
    return undocumented();
}

/* link: -lntdll */
/* images - CreateFileMapping with SEC_IMAGE and the other attributes; what sections charge. */
#include "documented.h"

#define MEMORY   INVALID_HANDLE_VALUE
#define MEGABYTE 0x100000u

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);

static HANDLE memory(DWORD flags, DWORD size)
{
    return CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE | flags, 0, size, NULL);
}
static int mine = 7; /* a page of .data */

static IMAGE_NT_HEADERS *headers(char *base)
{
    return (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
}

/* Do the bytes of each section stand where its header says, as the file has them? */
static int laid_out(char *view, const char *file)
{
    IMAGE_NT_HEADERS *nt = headers(view);
    IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(nt);
    for (int i = 0; i < nt->FileHeader.NumberOfSections; i++, s++)
        if (s->SizeOfRawData && s->PointerToRawData &&
            memcmp(view + s->VirtualAddress, file + s->PointerToRawData,
                   s->SizeOfRawData < s->Misc.VirtualSize ? s->SizeOfRawData
                                                          : s->Misc.VirtualSize))
            return 0;
    return 1;
}

static char *section_named(char *view, const char *name)
{
    IMAGE_NT_HEADERS *nt = headers(view);
    IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(nt);
    for (int i = 0; i < nt->FileHeader.NumberOfSections; i++, s++)
        if (!strncmp((char *)s->Name, name, 8))
            return view + s->VirtualAddress;
    return NULL;
}

static void image(void)
{
    char path[MAX_PATH];
    GetModuleFileNameA(NULL, path, sizeof path);
    HANDLE file =
        CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE plain = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    HANDLE map = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    char *bytes = MapViewOfFile(plain, FILE_MAP_READ, 0, 0, 0);
    char *view = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    char *other = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    CHECK(bytes && view && other);
    documented(
        "CreateFileMapping",
        "SEC_IMAGE: the file is an executable image: its sections are mapped where "
        "its headers say",
        SAME, query(view).Type == MEM_IMAGE && laid_out(view, bytes));
    char *text = section_named(view, ".text"), *data = section_named(view, ".data");
    CHECK(text && data);
    documented("CreateFileMapping",
               "SEC_IMAGE: the page protection has no effect on views; the mapping "
               "information and protection are taken from the file",
               SAME,
               query(view).Protect == PAGE_READONLY &&
                   query(text).Protect == PAGE_EXECUTE_READ &&
                   query(data).Protect == PAGE_WRITECOPY);
    const char before = *data;
    documented("CreateFileMapping",
               "SEC_IMAGE: a write to a view is the process's own and in no other view",
               SAME,
               WRITES(data) == 0 && (*data = before + 1, 1) &&
                   *section_named(other, ".data") == before && mine == 7);
    documented("FlushViewOfFile", "a view of an image: there is nothing to write", SAME,
               FlushViewOfFile(view, 0) && FlushViewOfFile(data, 1));
    documented("ZwUnmapViewOfSection", "the base may be any address within the view",
               SAME,
               NtUnmapViewOfSection(SELF, other + 3 * PAGE) == 0 &&
                   query(other).State == MEM_FREE);
    documented(
        "CreateFileMapping", "no other attributes are valid with SEC_IMAGE", SAME,
        FAILS(CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE | SEC_NOCACHE, 0,
                                 0, NULL),
              ERROR_INVALID_PARAMETER) &&
            FAILS(CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE | SEC_COMMIT,
                                     0, 0, NULL),
                  ERROR_INVALID_PARAMETER));
    documented(
        "CreateFileMapping", "SEC_LARGE_PAGES is not supported for a file", SAME,
        FAILS(CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_COMMIT | SEC_LARGE_PAGES,
                                 0, 0, NULL),
              ERROR_INVALID_PARAMETER));
    CHECK(UnmapViewOfFile(view) && UnmapViewOfFile(bytes) && CloseHandle(map) &&
          CloseHandle(plain) && CloseHandle(file));
    DWORD done;
    file = CreateFileA("noimage.bin", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                       CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    CHECK(WriteFile(file, "not an image at all", 19, &done, NULL));
    documented(
        "CreateFileMapping", "SEC_IMAGE of a file that is no image fails", SAME,
        FAILS(CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL),
              ERROR_BAD_EXE_FORMAT));
    CHECK(CloseHandle(file));
}

static void attributes(void)
{
    HANDLE map = memory(SEC_COMMIT | SEC_NOCACHE, PAGE);
    char *view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    documented("CreateFileMapping", "SEC_NOCACHE sets all pages to be non-cachable", SAME,
               view && WRITES(view) == 0 &&
                   query(view).Protect == (PAGE_READWRITE | PAGE_NOCACHE));
    CHECK(UnmapViewOfFile(view) && CloseHandle(map));
    documented("CreateFileMapping",
               "SEC_NOCACHE and SEC_WRITECOMBINE require SEC_RESERVE or SEC_COMMIT", SAME,
               FAILS(memory(SEC_NOCACHE, PAGE), ERROR_INVALID_PARAMETER) &&
                   FAILS(memory(SEC_WRITECOMBINE, PAGE), ERROR_INVALID_PARAMETER));
    documented(
        "CreateFileMapping",
        "SEC_LARGE_PAGES takes SeLockMemoryPrivilege: ERROR_PRIVILEGE_NOT_HELD", SAME,
        FAILS(memory(SEC_COMMIT | SEC_LARGE_PAGES, 0x400000), ERROR_PRIVILEGE_NOT_HELD));
    documented(
        "CreateFileMapping", "SEC_LARGE_PAGES requires SEC_COMMIT", SAME,
        FAILS(memory(SEC_RESERVE | SEC_LARGE_PAGES, 0x400000), ERROR_INVALID_PARAMETER));
    map = memory(0, 0x20000);
    view = MapViewOfFileExNuma(map, FILE_MAP_WRITE, 0, 0, 0, NULL, 0);
    documented("MapViewOfFileExNuma", "the view is mapped as by MapViewOfFileEx", SAME,
               view && WRITES(view) == 0 && UnmapViewOfFile(view));
    documented("MapViewOfFileExNuma", "NUMA_NO_PREFERRED_NODE: no node is preferred",
               SAME,
               (view = MapViewOfFileExNuma(map, FILE_MAP_READ, 0, 0, 0, NULL,
                                           NUMA_NO_PREFERRED_NODE)) &&
                   UnmapViewOfFile(view));
    CHECK(CloseHandle(map));
}

static ULONGLONG left(void)
{
    return memory_status().ullAvailPageFile;
}

/* What was taken since; a page or two of tables are not counted. */
static int took(ULONGLONG before, ULONGLONG bytes)
{
    const ULONGLONG now = before - left();
    return now >= bytes && now < bytes + 0x10000;
}

static void charges(void)
{
    ULONGLONG before = left();
    HANDLE map = memory(SEC_COMMIT, 4 * MEGABYTE);
    documented("CreateFileMapping",
               "SEC_COMMIT: the system must have enough committable pages to hold the "
               "entire mapping",
               SAME, map && took(before, 4 * MEGABYTE));
    documented("CreateFileMapping", "otherwise it fails", SAME,
               left() >= 0x7F000000 || FAILS(memory(SEC_COMMIT, (DWORD)left() + MEGABYTE),
                                             ERROR_COMMITMENT_LIMIT));
    before = left();
    char *view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(view);
    view[5] = 1;
    documented("MapViewOfFile", "a view of it is not charged again", SAME,
               took(before, 0));
    before = left();
    char *copy = MapViewOfFile(map, FILE_MAP_COPY, 0, 0, 0);
    documented("MapViewOfFile",
               "copy-on-write: the commit charge is for the entire view, for every page "
               "of it may become private",
               SAME, copy && took(before, 4 * MEGABYTE));
    documented("MapViewOfFile", "a copy that is made is not charged again", SAME,
               WRITES(copy) == 0 && took(before, 4 * MEGABYTE));
    CHECK(UnmapViewOfFile(copy) && UnmapViewOfFile(view) && CloseHandle(map));
    before = left();
    map = memory(SEC_RESERVE, 4 * MEGABYTE);
    view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(view);
    documented("CreateFileMapping",
               "SEC_RESERVE: nothing is charged until it is committed", SAME,
               took(before, 0) &&
                   VirtualAlloc(view, MEGABYTE, MEM_COMMIT, PAGE_READWRITE) == view &&
                   took(before, MEGABYTE));
    documented("CreateFileMapping",
               "the same pages committed through another view are charged once", SAME,
               (copy = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0)) &&
                   VirtualAlloc(copy, MEGABYTE, MEM_COMMIT, PAGE_READWRITE) == copy &&
                   took(before, MEGABYTE) && UnmapViewOfFile(copy));
    CHECK(UnmapViewOfFile(view) && CloseHandle(map));
    documented("CreateFileMapping", "what was charged comes back with the object", SAME,
               took(before, 0));
}

int main(void)
{
    image();
    attributes();
    charges();
    return undocumented();
}

/* mappingfiles - file mapping objects: their names, their handles, and the files they hold. */
#include "documented.h"

#define MEMORY INVALID_HANDLE_VALUE

static HANDLE named(const char *name)
{
    return CreateFileMappingA(MEMORY, NULL, PAGE_READWRITE, 0, PAGE, name);
}
static HANDLE again(const char *name)
{
    return OpenFileMappingA(FILE_MAP_READ, FALSE, name);
}
static int inherits(HANDLE handle)
{
    DWORD flags = 0;
    return GetHandleInformation(handle, &flags) && flags & HANDLE_FLAG_INHERIT;
}

static void names(void)
{
    SECURITY_ATTRIBUTES heir = {sizeof heir, NULL, TRUE};
    HANDLE map = named("fathom mapped"), other = NULL;
    CHECK(map);
    documented("CreateFileMapping", "the name comparison is case sensitive", SAME,
               FAILS(again("FATHOM mapped"), ERROR_FILE_NOT_FOUND));
    documented("CreateFileMapping",
               "the prefix Local\\ names the object of the session's name space", SAME,
               (other = again("Local\\fathom mapped")) && CloseHandle(other));
    documented("CreateFileMapping", "without a name there is an object without a name",
               SAME, (other = named(NULL)) && CloseHandle(other));
    documented("CreateFileMapping",
               "the name can contain any character except the backslash", SAME,
               FAILS(named("fathom\\mapped"), ERROR_PATH_NOT_FOUND));
    documented("CreateFileMapping", "security attributes NULL: not inherited", SAME,
               !inherits(map));
    documented(
        "CreateFileMapping", "bInheritHandle of the attributes: inherited", SAME,
        (other = CreateFileMappingA(MEMORY, &heir, PAGE_READWRITE, 0, PAGE, NULL)) &&
            inherits(other) && CloseHandle(other));
    documented("OpenFileMapping", "bInheritHandle: a process created may inherit it",
               SAME,
               (other = OpenFileMappingA(FILE_MAP_READ, TRUE, "fathom mapped")) &&
                   inherits(other) && CloseHandle(other));
    documented(
        "OpenFileMapping", "a name is needed", SAME,
        FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, NULL), ERROR_INVALID_PARAMETER));
    CHECK(CloseHandle(map));
}

static HANDLE open_file(DWORD access, DWORD share, DWORD how)
{
    return CreateFileA("held.bin", access, share, NULL, how, 0, NULL);
}

static void files(void)
{
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS), map, second;
    char *view;
    CHECK(file != INVALID_HANDLE_VALUE);
    map = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 3 * PAGE, NULL);
    CHECK(map && (view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0)));
    strcpy(view, "kept");
    SetFilePointer(file, PAGE, NULL, FILE_BEGIN);
    documented("SetEndOfFile",
               "while the file is mapped it cannot be shortened: ERROR_USER_MAPPED_FILE",
               SAME, FAILS(SetEndOfFile(file), ERROR_USER_MAPPED_FILE));
    SetFilePointer(file, 4 * PAGE, NULL, FILE_BEGIN);
    documented("SetEndOfFile", "it may grow; the view stays what it was", SAME,
               SetEndOfFile(file) && GetFileSize(file, NULL) == 4 * PAGE &&
                   query(view).RegionSize == 3 * PAGE);
    CHECK(CloseHandle(map) && CloseHandle(file));
    documented(
        "UnmapViewOfFile",
        "the system holds the file until its last view is unmapped, with no sharing "
        "restrictions",
        SAME,
        (second = open_file(GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING)) !=
                INVALID_HANDLE_VALUE &&
            !strcmp(view, "kept") && CloseHandle(second));
    documented("CreateFile", "nor can it be emptied while it is mapped", SAME,
               open_file(GENERIC_WRITE, 0, TRUNCATE_EXISTING) == INVALID_HANDLE_VALUE &&
                   GetLastError() == ERROR_USER_MAPPED_FILE);
    documented("DeleteFile",
               "a file that is mapped cannot be deleted: ERROR_ACCESS_DENIED", SAME,
               FAILS(DeleteFileA("held.bin"), ERROR_ACCESS_DENIED));
    CHECK(UnmapViewOfFile(view));
    documented("DeleteFile", "once it is unmapped it can be", SAME,
               DeleteFileA("held.bin"));
}

static void resets(void)
{
    HANDLE map = named(NULL);
    char *view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(view);
    documented("VirtualAlloc",
               "MEM_RESET of a shared view is acceptable where it is mapped to a paging "
               "file",
               SAME, VirtualAlloc(view, PAGE, MEM_RESET, PAGE_READWRITE) == view);
    documented("FlushViewOfFile", "a view of the paging file: there is nothing to write",
               SAME, FlushViewOfFile(view, 0));
    CHECK(UnmapViewOfFile(view) && CloseHandle(map));
}

int main(void)
{
    names();
    files();
    resets();
    return undocumented();
}

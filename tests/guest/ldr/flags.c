/* flags.c - LoadLibraryEx: DONT_RESOLVE_DLL_REFERENCES, the altered search path, the folders of
 * LOAD_LIBRARY_SEARCH_*; a DLL whose SizeOfHeaders leaves out the section table. */
#include "makedll.h"

static int told;

static BOOL WINAPI count(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reason, (void)reserved;
    told++;
    return TRUE;
}

static DWORD WINAPI nothing(void *unused)
{
    (void)unused;
    return 0;
}

/* A DLL that exports answer(); needs: another's export, by name; NULL: none. */
static void make(const char *path, DWORD base, const char *needs)
{
    struct dll d;
    dll_begin(&d, base);
    dll_entry(&d, count);
    dll_export(&d, "answer", dll_returns(&d, 42));
    if (needs)
        dll_import(&d, needs, "answer", 0);
    dll_write(&d, path);
}

static DWORD refused(const char *name, DWORD flags)
{
    HMODULE module;
    SetLastError(0);
    module = LoadLibraryExA(name, NULL, flags);
    CHECK(module == NULL);
    return GetLastError();
}

static void unresolved(void)
{
    HMODULE module;
    make("needy.dll", 0x21000000, "nowhere.dll");
    CHECK_EQUAL(refused("needy.dll", 0), ERROR_MOD_NOT_FOUND);
    module = LoadLibraryExA("needy.dll", NULL, DONT_RESOLVE_DLL_REFERENCES);
    CHECK(module && GetModuleHandleA("needy.dll") == module);
    CHECK(((int (*)(void))GetProcAddress(module, "answer"))() == 42);
    CHECK_EQUAL(WaitForSingleObject(CreateThread(NULL, 0, nothing, NULL, 0, NULL), 20000),
                WAIT_OBJECT_0);
    CHECK(FreeLibrary(module) && !GetModuleHandleA("needy.dll"));
    CHECK_EQUAL(told, 0);
}

static void neighbours(void)
{
    char full[MAX_PATH], system[] = "C:\\Windows\\System32\\kernel32.dll";
    HMODULE module;

    CHECK(CreateDirectoryA("beside", NULL));
    make("beside\\uses.dll", 0x22000000, "neighbour.dll");
    make("beside\\neighbour.dll", 0x23000000, NULL);
    GetFullPathNameA("beside\\uses.dll", sizeof full, full, NULL);
    CHECK_EQUAL(refused(full, 0), ERROR_MOD_NOT_FOUND);
    CHECK_EQUAL(refused(full, LOAD_LIBRARY_SEARCH_SYSTEM32), ERROR_MOD_NOT_FOUND);
    module = LoadLibraryExA(full, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    CHECK(module && GetModuleHandleA("neighbour.dll"));
    CHECK_EQUAL(told, 2);
    CHECK(FreeLibrary(module) && !GetModuleHandleA("neighbour.dll"));
    module = LoadLibraryExA(
        full, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    CHECK(module && FreeLibrary(module));
    CHECK_EQUAL(refused(full, 0),
                ERROR_MOD_NOT_FOUND); /* the path was of that load alone */
    make("here.dll", 0x24000000, NULL);
    CHECK_EQUAL(refused("neighbour.dll", LOAD_LIBRARY_SEARCH_SYSTEM32),
                ERROR_MOD_NOT_FOUND);
    module = LoadLibraryExA("here.dll", NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    CHECK(module && FreeLibrary(module));
    module = LoadLibraryExA("psapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    CHECK(module && FreeLibrary(module));
    CHECK_EQUAL(refused("psapi.dll", LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR),
                ERROR_INVALID_PARAMETER);
    CHECK_EQUAL(
        refused(system, LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_WITH_ALTERED_SEARCH_PATH),
        ERROR_INVALID_PARAMETER);
    CHECK_EQUAL(refused("psapi.dll", LOAD_LIBRARY_REQUIRE_SIGNED_TARGET),
                ERROR_INVALID_PARAMETER);
}

/* SizeOfHeaders of the file is changed to what ends before the section table. */
static void short_headers(void)
{
    IMAGE_NT_HEADERS32 nt;
    IMAGE_DOS_HEADER dos;
    HMODULE module;
    DWORD done;
    HANDLE file;

    make("short.dll", 0x25000000, NULL);
    file = CreateFileA("short.dll", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                       0, NULL);
    CHECK(ReadFile(file, &dos, sizeof dos, &done, NULL));
    SetFilePointer(file, dos.e_lfanew, NULL, FILE_BEGIN);
    CHECK(ReadFile(file, &nt, sizeof nt, &done, NULL));
    nt.OptionalHeader.SizeOfHeaders = (DWORD)dos.e_lfanew + sizeof nt;
    SetFilePointer(file, dos.e_lfanew, NULL, FILE_BEGIN);
    CHECK(WriteFile(file, &nt, sizeof nt, &done, NULL) && CloseHandle(file));
    module = LoadLibraryA("short.dll");
    CHECK(module && ((int (*)(void))GetProcAddress(module, "answer"))() == 42);
    CHECK(!memcmp(
        IMAGE_FIRST_SECTION((IMAGE_NT_HEADERS32 *)((char *)module + dos.e_lfanew))->Name,
        ".", 1));
    CHECK(FreeLibrary(module));
}

int main(void)
{
    unresolved();
    neighbours();
    short_headers();
    return 0;
}

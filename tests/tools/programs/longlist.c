/* longlist.c - a service that takes minutes: `folder', a search that finds nothing, again and
 * again; `pages', QueryWorkingSetEx of 1 GiB of addresses, which are views of the same 16 MiB. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define VIEW  0x1000000u
#define VIEWS 64

static void folder(void)
{
    char path[MAX_PATH];
    WIN32_FIND_DATAA data;
    CreateDirectoryA("C:\\w", NULL);
    for (int i = 0; i < 300; i++) {
        strcpy(path, "C:\\w\\");
        memset(path + 5, 'w', 200);
        sprintf(path + 205, "%04d", i);
        CloseHandle(CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    }
    strcpy(path, "C:\\w\\");
    for (int i = 5; i < 250; i += 2)
        strcpy(path + i, "*w");
    strcat(path, "*x");
    for (;;)
        FindFirstFileA(path, &data);
}

static void pages(void)
{
    char *base = VirtualAlloc(NULL, VIEW * VIEWS, MEM_RESERVE, PAGE_NOACCESS);
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, VIEW, NULL);
    BOOL(WINAPI * query)
    (HANDLE, void *, DWORD) =
        (void *)GetProcAddress(LoadLibraryA("psapi"), "QueryWorkingSetEx");
    VirtualFree(base, 0, MEM_RELEASE);
    for (int i = 0; i < VIEWS; i++)
        if (!MapViewOfFileEx(section, FILE_MAP_ALL_ACCESS, 0, 0, 0, base + i * VIEW))
            ExitProcess(1);
    query(GetCurrentProcess(), base, VIEW * VIEWS);
    ExitProcess(2);
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == 'f')
        folder();
    pages();
}

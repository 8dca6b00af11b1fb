/* kinds - makes an event of every kind, and prints what it did: a line for each, `WORD VALUE ...`,
 * hexadecimal, which tests/tools/kinds.t looks for among the events.  With an argument it is the
 * second process, which only allocates. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static DWORD WINAPI other(void *argument)
{
    return HeapSize(GetProcessHeap(), 0, argument) == 100 ? 5 : 6;
}

static void heap(void)
{
    HANDLE own = HeapCreate(0, 0, 0);
    char *small = HeapAlloc(own, 0, 100), *old = small,
         *large = HeapAlloc(own, 0, 600000);
    char *front[30];
    for (int i = 0; i < 30; i++) /* from the 18th on the front end's */
        front[i] = HeapAlloc(own, 0, 40);
    small = HeapReAlloc(own, 0, small, 3000);
    void *failed = HeapAlloc(own, 0, 0x7FFFFFF0);
    printf("heap %x %x %x %x %x %x\n", (unsigned)own, (unsigned)old, (unsigned)small,
           (unsigned)large, (unsigned)front[29], (unsigned)failed);
    HeapFree(own, 0, front[29]);
    HeapFree(own, 0, large);
    HeapDestroy(own);
}

static void regions(void)
{
    DWORD before;
    char *base = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(base, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    base[0x1000] = 1;
    VirtualProtect(base, 0x1000, PAGE_READONLY, &before);
    VirtualFree(base, 0x2000, MEM_DECOMMIT);
    VirtualFree(base, 0, MEM_RELEASE);
    printf("region %x\n", (unsigned)base);
}

static void sections(void)
{
    HANDLE memory =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x3000, NULL);
    char *view = MapViewOfFile(memory, FILE_MAP_WRITE, 0, 0, 0);
    view[0x2000] = 1;
    UnmapViewOfFile(view);
    HMODULE dll = LoadLibraryA("ole32.dll");
    FreeLibrary(dll);
    printf("section %x %x\n", (unsigned)view, (unsigned)dll);
}

static LONG CALLBACK go_on(EXCEPTION_POINTERS *what)
{
    what->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

int main(int count, char **words)
{
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    char line[300];
    DWORD code;
    if (count > 1) { /* the other program: the same addresses, its own process */
        for (int i = 0; i < 200; i++)
            HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 77));
        return 9;
    }
    heap();
    regions();
    sections();
    AddVectoredExceptionHandler(1, go_on);
    __asm__ volatile("ud2"); /* an exception by way of the kernel */
    void *block = HeapAlloc(GetProcessHeap(), 0, 100);
    HANDLE thread = CreateThread(NULL, 0, other, block, 0, &code);
    WaitForSingleObject(thread, INFINITE);
    printf("thread %lx %lx\n", code, GetCurrentThreadId());
    sprintf(line, "%s child", words[0]);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child))
        return 1;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    printf("child %lx %lx %lx\n", child.dwProcessId, code, GetCurrentProcessId());
    return 0;
}

/* scarce.c - a bit of everything that makes the kernel allocate: a process, a thread, a
 * section, a heap, an event, a timer, a pipe, a file, an APC.  scarce.t runs it once for each
 * allocation, which then fails: each call may fail with its status and nothing else happens.
 * Exit code: which step failed, 0 when none did. */
#include <stdio.h>
#include <windows.h>

static DWORD WINAPI other(void *event)
{
    SetEvent(event);
    return 5;
}

static void CALLBACK apc(ULONG_PTR done)
{
    *(volatile LONG *)done = 1;
}

static int memory_step(void)
{
    char *p = VirtualAlloc(NULL, 0x400000, MEM_RESERVE, PAGE_READWRITE);
    DWORD old;
    int ok = p && VirtualAlloc(p + 0x1000, 0x2000, MEM_COMMIT, PAGE_READWRITE) &&
             VirtualAlloc(p + 0x300000, 0x1000, MEM_COMMIT, PAGE_READWRITE) &&
             VirtualProtect(p + 0x1000, 0x1000, PAGE_READONLY, &old) &&
             VirtualFree(p + 0x2000, 0x1000, MEM_DECOMMIT);
    return (!p || VirtualFree(p, 0, MEM_RELEASE)) && ok;
}

static int section_step(void)
{
    HANDLE s =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x20000, "s");
    char *a = s ? MapViewOfFile(s, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    char *b = s ? MapViewOfFile(s, FILE_MAP_COPY, 0, 0, 0) : NULL;
    int ok = a && b;
    if (ok) { /* by the kernel, so that a failure is a status */
        SIZE_T n;
        ok = WriteProcessMemory(GetCurrentProcess(), a, "x", 1, &n) &&
             WriteProcessMemory(GetCurrentProcess(), b, "y", 1, &n);
    }
    if (a)
        ok = UnmapViewOfFile(a) && ok;
    if (b)
        ok = UnmapViewOfFile(b) && ok;
    return (!s || CloseHandle(s)) && ok;
}

static int thread_step(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, "e");
    HANDLE thread = event ? CreateThread(NULL, 0, other, event, 0, NULL) : NULL;
    DWORD code = 0;
    volatile LONG done = 0;
    if (thread) {
        WaitForSingleObject(thread, INFINITE);
        GetExitCodeThread(thread, &code);
        CloseHandle(thread);
    }
    int ok = QueueUserAPC(apc, GetCurrentThread(), (ULONG_PTR)&done) != 0;
    SleepEx(0, TRUE);
    if (event)
        CloseHandle(event);
    return code == 5 && ok && done;
}

static int file_step(void)
{
    char text[8];
    DWORD n;
    HANDLE in, out, timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER soon = {.QuadPart = -1};
    int ok = timer && SetWaitableTimer(timer, &soon, 0, NULL, NULL, FALSE) &&
             WaitForSingleObject(timer, 1000) == WAIT_OBJECT_0;
    if (timer)
        CloseHandle(timer);
    if (CreatePipe(&in, &out, NULL, 0)) {
        ok = WriteFile(out, "pipe", 4, &n, NULL) && ReadFile(in, text, 4, &n, NULL) && ok;
        CloseHandle(in);
        CloseHandle(out);
    } else {
        ok = 0;
    }
    HANDLE file = CreateFileA("C:\\scarce.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    ok = WriteFile(file, "file", 4, &n, NULL) && ok;
    CloseHandle(file);
    return ok;
}

static int heap_step(void)
{
    HANDLE heap = HeapCreate(0, 0x1000, 0);
    int ok = heap != NULL;
    for (int size = 16; ok && size < 0x200000; size *= 8)
        ok = HeapAlloc(heap, 0, size) != NULL;
    return (!heap || HeapDestroy(heap)) && ok;
}

static int process_step(const char *self)
{
    char line[MAX_PATH + 16];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION p;
    DWORD code = 1;
    sprintf(line, "\"%s\" child", self);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &p))
        return 0;
    WaitForSingleObject(p.hProcess, INFINITE);
    GetExitCodeProcess(p.hProcess, &code);
    CloseHandle(p.hProcess);
    CloseHandle(p.hThread);
    return code == 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 0;
    if (!memory_step())
        return 1;
    if (!section_step())
        return 2;
    if (!thread_step())
        return 3;
    if (!file_step())
        return 4;
    if (!heap_step())
        return 5;
    return process_step(argv[0]) ? 0 : 6;
}

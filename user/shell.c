/* shell.c - the prompt: run a program, look at memory.
 *
 * An ordinary console program; what it shows of the kernel it asks through fathom.dll.
 *
 *   NAME [ARG ...]   run C:\NAME.exe        mem   physical pages by state
 *   walk             the walk               heap  this process's heaps
 *   ps               processes              vad   regions of a process (vad [PID])
 *   help             this list              exit  power off
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fathom.h"

typedef LONG(WINAPI *query_function)(ULONG, ULONG_PTR, PVOID, ULONG, PULONG);
static query_function query;
static union {
    FATHOM_PROCESS processes[256];
    FATHOM_REGION regions[512];
} answer;

/* A module's pages are the image's own, shown by every process that uses it, until the
 * process writes to one: then it has a copy. */
static void show_module(const FATHOM_REGION *module)
{
    ULONG here = 0, own = 0, most = 0, returned;
    for (ULONG at = 0; at < module->Size; at += 4096) {
        FATHOM_PAGE page;
        if (query(FathomQueryPage, module->Base + at, &page, sizeof page, &returned) <
                0 ||
            !page.Present)
            continue;
        const BOOL copy = page.ShareCount == 1;
        here++;
        own += copy;
        if (!copy && page.ShareCount - 1 > most)
            most = page.ShareCount - 1;
    }
    printf("%-16.32s  %5lu  %5lu  %6lu  %4lu  %9lu\n", module->Name, module->Size / 4096,
           here, here - own, own, most);
}

static void show_modules(void)
{
    ULONG returned;
    if (query(FathomQueryRegions, 0, answer.regions, sizeof answer.regions, &returned) <
        0)
        return;
    printf("module            pages   here  shared   own  processes\n");
    for (ULONG i = 0; i < returned / sizeof *answer.regions; i++)
        if (answer.regions[i].Type == MEM_IMAGE && answer.regions[i].Name[0])
            show_module(&answer.regions[i]);
}

static void show_memory(const char *arguments)
{
    FATHOM_MEMORY m;
    ULONG returned;
    (void)arguments;
    if (query(FathomQueryMemory, 0, &m, sizeof m, &returned) < 0) {
        printf("the kernel does not answer\n");
        return;
    }
    printf("pages of 4 KiB    %8lu  (%lu MiB)\n", m.Total, m.Total / 256);
    printf("  free            %8lu\n  zeroed          %8lu\n  user            %8lu\n",
           m.Free, m.Zeroed, m.User);
    printf("  shared          %8lu\n  page tables     %8lu\n  kernel          %8lu\n",
           m.Shared, m.PageTable, m.Kernel);
    printf("committed         %8lu  of %lu\n", m.Committed, m.CommitLimit);
    show_modules();
}

static void show_processes(const char *arguments)
{
    ULONG returned;
    (void)arguments;
    if (query(FathomQueryProcesses, 0, answer.processes, sizeof answer.processes,
              &returned) < 0)
        returned = 0;
    printf("  pid parent threads handles private commit  name\n");
    for (ULONG i = 0; i < returned / sizeof *answer.processes; i++) {
        const FATHOM_PROCESS *p = &answer.processes[i];
        printf("%5lu %6lu %7lu %7lu %7lu %6lu  %.32s\n", p->Id, p->Parent, p->Threads,
               p->Handles, p->PrivatePages, p->CommitPages, p->Name);
    }
}

static const char *protection(ULONG protect)
{
    static const struct {
        ULONG value;
        const char *text;
    } names[] = {{PAGE_NOACCESS, "no access"},    {PAGE_READONLY, "r--"},
                 {PAGE_READWRITE, "rw-"},         {PAGE_WRITECOPY, "rc-"},
                 {PAGE_EXECUTE, "--x"},           {PAGE_EXECUTE_READ, "r-x"},
                 {PAGE_EXECUTE_READWRITE, "rwx"}, {PAGE_EXECUTE_WRITECOPY, "rcx"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((protect & 0xFF) == names[i].value)
            return names[i].text;
    return "";
}

static void show_regions(const char *arguments)
{
    ULONG returned;
    if (query(FathomQueryRegions, strtoul(arguments, NULL, 10), answer.regions,
              sizeof answer.regions, &returned) < 0) {
        printf("no such process\n");
        return;
    }
    printf("base     end      commit protect    type\n");
    for (ULONG i = 0; i < returned / sizeof *answer.regions; i++) {
        const FATHOM_REGION *r = &answer.regions[i];
        printf("%08lX %08lX %6lu %-10s %s %.32s\n", r->Base, r->Base + r->Size - 1,
               r->CommitPages, protection(r->Protect),
               r->Type == MEM_IMAGE    ? "image  "
               : r->Type == MEM_MAPPED ? "mapped "
                                       : "private",
               r->Name);
    }
}

static void show_heaps(const char *arguments)
{
    HANDLE heaps[64];
    DWORD count = GetProcessHeaps(64, heaps);
    (void)arguments;
    printf("heap     busy blocks    bytes  free blocks    bytes  uncommitted\n");
    for (DWORD i = 0; i < count && i < 64; i++) {
        PROCESS_HEAP_ENTRY entry = {0};
        ULONG busy = 0, busy_bytes = 0, unused = 0, unused_bytes = 0, uncommitted = 0;
        HeapLock(heaps[i]);
        while (HeapWalk(heaps[i], &entry)) {
            if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)
                busy++, busy_bytes += entry.cbData;
            else if (entry.wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
                uncommitted += entry.cbData;
            else if (!(entry.wFlags & PROCESS_HEAP_REGION))
                unused++, unused_bytes += entry.cbData;
        }
        HeapUnlock(heaps[i]);
        printf("%08lX %11lu %8lu %12lu %8lu %12lu%s\n", (ULONG)(ULONG_PTR)heaps[i], busy,
               busy_bytes, unused, unused_bytes, uncommitted,
               heaps[i] == GetProcessHeap() ? "  default" : "");
    }
}

static void show_help(const char *arguments);
static const struct {
    const char *name;
    void (*run)(const char *);
    const char *help;
} commands[] = {
    {"mem", show_memory,
     "physical pages by state; this process's modules, shared or not"},
    {"heap", show_heaps, "the heaps of this process"},
    {"vad", show_regions, "the regions of a process: vad [PID]"},
    {"ps", show_processes, "processes"},
    {"help", show_help, "this list"},
};

static void show_help(const char *arguments)
{
    (void)arguments;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-6s %s\n", commands[i].name, commands[i].help);
    printf("  walk   from new to the page, captured\n  exit   power off\n"
           "  attacks, leaks, comout: a damaged heap, lost blocks, who frees an [out]\n"
           "  NAME   run C:\\NAME.exe, with arguments:");
    WIN32_FIND_DATAA found;
    HANDLE search = FindFirstFileA("C:\\*.exe", &found);
    if (search != INVALID_HANDLE_VALUE) {
        do
            printf(" %.*s", (int)strcspn(found.cFileName, "."), found.cFileName);
        while (FindNextFileA(search, &found));
        FindClose(search);
    }
    printf("\n");
}

/* Run a program and wait for it; line is the whole command line. */
static void run(char *line, size_t word)
{
    char path[MAX_PATH];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD code = 0;
    snprintf(path, sizeof path, "%s%.*s%s", strchr(line, '\\') ? "" : "C:\\", (int)word,
             line, memchr(line, '.', word) ? "" : ".exe");
    if (!CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) {
        printf("%s: cannot be started, error %lu (help lists what there is)\n", path,
               GetLastError());
        return;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    if (code)
        printf("%.*s: exit code %lu (0x%lX)\n", (int)word, line, code, code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

/* FALSE: leave. */
static BOOL obey(char *line)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = 0;
    size_t word = strcspn(line, " \t");
    if (!word)
        return TRUE;
    if (word == 4 && !memcmp(line, "exit", 4))
        return FALSE;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strlen(commands[i].name) == word && !memcmp(line, commands[i].name, word)) {
            commands[i].run(line + word + strspn(line + word, " \t"));
            return TRUE;
        }
    run(line, word);
    return TRUE;
}

/* Ctrl-C is the running program's; at the prompt it ends the read, and so the shell. */
static BOOL WINAPI not_mine(DWORD event)
{
    (void)event;
    return TRUE;
}

int main(void)
{
    char line[512];
    SetConsoleCtrlHandler(not_mine, TRUE);
    HMODULE fathom = LoadLibraryA("fathom.dll");
    query = fathom ? (query_function)(void *)GetProcAddress(fathom, "FathomQuery") : NULL;
    if (!query) {
        fprintf(stderr, "shell: this prompt is Fathom's; there is no fathom.dll here\n");
        return 1;
    }
    printf("\nFathom. `help` lists the commands; Ctrl-C stops a program; `exit` or "
           "Ctrl-C leaves.\n");
    do {
        printf("C:\\> ");
        fflush(stdout);
    } while (fgets(line, sizeof line, stdin) && obey(line));
    return 0;
}

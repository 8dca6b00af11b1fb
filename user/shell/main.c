/* main.c - the prompt: run a program, look at memory.
 *
 * An ordinary console program; what it shows of the kernel it asks through fathom.dll, what
 * it shows of another process it reads by ReadProcessMemory.
 *
 *   NAME [ARG ...]      run C:\NAME.exe        mem   physical pages by state
 *   NAME [ARG ...] &    beside the prompt       ps    processes
 *   walk                the walk                vad   regions of a process (vad [PID])
 *   help                this list               heap  its heaps (heap [PID])
 *   exit                power off               pte   the way to a page (pte PID ADDR)
 */
#include "shell.h"

query_function query;

static void show_help(const char *arguments);
static const struct {
    const char *name;
    void (*run)(const char *);
    const char *help;
} commands[] = {
    {"mem", show_memory,
     "physical pages by state; this process's modules, shared or not"},
    {"ps", show_processes, "processes; PID below is a number of it, none: this prompt"},
    {"vad", show_regions, "vad [PID]: its regions, and what each is for"},
    {"heap", show_heaps, "heap [PID]: its heaps, each segment as a strip"},
    {"pte", show_page, "pte PID ADDR: the entries on the way to one page"},
    {"help", show_help, "this list"},
};

static void show_help(const char *arguments)
{
    (void)arguments;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-6s %s\n", commands[i].name, commands[i].help);
    printf(
        "  walk   ten doors to memory; walk DOOR: one, step by step; walk --all\n"
        "  exit   power off\n"
        "  attacks, leaks, comout: a damaged heap, lost blocks, who frees an [out]\n"
        "  rest & waits beside the prompt: a program to look at, by its number\n"
        "  NAME [ARG ...]    run C:\\NAME.exe; with & at the end beside the prompt:\n");
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

/* Programs beside the prompt. */
static struct {
    HANDLE process;
    ULONG id;
    char name[32];
} jobs[16];
enum { JOBS = sizeof jobs / sizeof *jobs };

BOOL look_at_jobs(const char *before)
{
    BOOL run = FALSE;
    for (int i = 0; i < JOBS; i++) {
        DWORD code = 0;
        if (!jobs[i].process)
            continue;
        if (WaitForSingleObject(jobs[i].process, 0) != WAIT_OBJECT_0) {
            run = TRUE;
            continue;
        }
        GetExitCodeProcess(jobs[i].process, &code);
        printf("%s[%lu] %s has ended, exit code %lu (0x%lX)\n", before, jobs[i].id,
               jobs[i].name, code, code);
        CloseHandle(jobs[i].process);
        jobs[i].process = NULL;
    }
    return run;
}

static void keep_job(const PROCESS_INFORMATION *made, const char *name, size_t length)
{
    printf("[%lu] %.*s runs beside the prompt\n", made->dwProcessId, (int)length, name);
    for (int i = 0; i < JOBS; i++)
        if (!jobs[i].process) {
            jobs[i].process = made->hProcess;
            jobs[i].id = made->dwProcessId;
            snprintf(jobs[i].name, sizeof jobs[i].name, "%.*s", (int)length, name);
            return;
        }
    CloseHandle(made->hProcess); /* too many: its end is not told */
}

static void wait_for(const PROCESS_INFORMATION *made, const char *name, size_t length)
{
    DWORD code = 0;
    WaitForSingleObject(made->hProcess, INFINITE);
    GetExitCodeProcess(made->hProcess, &code);
    if (code)
        printf("%.*s: exit code %lu (0x%lX)\n", (int)length, name, code, code);
    CloseHandle(made->hProcess);
}

/* An input that is at its end: the keys are the prompt's. */
static HANDLE no_input(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE read = NULL, write = NULL;
    if (CreatePipe(&read, &write, &inherit, 0))
        CloseHandle(write);
    return read;
}

/* An & that ends the line goes, and the blanks before it. */
static BOOL take_ampersand(char *line)
{
    size_t length = strlen(line);
    while (length && line[length - 1] == ' ')
        line[--length] = 0;
    if (!length || line[length - 1] != '&')
        return FALSE;
    do
        line[--length] = 0;
    while (length && line[length - 1] == ' ');
    return TRUE;
}

/* Why a program does not start. */
static void say_why(const char *path, DWORD error)
{
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        printf("there is no %s: help lists the programs\n", path);
    else if (error == ERROR_BAD_EXE_FORMAT)
        printf("%s is no 32-bit Windows program\n", path);
    else
        printf("%s cannot be started, error %lu\n", path, error);
}

/* Run a program; line is the whole command line, its first word of this length. */
static void run(char *line, size_t word)
{
    char path[MAX_PATH];
    const BOOL beside = take_ampersand(line);
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    word = strcspn(line, " \t");
    if (beside) {
        start.dwFlags = STARTF_USESTDHANDLES;
        start.hStdInput = no_input();
        start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
        start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    }
    snprintf(path, sizeof path, "%s%.*s%s", strchr(line, '\\') ? "" : "C:\\", (int)word,
             line, memchr(line, '.', word) ? "" : ".exe");
    const BOOL made_it =
        CreateProcessA(path, line, NULL, NULL, TRUE,
                       beside ? CREATE_NEW_PROCESS_GROUP : 0, NULL, NULL, &start, &made);
    if (beside && start.hStdInput)
        CloseHandle(start.hStdInput);
    if (!made_it) {
        say_why(path, GetLastError());
        return;
    }
    CloseHandle(made.hThread);
    if (beside)
        keep_job(&made, line, word);
    else
        wait_for(&made, line, word);
}

/* | < or > outside quotes. */
static BOOL asks_for_a_pipe(const char *line)
{
    BOOL quoted = FALSE;
    for (; *line; line++) {
        quoted ^= *line == '"';
        if (!quoted && strchr("|<>", *line))
            return TRUE;
    }
    return FALSE;
}

/* FALSE: leave. */
static BOOL obey(char *line)
{
    line += strspn(line, " \t");
    size_t word = strcspn(line, " \t");
    if (!word)
        return TRUE;
    if (word == 4 && !memcmp(line, "exit", 4))
        return FALSE;
    if (asks_for_a_pipe(line)) {
        printf("the prompt has no pipes: on the host, tools/fathom run X.exe | less\n");
        return TRUE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strlen(commands[i].name) == word && !memcmp(line, commands[i].name, word)) {
            commands[i].run(line + word + strspn(line + word, " \t"));
            return TRUE;
        }
    run(line, word);
    return TRUE;
}

/* Ctrl-C is the running program's; at the prompt it is a key (edit.c). */
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
    printf("Fathom. `help` lists the commands; `exit` or Ctrl-C leaves, and stops a "
           "program.\n");
    do
        look_at_jobs("");
    while (read_line("C:\\> ", line, sizeof line) && obey(line));
    return 0;
}

/* spawn.c - other programs: _spawn*, _exec*, _cwait, system.
 *
 *     _spawnlp ─> _spawnvpe ─> find the file ─> one command line, one environment block
 *              ─> CreateProcess, the open descriptors in STARTUPINFO.lpReserved2
 *
 * The arguments are joined by blanks, as documented: one that has a blank inside is two
 * for the child unless the caller quotes it.  The descriptors travel as descriptor.c
 * reads them: { int count; unsigned char flags[count]; HANDLE handles[count] }.
 * Lock: none of its own.  Windows: dospawn.c, spawnve.c, cenvarg.c.
 */
#include "crt.h"
#include <process.h>

/* Sums up `list` with `between` after each text; in a block of malloc, one more zero at
 * its end.  Null and ENOMEM. */
static char *join(const char *const *list, char between)
{
    size_t size = 2;
    for (const char *const *at = list; *at != NULL; at++)
        size += strlen(*at) + 1;
    char *block = malloc(size), *to = block;
    if (block == NULL)
        return NULL;
    for (; *list != NULL; list++) {
        size_t length = strlen(*list);
        memcpy(to, *list, length);
        to += length;
        if (list[1] != NULL || between == 0)
            *to++ = between;
    }
    to[0] = to[1] = 0;
    return block;
}

/* The program's file: `name`, or with .com or .exe after it; with `search` also in the
 * directories of PATH.  False and ENOENT. */
static int find_file(const char *name, int search, char *path)
{
    static const char *const endings[] = {"", ".com", ".exe"};
    const char *last = name;
    for (const char *at = name; *at; at++)
        if (*at == '\\' || *at == '/' || *at == ':')
            last = at + 1;
    int has_ending = strchr(last, '.') != NULL;
    char with[MAX_PATH + 5];
    if (strlen(name) >= MAX_PATH) {
        *_errno() = ENOENT;
        return 0;
    }
    for (int i = has_ending ? 0 : 1; i < (has_ending ? 1 : 3); i++) {
        strcat(strcpy(with, name), endings[i]);
        if (GetFileAttributesA(with) != INVALID_FILE_ATTRIBUTES) {
            strcpy(path, with);
            return 1;
        }
        const char *folders = search && last == name ? getenv("PATH") : NULL;
        DWORD length =
            folders != NULL ? SearchPathA(folders, with, NULL, MAX_PATH, path, NULL) : 0;
        if (length != 0 && length < MAX_PATH)
            return 1;
    }
    *_errno() = ENOENT;
    return 0;
}

/* The descriptors a child takes over; STARTUPINFO.lpReserved2, in a block of malloc. */
static int gather_descriptors(STARTUPINFOA *start, int skip_standard)
{
    int count = CRT_FILES;
    while (count > 0 && crt_file_peek(count - 1) == NULL)
        count--;
    size_t size = sizeof(int) + (size_t)count * (1 + sizeof(HANDLE));
    unsigned char *block = calloc(1, size);
    if (block == NULL)
        return 0;
    memcpy(block, &count, sizeof(count));
    unsigned char *flags = block + sizeof(int), *handles = flags + count;
    for (int fd = 0; fd < count; fd++) {
        struct crt_file *file = crt_file_peek(fd);
        int taken =
            file != NULL && !(file->flags & CRT_FNOINHERIT) && !(skip_standard && fd < 3);
        HANDLE handle = taken ? file->handle : INVALID_HANDLE_VALUE;
        flags[fd] = taken ? file->flags : 0;
        memcpy(handles + fd * sizeof(handle), &handle, sizeof(handle));
    }
    start->cbReserved2 = (WORD)size;
    start->lpReserved2 = block;
    return 1;
}

HANDLE crt_start_program(const char *file, char *line, char *environment, int detached,
                         const HANDLE *standard)
{
    STARTUPINFOA start = {.cb = sizeof(start)};
    PROCESS_INFORMATION made;
    if (!gather_descriptors(&start, standard != NULL))
        return NULL;
    if (standard != NULL) {
        start.dwFlags = STARTF_USESTDHANDLES;
        start.hStdInput = standard[0];
        start.hStdOutput = standard[1];
        start.hStdError = standard[2];
    }
    BOOL done =
        CreateProcessA(file, line, NULL, NULL, TRUE, detached ? DETACHED_PROCESS : 0,
                       environment, NULL, &start, &made);
    DWORD error = GetLastError();
    free(start.lpReserved2);
    if (!done) {
        crt_fail(error);
        return NULL;
    }
    CloseHandle(made.hThread);
    return made.hProcess;
}

/* Waits for a child and closes its handle; its exit code, also in *status.  -1 and
 * ECHILD.  Source: _cwait. */
intptr_t __cdecl _cwait(int *status, intptr_t process, int action)
{
    DWORD code;
    (void)action;
    if (WaitForSingleObject((HANDLE)process, INFINITE) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess((HANDLE)process, &code)) {
        *_errno() = ECHILD;
        if (status != NULL)
            *status = -1;
        return -1;
    }
    CloseHandle((HANDLE)process);
    if (status != NULL)
        *status = (int)code;
    return process;
}

static intptr_t spawn(int mode, const char *name, const char *const *arguments,
                      const char *const *environment, int search)
{
    char path[MAX_PATH];
    if (name == NULL || !*name || arguments == NULL || arguments[0] == NULL || mode < 0 ||
        mode > _P_DETACH) {
        *_errno() = EINVAL;
        return -1;
    }
    if (!find_file(name, search, path))
        return -1;
    char *line = join(arguments, ' '), *block = NULL;
    HANDLE process = NULL;
    if (line != NULL && (environment == NULL || (block = join(environment, 0)) != NULL)) {
        process = crt_start_program(path, line, block, mode == _P_DETACH, NULL);
    }
    free(line);
    free(block);
    if (process == NULL)
        return -1;
    if (mode == _P_OVERLAY)
        _exit(0);
    if (mode == _P_NOWAIT || mode == _P_NOWAITO)
        return (intptr_t)process;
    int status = 0;
    if (mode == _P_DETACH)
        CloseHandle(process);
    else if (_cwait(&status, (intptr_t)process, 0) < 0)
        return -1;
    return status;
}

/* P_WAIT: the exit code; P_NOWAIT: a handle for _cwait; P_DETACH: 0; P_OVERLAY ends this
 * program.  -1 with EINVAL, ENOENT, ENOMEM.  Source: "_spawn functions". */
intptr_t __cdecl _spawnve(int mode, const char *name, const char *const *arguments,
                          const char *const *environment)
{
    return spawn(mode, name, arguments, environment, 0);
}

intptr_t __cdecl _spawnvpe(int mode, const char *name, const char *const *arguments,
                           const char *const *environment)
{
    return spawn(mode, name, arguments, environment, 1);
}

intptr_t __cdecl _spawnv(int mode, const char *name, const char *const *arguments)
{
    return spawn(mode, name, arguments, NULL, 0);
}

intptr_t __cdecl _spawnvp(int mode, const char *name, const char *const *arguments)
{
    return spawn(mode, name, arguments, NULL, 1);
}

intptr_t __cdecl _execve(const char *name, const char *const *arguments,
                         const char *const *environment)
{
    return spawn(_P_OVERLAY, name, arguments, environment, 0);
}

intptr_t __cdecl _execvpe(const char *name, const char *const *arguments,
                          const char *const *environment)
{
    return spawn(_P_OVERLAY, name, arguments, environment, 1);
}

intptr_t __cdecl _execv(const char *name, const char *const *arguments)
{
    return spawn(_P_OVERLAY, name, arguments, NULL, 0);
}

intptr_t __cdecl _execvp(const char *name, const char *const *arguments)
{
    return spawn(_P_OVERLAY, name, arguments, NULL, 1);
}

/* The forms with a list: the arguments lie on the stack one after another up to a null,
 * which is the array that the other forms take; after it, for e, the environment. */
static const char *const *environment_behind(const char *const *arguments)
{
    while (*arguments != NULL)
        arguments++;
    return (const char *const *)arguments[1];
}

#define LIST(name, search, environment)                                                  \
    intptr_t __cdecl _spawn##name(int mode, const char *file, const char *first, ...)    \
    {                                                                                    \
        const char *const *list = (const char *const *)&first;                           \
        return spawn(mode, file, list, environment, search);                             \
    }                                                                                    \
    intptr_t __cdecl _exec##name(const char *file, const char *first, ...)               \
    {                                                                                    \
        const char *const *list = (const char *const *)&first;                           \
        return spawn(_P_OVERLAY, file, list, environment, search);                       \
    }
LIST(l, 0, NULL)
LIST(lp, 1, NULL)
LIST(le, 0, environment_behind(list))
LIST(lpe, 1, environment_behind(list))

/* COMSPEC's command interpreter, if there is such a file. */
static const char *interpreter(void)
{
    const char *shell = getenv("COMSPEC");
    int there = shell != NULL && GetFileAttributesA(shell) != INVALID_FILE_ATTRIBUTES;
    return there ? shell : NULL;
}

HANDLE crt_start_command(const char *command, const HANDLE *standard)
{
    const char *shell = interpreter();
    size_t size = strlen(command) + (shell != NULL ? strlen(shell) : 0) + 5;
    char *line = malloc(size);
    if (line == NULL)
        return NULL;
    _snprintf(line, size, "%s%s%s", shell != NULL ? shell : "",
              shell != NULL ? " /c " : "", command);
    HANDLE process = crt_start_program(NULL, line, NULL, 0, standard);
    free(line);
    return process;
}

/* Runs `command` by COMSPEC's interpreter; where there is none, as here, the program it
 * names.  Its exit code; -1 with errno.  Null asks for an interpreter: true or 0.
 * Source: system. */
int __cdecl system(const char *command)
{
    if (command == NULL)
        return interpreter() != NULL;
    HANDLE process = crt_start_command(command, NULL);
    int status = -1;
    if (process != NULL)
        _cwait(&status, (intptr_t)process, 0);
    return status;
}

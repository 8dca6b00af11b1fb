/* exit.c - how a program ends: atexit, exit and its shorter forms, abort.
 *
 *     exit(code) ─> functions of atexit, last first ─> streams flushed ─>
 * ExitProcess(code) _exit: ExitProcess at once.   _cexit: all but the last step.   abort:
 * message, exit 3.
 *
 * Lock: CRT_LOCK_EXIT over the table, not while one of its functions runs (it may call
 * atexit). Windows: doexit (crt0dat.c), onexit.c.
 */
#include "crt.h"
#include <signal.h>

typedef void(__cdecl *exit_function)(void);

static _onexit_t *table;
static size_t count, room;
static int report_mode;
void (*crt_at_end)(void);

/* Registers `function` for exit; the function, or null without memory.  Source: _onexit. */
_onexit_t __cdecl _onexit(_onexit_t function)
{
    _onexit_t result = function;
    crt_lock(CRT_LOCK_EXIT);
    if (count == room) {
        size_t larger = room ? room * 2 : 32;
        _onexit_t *moved = realloc(table, larger * sizeof(*table));
        if (moved != NULL) {
            table = moved;
            room = larger;
        } else {
            result = NULL;
        }
    }
    if (result != NULL)
        table[count++] = function;
    crt_unlock(CRT_LOCK_EXIT);
    return result;
}

int __cdecl atexit(exit_function function)
{
    return _onexit((_onexit_t)function) != NULL ? 0 : -1;
}

/* The same for a table of a DLL's own, [*first, *end), in a block of malloc.
 * Source: CRT reference, __dllonexit. */
_onexit_t __cdecl __dllonexit(_onexit_t function, _onexit_t **first, _onexit_t **end)
{
    if (first == NULL || *first == NULL || *end == NULL)
        return NULL;
    size_t used = (size_t)(*end - *first);
    _onexit_t *moved = realloc(*first, (used + 1) * sizeof(**first));
    if (moved == NULL)
        return NULL;
    moved[used] = function;
    *first = moved;
    *end = moved + used + 1;
    return function;
}

/* Runs what atexit gathered, last first, those added meanwhile too. */
void crt_exit_functions(void)
{
    for (;;) {
        crt_lock(CRT_LOCK_EXIT);
        _onexit_t function = count != 0 ? table[--count] : NULL;
        int done = function == NULL && count == 0;
        crt_unlock(CRT_LOCK_EXIT);
        if (done)
            return;
        if (function != NULL)
            function();
    }
}

void __cdecl _cexit(void)
{
    crt_exit_functions();
    crt_streams_end();
    if (crt_at_end != NULL)
        crt_at_end();
}

void __cdecl _c_exit(void)
{
}

void __cdecl _exit(int code)
{
    ExitProcess((UINT)code);
}

void __cdecl exit(int code)
{
    _cexit();
    ExitProcess((UINT)code);
}

/* Says `text` on the standard error handle; touches no stream, for those may be broken. */
static void complain(const char *text)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

void crt_die(const char *text)
{
    complain(text);
    ExitProcess(255);
}

/* Raises SIGABRT; without a handler, says so and ends with exit code 3.  Source:
 * abort. */
void __cdecl abort(void)
{
    raise(SIGABRT);
    complain("\r\nThis application has requested the Runtime to terminate it in an "
             "unusual way.\r\n"
             "Please contact the application's support team for more information.\r\n");
    ExitProcess(3);
}

static const struct {
    int number;
    const char *text;
} runtime_errors[] = {
    {2, "floating point support not loaded"},
    {8, "not enough space for arguments"},
    {9, "not enough space for environment"},
    {10, "abort"},
    {16, "not enough space for thread data"},
    {17, "unexpected multithread lock error"},
    {18, "unexpected heap error"},
    {19, "unable to open console device"},
    {24, "not enough space for _onexit/atexit table"},
    {25, "pure virtual function call"},
    {26, "not enough space for stdio initialization"},
    {27, "not enough space for lowio initialization"},
    {28, "unable to initialize heap"},
    {31, "a second start of the runtime"},
};

/* "runtime error R6017 ..." and exit code 255.  Source: CRT reference, R6002 and
 * following. */
void __cdecl _amsg_exit(int number)
{
    char line[160];
    const char *text = "";
    for (size_t i = 0; i < sizeof(runtime_errors) / sizeof(*runtime_errors); i++)
        if (runtime_errors[i].number == number)
            text = runtime_errors[i].text;
    _snprintf(line, sizeof(line), "\r\nruntime error R60%02d\r\n- %s\r\n", number, text);
    crt_die(line);
}

void __cdecl _purecall(void)
{
    _amsg_exit(25);
}

int __cdecl _set_error_mode(int mode)
{
    int old = report_mode;
    if (mode == 3)
        return old;
    if (mode < 0 || mode > 2) {
        *_errno() = EINVAL;
        return -1;
    }
    report_mode = mode;
    return old;
}

/* assert's voice: "Assertion failed!" with its place, then abort.  Source: assert. */
void __cdecl _assert(const char *what, const char *file, unsigned int line)
{
    char text[600];
    _snprintf(text, sizeof(text), "Assertion failed: %.200s, file %.200s, line %u\r\n",
              what, file, line);
    text[sizeof(text) - 1] = 0;
    fflush(stdout);
    complain(text);
    abort();
}

void __cdecl _wassert(const wchar_t *what, const wchar_t *file, unsigned int line)
{
    char narrow_what[210], narrow_file[210];
    _snprintf(narrow_what, sizeof(narrow_what), "%.200ls", what);
    _snprintf(narrow_file, sizeof(narrow_file), "%.200ls", file);
    _assert(narrow_what, narrow_file, line);
}

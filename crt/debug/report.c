/* report.c - where the debug layer's messages go.
 *
 *     _CrtDbgReport ──> hooks, newest first ──> by the type's mode: file, debugger, window
 *
 * Three types (warning, error, assertion), each with a mode and a file of its own.  At
 * the start warnings go to the debugger and the others to a window, as on Windows.  There
 * are no windows here: the window's text goes to the standard error handle, and what a
 * user would press is "Abort" (SIGABRT, then exit code 3); for a warning it is "Ignore",
 * and under a debugger "Retry".  Lock: none; the settings are single words.
 */
#include "debug/debug.h"
#include <signal.h>
#include <wchar.h>

#define MESSAGE 4096
#define HOOKS   8

static LONG modes[_CRT_ERRCNT] = {_CRTDBG_MODE_DEBUG, _CRTDBG_MODE_WNDW,
                                  _CRTDBG_MODE_WNDW};
static _HFILE files[_CRT_ERRCNT] = {_CRTDBG_INVALID_HFILE, _CRTDBG_INVALID_HFILE,
                                    _CRTDBG_INVALID_HFILE};
static _CRT_REPORT_HOOK hook;
static struct {
    void *function; /* _CRT_REPORT_HOOK, or _CRT_REPORT_HOOKW if wide */
    int wide;
} more_hooks[HOOKS];

static int type_valid(int type)
{
    if (type >= 0 && type < _CRT_ERRCNT)
        return 1;
    *_errno() = EINVAL;
    return 0;
}

/* The former mode of `type`; -1 and EINVAL for what is none. */
int __cdecl _CrtSetReportMode(int type, int mode)
{
    if (!type_valid(type))
        return -1;
    if (mode == _CRTDBG_REPORT_MODE)
        return modes[type];
    if (mode & ~(_CRTDBG_MODE_FILE | _CRTDBG_MODE_DEBUG | _CRTDBG_MODE_WNDW)) {
        *_errno() = EINVAL;
        return -1;
    }
    return InterlockedExchange(&modes[type], mode);
}

_HFILE __cdecl _CrtSetReportFile(int type, _HFILE file)
{
    if (!type_valid(type))
        return _CRTDBG_HFILE_ERROR;
    if (file == _CRTDBG_REPORT_FILE)
        return files[type];
    if (file == _CRTDBG_FILE_STDOUT)
        file = GetStdHandle(STD_OUTPUT_HANDLE);
    else if (file == _CRTDBG_FILE_STDERR)
        file = GetStdHandle(STD_ERROR_HANDLE);
    return InterlockedExchangePointer(&files[type], file);
}

_CRT_REPORT_HOOK __cdecl _CrtSetReportHook(_CRT_REPORT_HOOK function)
{
    return InterlockedExchangePointer((void **)&hook, function);
}

_CRT_REPORT_HOOK __cdecl _CrtGetReportHook(void)
{
    return hook;
}

static int change_hooks(int what, void *function, int wide)
{
    int used = 0, at = 0, result = -1;
    debug_lock();
    while (used < HOOKS && more_hooks[used].function != NULL)
        used++;
    while (at < used && more_hooks[at].function != function)
        at++;
    if (function != NULL && what == _CRT_RPTHOOK_INSTALL && used < HOOKS) {
        memmove(more_hooks + 1, more_hooks, used * sizeof(*more_hooks));
        more_hooks[0].function = function;
        more_hooks[0].wide = wide;
        result = used + 1;
    } else if (function != NULL && what == _CRT_RPTHOOK_REMOVE && at < used) {
        memmove(more_hooks + at, more_hooks + at + 1,
                (used - at - 1) * sizeof(*more_hooks));
        more_hooks[used - 1].function = NULL;
        result = used - 1;
    }
    debug_unlock();
    if (result < 0)
        *_errno() = EINVAL;
    return result;
}

/* Adds a hook before the others, or removes it; how many there are, -1 on a wrong
 * argument or when there is no room. */
int __cdecl _CrtSetReportHook2(int what, _CRT_REPORT_HOOK function)
{
    return change_hooks(what, function, 0);
}

int __cdecl _CrtSetReportHookW2(int what, _CRT_REPORT_HOOKW function)
{
    return change_hooks(what, function, 1);
}

void __cdecl _CrtDbgBreak(void)
{
    DebugBreak();
}

static void write_to(HANDLE file, const char *text)
{
    DWORD written;
    if (file != _CRTDBG_INVALID_HFILE && file != NULL)
        WriteFile(file, text, (DWORD)strlen(text), &written, NULL);
}

/* The text of the window; 1 for "Retry". */
static int window(int type, const char *file, int line, const char *module,
                  const char *text)
{
    static const char *const kinds[] = {"Warning", "Error", "Assertion Failed"};
    char box[MESSAGE], where[MAX_PATH + 40] = "", program[MAX_PATH] = "";
    GetModuleFileNameA(NULL, program, MAX_PATH);
    if (file != NULL)
        _snprintf(where, sizeof(where) - 1, "\nFile: %.*s\nLine: %d", MAX_PATH, file,
                  line);
    _snprintf(box, sizeof(box) - 1, "Debug %s!\n\nProgram: %s%s%s%s\n\n%s%s\n",
              kinds[type], program, module != NULL ? "\nModule: " : "",
              module != NULL ? module : "", where,
              type == _CRT_ASSERT ? "Expression: " : "", text);
    box[sizeof(box) - 1] = 0;
    write_to(GetStdHandle(STD_ERROR_HANDLE), box);
    if (IsDebuggerPresent())
        return 1;
    if (type != _CRT_WARN) {
        raise(SIGABRT);
        _exit(3);
    }
    return 0;
}

/* Hooks first; one that returns true ends it, with the answer it left. */
static int hooked(int type, char *line, int *answer)
{
    for (int i = 0; i < HOOKS && more_hooks[i].function != NULL; i++) {
        wchar_t wide[MESSAGE];
        if (more_hooks[i].wide)
            MultiByteToWideChar(CP_ACP, 0, line, -1, wide, MESSAGE);
        if (more_hooks[i].wide
                ? ((_CRT_REPORT_HOOKW)more_hooks[i].function)(type, wide, answer)
                : ((_CRT_REPORT_HOOK)more_hooks[i].function)(type, line, answer))
            return 1;
    }
    return hook != NULL && hook(type, line, answer);
}

static int report(int type, const char *file, int line, const char *module,
                  const char *text)
{
    char whole[MESSAGE], place[MAX_PATH + 20] = "";
    int answer = 0;
    if (file != NULL)
        _snprintf(place, sizeof(place) - 1, "%.*s(%d) : ", MAX_PATH, file, line);
    int failed = type == _CRT_ASSERT;
    _snprintf(whole, sizeof(whole) - 1, "%s%s%s%s", place,
              !failed ? ""
              : *text ? "Assertion failed: "
                      : "Assertion failed!",
              text, failed ? "\r\n" : "");
    whole[sizeof(whole) - 1] = 0;
    if (hooked(type, whole, &answer))
        return answer;
    if (modes[type] & _CRTDBG_MODE_FILE)
        write_to(files[type], whole);
    if (modes[type] & _CRTDBG_MODE_DEBUG)
        OutputDebugStringA(whole);
    if (modes[type] & _CRTDBG_MODE_WNDW)
        return window(type, file, line, module, text);
    return 0;
}

/* Reports; 1: the caller shall break into the debugger, 0: go on, -1: wrong type. */
int __cdecl _CrtDbgReport(int type, const char *file, int line, const char *module,
                          const char *format, ...)
{
    char text[MESSAGE - 600] = "";
    if (!type_valid(type))
        return -1;
    if (format != NULL) {
        va_list args;
        va_start(args, format);
        _vsnprintf(text, sizeof(text) - 1, format, args);
        va_end(args);
        text[sizeof(text) - 1] = 0;
    }
    return report(type, file, line, module, text);
}

int __cdecl _CrtDbgReportW(int type, const wchar_t *file, int line, const wchar_t *module,
                           const wchar_t *format, ...)
{
    wchar_t wide[1024] = L"";
    char text[1024], name[MAX_PATH + 1] = "", of[MAX_PATH + 1] = "";
    if (!type_valid(type))
        return -1;
    if (format != NULL) {
        va_list args;
        va_start(args, format);
        _vsnwprintf(wide, 1023, format, args);
        va_end(args);
        wide[1023] = 0;
    }
    WideCharToMultiByte(CP_ACP, 0, wide, -1, text, sizeof(text), NULL, NULL);
    text[sizeof(text) - 1] = 0;
    if (file != NULL)
        WideCharToMultiByte(CP_ACP, 0, file, -1, name, MAX_PATH, NULL, NULL);
    if (module != NULL)
        WideCharToMultiByte(CP_ACP, 0, module, -1, of, MAX_PATH, NULL, NULL);
    return report(type, file != NULL ? name : NULL, line, module != NULL ? of : NULL,
                  text);
}

void debug_say(int type, const char *format, ...)
{
    char text[MESSAGE - 600];
    va_list args;
    va_start(args, format);
    _vsnprintf(text, sizeof(text) - 1, format, args);
    va_end(args);
    text[sizeof(text) - 1] = 0;
    if (report(type, NULL, 0, NULL, text) == 1)
        _CrtDbgBreak();
}

void debug_assertion(const char *expression)
{
    if (report(_CRT_ASSERT, NULL, 0, NULL, expression) == 1)
        _CrtDbgBreak();
}

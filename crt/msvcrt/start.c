/* start.c - how msvcrt.dll starts, and what the start-up code of a program asks of it.
 *
 *     DllMain:  heap ─> locks ─> thread record ─> tables ─> environment
 *               ─> descriptors ─> streams
 *     program:  mainCRTStartup ─> __getmainargs, __set_app_type, _initterm ─> main ─> exit
 *
 * Everything a program can reach is ready before its first instruction.  The exported
 * variables (_fmode, _acmdln, __argc, ...) are the CRT's own words, changed in place by
 * programs, as the stock start-up code does.  Windows: crtlib.c, crt0dat.c.
 */
#include "crt.h"

char *crt_acmdln;
wchar_t *crt_wcmdln;
int crt_argc;
char **crt_argv;
wchar_t **crt_wargv;
char **crt_initenv;
wchar_t **crt_winitenv;
int crt_commode;
int crt_app_type;
char crt_program[MAX_PATH];
wchar_t crt_wprogram[MAX_PATH];
char *crt_pgmptr = crt_program;
wchar_t *crt_wpgmptr = crt_wprogram;
unsigned int crt_osplatform = VER_PLATFORM_WIN32_NT, crt_osver = 7601;
unsigned int crt_winver = 0x0601, crt_winmajor = 6, crt_winminor = 1;
int crt_adjust_fdiv;
int crt_aexit_rtn;

static int start(void)
{
    if (!crt_heap_start())
        return 0;
    crt_lock_start();
    if (!crt_thread_start(crt_heap))
        return 0;
    if (!crt_env_start())
        return 0;
    GetModuleFileNameA(NULL, crt_program, MAX_PATH);
    GetModuleFileNameW(NULL, crt_wprogram, MAX_PATH);
    crt_acmdln = GetCommandLineA();
    crt_wcmdln = GetCommandLineW();
    crt_initenv = crt_environ;
    crt_files_start();
    crt_streams_start();
    return 1;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved)
{
    (void)module;
    if (reason == DLL_PROCESS_ATTACH)
        return start();
    if (reason == DLL_THREAD_DETACH)
        crt_thread_detach();
    /* At the end of the process (reserved is set) other threads are gone, perhaps inside
     * a lock of ours: what exit() has not flushed stays unflushed, as on Windows. */
    if (reason == DLL_PROCESS_DETACH && reserved == NULL) {
        crt_streams_end();
        if (crt_at_end != NULL)
            crt_at_end();
        HeapDestroy(crt_heap);
    }
    return TRUE;
}

/* argc, argv and the environment; `wildcards` is taken for 0: arguments with * or ? are
 * handed on as they are.  Source: documented in the CRT's crt0.c; -1 without memory. */
int __cdecl __getmainargs(int *argc, char ***argv, char ***environment, int wildcards,
                          int *new_mode)
{
    (void)wildcards;
    int count = crt_argv != NULL ? crt_argc : crt_split(crt_acmdln, &crt_argv);
    if (count < 0)
        return -1;
    crt_argc = count;
    *argc = count;
    *argv = crt_argv;
    *environment = crt_environ;
    if (new_mode != NULL)
        crt_set_new_mode(*new_mode);
    return 0;
}

int __cdecl __wgetmainargs(int *argc, wchar_t ***argv, wchar_t ***environment,
                           int wildcards, int *new_mode)
{
    (void)wildcards;
    int count = crt_wargv != NULL ? crt_argc : crt_wsplit(crt_wcmdln, &crt_wargv);
    if (count < 0)
        return -1;
    crt_argc = count;
    *argc = count;
    *argv = crt_wargv;
    *environment = *__p__wenviron();
    crt_winitenv = *environment;
    if (new_mode != NULL)
        crt_set_new_mode(*new_mode);
    return 0;
}

/* Calls what the compiler gathered between two marks; null entries are padding. */
void __cdecl crt_initterm(void(__cdecl **first)(void), void(__cdecl **end)(void))
{
    for (; first < end; first++)
        if (*first != NULL)
            (*first)();
}

void __cdecl __set_app_type(int type)
{
    crt_app_type = type;
}

int *__cdecl __p__fmode(void)
{
    return &crt_fmode;
}

int *__cdecl __p__commode(void)
{
    return &crt_commode;
}

char **__cdecl __p__acmdln(void)
{
    return &crt_acmdln;
}

wchar_t **__cdecl __p__wcmdln(void)
{
    return &crt_wcmdln;
}

int *__cdecl __p___argc(void)
{
    return &crt_argc;
}

char ***__cdecl __p___argv(void)
{
    return &crt_argv;
}

wchar_t ***__cdecl __p___wargv(void)
{
    return &crt_wargv;
}

char ***__cdecl __p___initenv(void)
{
    return &crt_initenv;
}

wchar_t ***__cdecl __p___winitenv(void)
{
    return &crt_winitenv;
}

char **__cdecl __p__pgmptr(void)
{
    return &crt_pgmptr;
}

wchar_t **__cdecl __p__wpgmptr(void)
{
    return &crt_wpgmptr;
}

unsigned int *__cdecl __p__osver(void)
{
    return &crt_osver;
}

unsigned int *__cdecl __p__winver(void)
{
    return &crt_winver;
}

unsigned int *__cdecl __p__winmajor(void)
{
    return &crt_winmajor;
}

unsigned int *__cdecl __p__winminor(void)
{
    return &crt_winminor;
}

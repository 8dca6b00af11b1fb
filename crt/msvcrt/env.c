/* env.c - the environment: getenv, _putenv and the tables _environ and _wenviron.
 *
 * The narrow table is the CRT's own copy, made when the DLL starts; the wide one is made
 * when it is first asked for.  _putenv changes both, and the process's environment with
 * them.  A string that was handed out by getenv stays valid: replaced ones are left, as
 * the table's users may hold them.  Lock: CRT_LOCK_ENV.  Windows: _environ, _wenviron
 * (setenv.c).
 */
#include "crt.h"

char **crt_environ;
wchar_t **crt_wenviron;

static char **narrow_table(void)
{
    char *block = GetEnvironmentStringsA();
    if (block == NULL)
        return NULL;
    size_t count = 0, used = 0;
    /* "=C:=..." entries are cmd.exe's memory of directories and no variables. */
    for (char *at = block; *at; at += strlen(at) + 1)
        if (*at != '=')
            count++;
    char **table = malloc((count + 1) * sizeof(*table));
    for (char *at = block; table != NULL && *at; at += strlen(at) + 1)
        if (*at != '=')
            table[used++] = _strdup(at);
    if (table != NULL)
        table[used] = NULL;
    FreeEnvironmentStringsA(block);
    return table;
}

static wchar_t **wide_table(void)
{
    size_t count = 0;
    while (crt_environ[count] != NULL)
        count++;
    wchar_t **table = malloc((count + 1) * sizeof(*table));
    for (size_t i = 0; table != NULL && i < count; i++) {
        int length = MultiByteToWideChar(CP_ACP, 0, crt_environ[i], -1, NULL, 0);
        table[i] = malloc(length * sizeof(wchar_t));
        if (table[i] != NULL)
            MultiByteToWideChar(CP_ACP, 0, crt_environ[i], -1, table[i], length);
    }
    if (table != NULL)
        table[count] = NULL;
    return table;
}

int crt_env_start(void)
{
    crt_environ = narrow_table();
    return crt_environ != NULL;
}

static char **find(const char *name, size_t length)
{
    char **at = crt_environ;
    for (; *at != NULL; at++)
        if (_strnicmp(*at, name, length) == 0 && (*at)[length] == '=')
            break;
    return at;
}

/* The value of `name` (case does not count) or null.  Source: getenv. */
char *__cdecl getenv(const char *name)
{
    if (name == NULL || !*name)
        return NULL;
    size_t length = strlen(name);
    crt_lock(CRT_LOCK_ENV);
    char **at = find(name, length);
    char *value = *at != NULL ? *at + length + 1 : NULL;
    crt_unlock(CRT_LOCK_ENV);
    return value;
}

wchar_t *__cdecl _wgetenv(const wchar_t *name)
{
    if (name == NULL || !*name)
        return NULL;
    size_t length = wcslen(name);
    wchar_t *value = NULL;
    crt_lock(CRT_LOCK_ENV);
    if (crt_wenviron == NULL)
        crt_wenviron = wide_table();
    for (wchar_t **at = crt_wenviron; at != NULL && *at != NULL && value == NULL; at++)
        if (_wcsnicmp(*at, name, length) == 0 && (*at)[length] == '=')
            value = *at + length + 1;
    crt_unlock(CRT_LOCK_ENV);
    return value;
}

/* Under the lock: puts "NAME=VALUE" in place, or takes NAME out if `text` is null. */
static int change(const char *name, size_t length, char *text)
{
    char **at = find(name, length);
    if (text == NULL) {
        for (; *at != NULL; at++)
            at[0] = at[1];
    } else if (*at != NULL) {
        *at = text;
    } else {
        size_t count = (size_t)(at - crt_environ);
        char **larger = realloc(crt_environ, (count + 2) * sizeof(*larger));
        if (larger == NULL)
            return -1;
        larger[count] = text;
        larger[count + 1] = NULL;
        crt_environ = larger;
    }
    crt_wenviron = NULL;
    return 0;
}

/* "NAME=VALUE" sets, "NAME=" removes; 0, or -1 with EINVAL or ENOMEM.  Source: _putenv. */
int __cdecl _putenv(const char *text)
{
    const char *equals = text != NULL ? strchr(text, '=') : NULL;
    if (equals == NULL || equals == text) {
        *_errno() = EINVAL;
        return -1;
    }
    char *copy = _strdup(text);
    if (copy == NULL)
        return -1;
    size_t length = (size_t)(equals - text);
    crt_lock(CRT_LOCK_ENV);
    int result = change(text, length, equals[1] ? copy : NULL);
    crt_unlock(CRT_LOCK_ENV);
    if (result == 0) {
        char *name = _strdup(text);
        if (name != NULL) {
            name[length] = 0;
            SetEnvironmentVariableA(name, equals[1] ? equals + 1 : NULL);
            free(name);
        }
    }
    if (result != 0 || !equals[1])
        free(copy);
    return result;
}

/* 0, or EINVAL / ENOMEM.  Source: _putenv_s. */
errno_t __cdecl _putenv_s(const char *name, const char *value)
{
    if (name == NULL || value == NULL)
        return *_errno() = EINVAL;
    char *text = malloc(strlen(name) + strlen(value) + 2);
    if (text == NULL)
        return ENOMEM;
    strcat(strcat(strcpy(text, name), "="), value);
    int result = _putenv(text);
    free(text);
    return result == 0 ? 0 : *_errno();
}

/* Copies the value into `buffer` of `size` bytes; *needed is its size with the zero, 0 if
 * there is no such variable.  ERANGE: too small, buffer is empty.  Source: getenv_s. */
errno_t __cdecl getenv_s(size_t *needed, char *buffer, size_t size, const char *name)
{
    if (needed == NULL || (buffer == NULL && size != 0))
        return *_errno() = EINVAL;
    char *value = getenv(name);
    *needed = value != NULL ? strlen(value) + 1 : 0;
    if (size != 0)
        *buffer = 0;
    if (value == NULL || size == 0)
        return 0;
    if (*needed > size)
        return ERANGE;
    strcpy(buffer, value);
    return 0;
}

char ***__cdecl __p__environ(void)
{
    return &crt_environ;
}

wchar_t ***__cdecl __p__wenviron(void)
{
    crt_lock(CRT_LOCK_ENV);
    if (crt_wenviron == NULL)
        crt_wenviron = wide_table();
    crt_unlock(CRT_LOCK_ENV);
    return &crt_wenviron;
}

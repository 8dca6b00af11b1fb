/* strerror.c - errno becomes text: strerror, _strerror, perror. */
#include "crt.h"

/* The texts of errno 0 to 42; the last one is for every other number. */
char *crt_sys_errlist[] = {
    "No error",
    "Operation not permitted",
    "No such file or directory",
    "No such process",
    "Interrupted function call",
    "Input/output error",
    "No such device or address",
    "Arg list too long",
    "Exec format error",
    "Bad file descriptor",
    "No child processes",
    "Resource temporarily unavailable",
    "Not enough space",
    "Permission denied",
    "Bad address",
    "Unknown error",
    "Resource device",
    "File exists",
    "Improper link",
    "No such device",
    "Not a directory",
    "Is a directory",
    "Invalid argument",
    "Too many open files in system",
    "Too many open files",
    "Inappropriate I/O control operation",
    "Unknown error",
    "File too large",
    "No space left on device",
    "Invalid seek",
    "Read-only file system",
    "Too many links",
    "Broken pipe",
    "Domain error",
    "Result too large",
    "Unknown error",
    "Resource deadlock avoided",
    "Unknown error",
    "Filename too long",
    "No locks available",
    "Function not implemented",
    "Directory not empty",
    "Illegal byte sequence",
    "Unknown error",
};
int crt_sys_nerr = sizeof(crt_sys_errlist) / sizeof(*crt_sys_errlist) - 1;

static const char *text_of(int error)
{
    return crt_sys_errlist[error >= 0 && error < crt_sys_nerr ? error : crt_sys_nerr];
}

/* The text of an errno value, in a buffer of the calling thread.  Source: strerror. */
char *__cdecl strerror(int error)
{
    return strcpy(crt_thread()->strerror_text, text_of(error));
}

wchar_t *__cdecl _wcserror(int error)
{
    wchar_t *out = crt_thread()->wcserror_text;
    mbstowcs(out, text_of(error), 136);
    return out;
}

/* "message: text of errno\n", at most 94 characters of message.  Source: _strerror. */
char *__cdecl _strerror(const char *message)
{
    char *out = crt_thread()->strerror_text;
    *out = 0;
    if (message != NULL && *message) {
        strncat(out, message, 94);
        strcat(out, ": ");
    }
    strcat(out, text_of(*_errno()));
    return strcat(out, "\n");
}

errno_t __cdecl _strerror_s(char *out, size_t room, const char *message)
{
    if (out == NULL || room == 0)
        return *_errno() = EINVAL;
    strncpy_s(out, room, _strerror(message), _TRUNCATE);
    return 0;
}

/* Writes "message: text of errno\n" to descriptor 2.  Source: perror. */
void __cdecl perror(const char *message)
{
    char line[512] = "";
    if (message != NULL && *message) {
        strncat(line, message, sizeof(line) - 140);
        strcat(line, ": ");
    }
    strcat(line, text_of(*_errno()));
    strcat(line, "\n");
    _write(2, line, (unsigned int)strlen(line));
}

/* error.c - Windows error codes become errno, and errno becomes text.
 *
 * One table, the only place where the two meet.  Windows keeps the same in errtable
 * (dosmap.c).
 */
#include "crt.h"

static const struct {
    unsigned short windows;
    unsigned short error;
} error_table[] = {
    {ERROR_INVALID_FUNCTION, EINVAL},
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_INVALID_HANDLE, EBADF},
    {ERROR_ARENA_TRASHED, ENOMEM},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_INVALID_BLOCK, ENOMEM},
    {ERROR_BAD_ENVIRONMENT, E2BIG},
    {ERROR_BAD_FORMAT, ENOEXEC},
    {ERROR_INVALID_ACCESS, EINVAL},
    {ERROR_INVALID_DATA, EINVAL},
    {ERROR_OUTOFMEMORY, ENOMEM},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_CURRENT_DIRECTORY, EACCES},
    {ERROR_NOT_SAME_DEVICE, EXDEV},
    {ERROR_NO_MORE_FILES, ENOENT},
    {ERROR_WRITE_PROTECT, EACCES},
    {ERROR_SHARING_VIOLATION, EACCES},
    {ERROR_LOCK_VIOLATION, EACCES},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_NETWORK_ACCESS_DENIED, EACCES},
    {ERROR_BAD_NET_NAME, ENOENT},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_CANNOT_MAKE, EACCES},
    {ERROR_FAIL_I24, EACCES},
    {ERROR_INVALID_PARAMETER, EINVAL},
    {ERROR_NO_PROC_SLOTS, EAGAIN},
    {ERROR_DRIVE_LOCKED, EACCES},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_INVALID_TARGET_HANDLE, EBADF},
    {ERROR_WAIT_NO_CHILDREN, ECHILD},
    {ERROR_CHILD_NOT_COMPLETE, ECHILD},
    {ERROR_DIRECT_ACCESS_HANDLE, EBADF},
    {ERROR_NEGATIVE_SEEK, EINVAL},
    {ERROR_SEEK_ON_DEVICE, EACCES},
    {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
    {ERROR_NOT_LOCKED, EACCES},
    {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_MAX_THRDS_REACHED, EAGAIN},
    {ERROR_LOCK_FAILED, EACCES},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_FILENAME_EXCED_RANGE, ENOENT},
    {ERROR_NESTING_NOT_ALLOWED, EAGAIN},
    {ERROR_NOT_ENOUGH_QUOTA, ENOMEM},
    {ERROR_COMMITMENT_LIMIT, ENOMEM},
};

int crt_fail(DWORD error)
{
    struct crt_thread *own = crt_thread();
    own->dos_error = error;
    own->error = EINVAL;
    for (size_t i = 0; i < sizeof(error_table) / sizeof(*error_table); i++)
        if (error_table[i].windows == error)
            own->error = error_table[i].error;
    return -1;
}

int crt_fail_last(void)
{
    return crt_fail(GetLastError());
}

/* The texts of errno 0 to 42; the last one stands for every other number. */
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

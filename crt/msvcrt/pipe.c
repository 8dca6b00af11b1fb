/* pipe.c - pipes between descriptors and programs: _pipe, _popen, _pclose.
 *
 *     _popen("prog", "r"):  stream <── pipe <── the program's standard output
 *     _popen("prog", "w"):  stream ──> pipe ──> its standard input
 *
 * Lock: CRT_LOCK_FILES over the table of streams with a program at the other end.  Windows:
 * pipe.c, popen.c.
 */
#include "crt.h"

#define PROGRAMS 32

static struct {
    FILE *stream;
    HANDLE process;
} programs[PROGRAMS];

/* Two descriptors, fds[0] to read and fds[1] to write; `size` bytes of room.  0, or -1
 * with errno; neither is open then.  Source: _pipe. */
int __cdecl _pipe(int *fds, unsigned int size, int mode)
{
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, !(mode & _O_NOINHERIT)};
    HANDLE read, write;
    if (fds == NULL || (mode & ~(_O_NOINHERIT | _O_BINARY | _O_TEXT)) != 0) {
        *_errno() = EINVAL;
        return -1;
    }
    int text = mode & _O_TEXT || (!(mode & _O_BINARY) && !(*__p__fmode() & _O_BINARY));
    int flags = (text ? CRT_FTEXT : 0) | (mode & _O_NOINHERIT ? CRT_FNOINHERIT : 0);
    fds[0] = fds[1] = -1;
    if (!CreatePipe(&read, &write, &inherit, size))
        return crt_fail_last();
    fds[0] = crt_file_new(read, flags);
    if (fds[0] >= 0)
        fds[1] = crt_file_new(write, flags);
    if (fds[1] >= 0)
        return 0;
    if (fds[0] >= 0)
        _close(fds[0]);
    else
        CloseHandle(read);
    CloseHandle(write);
    fds[0] = -1;
    *_errno() = EMFILE;
    return -1;
}

static HANDLE handle_of(int fd)
{
    struct crt_file *file = crt_file_peek(fd);
    return file != NULL ? file->handle : NULL;
}

static int remember(FILE *stream, HANDLE process)
{
    int at = 0;
    crt_lock(CRT_LOCK_FILES);
    while (at < PROGRAMS && programs[at].stream != NULL)
        at++;
    if (at < PROGRAMS) {
        programs[at].stream = stream;
        programs[at].process = process;
    }
    crt_unlock(CRT_LOCK_FILES);
    return at < PROGRAMS;
}

static HANDLE forget(FILE *stream)
{
    HANDLE process = NULL;
    crt_lock(CRT_LOCK_FILES);
    for (int i = 0; i < PROGRAMS && process == NULL; i++) {
        if (stream != NULL && programs[i].stream == stream) {
            process = programs[i].process;
            programs[i].stream = NULL;
        }
    }
    crt_unlock(CRT_LOCK_FILES);
    return process;
}

/* Starts `command` (as system does) with a pipe as its output ("r") or input ("w"); b or
 * t after that as for fopen.  Null with errno.  Source: _popen. */
FILE *__cdecl _popen(const char *command, const char *mode)
{
    int fds[2];
    if (command == NULL || mode == NULL || (*mode != 'r' && *mode != 'w')) {
        *_errno() = EINVAL;
        return NULL;
    }
    int reads = *mode == 'r';
    int binary = strchr(mode, 'b') != NULL;
    if (_pipe(fds, 4096, _O_NOINHERIT | (binary ? _O_BINARY : _O_TEXT)) != 0)
        return NULL;
    int ours = fds[!reads], theirs = fds[reads];
    HANDLE standard[3] = {handle_of(0), handle_of(1), handle_of(2)};
    standard[reads] = handle_of(theirs);
    SetHandleInformation(standard[reads], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    FILE *stream = _fdopen(ours, mode);
    HANDLE process = stream != NULL ? crt_start_command(command, standard) : NULL;
    _close(theirs);
    if (process != NULL && remember(stream, process))
        return stream;
    if (process != NULL) {
        CloseHandle(process);
        *_errno() = EMFILE;
    }
    if (stream != NULL)
        fclose(stream);
    else
        _close(ours);
    return NULL;
}

/* Closes the stream and waits for its program: the exit code, -1 and EINVAL for what is
 * no stream of _popen.  Source: _pclose. */
int __cdecl _pclose(FILE *stream)
{
    int status = -1;
    HANDLE process = forget(stream);
    if (process == NULL) {
        *_errno() = stream == NULL ? EINVAL : EBADF;
        return -1;
    }
    fclose(stream);
    _cwait(&status, (intptr_t)process, 0);
    return status;
}

/* namedpipe.h - a server's and a client's end of one pipe, for the tests of named pipes. */
#ifndef GUEST_NAMEDPIPE_H
#define GUEST_NAMEDPIPE_H

#include "documented.h"

#define NAME     "\\\\.\\pipe\\fathom"
#define FIRST    FILE_FLAG_FIRST_PIPE_INSTANCE
#define MESSAGES (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)

static HANDLE server, client;

/* Was there a pipe?  It is closed again: another system's mistake is not the next test's. */
static inline BOOL opens(HANDLE pipe)
{
    if (pipe == INVALID_HANDLE_VALUE)
        return FALSE;
    CloseHandle(pipe);
    return TRUE;
}

static inline HANDLE serve(DWORD open, DWORD mode, DWORD instances)
{
    return CreateNamedPipeA(NAME, open, mode, instances, 4096, 4096, 0, NULL);
}

static inline HANDLE join_as(DWORD access)
{
    return CreateFileA(NAME, access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

/* Both ends of a new duplex pipe; the client reads as the server does. */
static inline BOOL both(DWORD mode)
{
    DWORD reads = mode & PIPE_READMODE_MESSAGE;
    server = serve(PIPE_ACCESS_DUPLEX, mode & ~PIPE_NOWAIT, PIPE_UNLIMITED_INSTANCES);
    client = join_as(GENERIC_READ | GENERIC_WRITE);
    return server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE &&
           SetNamedPipeHandleState(client, &reads, NULL, NULL);
}

static inline void end_both(void)
{
    CloseHandle(client);
    CloseHandle(server);
}

static inline BOOL say(HANDLE end, const char *bytes, DWORD size)
{
    DWORD done = 0;
    return WriteFile(end, bytes, size, &done, NULL) && done == size;
}

/* The next read of at most size bytes gives these. */
static inline BOOL hears(HANDLE end, DWORD size, const char *bytes)
{
    char buffer[64] = {0};
    DWORD done = 99;
    return ReadFile(end, buffer, size, &done, NULL) && done == strlen(bytes) &&
           !memcmp(buffer, bytes, done);
}

/* The same, and the message goes on. */
static inline BOOL hears_part(HANDLE end, DWORD size, const char *bytes)
{
    char buffer[64] = {0};
    DWORD done = 99;
    return !ReadFile(end, buffer, size, &done, NULL) &&
           GetLastError() == ERROR_MORE_DATA && done == strlen(bytes) &&
           !memcmp(buffer, bytes, done);
}

static inline BOOL reads(HANDLE end)
{
    char byte;
    DWORD done;
    return ReadFile(end, &byte, 1, &done, NULL);
}

#endif

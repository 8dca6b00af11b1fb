/* namedpipe.c - CreateNamedPipe: instances, directions, a client that comes and goes. */
#include "namedpipe.h"
#include "self.h"

static HANDLE none(DWORD instances)
{
    return CreateNamedPipeA("\\\\.\\pipe\\none", PIPE_ACCESS_DUPLEX, 0, instances, 0, 0,
                            0, NULL);
}

static void names(void)
{
    documented(
        "CreateNamedPipe", "a name that is not a pipe's is refused", SAME,
        FAILS(opens(CreateNamedPipeA("fathom", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL)),
              ERROR_INVALID_NAME));
    documented("CreateNamedPipe",
               "one of PIPE_ACCESS_INBOUND, _OUTBOUND and _DUPLEX must be given", SAME,
               FAILS(opens(serve(0, 0, 1)), ERROR_INVALID_PARAMETER));
    documented("CreateNamedPipe",
               "the greatest number of instances is 1 to PIPE_UNLIMITED_INSTANCES", SAME,
               FAILS(opens(none(0)), ERROR_INVALID_PARAMETER) &&
                   FAILS(opens(none(256)), ERROR_INVALID_PARAMETER));
    documented("CreateNamedPipe",
               "PIPE_READMODE_MESSAGE goes with PIPE_TYPE_MESSAGE alone", SAME,
               FAILS(opens(serve(PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1)),
                     ERROR_INVALID_PARAMETER));
    documented("CreateFile", "a pipe that was not created is ERROR_FILE_NOT_FOUND", SAME,
               FAILS(opens(join_as(GENERIC_READ)), ERROR_FILE_NOT_FOUND));
    server = serve(PIPE_ACCESS_DUPLEX, 0, 1);
    client = CreateFileA("\\\\.\\PIPE\\Fathom", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                         OPEN_EXISTING, 0, NULL);
    documented("CreateNamedPipe", "names of pipes are not case sensitive", SAME,
               client != INVALID_HANDLE_VALUE);
    documented("GetFileType", "FILE_TYPE_PIPE: a named or an anonymous pipe", SAME,
               GetFileType(server) == FILE_TYPE_PIPE &&
                   GetFileType(client) == FILE_TYPE_PIPE);
    end_both();
}

/* What is refused by name, since every operation is complete when its call returns. */
static void refused(void)
{
    documented("CreateNamedPipe", "FILE_FLAG_OVERLAPPED is refused: ERROR_NOT_SUPPORTED",
               DIFFERS,
               FAILS(opens(serve(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1)),
                     ERROR_NOT_SUPPORTED));
    server = serve(PIPE_ACCESS_DUPLEX, 0, 1);
    documented("CreateFile",
               "a pipe with FILE_FLAG_OVERLAPPED is refused: ERROR_NOT_SUPPORTED",
               DIFFERS,
               FAILS(opens(CreateFileA(NAME, GENERIC_READ, 0, NULL, OPEN_EXISTING,
                                       FILE_FLAG_OVERLAPPED, NULL)),
                     ERROR_NOT_SUPPORTED));
    CloseHandle(server);
    documented(
        "CreateFile", "a pipe of another machine: there is no network", SIMPLIFIED,
        FAILS(opens(CreateFileA("\\\\server\\pipe\\fathom", GENERIC_READ, 0, NULL,
                                OPEN_EXISTING, 0, NULL)),
              ERROR_PATH_NOT_FOUND) &&
            FAILS(WaitNamedPipeA("\\\\server\\pipe\\fathom", 1), ERROR_BAD_NETPATH));
}

static void instances(void)
{
    HANDLE a = serve(PIPE_ACCESS_DUPLEX | FIRST, 0, 2), b, c;
    documented(
        "CreateNamedPipe",
        "FILE_FLAG_FIRST_PIPE_INSTANCE: a second one is ERROR_ACCESS_DENIED", SAME,
        a != INVALID_HANDLE_VALUE &&
            FAILS(opens(serve(PIPE_ACCESS_DUPLEX | FIRST, 0, 2)), ERROR_ACCESS_DENIED));
    documented("CreateNamedPipe", "all instances have the same access and the same type",
               SAME,
               FAILS(opens(serve(PIPE_ACCESS_INBOUND, 0, 2)), ERROR_ACCESS_DENIED) &&
                   FAILS(opens(serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2)),
                         ERROR_ACCESS_DENIED));
    b = serve(PIPE_ACCESS_DUPLEX, 0, 2);
    documented("CreateNamedPipe",
               "one instance more than the greatest number is ERROR_PIPE_BUSY", SAME,
               b != INVALID_HANDLE_VALUE &&
                   FAILS(opens(serve(PIPE_ACCESS_DUPLEX, 0, 2)), ERROR_PIPE_BUSY));
    HANDLE one = join_as(GENERIC_READ | GENERIC_WRITE),
           two = join_as(GENERIC_READ | GENERIC_WRITE);
    documented("CreateFile", "when all instances are busy it is ERROR_PIPE_BUSY", SAME,
               one != INVALID_HANDLE_VALUE && two != INVALID_HANDLE_VALUE &&
                   FAILS(opens(join_as(GENERIC_READ)), ERROR_PIPE_BUSY));
    documented("CreateNamedPipe", "each client has an instance of its own", SAME,
               say(one, "1", 1) && say(two, "2", 1) && hears(a, 9, "1") &&
                   hears(b, 9, "2"));
    CloseHandle(one);
    CloseHandle(a);
    c = serve(PIPE_ACCESS_DUPLEX, 0, 2);
    documented("CreateNamedPipe", "an instance is deleted when its last handle is closed",
               SAME, c != INVALID_HANDLE_VALUE);
    CloseHandle(two);
    CloseHandle(b);
    CloseHandle(c);
    documented("CreateNamedPipe", "the name goes with the last instance", SAME,
               FAILS(opens(join_as(GENERIC_READ)), ERROR_FILE_NOT_FOUND));
}

static void directions(void)
{
    server = serve(PIPE_ACCESS_INBOUND, 0, 1);
    documented("CreateFile", "a client may not read from a PIPE_ACCESS_INBOUND pipe",
               SAME, FAILS(opens(join_as(GENERIC_READ)), ERROR_ACCESS_DENIED));
    client = join_as(GENERIC_WRITE);
    documented("CreateNamedPipe", "PIPE_ACCESS_INBOUND: from client to server alone",
               SAME,
               say(client, "up", 2) && hears(server, 9, "up") &&
                   FAILS(say(server, "down", 4), ERROR_ACCESS_DENIED) &&
                   FAILS(reads(client), ERROR_ACCESS_DENIED));
    end_both();
    server = serve(PIPE_ACCESS_OUTBOUND, 0, 1);
    documented("CreateFile", "a client may not write to a PIPE_ACCESS_OUTBOUND pipe",
               SAME,
               FAILS(opens(join_as(GENERIC_READ | GENERIC_WRITE)), ERROR_ACCESS_DENIED));
    client = join_as(GENERIC_READ);
    documented("CreateNamedPipe", "PIPE_ACCESS_OUTBOUND: from server to client alone",
               SAME,
               say(server, "down", 4) && hears(client, 9, "down") &&
                   FAILS(reads(server), ERROR_ACCESS_DENIED));
    end_both();
}

static void connecting(void)
{
    server = serve(PIPE_ACCESS_DUPLEX, 0, 1);
    documented("ReadFile", "before a client has come it is ERROR_PIPE_LISTENING", SAME,
               FAILS(reads(server), ERROR_PIPE_LISTENING) &&
                   FAILS(say(server, "x", 1), ERROR_PIPE_LISTENING));
    client = join_as(GENERIC_READ | GENERIC_WRITE);
    documented("ConnectNamedPipe",
               "a client that came before the call: zero and ERROR_PIPE_CONNECTED", SAME,
               FAILS(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED) &&
                   say(client, "there", 5) && hears(server, 9, "there"));
    documented("ConnectNamedPipe", "it is the server's to call", SAME,
               FAILS(ConnectNamedPipe(client, NULL), ERROR_INVALID_FUNCTION) &&
                   FAILS(DisconnectNamedPipe(client), ERROR_INVALID_FUNCTION));
    CHECK(say(client, "last", 4) && CloseHandle(client));
    documented("ReadFile",
               "what a client wrote before it closed its handle is read, then "
               "ERROR_BROKEN_PIPE",
               SAME, hears(server, 9, "last") && FAILS(reads(server), ERROR_BROKEN_PIPE));
    documented(
        "ConnectNamedPipe",
        "ERROR_NO_DATA: the client has gone, and DisconnectNamedPipe was not called",
        SAME,
        FAILS(ConnectNamedPipe(server, NULL), ERROR_NO_DATA) &&
            FAILS(say(server, "x", 1), ERROR_NO_DATA));
    documented("CreateFile",
               "an instance whose client has gone takes none before "
               "DisconnectNamedPipe and ConnectNamedPipe",
               SAME,
               FAILS(opens(join_as(GENERIC_READ)), ERROR_PIPE_BUSY) &&
                   DisconnectNamedPipe(server) &&
                   FAILS(opens(join_as(GENERIC_READ)), ERROR_PIPE_BUSY));
    CloseHandle(server);
}

static DWORD WINAPI connects(void *end)
{
    return ConnectNamedPipe(end, NULL) ? 1 : GetLastError();
}

static DWORD result_of(HANDLE thread)
{
    DWORD code = 7;
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), 0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

/* All that can be asked of a client's end fails: the server has disconnected it. */
static BOOL is_of_no_use(HANDLE end)
{
    DWORD mode = PIPE_NOWAIT, got;
    return FAILS(FlushFileBuffers(end), ERROR_PIPE_NOT_CONNECTED) &&
           FAILS(GetNamedPipeInfo(end, &got, NULL, NULL, NULL),
                 ERROR_PIPE_NOT_CONNECTED) &&
           FAILS(GetNamedPipeHandleStateA(end, &got, NULL, NULL, NULL, NULL, 0),
                 ERROR_PIPE_NOT_CONNECTED) &&
           FAILS(SetNamedPipeHandleState(end, &mode, NULL, NULL),
                 ERROR_PIPE_NOT_CONNECTED) &&
           FAILS(PeekNamedPipe(end, NULL, 0, NULL, &got, NULL),
                 ERROR_PIPE_NOT_CONNECTED) &&
           FAILS(GetNamedPipeServerProcessId(end, &got), ERROR_PIPE_NOT_CONNECTED);
}

static void disconnecting(void)
{
    CHECK(both(0) && say(server, "unread", 6));
    documented("DisconnectNamedPipe",
               "what the client has not read is lost; its handle is of "
               "no use, and it must close it",
               SAME,
               DisconnectNamedPipe(server) &&
                   FAILS(reads(client), ERROR_PIPE_NOT_CONNECTED) &&
                   FAILS(say(client, "x", 1), ERROR_PIPE_NOT_CONNECTED));
    documented("DisconnectNamedPipe", "the server's reads fail as well", SAME,
               FAILS(reads(server), ERROR_PIPE_NOT_CONNECTED));
    CHECK(is_of_no_use(client));
    HANDLE thread = CreateThread(NULL, 0, connects, server, 0, NULL);
    HANDLE next = INVALID_HANDLE_VALUE;
    BOOL waited = WaitForSingleObject(thread, 100) == WAIT_TIMEOUT;
    next = join_as(GENERIC_READ | GENERIC_WRITE);
    documented("ConnectNamedPipe",
               "it waits until a client comes, to the same instance again", SAME,
               waited && next != INVALID_HANDLE_VALUE && result_of(thread) == 1 &&
                   say(next, "next", 4) && hears(server, 9, "next"));
    CHECK(say(next, "kept", 4) && is_of_no_use(client) && hears(server, 9, "kept"));
    documented("DisconnectNamedPipe", "the handle of the client before stays of no use",
               SAME,
               FAILS(reads(client), ERROR_PIPE_NOT_CONNECTED) && CloseHandle(client) &&
                   say(server, "on", 2) && hears(next, 9, "on"));
    CloseHandle(next);
    CloseHandle(server);
}

static DWORD WINAPI waits_long(void *unused)
{
    (void)unused;
    return WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER) ? 1 : GetLastError();
}

static BOOL takes(DWORD timeout, DWORD least, DWORD most)
{
    const DWORD start = GetTickCount();
    const BOOL late = FAILS(WaitNamedPipeA(NAME, timeout), ERROR_SEM_TIMEOUT);
    const DWORD spent = GetTickCount() - start;
    NOTE("milliseconds", spent);
    return late && spent + 20 >= least && spent <= most;
}

static void waiting(void)
{
    documented("WaitNamedPipe",
               "without any instance it returns at once, whatever the time", SAME,
               FAILS(WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER), ERROR_FILE_NOT_FOUND));
    server = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 200, NULL);
    documented("WaitNamedPipe", "an instance that listens: nonzero", SAME,
               WaitNamedPipeA(NAME, 1) && WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER));
    client = join_as(GENERIC_READ | GENERIC_WRITE);
    documented("WaitNamedPipe", "without one that listens it fails after the time given",
               SAME, takes(100, 100, 20000));
    documented("WaitNamedPipe",
               "NMPWAIT_USE_DEFAULT_WAIT: the time given to CreateNamedPipe", SAME,
               takes(NMPWAIT_USE_DEFAULT_WAIT, 200, 20000));
    HANDLE thread = CreateThread(NULL, 0, waits_long, NULL, 0, NULL);
    BOOL waited = WaitForSingleObject(thread, 100) == WAIT_TIMEOUT;
    CHECK(CloseHandle(client) && DisconnectNamedPipe(server));
    HANDLE connecting = CreateThread(NULL, 0, connects, server, 0, NULL);
    documented("WaitNamedPipe", "it ends when ConnectNamedPipe waits on an instance",
               SAME, waited && result_of(thread) == 1);
    client = join_as(GENERIC_READ);
    CHECK_EQUAL(result_of(connecting), 1);
    thread = CreateThread(NULL, 0, waits_long, NULL, 0, NULL);
    waited = WaitForSingleObject(thread, 100) == WAIT_TIMEOUT;
    end_both();
    documented("WaitNamedPipe", "when the last instance goes the wait ends", SAME,
               waited && result_of(thread) == ERROR_FILE_NOT_FOUND);
    CHECK(FAILS(WaitNamedPipeA("fathom", 1), ERROR_PATH_NOT_FOUND));
}

/* The child: a client that tells who it is, and one that is ended while it waits. */
static int child(const char *word)
{
    char text[20];
    if (!strcmp(word, "serves")) {
        server = serve(PIPE_ACCESS_DUPLEX, 0, 1);
        Sleep(INFINITE);
    }
    for (int i = 0; i < 1000 && (client = join_as(GENERIC_READ | GENERIC_WRITE)) ==
                                    INVALID_HANDLE_VALUE;
         i++)
        Sleep(10);
    if (!strcmp(word, "reads"))
        return reads(client) ? 1 : GetLastError();
    snprintf(text, sizeof text, "%lu", GetCurrentProcessId());
    CHECK(say(client, text, strlen(text)));
    return hears(client, 9, "enough") ? 1 : 2;
}

static void processes(void)
{
    char text[20], told[20] = {0};
    DWORD id, done;
    ULONG theirs = 0, ours = 0;
    server = serve(PIPE_ACCESS_DUPLEX, 0, 1);
    HANDLE process = start_self("tells", 0, NULL, &id);
    const BOOL connected =
        ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED;
    snprintf(text, sizeof text, "%lu", id);
    documented("CreateNamedPipe", "a client may be another process", SAME,
               connected && ReadFile(server, told, sizeof told, &done, NULL) &&
                   !strcmp(text, told));
    documented("GetNamedPipeClientProcessId", "the process that opened the client's end",
               SAME, GetNamedPipeClientProcessId(server, &theirs) && theirs == id);
    documented(
        "GetNamedPipeServerProcessId", "the process that made the server's end", SAME,
        GetNamedPipeServerProcessId(server, &ours) && ours == GetCurrentProcessId());
    CHECK(say(server, "enough", 6));
    CHECK_EQUAL(ended(process), 1);
    DisconnectNamedPipe(server);
    process = start_self("reads", 0, NULL, NULL);
    HANDLE thread = CreateThread(NULL, 0, connects, server, 0, NULL);
    WaitForSingleObject(thread, 10000);
    CloseHandle(thread);
    Sleep(50);
    CHECK(TerminateProcess(process, 9));
    documented("ReadFile", "a client that was ended while it waited: ERROR_BROKEN_PIPE",
               SAME, ended(process) == 9 && FAILS(reads(server), ERROR_BROKEN_PIPE));
    CloseHandle(server);
    process = start_self("serves", 0, NULL, NULL);
    for (int i = 0; i < 1000 && !WaitNamedPipeA(NAME, 1); i++)
        Sleep(10);
    client = join_as(GENERIC_READ);
    CHECK(client != INVALID_HANDLE_VALUE && TerminateProcess(process, 9));
    CHECK_EQUAL(ended(process), 9);
    documented("ReadFile", "a server that was ended: ERROR_BROKEN_PIPE", SAME,
               FAILS(reads(client), ERROR_BROKEN_PIPE));
    CloseHandle(client);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child(argv[1]);
    names();
    refused();
    instances();
    directions();
    connecting();
    disconnecting();
    waiting();
    processes();
    return undocumented();
}

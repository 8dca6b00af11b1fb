/* pipemodes.c - bytes and messages in named pipes, PIPE_NOWAIT, looking without taking. */
#include "namedpipe.h"

static char many[70000];

static void bytes(void)
{
    CHECK(both(PIPE_TYPE_BYTE));
    documented("CreateNamedPipe",
               "PIPE_TYPE_BYTE: a stream; the bytes of two writes are read "
               "by one read",
               SAME,
               say(client, "abc", 3) && say(client, "def", 3) &&
                   hears(server, 4, "abcd") && hears(server, 9, "ef"));
    DWORD mode = PIPE_READMODE_MESSAGE;
    documented("SetNamedPipeHandleState",
               "PIPE_READMODE_MESSAGE fails on a pipe of bytes", SAME,
               FAILS(SetNamedPipeHandleState(client, &mode, NULL, NULL),
                     ERROR_INVALID_PARAMETER));
    end_both();
}

static void messages(void)
{
    DWORD mode = PIPE_READMODE_BYTE, done = 9;
    char byte;
    CHECK(both(MESSAGES));
    documented("CreateNamedPipe", "PIPE_READMODE_MESSAGE: a read ends with its message",
               SAME,
               say(client, "abc", 3) && say(client, "def", 3) &&
                   hears(server, 9, "abc") && hears(server, 9, "def"));
    documented("ReadFile",
               "a longer message than the buffer: zero, ERROR_MORE_DATA, and the "
               "rest is read by later calls",
               SAME,
               say(client, "abcdef", 6) && say(client, "x", 1) &&
                   hears_part(server, 4, "abcd") && hears(server, 4, "ef") &&
                   hears(server, 4, "x"));
    documented("WriteFile", "zero bytes are a message, which is read as zero bytes", SAME,
               say(client, "", 0) && say(client, "z", 1) &&
                   ReadFile(server, &byte, 1, &done, NULL) && done == 0 &&
                   hears(server, 1, "z"));
    CHECK(say(client, "abc", 3) && say(client, "def", 3));
    documented("SetNamedPipeHandleState",
               "PIPE_READMODE_BYTE: messages are read as a stream", SAME,
               SetNamedPipeHandleState(server, &mode, NULL, NULL) &&
                   hears(server, 5, "abcde") && hears(server, 5, "f"));
    end_both();
    server = serve(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
    client = join_as(GENERIC_READ | GENERIC_WRITE);
    documented("CreateFile", "a client's end is read as bytes, and waits", SAME,
               GetNamedPipeHandleStateA(client, &mode, NULL, NULL, NULL, NULL, 0) &&
                   mode == (PIPE_READMODE_BYTE | PIPE_WAIT) && say(server, "ab", 2) &&
                   say(server, "cd", 2) && hears(client, 9, "abcd"));
    end_both();
}

static void not_waiting(void)
{
    DWORD mode = PIPE_NOWAIT, done = 0;
    server = serve(PIPE_ACCESS_DUPLEX, PIPE_NOWAIT, 1);
    documented("ConnectNamedPipe",
               "PIPE_NOWAIT: ERROR_PIPE_LISTENING while no client is there", SAME,
               FAILS(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING));
    client = join_as(GENERIC_READ | GENERIC_WRITE);
    documented("ConnectNamedPipe", "PIPE_NOWAIT: ERROR_PIPE_CONNECTED when one is", SAME,
               FAILS(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED));
    documented("ReadFile", "PIPE_NOWAIT, and nothing is there: ERROR_NO_DATA", SAME,
               FAILS(reads(server), ERROR_NO_DATA));
    CHECK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    documented("WriteFile",
               "PIPE_NOWAIT, bytes: nonzero, and as many as there was room for", SAME,
               WriteFile(client, many, sizeof many, &done, NULL) && done >= 4096 &&
                   done < sizeof many);
    CHECK(CloseHandle(client) && DisconnectNamedPipe(server));
    documented("ConnectNamedPipe",
               "PIPE_NOWAIT: nonzero the first time after DisconnectNamedPipe", SAME,
               ConnectNamedPipe(server, NULL) &&
                   FAILS(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING));
    CloseHandle(server);
    CHECK(both(MESSAGES));
    mode = PIPE_NOWAIT | PIPE_READMODE_MESSAGE;
    CHECK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK(say(client, many, 3000));
    documented("WriteFile",
               "PIPE_NOWAIT, a message without room: nonzero, and zero bytes", SAME,
               WriteFile(client, many, 4000, &done, NULL) && done == 0);
    end_both();
}

static void looking(void)
{
    char text[8] = {0};
    DWORD done = 0, all = 0, left = 9;
    CHECK(both(MESSAGES));
    documented("PeekNamedPipe", "it returns at once when the pipe is empty", SAME,
               PeekNamedPipe(server, text, 8, &done, &all, &left) && done == 0 &&
                   all == 0);
    CHECK(say(client, "abcdef", 6) && say(client, "gh", 2));
    documented("PeekNamedPipe",
               "bytes in all; those of the first message that were not copied", SAME,
               PeekNamedPipe(server, text, 4, &done, &all, &left) && done == 4 &&
                   all == 8 && left == 2 && !memcmp(text, "abcd", 4));
    documented("PeekNamedPipe", "it takes nothing, and gives no more than a message",
               SAME,
               PeekNamedPipe(server, text, 8, &done, NULL, NULL) && done == 6 &&
                   hears(server, 9, "abcdef") && hears(server, 9, "gh"));
    end_both();
    CHECK(both(PIPE_TYPE_BYTE) && say(client, "abc", 3) && say(client, "de", 2));
    documented("PeekNamedPipe",
               "of bytes: as a read would give, and no message has any left", SAME,
               PeekNamedPipe(server, text, 8, &done, &all, &left) && done == 5 &&
                   all == 5 && left == 0 && !memcmp(text, "abcde", 5));
    CloseHandle(client);
    CHECK(hears(server, 9, "abcde"));
    documented(
        "PeekNamedPipe", "the other end has gone: ERROR_BROKEN_PIPE", SAME,
        FAILS(PeekNamedPipe(server, NULL, 0, NULL, &all, NULL), ERROR_BROKEN_PIPE));
    CloseHandle(server);
}

static void states(void)
{
    DWORD flags = 9, out = 0, in = 0, most = 0, state = 9, now = 0;
    HANDLE second;
    CHECK(both(MESSAGES));
    documented("GetNamedPipeInfo", "which end, which type, sizes, instances at most",
               SAME,
               GetNamedPipeInfo(server, &flags, &out, &in, &most) &&
                   flags == (PIPE_SERVER_END | PIPE_TYPE_MESSAGE) && out == 4096 &&
                   in == 4096 && most == PIPE_UNLIMITED_INSTANCES &&
                   GetNamedPipeInfo(client, &flags, NULL, NULL, NULL) &&
                   flags == (PIPE_CLIENT_END | PIPE_TYPE_MESSAGE));
    second = serve(PIPE_ACCESS_DUPLEX, MESSAGES, PIPE_UNLIMITED_INSTANCES);
    documented("GetNamedPipeHandleState",
               "how the handle reads, and how many instances there are", SAME,
               GetNamedPipeHandleStateA(server, &state, &now, NULL, NULL, NULL, 0) &&
                   state == PIPE_READMODE_MESSAGE && now == 2);
    documented("GetNamedPipeHandleState",
               "a client on this machine has no collection count", SAME,
               FAILS(GetNamedPipeHandleStateA(client, NULL, NULL, &now, NULL, NULL, 0),
                     ERROR_INVALID_PARAMETER));
    CloseHandle(second);
    end_both();
    CHECK(FAILS(GetNamedPipeInfo(GetStdHandle(STD_INPUT_HANDLE), NULL, NULL, NULL, NULL),
                ERROR_INVALID_FUNCTION) ||
          GetLastError());
}

/* Answers one message with itself, twice; then as often as messages come. */
static DWORD WINAPI echoes(void *end)
{
    char text[64];
    DWORD done;
    if (!ConnectNamedPipe(end, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 0;
    while (ReadFile(end, text, 20, &done, NULL)) {
        memcpy(text + done, text, done);
        say(end, text, 2 * done);
    }
    return 1;
}

static void transactions(void)
{
    char text[64] = {0};
    DWORD done = 0, mode = PIPE_READMODE_BYTE;
    server = serve(PIPE_ACCESS_DUPLEX, MESSAGES, 1);
    HANDLE thread = CreateThread(NULL, 0, echoes, server, 0, NULL);
    documented(
        "CallNamedPipe", "it connects, writes a message, reads one, and closes the pipe",
        SAME,
        CallNamedPipeA(NAME, "ping", 4, text, sizeof text, &done, NMPWAIT_WAIT_FOREVER) &&
            done == 8 && !memcmp(text, "pingping", 8));
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), 0);
    CHECK(CloseHandle(thread) && DisconnectNamedPipe(server));
    thread = CreateThread(NULL, 0, echoes, server, 0, NULL);
    documented(
        "CallNamedPipe", "a longer answer than the buffer: zero and ERROR_MORE_DATA",
        SAME,
        FAILS(CallNamedPipeA(NAME, "pong", 4, text, 6, &done, NMPWAIT_WAIT_FOREVER),
              ERROR_MORE_DATA) &&
            done == 6 && !memcmp(text, "pongpo", 6));
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), 0);
    CHECK(CloseHandle(thread) && DisconnectNamedPipe(server));
    thread = CreateThread(NULL, 0, echoes, server, 0, NULL);
    for (int i = 0; i < 1000 && (client = join_as(GENERIC_READ | GENERIC_WRITE)) ==
                                    INVALID_HANDLE_VALUE;
         i++)
        WaitNamedPipeA(NAME, 1000);
    documented(
        "TransactNamedPipe", "it fails when the handle does not read messages", SAME,
        SetNamedPipeHandleState(client, &mode, NULL, NULL) &&
            FAILS(TransactNamedPipe(client, "a", 1, text, sizeof text, &done, NULL),
                  ERROR_BAD_PIPE));
    mode = PIPE_READMODE_MESSAGE;
    CHECK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    documented("TransactNamedPipe",
               "a message there and one back; the rest of a long answer is "
               "read by ReadFile",
               SAME,
               TransactNamedPipe(client, "ab", 2, text, sizeof text, &done, NULL) &&
                   done == 4 && !memcmp(text, "abab", 4) &&
                   FAILS(TransactNamedPipe(client, "cd", 2, text, 3, &done, NULL),
                         ERROR_MORE_DATA) &&
                   done == 3 && hears(client, 9, "d"));
    CloseHandle(client);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), 0);
    CHECK(CloseHandle(thread) && CloseHandle(server));
    CHECK(both(PIPE_TYPE_BYTE) && CloseHandle(client));
    CHECK(DisconnectNamedPipe(server) && CloseHandle(server));
    server = serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    documented("CallNamedPipe", "it fails on a pipe of bytes", SAME,
               FAILS(CallNamedPipeA(NAME, "ping", 4, text, 9, &done, 100),
                     ERROR_INVALID_PARAMETER));
    CloseHandle(server);
}

static DWORD WINAPI writes_many(void *size)
{
    return say(client, many, (DWORD)(ULONG_PTR)size);
}

static DWORD WINAPI flushes(void *unused)
{
    (void)unused;
    return FlushFileBuffers(client);
}

/* What a thread does waits until the server has read all of size bytes. */
static BOOL waits_for_the_reader(LPTHREAD_START_ROUTINE what, DWORD size)
{
    static char read[70000];
    DWORD done = 0, code = 0;
    HANDLE thread = CreateThread(NULL, 0, what, (void *)(ULONG_PTR)size, 0, NULL);
    const BOOL waited = WaitForSingleObject(thread, 100) == WAIT_TIMEOUT;
    const BOOL whole = ReadFile(server, read, sizeof read, &done, NULL) && done == size &&
                       !memcmp(read, many, size);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), 0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return waited && whole && code == 1;
}

static void full(void)
{
    for (DWORD i = 0; i < sizeof many; i++)
        many[i] = i * 7 / 5;
    CHECK(both(MESSAGES));
    documented("CreateNamedPipe",
               "a message that is larger than the buffer goes through whole, "
               "and its write waits until it is read",
               SAME, waits_for_the_reader(writes_many, 60000));
    CHECK(say(client, many, 100));
    documented("FlushFileBuffers", "of a pipe: it waits until the other end has read all",
               SAME, waits_for_the_reader(flushes, 100) && FlushFileBuffers(client));
    documented("WriteFile", "the other end goes while it waits: ERROR_NO_DATA", SAME,
               CloseHandle(server) && FAILS(say(client, "x", 1), ERROR_NO_DATA));
    CloseHandle(client);
}

static DWORD WINAPI hears_two(void *unused)
{
    (void)unused;
    return hears(server, 2, "ab");
}

static DWORD WINAPI says_two(void *unused)
{
    (void)unused;
    return say(client, "ab", 2) && FlushFileBuffers(client);
}

/* What is written while a reader is suspended reaches it, though another waits at the pipe. */
static void suspended(void)
{
    DWORD code[2] = {0, 0};
    CHECK(both(PIPE_TYPE_BYTE));
    HANDLE threads[2] = {CreateThread(NULL, 0, hears_two, NULL, 0, NULL)};
    CHECK_EQUAL(WaitForSingleObject(threads[0], 100), WAIT_TIMEOUT);
    CHECK_EQUAL(SuspendThread(threads[0]), 0);
    threads[1] = CreateThread(NULL, 0, says_two, NULL, 0, NULL);
    WaitForSingleObject(threads[1], 100);
    CHECK_EQUAL(ResumeThread(threads[0]), 1);
    CHECK_EQUAL(WaitForMultipleObjects(2, threads, TRUE, 10000), 0);
    for (int i = 0; i < 2; i++)
        CHECK(GetExitCodeThread(threads[i], &code[i]) && code[i] &&
              CloseHandle(threads[i]));
    end_both();
}

int main(void)
{
    bytes();
    messages();
    not_waiting();
    looking();
    states();
    transactions();
    full();
    suspended();
    return undocumented();
}

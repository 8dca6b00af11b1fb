/* link: -lntdll */
/* ports.c - local messages: connect, ask, answer; refusals; partners that die. */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>
#include <string.h>
#include "await.h"
#include "check.h"
#include "ntport.h"

#define NAME       L"\\BaseNamedObjects\\ports test"
#define TEXT_BYTES 4000

typedef struct {
    PORT_MESSAGE header;
    char data[TEXT_BYTES];
} MESSAGE;

static void name(UNICODE_STRING *string, WCHAR *text)
{
    string->Buffer = text;
    string->Length = (USHORT)(2 * lstrlenW(text));
    string->MaximumLength = (USHORT)(string->Length + 2);
}

static HANDLE create(WCHAR *text)
{
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
    HANDLE port;
    name(&string, text);
    InitializeObjectAttributes(&attributes, &string, 0, NULL, NULL);
    CHECK_EQUAL(NtCreatePort(&port, &attributes, 0x101, 100, 0),
                STATUS_INVALID_PARAMETER_3);
    CHECK_EQUAL(NtCreatePort(&port, &attributes, 0, 0x10000, 0),
                STATUS_INVALID_PARAMETER_4);
    CHECK_EQUAL(NtCreatePort(&port, &attributes, 64, sizeof(MESSAGE), 0), 0);
    return port;
}

static NTSTATUS join(HANDLE *port, char *words, ULONG *length)
{
    UNICODE_STRING string;
    ULONG limit = 0;
    name(&string, (WCHAR[]){NAME});
    NTSTATUS status =
        NtConnectPort(port, &string, NULL, NULL, NULL, &limit, words, length);
    CHECK(status != 0 || limit == sizeof(MESSAGE));
    return status;
}

static void fill(MESSAGE *message, const char *data, int length)
{
    memset(&message->header, 0, sizeof message->header);
    message->header.DataLength = (SHORT)length;
    message->header.TotalLength = (SHORT)(sizeof message->header + length);
    memcpy(message->data, data, length);
}

/* The client process: its argument says how far it goes. */
static int client(const char *how)
{
    static MESSAGE ask, answer;
    HANDLE port;
    char words[64] = "let me in";
    ULONG length = sizeof words;
    CHECK_EQUAL(join(&port, words, &length), 0);
    CHECK(length == 8 && memcmp(words, "welcome", 8) == 0);
    for (int i = 0; i < 3; i++) {
        fill(&ask, "ping", 5);
        ask.data[3] = (char)('0' + i);
        CHECK_EQUAL(NtRequestWaitReplyPort(port, &ask.header, &answer.header), 0);
        CHECK(answer.header.Type == LPC_REPLY && answer.header.DataLength == TEXT_BYTES);
        CHECK(answer.data[0] == '0' + i && answer.data[TEXT_BYTES - 1] == 'z');
    }
    if (strcmp(how, "leave") == 0)
        return 5; /* without a word */
    fill(&ask, "stop", 5);
    CHECK_EQUAL(NtRequestWaitReplyPort(port, &ask.header, &answer.header),
                STATUS_LPC_REPLY_LOST);
    CHECK_EQUAL(NtRequestWaitReplyPort(port, &ask.header, &answer.header),
                STATUS_PORT_DISCONNECTED);
    CHECK_EQUAL(NtReplyPort(port, &ask.header), STATUS_INVALID_PORT_HANDLE);
    return 6;
}

static HANDLE start(const char *how)
{
    char path[MAX_PATH], line[MAX_PATH + 20];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    GetModuleFileNameA(NULL, path, sizeof path);
    snprintf(line, sizeof line, "\"%s\" %s", path, how);
    CHECK(CreateProcessA(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CloseHandle(made.hThread);
    return made.hProcess;
}

static DWORD end_of(HANDLE process)
{
    DWORD code = 0;
    CHECK(WaitForSingleObject(process, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process, &code));
    CloseHandle(process);
    return code;
}

static DWORD end_of_thread(HANDLE thread)
{
    DWORD code = 0;
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

static HANDLE admit(HANDLE port, MESSAGE *message, void *context)
{
    HANDLE conversation;
    CHECK_EQUAL(NtListenPort(port, NULL), STATUS_ACCESS_VIOLATION); /* and stays */
    CHECK_EQUAL(NtListenPort(port, &message->header), 0);
    CHECK(message->header.Type == LPC_CONNECTION_REQUEST);
    CHECK(message->header.DataLength == 64 && strcmp(message->data, "let me in") == 0);
    ULONG id = message->header.MessageId;
    message->header.MessageId = id + 1000;
    CHECK_EQUAL(
        NtAcceptConnectPort(&conversation, context, &message->header, TRUE, NULL, NULL),
        STATUS_INVALID_CID);
    message->header.MessageId = id;
    CHECK_EQUAL(NtReplyPort(port, &message->header), STATUS_REPLY_MESSAGE_MISMATCH);
    CHECK_EQUAL(NtAcceptConnectPort(NULL, context, &message->header, TRUE, NULL, NULL),
                STATUS_ACCESS_VIOLATION);
    message->header.DataLength = 8;
    memcpy(message->data, "welcome", 8);
    CHECK_EQUAL(
        NtAcceptConnectPort(&conversation, context, &message->header, TRUE, NULL, NULL),
        0);
    CHECK_EQUAL(NtCompleteConnectPort(conversation), 0);
    CHECK_EQUAL(NtCompleteConnectPort(conversation), STATUS_INVALID_PARAMETER);
    return conversation;
}

/* Three pings are answered; then what comes is in message. */
static void serve(HANDLE port, HANDLE conversation, MESSAGE *message)
{
    void *context;
    PORT_MESSAGE *reply = NULL;
    for (int i = 0; i < 4; i++) {
        context = NULL;
        CHECK_EQUAL(NtReplyWaitReceivePort(i & 1 ? conversation : port, &context, reply,
                                           &message->header),
                    0);
        CHECK(context == message);
        if (message->header.Type != LPC_REQUEST || strcmp(message->data, "stop") == 0)
            break;
        CHECK(memcmp(message->data, "pin", 3) == 0);
        message->data[0] = message->data[3];
        message->data[TEXT_BYTES - 1] = 'z';
        message->header.DataLength = TEXT_BYTES;
        message->header.TotalLength = sizeof *message;
        reply = &message->header;
    }
}

static void leaves(HANDLE port)
{
    static MESSAGE message;
    HANDLE process = start("leave"), conversation = admit(port, &message, &message);
    serve(port, conversation, &message);
    CHECK(message.header.Type == LPC_PORT_CLOSED);
    CHECK(NtClose(conversation) == 0);
    CHECK_EQUAL(end_of(process), 5);
}

static void hangs_up(HANDLE port)
{
    static MESSAGE message;
    HANDLE process = start("stay"), conversation = admit(port, &message, &message);
    serve(port, conversation, &message);
    CHECK(strcmp(message.data, "stop") == 0);
    CHECK(NtClose(conversation) == 0); /* the request that waits ends */
    CHECK_EQUAL(end_of(process), 6);
}

static DWORD WINAPI try(void *result)
{
    HANDLE port;
    char words[64] = "let me in";
    ULONG length = sizeof words;
    *(NTSTATUS *)result = join(&port, words, &length);
    return (DWORD)(unsigned char)words[0];
}

/* Refused; the server goes while one waits; a client that is killed while it waits. */
static void refusals(HANDLE port)
{
    static MESSAGE message;
    NTSTATUS status = 1;
    DWORD first = 0;
    HANDLE thread = CreateThread(NULL, 0, try, &status, 0, NULL);
    CHECK_EQUAL(NtListenPort(port, &message.header), 0);
    CHECK((DWORD)(ULONG_PTR)message.header.ClientId.UniqueProcess ==
          GetCurrentProcessId());
    message.data[0] = 'N';
    CHECK_EQUAL(NtAcceptConnectPort(NULL, NULL, &message.header, FALSE, NULL, NULL), 0);
    CHECK_EQUAL(NtAcceptConnectPort(NULL, NULL, &message.header, FALSE, NULL, NULL),
                STATUS_INVALID_CID);
    WaitForSingleObject(thread, INFINITE);
    CHECK(GetExitCodeThread(thread, &first) && first == 'N');
    CHECK_EQUAL(status, STATUS_PORT_CONNECTION_REFUSED);
    CloseHandle(thread);
    HANDLE process = start("leave");
    CHECK_EQUAL(NtListenPort(port, &message.header), 0);
    TerminateProcess(process, 77);
    CHECK_EQUAL(end_of(process), 77);
    HANDLE conversation;
    CHECK_EQUAL(
        NtAcceptConnectPort(&conversation, NULL, &message.header, TRUE, NULL, NULL),
        STATUS_INVALID_CID);
    thread = CreateThread(NULL, 0, try, &status, 0, NULL);
    CHECK_EQUAL(NtListenPort(port, &message.header), 0);
    CHECK(NtClose(port) == 0);
    WaitForSingleObject(thread, INFINITE);
    CHECK_EQUAL(status, STATUS_PORT_CONNECTION_REFUSED);
    CloseHandle(thread);
    try(&status);
    CHECK_EQUAL(status, STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Lengths that lie, pointers that lie. */
static void hostile(void)
{
    static MESSAGE message;
    HANDLE port = create((WCHAR[]){NAME}), event = CreateEventA(NULL, 0, 0, NULL);
    fill(&message, "", 0);
    CHECK_EQUAL(NtRequestWaitReplyPort(port, &message.header, &message.header),
                STATUS_INVALID_PORT_HANDLE);
    CHECK_EQUAL(NtReplyPort(event, &message.header), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_EQUAL(NtReplyPort((HANDLE)0x7777, &message.header), STATUS_INVALID_HANDLE);
    message.header.DataLength = -1;
    CHECK_EQUAL(NtReplyPort(port, &message.header), STATUS_INVALID_PARAMETER);
    message.header.DataLength = 100;
    message.header.TotalLength = 50;
    CHECK_EQUAL(NtReplyPort(port, &message.header), STATUS_INVALID_PARAMETER);
    message.header.DataLength = message.header.TotalLength = 0x7FFF;
    CHECK_EQUAL(NtReplyPort(port, &message.header), STATUS_INVALID_PARAMETER);
    message.header.DataLength = TEXT_BYTES + 1;
    CHECK_EQUAL(NtReplyPort(port, &message.header), STATUS_PORT_MESSAGE_TOO_LONG);
    CHECK_EQUAL(NtReplyPort(port, (PORT_MESSAGE *)0x80100000), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(NtReplyPort(port, (PORT_MESSAGE *)8), STATUS_ACCESS_VIOLATION);
    fill(&message, "", 0);
    CHECK_EQUAL(NtReplyPort(port, &message.header), STATUS_REPLY_MESSAGE_MISMATCH);
    CHECK_EQUAL(NtCompleteConnectPort(port), STATUS_INVALID_PORT_HANDLE);
    NtClose(port);
    NtClose(event);
}

static DWORD WINAPI joins(void *client)
{
    char words[64] = "let me in";
    ULONG length = sizeof words;
    return (DWORD)join(client, words, &length);
}

static DWORD WINAPI receives(void *port)
{
    static MESSAGE got;
    CHECK_EQUAL(NtReplyWaitReceivePort(port, NULL, NULL, &got.header), 0);
    return (DWORD)got.header.Type;
}

static DWORD WINAPI listens(void *port)
{
    static MESSAGE got;
    return (DWORD)NtListenPort(port, &got.header);
}

/* What comes while a receiver is suspended reaches it, though another waits for a client. */
static void suspended(HANDLE port)
{
    static MESSAGE message;
    HANDLE end = NULL;
    HANDLE client = CreateThread(NULL, 0, joins, &end, 0, NULL);
    HANDLE conversation = admit(port, &message, &message);
    CHECK_EQUAL(end_of_thread(client), 0);
    HANDLE receiver = CreateThread(NULL, 0, receives, port, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(receiver, 100), WAIT_TIMEOUT);
    CHECK_EQUAL(SuspendThread(receiver), 0);
    CHECK(NtClose(end) == 0);
    HANDLE listener = CreateThread(NULL, 0, listens, port, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(listener, 100), WAIT_TIMEOUT);
    CHECK_EQUAL(ResumeThread(receiver), 1);
    CHECK_EQUAL(end_of_thread(receiver), LPC_PORT_CLOSED);
    CHECK(TerminateThread(listener, 0) && end_of_thread(listener) == 0);
    CHECK(NtClose(conversation) == 0);
}

int main(int count, char **words)
{
    if (count > 1)
        return client(words[1]);
    CHECK(not_for_ever()); /* for a client that could not start */
    HANDLE port = create((WCHAR[]){NAME});
    leaves(port);
    hangs_up(port);
    suspended(port);
    refusals(port);
    hostile();
    return 0;
}

/* link: -lole32 -luuid -lntdll */
/* server.c - what a server and its clients may do to each other: revoke, disconnect, leave
 * COM, die in the middle of a call, and say nonsense.
 *
 *     server           the server of most scenes; starts itself as a client with a word
 */
#include <windows.h>
#include <winternl.h>
#include <objbase.h>
#include <string.h>
#include "check.h"
#include "ntport.h"
#include "sounding.h"

static const CLSID served = {0x6FA00077, 0, 0x4F75, {1, 2, 3, 4, 5, 6, 7, 8}};
#define PORT_NAME L"\\BaseNamedObjects\\OLE{6FA00077-0000-4F75-0102-030405060708}"

#define UNAVAILABLE HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)
#define CALL_FAILED HRESULT_FROM_WIN32(RPC_S_CALL_FAILED)

/* ---- the class ---- */

static LONG references, calls;
static HANDLE wait_for; /* a method waits for this */
static BOOL die, slow;  /* in a method; in Release */
static ISounding *held; /* the object has this proxy until its Release */

static HRESULT STDMETHODCALLTYPE query(ISounding *self, REFIID iid, void **object)
{
    *object = NULL;
    if (!IsEqualIID(iid, &IID_IUnknown) && !IsEqualIID(iid, &IID_ISounding))
        return E_NOINTERFACE;
    *object = self;
    InterlockedIncrement(&references);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add(ISounding *self)
{
    (void)self;
    return InterlockedIncrement(&references);
}

static ULONG STDMETHODCALLTYPE release(ISounding *self)
{
    (void)self;
    if (slow)
        Sleep(50);
    if (held != NULL) {
        ISounding *last = held;
        held = NULL;
        last->lpVtbl->Release(last);
    }
    return InterlockedDecrement(&references);
}

static HRESULT STDMETHODCALLTYPE sound(ISounding *self, LPOLESTR *place,
                                       SOUNDING **sounding, ULONG *fathoms)
{
    (void)self;
    if (die)
        TerminateProcess(GetCurrentProcess(), 66);
    if (wait_for != NULL)
        CHECK_EQUAL(WaitForSingleObject(wait_for, 20000), WAIT_OBJECT_0);
    *place = CoTaskMemAlloc(8);
    wcscpy(*place, L"abc");
    *sounding = CoTaskMemAlloc(sizeof **sounding);
    **sounding = (SOUNDING){GetCurrentProcessId(), 0, NULL};
    *fathoms = (ULONG)InterlockedIncrement(&calls);
    return S_OK;
}

static const ISoundingVtbl table = {query, add, release, sound};
static ISounding object = {&table};

static HRESULT STDMETHODCALLTYPE f_query(IClassFactory *self, REFIID iid, void **out)
{
    (void)iid;
    *out = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE f_keep(IClassFactory *self)
{
    (void)self;
    return 2;
}

static HRESULT STDMETHODCALLTYPE f_make(IClassFactory *self, IUnknown *outer, REFIID iid,
                                        void **out)
{
    (void)self;
    (void)outer;
    return query(&object, iid, out);
}

static HRESULT STDMETHODCALLTYPE f_lock(IClassFactory *self, BOOL lock)
{
    (void)self;
    (void)lock;
    return S_OK;
}

static IClassFactoryVtbl f_table = {f_query, f_keep, f_keep, f_make, f_lock};
static IClassFactory factory = {&f_table};

static DWORD serve(void)
{
    DWORD cookie = 0;
    CHECK_EQUAL(CoRegisterClassObject(&served, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER,
                                      REGCLS_MULTIPLEUSE, &cookie),
                S_OK);
    return cookie;
}

/* ---- the two sides take turns ---- */

static HANDLE turn[2];
static int side;

static void other_side(void)
{
    ReleaseSemaphore(turn[!side], 1, NULL);
    CHECK_EQUAL(WaitForSingleObject(turn[side], 20000), WAIT_OBJECT_0);
}

static HANDLE start(const char *word)
{
    char path[MAX_PATH], line[MAX_PATH + 20];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    GetModuleFileNameA(NULL, path, sizeof path);
    snprintf(line, sizeof line, "\"%s\" %s", path, word);
    CHECK(CreateProcessA(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CloseHandle(made.hThread);
    return made.hProcess;
}

static DWORD end_of(HANDLE process)
{
    DWORD code = 0;
    CHECK_EQUAL(WaitForSingleObject(process, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process, &code));
    CloseHandle(process);
    return code;
}

static HRESULT join(ISounding **proxy)
{
    return CoCreateInstance(&served, NULL, CLSCTX_LOCAL_SERVER, &IID_ISounding,
                            (void **)proxy);
}

/* One call; what failed leaves nothing. */
static HRESULT call(ISounding *proxy)
{
    LPOLESTR place = (LPOLESTR)1;
    SOUNDING *sounding = (SOUNDING *)1;
    ULONG fathoms = 1;
    const HRESULT result = proxy->lpVtbl->Sound(proxy, &place, &sounding, &fathoms);
    if (FAILED(result)) {
        CHECK(place == NULL && sounding == NULL && fathoms == 0);
        return result;
    }
    CHECK(wcscmp(place, L"abc") == 0 && sounding->Count == 0);
    CoTaskMemFree(sounding->Depths);
    CoTaskMemFree(sounding);
    CoTaskMemFree(place);
    return result;
}

/* ---- scenes with this process as the server ---- */

static int polite(void)
{
    ISounding *proxy, *second;
    CHECK_EQUAL(join(&proxy), S_OK);
    CHECK_EQUAL(call(proxy), S_OK);
    other_side(); /* revoked: the object lives on, no new one comes */
    CHECK_EQUAL(call(proxy), S_OK);
    CHECK_EQUAL(join(&second), REGDB_E_CLASSNOTREG);
    other_side(); /* registered again */
    CHECK_EQUAL(join(&second), S_OK);
    CHECK_EQUAL(call(second), S_OK);
    second->lpVtbl->Release(second);
    other_side(); /* disconnected */
    CHECK_EQUAL(call(proxy), RPC_E_DISCONNECTED);
    CHECK_EQUAL(call(proxy), RPC_E_DISCONNECTED);
    proxy->lpVtbl->Release(proxy);
    CHECK_EQUAL(join(&proxy), S_OK);
    CHECK_EQUAL(call(proxy), S_OK);
    other_side(); /* the server has left COM */
    CHECK_EQUAL(call(proxy), RPC_E_DISCONNECTED);
    CHECK_EQUAL(join(&second), REGDB_E_CLASSNOTREG);
    return 0;
}

static void orderly(void)
{
    DWORD cookie = serve(), again;
    HANDLE client = start("polite");
    CHECK_EQUAL(WaitForSingleObject(turn[0], 20000), WAIT_OBJECT_0);
    CHECK_EQUAL(references, 1);
    CHECK_EQUAL(CoRegisterClassObject(&served, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER,
                                      REGCLS_MULTIPLEUSE, &again),
                CO_E_OBJISREG);
    CHECK_EQUAL(CoRevokeClassObject(cookie), S_OK);
    CHECK_EQUAL(CoRevokeClassObject(cookie), CO_E_OBJNOTREG);
    CHECK_EQUAL(references, 1);
    other_side();
    cookie = serve();
    slow = TRUE;
    other_side();
    CHECK_EQUAL(references, 1); /* the client's Release waited for ours */
    slow = FALSE;
    CHECK_EQUAL(CoDisconnectObject((IUnknown *)&object, 0), S_OK);
    CHECK_EQUAL(references, 0);
    CHECK_EQUAL(CoDisconnectObject(NULL, 0), E_INVALIDARG);
    other_side();
    CHECK_EQUAL(references, 1);
    CoUninitialize();
    CHECK_EQUAL(references, 0);
    ReleaseSemaphore(turn[1], 1, NULL);
    CHECK_EQUAL(end_of(client), 0);
    CHECK_EQUAL(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    CHECK_EQUAL(CoRevokeClassObject(cookie), CO_E_OBJNOTREG);
}

static DWORD WINAPI kill_soon(void *unused)
{
    (void)unused;
    Sleep(50);
    TerminateProcess(GetCurrentProcess(), 67);
    return 0;
}

/* The client dies between its request and the reply. */
static int dying(void)
{
    ISounding *proxy;
    CHECK_EQUAL(join(&proxy), S_OK);
    other_side();
    CHECK(CreateThread(NULL, 0, kill_soon, NULL, 0, NULL) != NULL);
    call(proxy);
    return 1;
}

typedef struct {
    PORT_MESSAGE header;
    ULONG data[(PORT_MAXIMUM_LENGTH - sizeof(PORT_MESSAGE)) / 4];
} MESSAGE;

static NTSTATUS raw_connect(HANDLE *port, const void *words, ULONG length, ULONG *answer)
{
    static UCHAR room[PORT_MAXIMUM_CONNECTION];
    UNICODE_STRING name = {sizeof PORT_NAME - 2, sizeof PORT_NAME, (WCHAR[]){PORT_NAME}};
    ULONG limit;
    memcpy(room, words, length);
    NTSTATUS status = NtConnectPort(port, &name, NULL, NULL, NULL, &limit, room, &length);
    memcpy(answer, room + sizeof(IID), sizeof *answer);
    return status;
}

static ULONG raw_call(HANDLE port, const void *data, ULONG length)
{
    static MESSAGE message;
    memset(&message, 0, sizeof message);
    message.header.DataLength = (SHORT)length;
    message.header.TotalLength = (SHORT)(sizeof message.header + length);
    memcpy(message.data, data, length);
    CHECK_EQUAL(NtRequestWaitReplyPort(port, &message.header, &message.header), 0);
    CHECK(message.header.DataLength >= 4);
    return message.data[0];
}

/* A client that speaks to the port itself, and says what no proxy would. */
static int hostile(void)
{
    static UCHAR junk[sizeof(MESSAGE)];
    static const UCHAR words[20] = {0};
    ULONG answer;
    HANDLE port;
    memset(junk, 0xA5, sizeof junk);
    for (ULONG length = 0; length <= 256; length += 32)
        CHECK(raw_connect(&port, junk, length, &answer) != 0);
    CHECK(raw_connect(&port, words, sizeof words, &answer) != 0);
    CHECK_EQUAL(answer, E_NOINTERFACE);
    memcpy(junk, &IID_ISounding, sizeof(IID));
    CHECK(raw_connect(&port, junk, 19, &answer) != 0);
    CHECK_EQUAL(raw_connect(&port, junk, 20, &answer), 0);
    static const ULONG methods[] = {0, 1, 4, 5, 100, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(raw_call(port, &methods[i], 4), RPC_E_INVALIDMETHOD);
    memset(junk, 3, sizeof junk);
    static const ULONG lengths[] = {0, 1, 3, 5, 8, 500, sizeof(MESSAGE) - 24};
    for (int i = 0; i < 7; i++)
        CHECK_EQUAL(raw_call(port, junk, lengths[i]), RPC_E_SERVER_CANTUNMARSHAL_DATA);
    static const ULONG sound_method = 3;
    CHECK_EQUAL(raw_call(port, &sound_method, 4), S_OK);
    static const ULONG release_method = 2; /* the last one, says a proxy; then silence */
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(raw_call(port, &release_method, 4), S_OK);
    CHECK_EQUAL(raw_call(port, &sound_method, 4), RPC_E_DISCONNECTED);
    for (int i = 0; i < 100; i++)
        CHECK_EQUAL(raw_connect(&port, &IID_ISounding, 20, &answer), 0);
    return 0; /* a hundred conversations, none of them closed */
}

static void visitors(void)
{
    DWORD cookie = serve();
    HANDLE client = start("dying");
    CHECK_EQUAL(WaitForSingleObject(turn[0], 20000), WAIT_OBJECT_0);
    CHECK_EQUAL(references, 1);
    wait_for = client;
    ReleaseSemaphore(turn[1], 1, NULL);
    CHECK_EQUAL(WaitForSingleObject(client, 20000), WAIT_OBJECT_0);
    CHECK_EQUAL(end_of(start("hostile")), 0); /* served after it: one thread for both */
    wait_for = NULL;
    CHECK_EQUAL(end_of(client), 67);
    ISounding *proxy;
    CHECK_EQUAL(join(&proxy), S_OK);
    CHECK_EQUAL(call(proxy), S_OK);
    CHECK_EQUAL(references, 1); /* the others' are gone */
    proxy->lpVtbl->Release(proxy);
    CHECK_EQUAL(CoRevokeClassObject(cookie), S_OK);
    CHECK_EQUAL(join(&proxy), REGDB_E_CLASSNOTREG);
}

/* An object that holds a proxy of its own class: its thread does not wait for itself. */
static void entangled(void)
{
    DWORD cookie = serve();
    ISounding *proxy, *other;
    CHECK_EQUAL(join(&proxy), S_OK);
    CHECK_EQUAL(join(&other), S_OK);
    held = other;
    proxy->lpVtbl->Release(proxy);
    CHECK(held == NULL);
    CHECK_EQUAL(CoRevokeClassObject(cookie), S_OK);
}

/* ---- scenes with another process as the server ---- */

static int mortal(void)
{
    die = TRUE;
    serve();
    ReleaseSemaphore(turn[0], 1, NULL);
    Sleep(20000);
    return 1;
}

/* Replies that no stub writes: result, fathoms, bytes of the text, (process, count,
 * pointer), text and array. */
static const struct {
    ULONG length, data[10];
} nonsense[] = {
    {0, {0}},
    {20, {0}},
    {24, {0, 0, 0, 0, 0, 0}},                     /* no text */
    {32, {0, 0, 3, 0, 0, 0, 0, 0}},               /* half a character */
    {32, {0, 0, 8, 0, 0, 0, 0x410041, 0x410041}}, /* no zero after it */
    {32, {0, 0, 0x7FFFFFFE, 0, 0, 0, 0, 0}},
    {32, {0, 0, 0xFFFFFFFE, 0, 0, 0, 0, 0}},
    {32, {0, 0, 4, 0, 0x40000001, 0, 0, 0}}, /* count * 4 overflows */
    {32, {0, 0, 4, 0, 2, 0, 0, 0}},
    {32, {0, 0, 4, 0, 0, 0x12345678, 0, 0}}, /* more than it says */
};
#define NONSENSE (sizeof nonsense / sizeof *nonsense)

static int liar(void)
{
    static MESSAGE message;
    UNICODE_STRING name = {sizeof PORT_NAME - 2, sizeof PORT_NAME, (WCHAR[]){PORT_NAME}};
    OBJECT_ATTRIBUTES attributes;
    HANDLE port, conversation;
    PVOID context;
    PORT_MESSAGE *reply = NULL;
    unsigned next = 0;
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    CHECK_EQUAL(NtCreatePort(&port, &attributes, 20, PORT_MAXIMUM_LENGTH, 0), 0);
    ReleaseSemaphore(turn[0], 1, NULL);
    for (;;) {
        CHECK_EQUAL(NtReplyWaitReceivePort(port, &context, reply, &message.header), 0);
        reply = NULL;
        if (message.header.Type == LPC_CONNECTION_REQUEST) {
            CHECK_EQUAL(NtAcceptConnectPort(&conversation, NULL, &message.header, TRUE,
                                            NULL, NULL),
                        0);
            CHECK_EQUAL(NtCompleteConnectPort(conversation), 0);
        } else if (message.header.Type == LPC_PORT_CLOSED) {
            return 0;
        } else {
            const ULONG length = nonsense[next % NONSENSE].length;
            message.header.DataLength = (SHORT)length;
            message.header.TotalLength = (SHORT)(length + sizeof message.header);
            memcpy(message.data, nonsense[next++ % NONSENSE].data, length);
            reply = &message.header;
        }
    }
}

static void servers(void)
{
    ISounding *proxy;
    HANDLE server = start("mortal");
    CHECK_EQUAL(WaitForSingleObject(turn[0], 20000), WAIT_OBJECT_0);
    CHECK_EQUAL(join(&proxy), S_OK);
    CHECK_EQUAL(call(proxy), CALL_FAILED);
    CHECK_EQUAL(end_of(server), 66);
    CHECK_EQUAL(call(proxy), UNAVAILABLE);
    proxy->lpVtbl->Release(proxy);
    CHECK_EQUAL(join(&proxy), REGDB_E_CLASSNOTREG);
    server = start("liar");
    CHECK_EQUAL(WaitForSingleObject(turn[0], 20000), WAIT_OBJECT_0);
    CHECK_EQUAL(join(&proxy), S_OK);
    for (unsigned i = 0; i < NONSENSE; i++)
        CHECK_EQUAL(call(proxy), RPC_E_INVALID_DATA);
    proxy->lpVtbl->Release(proxy);
    CHECK_EQUAL(end_of(server), 0);
}

int main(int count, char **words)
{
    static const struct {
        const char *word;
        int (*play)(void);
    } scenes[] = {{"polite", polite},
                  {"dying", dying},
                  {"hostile", hostile},
                  {"mortal", mortal},
                  {"liar", liar}};
    turn[0] = CreateSemaphoreA(NULL, 0, 1, "ole32 server 0");
    turn[1] = CreateSemaphoreA(NULL, 0, 1, "ole32 server 1");
    CHECK_EQUAL(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    side = count > 1;
    for (int i = 0; i < 5; i++)
        if (side && strcmp(words[1], scenes[i].word) == 0)
            return scenes[i].play();
    orderly();
    visitors();
    entangled();
    servers();
    CoUninitialize();
    return 0;
}

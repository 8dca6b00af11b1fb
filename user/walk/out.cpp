/* out.cpp - the rule for COM's [out] parameters: in one process, then across two.
 *
 *     caller               the method (model.h)
 *       |  Sound(&text, &sounding, &fathoms)
 *       | ------------------> |  CoTaskMemAlloc, three times
 *       | <------------------ |  S_OK: the blocks are the caller's, who frees them
 *       | <------------------ |  a failure: NULL each, and the method has freed all
 *
 * An IMallocSpy in each process sees each block of task memory that is made and freed; the
 * default heap says whether a block is its own.  Across processes the server is this
 * program again, `walk --serve`; its spy's ledger comes back by a pipe.
 */
#include "walk.h"
#include "../model.h"
#include "../spy.h"

static spy watcher;

struct Call {
    HRESULT result;
    LPOLESTR text;
    SOUNDING *sounding;
    ULONG fathoms;
    bool own_blocks; /* of the default heap, each */
};

/* text and sounding begin as what no method returns: who fails must write NULL. */
static Call call(ISounding *object)
{
    Call made = {S_OK, (LPOLESTR)1, (SOUNDING *)1, 0, false};
    watcher.seen = {};
    made.result =
        object->lpVtbl->Sound(object, &made.text, &made.sounding, &made.fathoms);
    HANDLE heap = GetProcessHeap();
    made.own_blocks = made.result == S_OK && HeapValidate(heap, 0, made.text) &&
                      HeapValidate(heap, 0, made.sounding) &&
                      HeapValidate(heap, 0, made.sounding->Depths) &&
                      !HeapValidate(heap, 0, &made.fathoms);
    return made;
}

static void show_deeds(const char *where, const ledger &seen)
{
    for (unsigned i = 0; i < seen.allocated && i < 8; i++)
        say("  %s: %2u bytes at %p, by %s", where, (unsigned)seen.made[i].size,
            seen.made[i].block, seen.made[i].by);
    for (unsigned i = 0; i < seen.freed && i < 8; i++)
        say("  %s: %p freed by %s", where, seen.gone[i].block, seen.gone[i].by);
}

static void free_all(const Call &made)
{
    CoTaskMemFree(made.sounding->Depths);
    CoTaskMemFree(made.sounding);
    CoTaskMemFree(made.text);
}

static void prove_failure(const Call &made, const ledger &method)
{
    proof(made.result == E_OUTOFMEMORY && !made.text && !made.sounding, "4",
          "it failed with %08lX: [out] %p and %p", made.result, (void *)made.text,
          (void *)made.sounding);
    proof(method.allocated == 2 && method.live == 0, "4",
          "the method had allocated %u blocks and left %u", method.allocated,
          method.live);
}

/* ---- one process ---- */

static void show_here()
{
    say("\n  in one process");
    Call made = call(&the_sounding);
    proof(made.result == S_OK && made.own_blocks && watcher.seen.allocated == 3, "4",
          "the method gave %u blocks of task memory: the default heap's",
          watcher.seen.allocated);
    if (made.result != S_OK)
        return;
    free_all(made);
    show_deeds("seen", watcher.seen);
    proof(watcher.seen.freed == 3 && watcher.seen.live == 0, "4",
          "the caller freed %u with CoTaskMemFree; %u are left", watcher.seen.freed,
          watcher.seen.live);
    say("\n  in one process, and the third CoTaskMemAlloc fails");
    watcher.fail_at = 3;
    made = call(&the_sounding);
    show_deeds("seen", watcher.seen);
    prove_failure(made, watcher.seen);
}

/* ---- two ---- */

int serve_main()
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    static factory objects;
    DWORD cookie, moved;
    char word = 'R';
    if (CoInitializeEx(nullptr, COINIT_MULTITHREADED) != S_OK ||
        CoRegisterClassObject(class_of_soundings, &objects, CLSCTX_LOCAL_SERVER,
                              REGCLS_MULTIPLEUSE, &cookie) != S_OK ||
        CoRegisterMallocSpy(&watcher) != S_OK)
        return 1;
    WriteFile(out, &word, 1, &moved, nullptr);
    while (ReadFile(in, &word, 1, &moved, nullptr) && moved == 1 && word != 'Q') {
        WriteFile(out, &watcher.seen, sizeof watcher.seen, &moved, nullptr);
        watcher.seen = {};
        watcher.fail_at = word == 'F' ? 3 : 0;
    }
    return CoRevokeMallocSpy() == S_OK && CoRevokeClassObject(cookie) == S_OK ? 0 : 1;
}

struct Server {
    HANDLE process, in, out;
};

static bool take(const Server &server, void *to, DWORD bytes)
{
    DWORD moved;
    for (char *at = (char *)to; bytes; at += moved, bytes -= moved)
        if (!ReadFile(server.out, at, bytes, &moved, nullptr) || moved == 0)
            return false;
    return true;
}

/* What the server's spy saw since it was asked last; 'F': its third block will fail. */
static ledger ask(const Server &server, char word)
{
    ledger seen = {};
    DWORD moved;
    if (!WriteFile(server.in, &word, 1, &moved, nullptr) ||
        !take(server, &seen, sizeof seen))
        seen.live = ~0u;
    return seen;
}

static bool start(Server *server)
{
    char path[MAX_PATH], ready = 0;
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, nullptr, TRUE};
    STARTUPINFOA startup = {};
    PROCESS_INFORMATION made = {};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    GetModuleFileNameA(nullptr, path, sizeof path);
    std::string line = std::string("\"") + path + "\" --serve";
    CreatePipe(&startup.hStdInput, &server->in, &inherit, 0);
    CreatePipe(&server->out, &startup.hStdOutput, &inherit, 0);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    SetHandleInformation(server->in, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(server->out, HANDLE_FLAG_INHERIT, 0);
    const bool started = CreateProcessA(path, &line[0], nullptr, nullptr, TRUE, 0,
                                        nullptr, nullptr, &startup, &made);
    server->process = made.hProcess;
    CloseHandle(startup.hStdInput);
    CloseHandle(startup.hStdOutput);
    if (started)
        CloseHandle(made.hThread);
    return started && take(*server, &ready, 1) && ready == 'R';
}

static void show_there(const Server &server)
{
    ISounding *object = nullptr;
    const HRESULT found =
        CoCreateInstance(class_of_soundings, nullptr, CLSCTX_LOCAL_SERVER, IID_ISounding,
                         (void **)&object);
    say("\n  in two processes");
    if (found != S_OK) {
        proof(!capture_open(), "4", "the class in the other process: %08lX%s", found,
              capture_open() ? "" : " (its proxy is in Fathom's ole32 alone)");
        return;
    }
    ask(server, 'L');
    Call made = call(object);
    ledger theirs = ask(server, 'F');
    proof(made.result == S_OK && made.own_blocks && watcher.seen.allocated == 3 &&
              theirs.allocated == 3 && theirs.live == 0,
          "4", "the method's %u blocks were freed there, the proxy gave %u of its own",
          theirs.allocated, watcher.seen.allocated);
    proof(made.result == S_OK && made.sounding->ProcessId != GetCurrentProcessId(), "4",
          "the method ran in process %lu, this one is %lu",
          made.result == S_OK ? made.sounding->ProcessId : 0, GetCurrentProcessId());
    if (made.result == S_OK)
        free_all(made);
    show_deeds("there", theirs);
    show_deeds("here ", watcher.seen);
    proof(watcher.seen.freed == 3 && watcher.seen.live == 0, "4",
          "the caller freed %u with CoTaskMemFree; %u are left", watcher.seen.freed,
          watcher.seen.live);
    say("\n  in two processes, and the third CoTaskMemAlloc of the method fails");
    made = call(object);
    theirs = ask(server, 'L');
    show_deeds("there", theirs);
    prove_failure(made, theirs);
    proof(watcher.seen.allocated == 0, "4", "the proxy allocated %u blocks",
          watcher.seen.allocated);
    screen_text(format("S_OK: %u blocks to free; failure: NULL, %u left",
                       (unsigned)(theirs.allocated + 1), theirs.live));
    object->lpVtbl->Release(object);
}

void show_out()
{
    Server server = {};
    title("COM's [out] parameters");
    if (CoInitializeEx(nullptr, COINIT_MULTITHREADED) != S_OK ||
        CoRegisterMallocSpy(&watcher) != S_OK) {
        proof(false, "4", "no IMallocSpy can be registered");
        return;
    }
    show_here();
    if (start(&server))
        show_there(server);
    else
        proof(false, "4", "the second process could not be started, error %lu",
              GetLastError());
    ask(server, 'Q');
    WaitForSingleObject(server.process, INFINITE);
    proof(CoRevokeMallocSpy() == S_OK, "4", "the spy goes: no block it saw is alive");
    CoUninitialize();
}

/* link: -lole32 -luuid */
/* comout.cpp - who allocates, and who frees, what a COM method in another process returns.
 *
 *   comout           starts a server process, calls it, and shows what both saw
 *   comout serve     the server: a class object; answers lines on its standard input
 *   comout free | delete    frees a block of the proxy's with the wrong function
 *
 * Nothing here is told that was not seen: each process has an IMallocSpy, which sees each
 * CoTaskMemAlloc and CoTaskMemFree with its block, and the default heap is asked whether
 * the block is its own.  Ends with 0 if all is as the rule says, else with 1.
 *
 * Beside it a plain remote call, as RPC without COM makes it: there the program itself
 * supplies the allocator (MIDL_user_allocate, MIDL_user_free) and its stubs use that.
 */
#include <windows.h>
#include <objbase.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include "model.h"
#include "spy.h"

static int wrong;

static void expect(bool truth, const char *what)
{
    std::printf("  %s %s\n", truth ? "[yes]" : "[NO] ", what);
    wrong += !truth;
}

static spy watcher;

/* The same blocks, in any order. */
static bool same_blocks(const deed *a, const deed *b, unsigned count)
{
    for (unsigned i = 0, found; i < count; i++) {
        found = 0;
        for (unsigned j = 0; j < count; j++)
            found += a[i].block == b[j].block;
        if (found != 1)
            return false;
    }
    return true;
}

/* Did each of them go by this function? (Where functions have names.) */
static bool by(const deed *deeds, const char *function, unsigned count = 3)
{
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        found += std::strstr(deeds[i].by, function) != nullptr;
    return found == count || GetModuleHandleA("fathom.dll") == nullptr;
}

/* Blocks and what was done with them; the stack once where it is always the same. */
static void show(const char *what, const deed *deeds, unsigned count,
                 const char *const *names)
{
    std::printf("%s\n", what);
    for (unsigned i = 0; i < count; i++) {
        std::printf("    %p", deeds[i].block);
        if (deeds[i].size)
            std::printf("  %2u bytes", (unsigned)deeds[i].size);
        std::printf(names ? "  %s\n" : "\n", names ? names[i] : "");
        if (i + 1 == count || std::strcmp(deeds[i].by, deeds[i + 1].by) != 0)
            std::printf("      by %s\n", deeds[i].by);
    }
}

/* ---- MIDL_user_allocate: the program's own, a heap of its own ---- */

static HANDLE midl_heap;
static unsigned midl_live, midl_made;

extern "C" void *__RPC_USER MIDL_user_allocate(size_t size)
{
    void *block = HeapAlloc(midl_heap, 0, size);
    midl_live += block != nullptr;
    midl_made += block != nullptr;
    return block;
}

extern "C" void __RPC_USER MIDL_user_free(void *block)
{
    midl_live -= block != nullptr;
    HeapFree(midl_heap, 0, block);
}

/* ---- the server ---- */

/* The remote procedure, and the server's stub around it: what it allocated by
 * MIDL_user_allocate the stub frees once it is on the wire. */
static wchar_t *name_the_place()
{
    wchar_t *text = (wchar_t *)MIDL_user_allocate(sizeof place);
    return text ? (wchar_t *)std::memcpy(text, place, sizeof place) : nullptr;
}

struct server_facts {
    DWORD process;
    ledger seen;
    bool all_same;
    unsigned midl_made, midl_live;
};

static int serve()
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    static factory objects;
    DWORD cookie, moved;
    char word;
    if (CoInitializeEx(nullptr, COINIT_MULTITHREADED) != S_OK ||
        CoRegisterClassObject(class_of_soundings, &objects, CLSCTX_LOCAL_SERVER,
                              REGCLS_MULTIPLEUSE, &cookie) != S_OK ||
        CoRegisterMallocSpy(&watcher) != S_OK)
        return 1;
    WriteFile(out, "R", 1, &moved, nullptr);
    while (ReadFile(in, &word, 1, &moved, nullptr) && moved == 1 && word != 'Q') {
        if (word == 'F') { /* the third block of the next call cannot be had */
            watcher.seen = {};
            watcher.fail_at = 3;
            WriteFile(out, &word, 1, &moved, nullptr);
            continue;
        }
        if (word == 'N') {
            wchar_t *text = name_the_place();
            DWORD bytes = text ? sizeof place : 0;
            WriteFile(out, &bytes, sizeof bytes, &moved, nullptr);
            WriteFile(out, text, bytes, &moved, nullptr);
            MIDL_user_free(text);
        } else {
            server_facts facts = {GetCurrentProcessId(), watcher.seen,
                                  same_blocks(watcher.seen.made, watcher.seen.gone, 3),
                                  midl_made, midl_live};
            WriteFile(out, &facts, sizeof facts, &moved, nullptr);
        }
    }
    return CoRevokeMallocSpy() == S_OK && CoRevokeClassObject(cookie) == S_OK ? 0 : 1;
}

/* ---- the client ---- */

struct process {
    HANDLE handle, in, out;
};

static process start(const char *word, bool piped)
{
    char path[MAX_PATH];
    GetModuleFileNameA(nullptr, path, sizeof path);
    std::string line = std::string("\"") + path + "\" " + word;
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, nullptr, TRUE};
    STARTUPINFOA startup{};
    PROCESS_INFORMATION made{};
    process result{};
    startup.cb = sizeof startup;
    if (piped) {
        startup.dwFlags = STARTF_USESTDHANDLES;
        CreatePipe(&startup.hStdInput, &result.in, &inherit, 0);
        CreatePipe(&result.out, &startup.hStdOutput, &inherit, 0);
        startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
        SetHandleInformation(result.in, HANDLE_FLAG_INHERIT, 0);
        SetHandleInformation(result.out, HANDLE_FLAG_INHERIT, 0);
    }
    if (CreateProcessA(path, &line[0], nullptr, nullptr, piped, 0, nullptr, nullptr,
                       &startup, &made)) {
        result.handle = made.hProcess;
        CloseHandle(made.hThread);
    }
    if (piped) {
        CloseHandle(startup.hStdInput);
        CloseHandle(startup.hStdOutput);
    }
    return result;
}

static DWORD end_of(const process &child)
{
    DWORD code = 0;
    WaitForSingleObject(child.handle, INFINITE);
    GetExitCodeProcess(child.handle, &code);
    return code;
}

static bool take(const process &child, void *to, DWORD bytes)
{
    DWORD moved;
    for (char *at = (char *)to; bytes; at += moved, bytes -= moved)
        if (!ReadFile(child.out, at, bytes, &moved, nullptr) || moved == 0)
            return false;
    return true;
}

static bool ask(const process &child, char word, void *to, DWORD bytes)
{
    DWORD moved;
    return WriteFile(child.in, &word, 1, &moved, nullptr) && take(child, to, bytes);
}

static const char *const parts[] = {"the string", "the structure", "its array"};

/* The same call where the server has no memory for the third block. */
static void failing(const process &server, ISounding *object)
{
    LPOLESTR text = (LPOLESTR)&text;
    SOUNDING *sounding = (SOUNDING *)&sounding;
    ULONG fathoms = 0;
    server_facts facts{};
    char ready = 0;
    if (!ask(server, 'F', &ready, 1))
        return;
    watcher.seen = {};
    const HRESULT result = object->lpVtbl->Sound(object, &text, &sounding, &fathoms);
    if (!ask(server, 'L', &facts, sizeof facts))
        return;
    std::printf("\n   Sound again, and its third CoTaskMemAlloc fails: %08lX\n", result);
    expect(result == E_OUTOFMEMORY && !text && !sounding,
           "each [out] pointer is NULL here: there is nothing to free");
    expect(facts.seen.allocated == 2 && facts.seen.freed == 2 && facts.seen.live == 0 &&
               by(facts.seen.gone, "!sound > ole32!CoTaskMemFree", 2),
           "the method itself freed the two that it had; none is left in the server");
    expect(watcher.seen.allocated == 0, "the proxy allocated nothing");
}

static bool com(const process &server)
{
    ISounding *object = nullptr;
    LPOLESTR text = nullptr;
    SOUNDING *sounding = nullptr;
    ULONG fathoms = 0;
    HANDLE heap = GetProcessHeap();
    std::printf("A COM method in another process:\n"
                "  Sound([out] LPOLESTR *, [out] SOUNDING **, [out] ULONG *)\n"
                "Each process has an IMallocSpy; this is what they saw.\n\n");
    CoRegisterMallocSpy(&watcher);
    HRESULT result = CoCreateInstance(class_of_soundings, nullptr, CLSCTX_LOCAL_SERVER,
                                      IID_ISounding, (void **)&object);
    expect(result == S_OK, "CoCreateInstance found the class in the server process");
    if (result != S_OK) {
        std::printf(
            "  (%08lX.  ISounding's proxy and stub are in Fathom's ole32; elsewhere "
            "MIDL makes\n  them from the .idl file, and a DLL of theirs is "
            "registered.)\n",
            result);
        return false;
    }
    result = object->lpVtbl->Sound(object, &text, &sounding, &fathoms);
    ledger after = watcher.seen;
    server_facts facts{};
    if (result != S_OK || !ask(server, 'L', &facts, sizeof facts)) {
        expect(false, "Sound answered S_OK");
        return false;
    }
    std::printf("\n1. In the server, process %lu\n", facts.process);
    show("  allocated:", facts.seen.made, 3, parts);
    show("  freed, once the reply was written:", facts.seen.gone, 3, nullptr);
    expect(facts.seen.allocated == 3 && facts.seen.elsewhere == 0 &&
               by(facts.seen.made, "!sound > ole32!CoTaskMemAlloc"),
           "the method allocated three blocks with CoTaskMemAlloc: its default heap");
    expect(facts.seen.freed == 3 && facts.seen.live == 0 && facts.all_same &&
               by(facts.seen.gone,
                  "!OlepStubInvoke > ole32!OlepPutSounding > ole32!CoTaskMemFree"),
           "the stub, not the method, freed those three; none is left");
    std::printf("\n2. In the client, process %lu\n", GetCurrentProcessId());
    show("  allocated, when the reply came:", after.made, 3, parts);
    const deed given[3] = {{text, 0, ""}, {sounding, 0, ""}, {sounding->Depths, 0, ""}};
    expect(after.allocated == 3 && same_blocks(given, after.made, 3) &&
               by(after.made,
                  "!Proxy_Sound > ole32!OlepTakeSounding > ole32!CoTaskMemAlloc"),
           "the proxy allocated what the caller was given, with CoTaskMemAlloc here");
    expect(HeapValidate(heap, 0, text) && HeapValidate(heap, 0, sounding) &&
               HeapValidate(heap, 0, sounding->Depths),
           "they are blocks of this process's default heap");
    expect(std::wcscmp(text, place) == 0 && sounding->Count == 4 &&
               std::memcmp(sounding->Depths, depths, sizeof depths) == 0,
           "with the values that the method gave");
    expect(sounding->ProcessId == facts.process && facts.process != GetCurrentProcessId(),
           "the method ran in the server process");
    std::printf("    %p  %2u bytes  the ULONG, %lu: the caller's own variable\n",
                (void *)&fathoms, (unsigned)sizeof fathoms, fathoms);
    expect(fathoms == depths[0] && !HeapValidate(heap, 0, &fathoms),
           "the scalar is in no heap: nothing was allocated for it, nothing is to free");
    CoTaskMemFree(sounding->Depths);
    CoTaskMemFree(sounding);
    CoTaskMemFree(text);
    show("  freed:", watcher.seen.gone, 3, nullptr);
    expect(watcher.seen.freed == 3 && watcher.seen.live == 0 &&
               same_blocks(given, watcher.seen.gone, 3),
           "the caller freed its three with CoTaskMemFree; none is left");
    failing(server, object);
    object->lpVtbl->Release(object);
    expect(CoRevokeMallocSpy() == S_OK, "the spy goes: no block it saw is alive");
    return true;
}

/* The client's stub of the plain call. */
static wchar_t *remote_name(const process &server)
{
    DWORD bytes = 0;
    if (!ask(server, 'N', &bytes, sizeof bytes) || bytes == 0 || bytes > 1000)
        return nullptr;
    wchar_t *text = (wchar_t *)MIDL_user_allocate(bytes);
    return text && take(server, text, bytes) ? text : nullptr;
}

static void plain(const process &server)
{
    server_facts facts{};
    wchar_t *text = remote_name(server);
    std::printf(
        "\n3. The same by a plain remote call: RPC without COM has no task memory; "
        "the program\n   supplies MIDL_user_allocate and MIDL_user_free\n");
    expect(text && std::wcscmp(text, place) == 0, "the string came");
    expect(text && HeapValidate(midl_heap, 0, text) && midl_live == 1,
           "it lies in the heap that this program's MIDL_user_allocate uses");
    expect(ask(server, 'L', &facts, sizeof facts) && facts.midl_made == 1 &&
               facts.midl_live == 0,
           "the server's stub freed the server's own with MIDL_user_free");
    MIDL_user_free(text);
    expect(midl_live == 0, "the caller freed it with MIDL_user_free");
}

/* What must not be done. */
static int misuse(bool with_delete)
{
    ISounding *object;
    LPOLESTR text;
    SOUNDING *sounding;
    ULONG fathoms;
    if (CoCreateInstance(class_of_soundings, nullptr, CLSCTX_LOCAL_SERVER, IID_ISounding,
                         (void **)&object) != S_OK ||
        object->lpVtbl->Sound(object, &text, &sounding, &fathoms) != S_OK)
        return 2;
    if (with_delete)
        ::operator delete(text);
    else
        std::free(text);
    return 0; /* it was not noticed */
}

static void misuses()
{
    std::printf(
        "\n4. The caller frees the string with another function, in a process of its "
        "own\n");
    std::fflush(stdout);
    for (const char *word : {"free", "delete"}) {
        const DWORD code = end_of(start(word, false));
        std::printf("  %s: the process ended with %08lX\n", word, code);
        expect(code == 0xC0000374,
               "STATUS_HEAP_CORRUPTION: it is no block of that function's heap");
    }
}

int main(int count, char **words)
{
    std::string word = count > 1 ? words[1] : "";
    midl_heap = HeapCreate(0, 0, 0);
    if (word == "serve")
        return serve();
    CoInitializeEx(nullptr, COINIT_MULTITHREADED);
    if (word == "free" || word == "delete")
        return misuse(word == "delete");
    process server = start("serve", true);
    char ready = 0;
    if (!take(server, &ready, 1) || ready != 'R') {
        std::printf("the server did not start\n");
        return 1;
    }
    const bool served = com(server);
    plain(server);
    if (served)
        misuses();
    ask(server, 'Q', nullptr, 0);
    expect(end_of(server) == 0, "the server ended in order");
    if (wrong)
        std::printf("\n%d of these are not so\n", wrong);
    else
        std::printf(
            "\nThe rule: what a method returns by [out] that is no scalar lies in "
            "task memory\n(CoTaskMemAlloc); the caller frees it with "
            "CoTaskMemFree.  All of it was seen.\n");
    return wrong ? 1 : 0;
}

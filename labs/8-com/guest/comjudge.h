/* comjudge.h - what a case of lab 8 judges by: a side that it asks, memory that it reads from
 * outside, and the rules of the seed.
 *
 *     com.exe CASE             the student's DLL is in comside.exe, another process
 *     com.exe CASE alone       in this one: for gdb and for recordings.  A failure says after which
 *                              call of the student's file it was: `lab: failed at call 17`
 *     com.exe CASE alone 17    before that call lab_stop runs: a place for a breakpoint
 */
#ifndef COMJUDGE_H
#define COMJUDGE_H
#include "comops.h"
#include "lab.h"

/* The rules that a seed changes; these are the tree's own. */
#ifndef LAB_ZERO
#define LAB_ZERO 0 /* 1: a size of 0 gives NULL */
#endif
#ifndef LAB_GRANULE
#define LAB_GRANULE 1 /* sizes are rounded up to a multiple of it */
#endif
#ifndef LAB_FILL
#define LAB_FILL                                                                         \
    256 /* a byte: new blocks are full of it; 256: their contents are undefined */
#endif

typedef struct {
    HANDLE process, to, from;
} SIDE;
static SIDE one;
__attribute__((unused)) static SIDE two; /* the server, where there are two processes */
static unsigned calls, stop_at;
static BOOL alone;

__declspec(noinline) void lab_stop(void)
{
    __asm__ volatile("");
}

/* The end of the stretch that a recording is of. */
__declspec(noinline) void lab_went_on(void)
{
    __asm__ volatile("");
}

static void said_where(void)
{
    char text[60];
    if (alone)
        lab_write(text, (unsigned)snprintf(text, sizeof text, "lab: failed at call %u\n",
                                           calls));
}

/* LAB_EXPECT, and the number of the call. */
#define EXPECT(condition, function, expected, ...)                                       \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            said_where();                                                                \
            LAB_EXPECT(FALSE, function, expected, __VA_ARGS__);                          \
        }                                                                                \
    } while (0)

static const char *const names[] = {
    "CoTaskMemAlloc",          "CoTaskMemRealloc",    "CoTaskMemFree",
    "IMalloc::Alloc",          "IMalloc::Realloc",    "IMalloc::Free",
    "IMalloc::GetSize",        "IMalloc::DidAlloc",   "IMalloc::HeapMinimize",
    "IMalloc::QueryInterface", "CoGetMalloc",         "IMalloc::AddRef",
    "IMalloc::Release",        "CoRegisterMallocSpy", "CoRevokeMallocSpy",
    "CoTaskMemAlloc",          "OlepTakeSounding"};

static void start(SIDE *side)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE in, out;
    char line[] = "comside.exe";
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    SetHandleInformation(GetStdHandle(STD_INPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(GetStdHandle(STD_OUTPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
    CreatePipe(&in, &side->to, &inherited, 0);
    CreatePipe(&side->from, &out, &inherited, 0);
    SetHandleInformation(side->to, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(side->from, HANDLE_FLAG_INHERIT, 0);
    startup.hStdInput = in;
    startup.hStdOutput = out;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    const BOOL started =
        CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made);
    LAB_EXPECT(started, "CreateProcess", "comside.exe starts", "error %u",
               GetLastError());
    CloseHandle(in);
    CloseHandle(out);
    CloseHandle(made.hThread);
    side->process = made.hProcess;
}

static void ask_other(SIDE *side, const ASK *asked, ANSWER *answer)
{
    DWORD done = 0, code = 0;
    if (side->process == NULL)
        start(side);
    if (WriteFile(side->to, asked, sizeof *asked, &done, NULL) &&
        ReadFile(side->from, answer, sizeof *answer, &done, NULL) &&
        done == sizeof *answer)
        return;
    WaitForSingleObject(side->process, 5000);
    GetExitCodeProcess(side->process, &code);
    LAB_EXPECT(FALSE,
               asked->op < sizeof names / sizeof *names ? names[asked->op] : "ole32.dll",
               "the call returns", "the process that called it ended with %08X", code);
}

static ANSWER ask(SIDE *side, unsigned op, unsigned a, unsigned b)
{
    const ASK asked = {op, a, b};
    ANSWER answer;
    if (op <= SOUND && ++calls == stop_at)
        lab_stop();
    if (!alone) {
        ask_other(side, &asked, &answer);
    } else {
        side_do(&asked, &answer);
        if (calls == stop_at && op <= SOUND)
            lab_went_on();
    }
    EXPECT(!needs_object(op) || answer.z != NO_OBJECT, "CoGetMalloc", "an object",
           "none");
    return answer;
}

/* Of the first side, the answer's first word. */
static unsigned get(unsigned op, unsigned a, unsigned b)
{
    return ask(&one, op, a, b).r;
}

__attribute__((unused)) static void copy_in(SIDE *side, unsigned at, const void *from,
                                            unsigned bytes)
{
    SIZE_T done = 0;
    const HANDLE process = alone ? GetCurrentProcess() : side->process;
    const BOOL there = WriteProcessMemory(process, (void *)at, from, bytes, &done);
    EXPECT(there && done == bytes, "CoTaskMemAlloc", "a block that can be written",
           "%08X: it cannot", at);
}

__attribute__((unused)) static void copy_out(SIDE *side, void *to, unsigned at,
                                             unsigned bytes)
{
    SIZE_T done = 0;
    const HANDLE process = alone ? GetCurrentProcess() : side->process;
    const BOOL there = ReadProcessMemory(process, (void *)at, to, bytes, &done);
    EXPECT(there && done == bytes, "CoTaskMemAlloc", "a block that can be read",
           "%08X: it cannot", at);
}

/* ---- the rules ---- */
static unsigned rounded(unsigned size)
{
    return (size + LAB_GRANULE - 1) / LAB_GRANULE * LAB_GRANULE;
}

/* A new block's bytes, as the rule of the seed has them. */
__attribute__((unused)) static void check_fill(unsigned block, unsigned size,
                                               const char *function)
{
    static unsigned char seen[8192];
    const unsigned bytes = rounded(size) < sizeof seen ? rounded(size) : sizeof seen;
    if (LAB_FILL > 255)
        return;
    copy_out(&one, seen, block, bytes);
    for (unsigned i = 0; i < bytes; i++)
        EXPECT(seen[i] == LAB_FILL, function,
               "new bytes of %02X, by a rule of this handout", "%02X at %u of %u bytes",
               LAB_FILL, seen[i], i, bytes);
}

static unsigned blocks_now(void)
{
    return get(BUSY, 0, 0);
}

/* The next line of the spy's log. */
__attribute__((unused)) static void expect_hook(unsigned at, unsigned hook,
                                                unsigned spied, const char *function,
                                                const char *expected)
{
    const ANSWER line = ask(&one, LOG, at, 0);
    EXPECT(line.r == hook, function, expected, "hook %u came %u.", line.r, at + 1);
    if (spied < 2)
        EXPECT(line.y == spied, function, "fSpyed is %u", "%u", spied, line.y);
}

__attribute__((constructor)) static void is_alone(void)
{
    const char *word = strstr(GetCommandLineA(), " alone");
    alone = word != NULL;
    if (alone)
        stop_at = (unsigned)atoi(word + 6);
}
#endif

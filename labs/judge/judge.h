/* judge.h - what the judges of the labs share: the program under test, driven and looked at from
 * another process (driven.h has the picture).
 *
 *     doing = "malloc";
 *     MUST(at % 8 == 0, "a multiple of 8", "%08X", at);
 *
 * ends the case unless the condition holds, with lab.h's report: which call of the student's, what
 * was expected, what was seen.  A program under test that ends, hangs or answers something else is
 * named.
 */
#ifndef LABS_JUDGE_JUDGE_H
#define LABS_JUDGE_JUDGE_H

#include "../lab.h"
#include "driven.h"

/* ms of the machine's time for one answer: 300 million instructions */
#define PATIENCE 300

static HANDLE side, to_side, from_side, errors_side;
static volatile LONG asked, answered; /* an answer is awaited while they differ */
static volatile BOOL hung;
static const char *doing = "start"; /* what the program under test was asked */

static inline void stop_side(void)
{
    if (side)
        TerminateProcess(side, 99);
}

#define MUST(truth, expected, ...)                                                       \
    do {                                                                                 \
        if (!(truth)) {                                                                  \
            stop_side();                                                                 \
            LAB_EXPECT(0, doing, expected, __VA_ARGS__);                                 \
        }                                                                                \
    } while (0)

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static unsigned state = 1;
static inline unsigned below(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)state * limit >> 32);
}

/* Ends a program under test that does not answer, so that the judge's read returns. */
static DWORD WINAPI watch(void *unused)
{
    (void)unused;
    for (LONG seen = -1;; Sleep(PATIENCE)) {
        if (asked != answered && asked == seen) {
            hung = TRUE;
            TerminateProcess(side, 98);
        }
        seen = asked;
    }
    return 0;
}

/* The first line that the program under test wrote to its standard error. */
static inline const char *said(void)
{
    static char text[512];
    DWORD there = 0, got = 0;
    if (PeekNamedPipe(errors_side, NULL, 0, NULL, &there, NULL) && there)
        ReadFile(errors_side, text, there < sizeof text - 1 ? there : sizeof text - 1,
                 &got, NULL);
    text[got] = 0;
    text[strcspn(text, "\r\n")] = 0;
    return text;
}

static inline DWORD end_of_side(void)
{
    DWORD code = 0;
    MUST(WaitForSingleObject(side, PATIENCE) == WAIT_OBJECT_0, "a program that ends",
         "it neither answers nor ends");
    GetExitCodeProcess(side, &code);
    return code;
}

static inline void side_is_gone(void)
{
    const DWORD code = end_of_side();
    const char *text = said();
    if (*text)
        printf("the program under test: %s\n", text), fflush(stdout);
    MUST(!hung, "an answer within %u ms of the machine's time",
         "none: an endless loop, or a lock that is never given back", PATIENCE);
    MUST(code != 0xC0000005, "an answer", "an access violation");
    MUST(0, "an answer", "the program under test ended with %08X", code);
}

/* A fresh process of side.exe with one argument. */
static inline void begin(const char *argument)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE in, out, errors;
    char line[64];
    PROCESS_INFORMATION made;
    static BOOL watched;
    CreatePipe(&in, &to_side, &inherited, 16384);
    CreatePipe(&from_side, &out, &inherited, 16384);
    CreatePipe(&errors_side, &errors, &inherited, 4096);
    SetHandleInformation(to_side, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(from_side, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(errors_side, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(GetStdHandle(STD_INPUT_HANDLE), HANDLE_FLAG_INHERIT, 0);
    STARTUPINFOA start = {.cb = sizeof start,
                          .dwFlags = STARTF_USESTDHANDLES,
                          .hStdInput = in,
                          .hStdOutput = out,
                          .hStdError = errors};
    snprintf(line, sizeof line, "side.exe %s", argument);
    const BOOL started =
        CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made);
    MUST(started, "side.exe", "it cannot be started (error %u)",
         (unsigned)GetLastError());
    side = made.hProcess;
    CloseHandle(made.hThread);
    CloseHandle(in);
    CloseHandle(out);
    CloseHandle(errors);
    asked = answered = 0;
    hung = FALSE;
    if (!watched)
        CloseHandle(CreateThread(NULL, 0, watch, NULL, 0, NULL));
    watched = TRUE;
}

static inline void put(const void *bytes, DWORD size)
{
    DWORD done = 0;
    if (!WriteFile(to_side, bytes, size, &done, NULL) || done != size)
        side_is_gone();
}

/* All of `size` bytes, in as many reads as it takes. */
static inline void get(void *bytes, DWORD size)
{
    for (DWORD done = 0, got = 0; done < size; done += got)
        if (!ReadFile(from_side, (char *)bytes + done, size - done, &got, NULL) || !got)
            side_is_gone();
}

static inline struct answer ask(unsigned op, unsigned block, unsigned size,
                                unsigned count)
{
    const struct ask it = {op, block, size, count};
    struct answer answer;
    asked++;
    put(&it, sizeof it);
    get(&answer, sizeof answer);
    answered = asked;
    return answer;
}

static inline void ask_many(const struct ask *asks, struct answer *answers,
                            unsigned count)
{
    const struct ask head = {ASK_MANY, 0, 0, count};
    asked++;
    put(&head, sizeof head);
    put(asks, count * sizeof *asks);
    get(answers, count * sizeof *answers);
    answered = asked;
}

static inline void forget_side(void)
{
    CloseHandle(side);
    CloseHandle(to_side);
    CloseHandle(from_side);
    CloseHandle(errors_side);
    side = NULL;
}

/* Closes the pipe: side.exe ends with 0. */
static inline void end(void)
{
    CloseHandle(to_side);
    to_side = NULL;
    const DWORD code = end_of_side();
    MUST(code == 0, "a program that ends with 0", "%08X, after its last call",
         (unsigned)code);
    forget_side();
}

/* Private bytes that the program under test has committed. */
static inline unsigned committed(void)
{
    MEMORY_BASIC_INFORMATION at;
    unsigned sum = 0;
    for (char *from = NULL; VirtualQueryEx(side, from, &at, sizeof at) == sizeof at;
         from = (char *)at.BaseAddress + at.RegionSize)
        if (at.State == MEM_COMMIT && at.Type == MEM_PRIVATE)
            sum += (unsigned)at.RegionSize;
    return sum;
}

static inline BOOL is_gone(unsigned address)
{
    MEMORY_BASIC_INFORMATION at;
    return VirtualQueryEx(side, (void *)address, &at, sizeof at) == sizeof at &&
           at.State != MEM_COMMIT;
}

/* ---- blocks, whose bytes the judge writes and reads ---- */

#define BLOCKS 12000
static struct shadow {
    unsigned at, size; /* at 0: none */
    unsigned char mark;
} blocks[BLOCKS];
static unsigned char bytes[1 << 20];

static inline void write_block(struct shadow *block)
{
    SIZE_T done = 0;
    block->mark = (unsigned char)below(256);
    for (unsigned i = 0; i < block->size; i++)
        bytes[i] = (unsigned char)(block->mark + i * 7);
    if (block->size)
        WriteProcessMemory(side, (void *)block->at, bytes, block->size, &done);
    MUST(done == block->size, "%u bytes of memory", "those at %08X cannot be written",
         block->size, block->at);
}

static inline void read_bytes(unsigned at, unsigned size)
{
    SIZE_T done = 0;
    if (size)
        ReadProcessMemory(side, (void *)at, bytes, size, &done);
    MUST(done == size, "%u bytes of memory", "those at %08X cannot be read", size, at);
}

static inline void read_block(const struct shadow *block, unsigned size)
{
    read_bytes(block->at, size);
    for (unsigned i = 0; i < size; i++) {
        const unsigned char wrote = (unsigned char)(block->mark + i * 7);
        MUST(bytes[i] == wrote, "byte %u of a block as its owner wrote it, %02X",
             "%02X, in the block at %08X", i, wrote, bytes[i], block->at);
    }
}

static inline void read_zeros(unsigned at, unsigned size)
{
    read_bytes(at, size);
    for (unsigned i = 0; i < size; i++)
        MUST(!bytes[i], "zeros", "byte %u of the block at %08X is %02X", i, at, bytes[i]);
}

static inline int by_address(const void *one, const void *other)
{
    const unsigned a = (*(struct shadow *const *)one)->at,
                   b = (*(struct shadow *const *)other)->at;
    return a < b ? -1 : a > b;
}

/* No two of the first `count` blocks share a byte. */
static inline void must_be_apart(unsigned count)
{
    static struct shadow *sorted[BLOCKS];
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++)
        if (blocks[i].at)
            sorted[n++] = &blocks[i];
    qsort(sorted, n, sizeof *sorted, by_address);
    for (unsigned i = 1; i < n; i++) {
        const struct shadow *low = sorted[i - 1], *high = sorted[i];
        MUST(low->at < high->at && low->at + low->size <= high->at,
             "blocks that share no byte", "%u bytes at %08X and %u bytes at %08X",
             low->size, low->at, high->size, high->at);
    }
}

#endif

/* side.c - the program under test of lab 7: it holds the student's cw3220.dll and does what the
 * judge asks (labs/judge/driven.h).  It judges nothing. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <setjmp.h>
#include <string.h>
#include "judge/replay.h"

static void *(*h_malloc)(size_t), *(*h_calloc)(size_t, size_t),
    *(*h_realloc)(void *, size_t);
static void *(*h_expand)(void *, size_t), *(*h_new)(size_t);
static void (*h_free)(void *);
static size_t (*h_msize)(void *);
static int *(*h_error)(void), (*h_check)(void), (*h_node)(void *);
static void (*(*h_set_handler)(void (*)(void)))(void);
struct node {
    void *ptr;
    unsigned size;
    int in_use;
};
static int (*h_walk)(struct node *);
static HMODULE dll;

static void *find(const char *name)
{
    return (void *)GetProcAddress(dll, name);
}

static int find_all(void)
{
    if (!(dll = LoadLibraryA("cw3220.dll")))
        return 0;
    h_malloc = find("malloc"), h_calloc = find("calloc"), h_realloc = find("realloc");
    h_free = find("free"), h_expand = find("_expand"), h_msize = find("_msize");
    h_error = find("__errno"), h_check = find("heapcheck"), h_walk = find("heapwalk");
    h_node = find("heapchecknode");
    h_new = find("heap_new"), h_set_handler = find("heap_set_new_handler");
    return 1;
}

/* ---- one call, single-stepped: after each of its instructions inside the DLL another thread, of
 * a higher priority, makes calls of its own until they end or wait for the lock ---- */

static HANDLE go;
static volatile BOOL stepping, ends;
static volatile unsigned turns, wrong;
static char *dll_base, *dll_end;

static LONG CALLBACK on_step(EXCEPTION_POINTERS *p)
{
    static unsigned n;
    if (p->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    char *at = (char *)p->ContextRecord->Eip;
    if (at >= dll_base && at < dll_end && n++ % 3 == 0)
        SetEvent(go);
    if (stepping)
        p->ContextRecord->EFlags |= 0x100;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define OTHERS 16
#define BYTES  40

static DWORD WINAPI takes_turns(void *unused)
{
    unsigned char *held[OTHERS] = {NULL};
    (void)unused;
    for (unsigned n = 0; WaitForSingleObject(go, INFINITE), !ends; n++, turns++) {
        unsigned char **slot = &held[n % OTHERS];
        for (unsigned i = 0; *slot && i < BYTES; i++)
            wrong += (*slot)[i] != (unsigned char)(n % OTHERS);
        h_free(*slot);
        *slot = n / OTHERS % 2 ? NULL : h_malloc(BYTES);
        if (*slot)
            memset(*slot, (int)(n % OTHERS), BYTES);
    }
    for (int i = 0; i < OTHERS; i++)
        h_free(held[i]);
    return 0;
}

#define STEPPED(call)                                                                    \
    do {                                                                                 \
        stepping = TRUE;                                                                 \
        __asm__ volatile("pushf; orl $0x100, (%%esp); popf" ::: "memory", "cc");         \
        call;                                                                            \
        stepping = FALSE;                                                                \
    } while (0)

static unsigned between(void)
{
    const IMAGE_NT_HEADERS *head =
        (void *)((char *)dll + ((const IMAGE_DOS_HEADER *)dll)->e_lfanew);
    void *volatile block = NULL, *handler = AddVectoredExceptionHandler(1, on_step);
    dll_base = (char *)dll;
    dll_end = dll_base + head->OptionalHeader.SizeOfImage;
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, takes_turns, NULL, 0, NULL);
    SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST);
    for (int i = 0; i < 3; i++) {
        STEPPED(block = h_malloc(BYTES));
        STEPPED(block = h_realloc(block, 2000));
        STEPPED(h_free(block));
        STEPPED(block = h_calloc(3, 20));
        STEPPED(h_free(block));
    }
    ends = TRUE;
    SetEvent(go);
    WaitForSingleObject(thread, 200);
    RemoveVectoredExceptionHandler(handler);
    return h_check() == 2 ? wrong : wrong + 1000000;
}

/* ---- another thread gets in ---- */

static DWORD WINAPI gets_in(void *unused)
{
    (void)unused;
    h_free(h_malloc(100));
    return 7;
}

static unsigned other_gets_in(void)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, gets_in, NULL, 0, NULL);
    WaitForSingleObject(thread, 100);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code == 7;
}

/* ---- operator new ---- */

static jmp_buf thrown;
static unsigned handled, give_back;
static void *hoard;

static LONG CALLBACK on_throw(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode == 0x0EEFFACE)
        longjmp(thrown, 1);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void handler(void)
{
    if (++handled < give_back)
        return;
    h_free(hoard);
    hoard = NULL;
    if (handled > give_back)
        h_set_handler(NULL);
}

/* heap_new(size); with `calls` not 0 a new handler that frees `block` at its calls-th call, and
 * takes itself out at the one after.  room: how often it was called; more: it threw. */
static struct answer new_of(unsigned size, unsigned block, unsigned calls)
{
    struct answer answer = {0};
    void *catcher = AddVectoredExceptionHandler(1, on_throw);
    handled = 0, give_back = calls, hoard = (void *)block;
    h_set_handler(calls ? handler : NULL);
    if (!setjmp(thrown))
        answer.value = (unsigned)h_new(size);
    else
        answer.more = 1;
    answer.room = handled;
    RemoveVectoredExceptionHandler(catcher);
    return answer;
}

/* ---- cost ---- */

#define SLOTS 12000
static void *slots[SLOTS];
static unsigned state = 1;
static unsigned below(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)state * limit >> 32);
}

/* Frees a random one of `live` blocks and allocates another, `pairs` times; pairs 0: frees all. */
static void churn(unsigned live, unsigned pairs)
{
    for (unsigned i = 0; pairs && i < live; i++)
        if (!slots[i])
            slots[i] = h_malloc(16 + below(500));
    for (unsigned i = 0; i < pairs; i++) {
        void **slot = &slots[below(live)];
        h_free(*slot);
        *slot = h_malloc(16 + below(500));
    }
    for (unsigned i = 0; !pairs && i < live; i++) {
        h_free(slots[i]);
        slots[i] = NULL;
    }
}

static void *replay_take(unsigned size)
{
    return h_malloc(size);
}

static void *replay_resize(void *block, unsigned size)
{
    return h_realloc(block, size);
}

static void replay_give(void *block)
{
    h_free(block);
}

/* ---- what the judge asks ---- */

static struct answer one(const struct ask *ask)
{
    struct answer answer = {0};
    void *block = (void *)ask->block, *result = NULL;
    *h_error() = 0;
    switch (ask->op) {
    case 'a':
        result = h_malloc(ask->size);
        break;
    case 'c':
        result = h_calloc(ask->count, ask->size);
        break;
    case 'r':
        result = h_realloc(block, ask->size);
        break;
    case 'e':
        result = h_expand(block, ask->size);
        break;
    case 'f':
        h_free(block);
        break;
    case 'm':
        answer.value = h_msize(block);
        return answer;
    case 'k':
        answer.value = h_check();
        return answer;
    case 'n':
        answer.value = h_node(block);
        return answer;
    case 'o':
        answer.value = other_gets_in();
        return answer;
    case 's':
        answer.value = between(), answer.more = turns;
        return answer;
    case 'p':
        churn(ask->count, ask->size);
        answer.value = (unsigned)slots; /* the judge looks at them from outside */
        return answer;
    case 'R':
        return replay(ask->count, replay_take, replay_resize, replay_give);
    case 'N':
        return new_of(ask->size, ask->block, ask->count);
    case 'w': { /* one step of the walk from `block` */
        struct node at = {block, 0, 0};
        answer.error = h_walk(&at);
        answer.value = (unsigned)at.ptr, answer.room = at.size, answer.more = at.in_use;
        return answer;
    }
    case 'u':
        answer.value = FreeLibrary(dll);
        return answer;
    default:
        ExitProcess(90);
    }
    answer.value = (unsigned)result;
    answer.error = *h_error();
    answer.room = result ? h_msize(result) : 0;
    return answer;
}

/* ---- what no heap survives: lab 7's M7 ---- */

static void commit_crime(unsigned kind)
{
    static char image[64];
    char *first = h_malloc(40), *volatile second = h_malloc(40), *third = h_malloc(40);
    switch (kind) {
    case '0':
        h_free(second), h_free(second);
        break;
    case '1':
        h_free(second), h_free(first), h_free(second);
        break;
    case '2':
        memset(second, 0, 40), h_free(second + 8);
        break;
    case '3':
        h_free(image + 16);
        break;
    case '4':
        memset(first, 'x', h_msize(first) + 8), h_free(first);
        break;
    case '5':
        h_free(second), memset(second, 'x', 8);
        for (int i = 0; i < 3000; i++)
            h_malloc(40);
        break;
    case '6':
        second[h_msize(second)] ^= 1, h_realloc(second, 200);
        break;
    case '7':
        second[h_msize(second) + 7] ^= 1, h_free(second);
        break;
    case '8':
        h_free(second), h_realloc(second, 80);
        break;
    case '9':
        h_free(second), h_expand(second, 8);
        break;
    default:
        h_free(third), h_free(first), h_free(second);
        ExitProcess(0);
    }
    ExitProcess(1);
}

int main(int argc, char **argv)
{
    static struct ask asks[MANY_MOST];
    static struct answer answers[MANY_MOST];
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD n;
    if (!find_all())
        return 91;
    if (argc > 1 && argv[1][0] == '!')
        commit_crime(argv[1][1]);
    while (ReadFile(in, asks, sizeof *asks, &n, NULL) && n == sizeof *asks) {
        unsigned count = 1;
        if (asks->op == ASK_MANY) {
            count = asks->count;
            for (DWORD done = 0; done < count * sizeof *asks; done += n)
                if (!ReadFile(in, (char *)asks + done, count * sizeof *asks - done, &n,
                              NULL))
                    return 92;
        }
        for (unsigned i = 0; i < count; i++)
            answers[i] = one(&asks[i]);
        if (!WriteFile(out, answers, count * sizeof *answers, &n, NULL))
            return 93;
    }
    return 0;
}

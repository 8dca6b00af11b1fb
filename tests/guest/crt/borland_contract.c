/* link: -lcw3220 */
/* borland_contract.c - what crt/borland/heap.h promises (M1..M8) and a careless malloc breaks:
 * zeros in used memory, sizes that wrap round, failures that change nothing, the lock on every
 * way out and between threads, memory that is used again. */
#include <windows.h>
#include <cw3220.h>
#include <errno.h>
#include <string.h>
#include "check.h"
#include "inthread.h"

#define BORLAND_ENOMEM 8
#define TOO_MUCH       0x60000000u /* more than there is, but no overflow */

static int *(*b_errno)(void);

static int is_all(const unsigned char *at, unsigned char value, size_t bytes)
{
    while (bytes != 0 && *at == value)
        at++, bytes--;
    return bytes == 0;
}

/* M3: fails with ENOMEM. */
static int is_refused(const void *result)
{
    const int error = *b_errno();
    *b_errno() = 0;
    return result == NULL && error == BORLAND_ENOMEM;
}

/* M1: sizes from 1 byte, each aligned and apart from its neighbours. */
static void apart(void)
{
    static unsigned char *block[600];
    for (unsigned i = 0; i < ARRAYSIZE(block); i++) {
        block[i] = malloc(i + 1);
        CHECK(block[i] != NULL && ((size_t)block[i] & 7) == 0);
        const size_t least = i < 16 ? 16 : (i + 8) & ~7u, room = _msize(block[i]);
        CHECK(room >= least && room <= least + 16 && room % 8 == 0);
        memset(block[i], (int)i, i + 1);
    }
    for (unsigned i = 0; i < ARRAYSIZE(block); i++) {
        CHECK(is_all(block[i], (unsigned char)i, i + 1));
        free(block[i]);
    }
    CHECK_EQUAL(heapcheck(), _HEAPOK);
}

/* calloc gives zeros where others have written. */
static void zeros(void)
{
    for (size_t size = 8; size <= 0x40000; size *= 2) {
        unsigned char *dirty[3];
        for (int i = 0; i < 3; i++) {
            dirty[i] = malloc(size);
            CHECK(dirty[i] != NULL);
            memset(dirty[i], 0xA5, size);
        }
        free(dirty[1]);
        unsigned char *zero = calloc(size / 4, 4);
        CHECK(zero != NULL && is_all(zero, 0, size));
        free(zero);
        free(dirty[0]);
        free(dirty[2]);
    }
}

/* Sizes that would wrap round when a header is added or they are rounded up. */
static void wrapping(void)
{
    static const size_t sizes[] = {0x7FFF0001u, 0x80000000u, 0xFFFF0000u, 0xFFFFFF00u,
                                   0xFFFFFFE0u, 0xFFFFFFF0u, 0xFFFFFFF7u, 0xFFFFFFF8u,
                                   0xFFFFFFF9u, 0xFFFFFFFFu};
    char *volatile block = malloc(100);
    strcpy(block, "kept");
    for (unsigned i = 0; i < ARRAYSIZE(sizes); i++) {
        volatile size_t size = sizes[i];
        CHECK(is_refused(malloc(size)));
        CHECK(is_refused(calloc(1, size)));
        CHECK(is_refused(realloc(block, size)));
        CHECK(is_refused(_expand(block, size)));
    }
    volatile size_t half = 0x10001;
    CHECK(is_refused(calloc(half, 0x10000)) && is_refused(calloc(0x10000, half)));
    CHECK(!strcmp(block, "kept") && heapchecknode(block) == _USEDENTRY);
    CHECK_EQUAL(heapcheck(), _HEAPOK);
    free(block);
}

/* M3: no more room is never refused, and 0 is the least. */
static void shrinking(void)
{
    for (size_t size = 3000000; size > 16; size /= 3) {
        char *block = malloc(size), *volatile same = block;
        memset(block, (int)(size & 0x7F), size);
        CHECK(_expand(block, size) == same && _expand(block, size - 1) == same);
        CHECK(_expand(block, size / 2 + 1) == same);
        CHECK(is_all((unsigned char *)block, size & 0x7F, size / 2 + 1));
        CHECK((block = realloc(block, size / 3 + 1)) != NULL);
        CHECK(is_all((unsigned char *)block, size & 0x7F, size / 3 + 1));
        same = block;
        CHECK(_expand(block, 0) == same && _msize(block) >= 16);
        free(block);
    }
    CHECK_EQUAL(heapcheck(), _HEAPOK);
}

/* M3, when the system has no memory: the block stays where and as it was. */
static void failing(void)
{
    volatile size_t much = TOO_MUCH;
    unsigned char *block = malloc(1000), *next = malloc(1000);
    const size_t room = _msize(block);
    memset(block, 0x77, 1000);
    for (int i = 0; i < 4; i++) {
        CHECK(is_refused(malloc(much)) && is_refused(calloc(much, 1)));
        CHECK(is_refused(realloc(block, much)) && is_refused(_expand(block, much)));
        CHECK_EQUAL(heapchecknode(block), _USEDENTRY);
        CHECK(_msize(block) == room && is_all(block, 0x77, 1000));
    }
    CHECK_EQUAL(heapcheck(), _HEAPOK);
    free(block);
    free(next);
}

/* ---- M8: the lock ---- */

static DWORD WINAPI uses_heap(void *unused)
{
    (void)unused;
    free(malloc(100));
    return heapcheck() == _HEAPOK ? 7 : 8;
}

/* Another thread can use the heap after each of these, so the lock was given back.  (A thread
 * that still had it could take it again.) */
#define LEAVES(statement)                                                                \
    do {                                                                                 \
        statement;                                                                       \
        CHECK_EQUAL(in_thread(uses_heap, NULL), 7);                                      \
    } while (0)

static void given_back(void)
{
    volatile size_t none = 0, half = 0x10001, wraps = 0xFFFFFFFFu, much = TOO_MUCH;
    char *volatile block = malloc(64), *volatile other = malloc(64),
                   *volatile null = NULL;
    struct heapinfo at = {NULL, 0, 0};
    static char image[32];

    LEAVES(CHECK(malloc(none) == NULL));
    LEAVES(CHECK(malloc(wraps) == NULL));
    LEAVES(CHECK(malloc(much) == NULL));
    LEAVES(CHECK(calloc(half, 0x10000) == NULL));
    LEAVES(CHECK(calloc(1, much) == NULL));
    LEAVES(CHECK(realloc(block, wraps) == NULL));
    LEAVES(CHECK(realloc(block, much) == NULL));
    LEAVES(CHECK(_expand(block, wraps) == NULL));
    LEAVES(CHECK(_expand(block, much) == NULL));
    LEAVES(CHECK(_expand(null, 5) == NULL));
    LEAVES(block = realloc(block, 65));
    LEAVES(block = realloc(block, 9000));
    LEAVES(CHECK(_expand(block, 10) == block));
    LEAVES(CHECK_EQUAL(_msize(image + 8), -1));
    LEAVES(CHECK(heapchecknode(image + 8) == _BADNODE));
    LEAVES(while (heapwalk(&at) == _HEAPOK));
    LEAVES(CHECK_EQUAL(heapfillfree(3), _HEAPOK));
    LEAVES(CHECK_EQUAL(heapcheckfree(4), _BADVALUE));
    LEAVES(free(null));
    LEAVES(CHECK(realloc(block, none) == NULL));
    LEAVES(free(other));
}

/* Single-stepped through the heap's functions by the trap flag; after each instruction of
 * cw3220.dll the other thread, of higher priority, takes its turn at the same heap.  It runs at
 * once, to the end or to the lock. */
static HANDLE go;
static volatile BOOL stepping, ends;
static volatile LONG turns;
static char *dll_base, *dll_end;

static LONG CALLBACK on_step(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    char *at = (char *)p->ContextRecord->Eip;
    if (at >= dll_base && at < dll_end)
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
        if (*slot != NULL && !is_all(*slot, (unsigned char)(n % OTHERS), BYTES))
            return 1;
        free(*slot);
        *slot = n / OTHERS % 2 ? NULL : malloc(BYTES);
        if (*slot != NULL)
            memset(*slot, (int)(n % OTHERS), BYTES);
    }
    for (int i = 0; i < OTHERS; i++)
        free(held[i]);
    return 9;
}

/* One call while the other thread is at it; the block, if any, is written to in the end. */
#define STEPPED(call)                                                                    \
    do {                                                                                 \
        stepping = TRUE;                                                                 \
        __asm__ volatile("pushf; orl $0x100, (%%esp); popf" ::: "memory");               \
        call;                                                                            \
        stepping = FALSE;                                                                \
        __asm__ volatile("nop");                                                         \
    } while (0)

static void between_threads(void)
{
    IMAGE_DOS_HEADER *dos = (void *)GetModuleHandleA("cw3220.dll");
    DWORD code;
    unsigned char *volatile mine[4] = {NULL};
    void *const kept = malloc(BYTES);

    dll_base = (char *)dos;
    dll_end =
        dll_base +
        ((IMAGE_NT_HEADERS *)(dll_base + dos->e_lfanew))->OptionalHeader.SizeOfImage;
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    PVOID handler = AddVectoredExceptionHandler(1, on_step);
    HANDLE other = CreateThread(NULL, 0, takes_turns, NULL, 0, NULL);
    CHECK(go && handler && other && SetThreadPriority(other, THREAD_PRIORITY_HIGHEST));
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 4; i++) {
            STEPPED(mine[i] = malloc(BYTES));
            memset(mine[i], 0xE0 + i, BYTES);
        }
        STEPPED(mine[0] = realloc(mine[0], 10 * BYTES));
        STEPPED(mine[0] = realloc(mine[0], BYTES));
        STEPPED(free(mine[1]));
        STEPPED(mine[1] = calloc(1, BYTES));
        memset(mine[1], 0xE1, BYTES);
        for (int i = 0; i < 4; i++) {
            CHECK(is_all(mine[i], (unsigned char)(0xE0 + i), BYTES));
            STEPPED(free(mine[i]));
        }
        CHECK_EQUAL(heapcheck(), _HEAPOK);
    }
    for (int round = 0; round < 32; round++) { /* from a block that stays to the next */
        struct heapinfo at = {.ptr = kept};
        int result;
        STEPPED(result = heapwalk(&at));
        CHECK(result == _HEAPOK || result == _HEAPEND);
    }
    free(kept);
    ends = TRUE;
    SetEvent(go);
    CHECK_EQUAL(WaitForSingleObject(other, 10000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(other, &code) && CloseHandle(other) && CloseHandle(go));
    CHECK_EQUAL(code, 9);
    CHECK(turns > 1000);
    CHECK(RemoveVectoredExceptionHandler(handler));
    CHECK_EQUAL(heapcheck(), _HEAPOK);
}

/* ---- M4 ---- */

static size_t committed(void)
{
    MEMORY_BASIC_INFORMATION about;
    size_t sum = 0;
    for (char *at = NULL; VirtualQuery(at, &about, sizeof about);
         at = (char *)about.BaseAddress + about.RegionSize)
        if (about.State == MEM_COMMIT && about.Type == MEM_PRIVATE)
            sum += about.RegionSize;
    return sum;
}

static void round_of(unsigned seed)
{
    static void *block[500];
    for (unsigned i = 0; i < ARRAYSIZE(block); i++)
        block[i] = malloc((i * 2654435761u ^ seed) % 3000 + 1);
    for (unsigned i = 0; i < ARRAYSIZE(block); i++) /* in another order */
        free(block[i * 7 % ARRAYSIZE(block)]);
}

static void used_again(void)
{
    size_t before = 0;
    for (unsigned i = 0; i < 60; i++) {
        if (i == 20)
            before = committed();
        round_of(i);
    }
    CHECK(committed() <= before);
}

int main(void)
{
    b_errno = (void *)GetProcAddress(GetModuleHandleA("cw3220.dll"), "___errno");
    CHECK(b_errno != NULL);
    apart();
    zeros();
    wrapping();
    shrinking();
    failing();
    given_back();
    between_threads();
    used_again();
    CHECK_EQUAL(heapcheck(), _HEAPOK);
    return 0;
}

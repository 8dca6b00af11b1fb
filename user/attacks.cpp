/* attacks.cpp - what happens when a program damages its heap: each attack, one process each.
 *
 *   attacks            every attack, in a process of its own; one screen: which ends which way
 *   attacks --all      a table: attack, what happened, each report before its row; also where
 *                      standard output is no console
 *   attacks NAME       that one, here
 *   attacks list       the names
 *
 * An attack prints what the last call answered and ends with 0 when the answer was the
 * documented error, with 1 when the damage went unnoticed, with 3 when there was none.
 * A heap that notices ends the process (STATUS_HEAP_CORRUPTION, 0xC0000374).  The same
 * program runs on Windows and in Wine.  docs/attacks.md has what each of them does.
 */
#include <windows.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#define UNNOTICED  1
#define HARMLESS   3
#define CORRUPTION 0xC0000374u

static HANDLE heap;
static bool front_end;              /* the blocks attacked are the front end's */
static volatile int on_purpose = 1; /* what the compiler must not see through */

/* What the documentation says a refusal looks like. */
static int answer(const char *call, bool refused)
{
    unsigned long error = GetLastError();
    std::printf("%s %s, last error %lu\n", call, refused ? "failed" : "succeeded", error);
    std::fflush(stdout);
    return refused ? 0 : UNNOTICED;
}

static void *take(size_t size)
{
    return HeapAlloc(heap, 0, size);
}

static int give(void *block)
{
    SetLastError(0);
    return answer("HeapFree", !HeapFree(heap, 0, block));
}

/* Damage may show only later: use the heap, then ask it.  A block of the front end holds
 * nothing of the heap's: then the heap is sound, and says so. */
static int use_and_ask()
{
    void *blocks[40];
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 40; i++)
            blocks[i] = take(16 + i * 8);
        for (int i = 0; i < 40; i++)
            if (blocks[i])
                HeapFree(heap, 0, blocks[i]);
    }
    SetLastError(0);
    BOOL sound = HeapValidate(heap, 0, nullptr);
    int result = answer("HeapValidate", !sound);
    return sound && front_end ? HARMLESS : result;
}

extern "C" { /* so that a stack names them plainly */

int double_free()
{
    void *block = take(100);
    void *after = take(100);
    HeapFree(heap, 0, block);
    int result = give(block);
    HeapFree(heap, 0, after);
    return result;
}

int double_free_between()
{
    void *first = take(100), *second = take(100), *third = take(100);
    void *last = take(100);
    HeapFree(heap, 0, second);
    HeapFree(heap, 0, first);
    HeapFree(heap, 0, third);
    int result = give(second);
    HeapFree(heap, 0, last);
    return result;
}

int double_free_large()
{
    void *block = take(1 << 20);
    HeapFree(heap, 0, block);
    return give(block);
}

int free_inside()
{
    char *block = (char *)take(200);
    std::memset(block, 0, 200);
    return give(block + 64);
}

int free_inside_odd()
{
    return give((char *)take(200) + 3);
}

int free_stack()
{
    char place[64];
    std::memset(place, 0x11, sizeof place);
    void *volatile block = place + 32 - ((uintptr_t)place & 7);
    return give(block);
}

int free_image()
{
    return give((void *)((uintptr_t)&heap & ~(uintptr_t)7));
}

int free_wild()
{
    return give((void *)0x12345678);
}

int free_null()
{
    SetLastError(0);
    BOOL done = HeapFree(heap, 0, nullptr); /* documented: nothing to do */
    std::printf("HeapFree(null) %s\n", done ? "succeeded, as documented" : "failed");
    return done ? 0 : UNNOTICED;
}

int write_after_free()
{
    char *volatile block = (char *)take(100);
    void *after = take(100);
    HeapFree(heap, 0, block);
    std::memset(block, 0x41, 16); /* the links of a free block */
    for (int i = 0; i < 3; i++)
        take(100);
    (void)after;
    return use_and_ask();
}

int overflow()
{
    char *volatile block = (char *)take(40);
    void *next = take(40);
    std::memset(block, 0x41, 40 + 8); /* the header of the next */
    int result = give(next);
    return result ? give(block) : 0;
}

int underflow()
{
    char *volatile block = (char *)take(40);
    std::memset(block - 8, 0x41, 8); /* its own header */
    return give(block);
}

int forged_size()
{
    char *volatile block = (char *)take(40);
    take(40);
    USHORT size = 0x40; /* granules */
    std::memcpy(block - 8, &size, sizeof size);
    return give(block);
}

int forged_links()
{
    static void *target[4];
    void **volatile block = (void **)take(600);
    take(16);
    HeapFree(heap, 0, block);
    block[0] = &target[1]; /* unlinking would write through these */
    block[1] = &target[0];
    take(600);
    int result = use_and_ask();
    if (!target[0] && !target[1] && !target[2])
        return result;
    std::printf("written through a forged link\n");
    return UNNOTICED;
}

int other_heap()
{
    HANDLE other = HeapCreate(0, 0, 0);
    return give(HeapAlloc(other, 0, 100));
}

int other_heap_large()
{
    HANDLE other = HeapCreate(0, 0, 0);
    return give(HeapAlloc(other, 0, 600000));
}

int movable_underflow()
{
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    char *volatile bytes = (char *)GlobalLock(handle);
    std::memset(bytes - 8, 0x41, 8);
    SetLastError(0);
    return answer("GlobalFree", GlobalFree(handle) != nullptr);
}

int movable_handle()
{
    heap = GetProcessHeap();
    return give(GlobalAlloc(GMEM_MOVEABLE, 100));
}

/* The heap cannot know that the block is a movable object's; its handle leads to freed memory. */
int locked_pointer()
{
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    HeapFree(GetProcessHeap(), 0, GlobalLock(handle));
    SetLastError(0);
    return answer("GlobalFree", GlobalFree(handle) != nullptr);
}

int realloc_freed()
{
    void *block = take(100);
    take(100);
    HeapFree(heap, 0, block);
    SetLastError(0);
    return answer("HeapReAlloc", !HeapReAlloc(heap, 0, block, 300));
}

int size_freed()
{
    void *block = take(100);
    take(100);
    HeapFree(heap, 0, block);
    SetLastError(0);
    return answer("HeapSize", HeapSize(heap, 0, block) == (SIZE_T)-1);
}

int destroyed_heap()
{
    HeapDestroy(heap);
    SetLastError(0);
    return answer("HeapAlloc", !HeapAlloc(heap, 0, 100));
}

int destroyed_twice()
{
    HeapDestroy(heap);
    SetLastError(0);
    return answer("HeapDestroy", !HeapDestroy(heap));
}

int forged_heap()
{
    static ULONG forged[256];
    std::memset(forged, 0x41, sizeof forged);
    SetLastError(0);
    return answer("HeapAlloc", !HeapAlloc((HANDLE)forged, 0, 100));
}

int destroy_default()
{
    SetLastError(0);
    return answer("HeapDestroy", !HeapDestroy(GetProcessHeap()));
}

int overflowing_calloc()
{
    volatile size_t many = 0x10001;
    return answer("calloc", !std::calloc(many, many - 1));
}

int overflowing_new()
{
    volatile size_t many = 0x40000001;
    try {
        int *volatile block = new int[many];
        delete[] block;
    } catch (const std::bad_alloc &) { /* bad_array_new_length is one */
        std::printf("new[] threw\n");
        return 0;
    }
    return UNNOTICED;
}

int overflowing_realloc()
{
    volatile size_t many = 0xFFFFFFF0;
    return answer("realloc", !std::realloc(std::malloc(10), many));
}

} // extern "C"

struct attack {
    const char *name;
    int (*go)();
    bool front; /* also on blocks of the front end */
};

static const attack attacks[] = {
    {"double-free", double_free, true},
    {"double-free-between", double_free_between, true},
    {"double-free-large", double_free_large, false},
    {"free-inside", free_inside, true},
    {"free-inside-odd", free_inside_odd, true},
    {"free-stack", free_stack, false},
    {"free-image", free_image, false},
    {"free-wild", free_wild, false},
    {"free-null", free_null, false},
    {"write-after-free", write_after_free, true},
    {"overflow", overflow, true},
    {"underflow", underflow, true},
    {"forged-size", forged_size, true},
    {"forged-links", forged_links, true},
    {"other-heap", other_heap, true},
    {"other-heap-large", other_heap_large, false},
    {"movable-handle", movable_handle, false},
    {"movable-underflow", movable_underflow, false},
    {"locked-pointer", locked_pointer, false},
    {"realloc-freed", realloc_freed, true},
    {"size-freed", size_freed, true},
    {"destroyed-heap", destroyed_heap, false},
    {"destroyed-twice", destroyed_twice, false},
    {"forged-heap", forged_heap, false},
    {"destroy-default", destroy_default, false},
    {"overflowing-calloc", overflowing_calloc, false},
    {"overflowing-new", overflowing_new, false},
    {"overflowing-realloc", overflowing_realloc, false},
};

/* Enough blocks of each size that is used here for the front end to take over. */
static void wake_front_end()
{
    static const size_t sizes[] = {40, 100, 200, 600};
    for (size_t size : sizes)
        for (int i = 0; i < 40; i++)
            take(size);
}

static int run_here(const char *name)
{
    bool front = front_end = std::strncmp(name, "lfh-", 4) == 0;
    heap = HeapCreate(0, 0, 0);
    for (const attack &one : attacks)
        if (!std::strcmp(one.name, name + (front ? 4 : 0)) && (one.front || !front)) {
            if (front)
                wake_front_end();
            return on_purpose ? one.go() : 0;
        }
    std::fprintf(stderr, "attacks: no attack %s\n", name);
    return 2;
}

/* Its exit code; ~0: it cannot be started, which is said. */
static DWORD run_apart(const char *self, const char *front, const char *name)
{
    char line[MAX_PATH + 64];
    STARTUPINFOA start = {};
    PROCESS_INFORMATION child;
    DWORD code = 0;
    start.cb = sizeof start;
    std::fprintf(stderr, "== %s%s\n", front, name); /* for whoever reads the log */
    std::snprintf(line, sizeof line, "\"%s\" %s%s", self, front, name);
    if (!CreateProcessA(self, line, nullptr, nullptr, TRUE, 0, nullptr, nullptr, &start,
                        &child)) {
        std::printf("%s%s: cannot start (%lu)\n", front, name, GetLastError());
        return ~0u;
    }
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    return code;
}

static void show_row(const char *front, const char *name, DWORD code)
{
    std::printf("%4s%-20s ", front, name);
    if (code == CORRUPTION)
        std::printf("stopped: heap corruption\n");
    else if (code == 0)
        std::printf("documented answer\n");
    else if (code == HARMLESS)
        std::printf("harmless: the heap is sound\n");
    else if (code == UNNOTICED)
        std::printf("UNNOTICED\n");
    else
        std::printf("stopped: %08lX\n", code);
    std::fflush(stdout);
}

/* ---- one screen ---- */
struct outcome {
    const char *front, *name;
    DWORD code;
};
static outcome outcomes[2 * sizeof attacks / sizeof *attacks];
static int tried;

/* The attacks that ended so, in rows of less than 80 columns. */
static void show_group(const char *title, bool (*is)(DWORD))
{
    int count = 0, column = 80;
    for (int i = 0; i < tried; i++)
        count += is(outcomes[i].code);
    std::printf("%s: %d", title, count);
    for (int i = 0; i < tried; i++) {
        const outcome &one = outcomes[i];
        const int length = (int)(std::strlen(one.front) + std::strlen(one.name)) + 1;
        if (!is(one.code))
            continue;
        if (column + length > 78) {
            std::printf("\n ");
            column = 1;
        }
        std::printf(" %s%s", one.front, one.name);
        column += length;
    }
    std::printf("\n");
}

static void show_groups()
{
    std::printf(
        "%d attacks on a heap, a process each (lfh-: on blocks of the front end)\n",
        tried);
    show_group("stopped: heap corruption", [](DWORD code) { return code == CORRUPTION; });
    show_group("stopped otherwise", [](DWORD code) {
        return code != CORRUPTION && code != 0 && code != HARMLESS && code != UNNOTICED;
    });
    show_group("documented answer", [](DWORD code) { return code == 0; });
    show_group("harmless: the heap is sound",
               [](DWORD code) { return code == HARMLESS; });
    show_group("UNNOTICED", [](DWORD code) { return code == UNNOTICED; });
    std::printf("attacks NAME: that one, with its report; attacks --all: all of them\n");
}

/* The reports meanwhile go to a screen of their own, which a terminal then puts away. */
static bool on_screen()
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) != 0;
}

static void change_screen(const char *how)
{
    std::printf("\x1b[?1049%s\x1b[0m\x1b[2J\x1b[H", how);
    std::fflush(stdout);
}

static void try_all(bool brief)
{
    char self[MAX_PATH];
    GetModuleFileNameA(nullptr, self, sizeof self);
    for (int front = 0; front < 2; front++)
        for (const attack &one : attacks)
            if (one.front || !front) {
                outcome &now = outcomes[tried++] = {front ? "lfh-" : "", one.name, 0};
                now.code = run_apart(self, now.front, now.name);
                if (!brief)
                    show_row(now.front, now.name, now.code);
            }
}

static void list_names()
{
    for (int front = 0; front < 2; front++)
        for (const attack &one : attacks)
            if (one.front || !front)
                std::printf("%s%s\n", front ? "lfh-" : "", one.name);
}

int main(int argc, char **argv)
{
    const char *const word = argc > 1 ? argv[1] : "";
    const bool brief = argc == 1 && on_screen();
    if (!std::strcmp(word, "list")) {
        list_names();
        return 0;
    }
    if (argc > 1 && std::strcmp(word, "--all"))
        return run_here(word);
    if (brief)
        change_screen("h");
    try_all(brief);
    if (brief) {
        change_screen("l");
        show_groups();
    }
    return 0;
}

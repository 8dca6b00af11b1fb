/* kinds.cpp - misuse of malloc by kind, size and direction: a small program for each, one source.
 *
 * The rows are made from the lists below: what a program does, to a block of which size, which
 * way, and whether it frees the block afterwards.  Without an argument: runs each row in a process
 * of its own and prints "NAME<tab>OUTCOME".  With a number: is that row.
 *
 *   caught      the process did not end by itself: stopped, or a fault at the guilty instruction
 *   refused     the documented answer: null
 *   changed     what the row asks for was not seen: the block did not come back at once, what was
 *               freed was not there any more
 *   UNNOTICED   it ran to its end, and what runs at the end of a process found nothing
 *
 * The same source is built for the guest and for the host (LD_PRELOAD).  The kinds are those of
 * mimalloc-bench's security programs; the programs are our own. */
#include <new>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <malloc.h>
#include <windows.h>
#define usable    _msize
#define BAD_PLACE 0x7FFE1000u
#else
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#define usable    malloc_usable_size
#define BAD_PLACE 0x10000u
#endif

#define REFUSED 42
#define CHANGED 43

typedef volatile unsigned char octet;

/* The compiler shall not know what these are. */
static void *(*volatile get)(size_t) = malloc;
static void (*volatile give)(void *) = free;
static void *(*volatile resize)(void *, size_t) = realloc;
static void *(*volatile zeroed)(size_t, size_t) = calloc;
static void *(*volatile set)(void *, int, size_t) = memset;
static octet sink;

typedef struct {
    size_t size; /* of the block */
    long
        distance; /* of what is touched, from its first byte or its end; below 0: before it */
    int then;     /* what comes after */
} HOW;

static octet *block(size_t size)
{
    octet *made = (octet *)get(size);
    if (!made)
        exit(REFUSED);
    for (size_t i = 0; i < size; i++)
        made[i] = 0x5A;
    return made;
}

/* ---- beyond the block ---- */

static void touch(HOW how) /* one octet */
{
    octet *a = block(how.size), *b = block(how.size);
    octet *middle = block(how.size), *c = block(how.size);
    middle[how.distance < 0 ? how.distance : (long)how.size + how.distance - 1] ^= 0x41;
    if (how.then) {
        give((void *)c);
        give((void *)middle);
        give((void *)b);
        give((void *)a);
    }
}

static void run_over(HOW how) /* all bytes up to there */
{
    octet *before = block(how.size), *middle = block(how.size), *after = block(how.size);
    if (how.distance < 0)
        set((void *)(middle + how.distance), 0x41, (size_t)-how.distance);
    else
        set((void *)(middle + how.size), 0x41, (size_t)how.distance);
    if (how.then) {
        give((void *)after);
        give((void *)middle);
        give((void *)before);
    }
}

static void
into_free(HOW how) /* into a free neighbour's body, past its header and links */
{
    octet *middle = block(how.size), *after = block(how.size), *last = block(how.size);
    give((void *)after);
    middle[how.size + (size_t)how.distance - 1] ^= 0x41;
    give((void *)middle);
    give((void *)last);
}

/* ---- freed twice, freed wrong ---- */

static void free_twice(HOW how)
{
    octet *first = block(how.size), *other = block(how.size);
    give((void *)first);
    if (how.then == 1) /* delayed */
        for (int i = 0; i < 20; i++)
            give((void *)block(how.size + 16));
    if (how.then == 2) /* interleaved */
        give((void *)other);
    if (how.then == 3 && block(how.size) == first) { /* the place has another owner */
        give((void *)first);
        exit(0);
    }
    give((void *)first);
}

static void free_inside(HOW how)
{
    octet *whole = block(how.size);
    give((void *)(whole + how.distance));
}

static void free_other(HOW how)
{
    static char image[64];
    char stack[64];
    void *places[] = {image + 16, stack + 16, (void *)(uintptr_t)BAD_PLACE,
                      (void *)(uintptr_t)8};
    give((void *)block(100));
    give(places[how.then]);
}

static void resize_wrong(HOW how)
{
    octet *whole = block(how.size);
    if (how.then)
        give((void *)whole);
    if (!resize((void *)(how.then ? whole : whole + 8), how.size * 2))
        exit(REFUSED);
}

static void measure_freed(HOW how)
{
    octet *whole = block(how.size);
    give((void *)whole);
    if (usable((void *)whole) == (size_t)-1)
        exit(REFUSED);
}

/* ---- after it was freed ---- */

static void write_freed(HOW how)
{
    octet *whole = block(how.size), *wall = block(how.size);
    give((void *)whole);
    if (how.then == 2) { /* its place has another owner */
        octet *next = block(how.size);
        if (next != whole)
            exit(CHANGED);
    }
    whole[how.distance] ^= 0x41;
    if (how.then == 1)
        give((void *)block(how.size));
    give((void *)wall);
}

/* Four bytes in a row: one alone may be a pointer's, which lies elsewhere in each process. */
static bool still_there(octet *whole, size_t size)
{
    size_t row = 0;
    for (size_t i = 0; i < size && row < 4; i++)
        row = whole[i] == 0x5A ? row + 1 : 0;
    return row == 4;
}

static void read_freed(HOW how)
{
    octet *whole = block(how.size), *wall = block(how.size);
    give((void *)whole);
    if (!still_there(whole, how.size))
        exit(CHANGED);
    give((void *)wall);
    exit(0);
}

static void fresh(HOW how) /* what was freed is not given out again as it was */
{
    octet *whole = block(how.size);
    give((void *)whole);
    octet *next = (octet *)get(how.size);
    exit(still_there(next, how.size) ? 0 : CHANGED);
}

static void reuse(HOW how)
{
    octet *whole = block(how.size);
    give((void *)whole);
    if (block(how.then ? how.size - how.size / 4 : how.size) != whole)
        exit(CHANGED);
}

/* ---- no bytes ---- */

static void zero(HOW how)
{
    octet *none = block(0);
    if (how.then & 1)
        give((void *)none);
    if (how.then & 2)
        none[how.distance] = 0x41;
    else
        sink = none[how.distance];
}

/* ---- the rest ---- */

static void mismatched(HOW how)
{
    static void *(*volatile make)(size_t) = operator new;
    static void *(*volatile make_array)(size_t) = operator new[];
    static void (*volatile drop)(void *) = operator delete;
    static void (*volatile drop_array)(void *) = operator delete[];
    if (how.then == 0)
        drop_array(make(how.size));
    else if (how.then == 1)
        drop(make_array(how.size));
    else if (how.then == 2)
        drop(get(how.size));
    else
        give(make(how.size));
}

static void impossible(HOW how)
{
    void *made = how.then == 0   ? get((size_t)-how.distance)
                 : how.then == 1 ? zeroed((size_t)-1 / 4, 8)
                                 : resize(get(10), (size_t)-how.distance);
    if (!made)
        exit(REFUSED);
}

static void execute(HOW how)
{
    octet *code = block(how.size);
    *code = 0xC3; /* ret */
    ((void (*)(void))(uintptr_t)code)();
}

/* ---- the rows ---- */

typedef struct {
    char name[64];
    void (*run)(HOW);
    HOW how;
} ROW;
static ROW rows[200];
static int count;

static void row(const char *kind, const char *what, void (*run)(HOW), size_t size,
                long distance, int then)
{
    ROW *made = &rows[count++];
    snprintf(made->name, sizeof made->name, "%s%s%s %lu", kind, *what ? " " : "", what,
             (unsigned long)size);
    made->run = run;
    made->how = (HOW){size, distance, then};
}

static void make_rows(void)
{
    static const size_t sizes[] = {8, 1000, 100000};
    static const struct {
        const char *name;
        long distance;
    } ways[] = {{"1 byte after", 1},       {"32 bytes after", 32},
                {"1 MiB after", 0x100000}, {"1 byte before", -1},
                {"32 bytes before", -32},  {"1 MiB before", -0x100000}};
    char text[48];
    for (int s = 0; s < 3; s++) {
        const size_t size = sizes[s];
        for (int w = 0; w < 6; w++) {
            const long where = ways[w].distance;
            snprintf(text, sizeof text, "%s, then free", ways[w].name);
            row("touch", text, touch, size, where, 1);
            row("run over", ways[w].name, run_over, size, where, 0);
        }
        row("touch a free neighbour", "", into_free, size, 40, 0);
        row("double free", "at once", free_twice, size, 0, 0);
        row("double free", "delayed", free_twice, size, 0, 1);
        row("double free", "interleaved", free_twice, size, 0, 2);
        row("double free", "after reuse", free_twice, size, 0, 3);
        row("free inside", "", free_inside, size, 4, 0);
        row("free inside", "aligned", free_inside, size, 8, 0);
        row("realloc", "inside", resize_wrong, size, 0, 0);
        row("realloc", "of a freed block", resize_wrong, size, 0, 1);
        row("size", "of a freed block", measure_freed, size, 0, 0);
        row("write after free", "", write_freed, size, 0, 0);
        row("write after free", "then malloc", write_freed, size, 0, 1);
        row("write after free", "into the next owner's", write_freed, size, 0, 2);
        row("read after free", "", read_freed, size, 0, 0);
        row("old bytes", "in a fresh block", fresh, size, 0, 0);
        row("reuse at once", "", reuse, size, 0, 0);
        row("reuse at once", "of less", reuse, size, 0, 1);
        row("execute", "", execute, size, 0, 0);
    }
    for (long at = 0; at < 3; at++) {
        static const char *const doing[] = {"read", "read after free", "write",
                                            "write after free"};
        for (int then = 0; then < 4; then++) {
            snprintf(text, sizeof text, "%s at %ld", doing[then], at * 4);
            row("no bytes:", text, zero, 0, at * 4, then);
        }
    }
    row("free", "of a variable", free_other, 0, 0, 0);
    row("free", "of the stack", free_other, 0, 0, 1);
    row("free", "of a far address", free_other, 0, 0, 2);
    row("free", "of a small number", free_other, 0, 0, 3);
    row("new, delete[]", "", mismatched, 100, 0, 0);
    row("new[], delete", "", mismatched, 100, 0, 1);
    row("malloc, delete", "", mismatched, 100, 0, 2);
    row("new, free", "", mismatched, 100, 0, 3);
    row("malloc", "of too much", impossible, 0, 16, 0);
    row("calloc", "that overflows", impossible, 0, 0, 1);
    row("realloc", "to too much", impossible, 0, 16, 2);
}

static int start(const char *program, int i)
{
#ifdef _WIN32
    char line[300];
    STARTUPINFOA about = {};
    PROCESS_INFORMATION made;
    DWORD code;
    about.cb = sizeof about;
    snprintf(line, sizeof line, "\"%s\" %d", program, i);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &made))
        exit(99);
    WaitForSingleObject(made.hProcess, INFINITE);
    GetExitCodeProcess(made.hProcess, &code);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    return (int)code;
#else
    char number[12];
    int status;
    snprintf(number, sizeof number, "%d", i);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        if (!freopen("/dev/null", "w", stderr))
            _exit(99);
        execl("/proc/self/exe", program, number, (char *)NULL);
        _exit(99);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
#endif
}

int main(int argc, char **argv)
{
    make_rows();
    if (argc > 1) {
        const ROW *one = &rows[atoi(argv[1])];
        one->run(one->how);
        return 0;
    }
    for (int i = 0; i < count; i++) {
#ifdef _WIN32
        fprintf(stderr, "== %s\n", rows[i].name);
        fflush(stderr);
#endif
        const int code = start(argv[0], i);
        printf("%s\t%s\n", rows[i].name,
               code == 0         ? "UNNOTICED"
               : code == REFUSED ? "refused"
               : code == CHANGED ? "changed"
                                 : "caught");
        fflush(stdout);
    }
    return 0;
}

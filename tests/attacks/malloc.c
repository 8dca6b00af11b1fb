/* malloc.c - the attacks of user/attacks on the host's malloc, whichever that is.
 *
 * Each attack runs in a process of its own; a line each: attack, size of the blocks, what
 * happened, and what the allocator said of it.  `make attacks-table` runs it under the
 * allocators of docs/attacks.md (LD_PRELOAD).  What a heap of handles has and malloc has not
 * (other heaps, movable handles, destroyed heaps) is not here.
 *
 * After the attack the program goes on with what it is: a few rounds of allocations that are
 * filled, looked at and freed.  Two of them at the same place, or one that changed, is harm.
 */
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSED   10 /* the documented answer */
#define UNNOTICED 11
#define HARM      12

#define BLOCKS 60

static volatile char *writing; /* whether the attack's own write is under way */
static size_t size;
static long image[16];
static char *held[BLOCKS]; /* the program's: live, filled with their number */
static size_t held_size[BLOCKS];

/* The program's own write where it may not. */
static void write_bytes(void *to, int byte, size_t count)
{
    *writing = 1;
    memset(to, byte, count);
    *writing = 0;
}

static int harmed(void)
{
    for (int i = 0; i < BLOCKS; i++)
        for (size_t b = 0; held[i] && b < held_size[i]; b++)
            if (held[i][b] != (char)i)
                return 1;
    return 0;
}

static int use(void)
{
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            held_size[i] = i % 2 ? size : 16 + (size_t)i * 8;
            held[i] = malloc(held_size[i]);
            if (!held[i])
                return HARM;
            memset(held[i], i, held_size[i]);
        }
        if (harmed())
            return HARM;
        for (int i = 0; i < BLOCKS; i++)
            free(held[i]);
        memset(held, 0, sizeof held);
    }
    return UNNOTICED;
}

static int double_free(void)
{
    void *block = malloc(size), *after = malloc(size);
    free(block);
    free(block);
    free(after);
    return use();
}

static int double_free_between(void)
{
    void *first = malloc(size), *second = malloc(size), *third = malloc(size);
    void *last = malloc(size);
    free(second);
    free(first);
    free(third);
    free(second);
    free(last);
    return use();
}

static int double_free_far(void)
{
    static void *blocks[1000];
    for (int i = 0; i < 1000; i++)
        blocks[i] = malloc(size);
    for (int i = 0; i < 1000; i++)
        free(blocks[i]);
    free(blocks[500]);
    return use();
}

static int double_free_large(void)
{
    void *block = malloc(1 << 20);
    free(block);
    free(block);
    return use();
}

static int free_inside(void)
{
    char *block = malloc(size);
    memset(block, 0, size);
    free(block + 16);
    return use();
}

static int free_inside_odd(void)
{
    char *block = malloc(size);
    free(block + 3);
    return use();
}

static int free_stack(void)
{
    char place[256];
    memset(place, 0x11, sizeof place);
    free((void *)(((uintptr_t)place + 128) & ~(uintptr_t)15));
    return use();
}

static int free_image(void)
{
    free((void *)(((uintptr_t)image + 32) & ~(uintptr_t)15));
    return use();
}

static int free_wild(void)
{
    free((void *)0x12345670);
    return use();
}

static int free_null(void)
{
    free(NULL);
    return use() == UNNOTICED ? REFUSED : HARM;
}

static int write_after_free(void)
{
    char *block = malloc(size), *after = malloc(size);
    free(block);
    write_bytes(block, 0x41, 16);
    for (int i = 0; i < 3; i++)
        malloc(size);
    free(after);
    return use();
}

static int overflow(void)
{
    char *block = malloc(size), *next = malloc(size);
    write_bytes(block, 0x41, malloc_usable_size(block) + 32);
    free(next);
    free(block);
    return use();
}

static int overflow_byte(void)
{
    char *block = malloc(size), *next = malloc(size);
    write_bytes(block + malloc_usable_size(block), 0x41, 1);
    free(next);
    free(block);
    return use();
}

static int overflow_large(void)
{
    char *block = malloc(1 << 20);
    write_bytes(block + malloc_usable_size(block), 0x41, 8192);
    free(block);
    return use();
}

static int underflow(void)
{
    char *block = malloc(size);
    malloc(size);
    write_bytes(block - 8, 0x41, 8);
    free(block);
    return use();
}

static int forged_size(void)
{
    char *block = malloc(size);
    malloc(size);
    uint16_t forged = 0x201;
    *writing = 1;
    memcpy(block - 8, &forged, sizeof forged);
    *writing = 0;
    free(block);
    return use();
}

static int forged_links(void)
{
    static void *target[8];
    void **block = malloc(size);
    malloc(16);
    free(block);
    *writing = 1;
    block[0] = &target[2];
    block[1] = &target[0];
    *writing = 0;
    for (int i = 0; i < 8; i++) { /* a block on the program's own variables is harm */
        void **got = malloc(size);
        if (got >= target && got < target + 8)
            return HARM;
    }
    int after = use();
    for (int i = 0; i < 8; i++)
        if (target[i])
            return HARM;
    return after;
}

static int realloc_freed(void)
{
    void *block = malloc(size);
    malloc(size);
    free(block);
    return realloc(block, 3 * size) ? UNNOTICED : REFUSED;
}

static int size_freed(void)
{
    void *block = malloc(size);
    malloc(size);
    free(block);
    return malloc_usable_size(block) ? UNNOTICED : REFUSED;
}

static int overflowing_calloc(void)
{
    volatile size_t many = (size_t)1 << 33;
    return calloc(many, many) ? UNNOTICED : REFUSED;
}

static int overflowing_realloc(void)
{
    volatile size_t many = (size_t)-16;
    return realloc(malloc(10), many) ? UNNOTICED : REFUSED;
}

static const struct {
    const char *name;
    int (*go)(void);
} attacks[] = {
    {"double-free", double_free},
    {"double-free-between", double_free_between},
    {"double-free-far", double_free_far},
    {"double-free-large", double_free_large},
    {"free-inside", free_inside},
    {"free-inside-odd", free_inside_odd},
    {"free-stack", free_stack},
    {"free-image", free_image},
    {"free-wild", free_wild},
    {"free-null", free_null},
    {"write-after-free", write_after_free},
    {"overflow", overflow},
    {"overflow-byte", overflow_byte},
    {"overflow-large", overflow_large},
    {"underflow", underflow},
    {"forged-size", forged_size},
    {"forged-links", forged_links},
    {"realloc-freed", realloc_freed},
    {"size-freed", size_freed},
    {"overflowing-calloc", overflowing_calloc},
    {"overflowing-realloc", overflowing_realloc},
};

static void report(const char *name, int status, const char *said)
{
    const char *what = "stops";
    if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED)
        what = "refused";
    else if (WIFEXITED(status) && WEXITSTATUS(status) == UNNOTICED)
        what = "unnoticed";
    else if (WIFEXITED(status) && WEXITSTATUS(status) == HARM)
        what = "harm";
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        what = "hangs";
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
        what = *writing ? "faults" : *said ? "stops" : "crash";
    printf("%s\t%zu\t%s\t%s\n", name, size, what, said);
}

/* Runs one attack; what it writes to standard error is what the allocator says. */
static void run(const char *name, int (*attack)(void))
{
    char said[400] = "";
    int ends[2], status;
    size_t length = 0;
    ssize_t got;
    *writing = 0;
    fflush(NULL);
    if (pipe(ends) != 0)
        exit(2);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        alarm(5);
        _exit(attack());
    }
    close(ends[1]);
    char rest[512];
    while ((got = read(ends[0], length < sizeof said - 1 ? said + length : rest,
                       length < sizeof said - 1 ? sizeof said - 1 - length
                                                : sizeof rest)) > 0)
        length += length < sizeof said - 1 ? (size_t)got : 0;
    close(ends[0]);
    waitpid(child, &status, 0);
    said[strcspn(said, "\n")] = 0; /* its first line */
    report(name, status, said);
}

int main(void)
{
    static const size_t sizes[] = {100, 2000};
    writing = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
            size = sizes[s];
            run(attacks[i].name, attacks[i].go);
        }
    return 0;
}

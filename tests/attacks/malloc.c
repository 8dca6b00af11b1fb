/* malloc.c - the attacks of user/attacks.cpp on the host's malloc, for docs/attacks.md.
 *
 *   gcc -O0 -fno-builtin -w tests/attacks/malloc.c -o malloc && ./malloc
 *   LD_PRELOAD=libclang_rt.scudo_standalone-x86_64.so ./malloc      (or another allocator)
 *
 * Each attack runs in a process of its own; a table: attack, size of the blocks, what
 * happened.  What a heap of handles has and malloc has not (other heaps, movable
 * handles, destroyed heaps) is not here.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSED   0
#define UNNOTICED 1

static size_t size;
static long image[16];

static int use(void)
{
    void *blocks[40];
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 40; i++)
            blocks[i] = malloc(16 + i * 8);
        for (int i = 0; i < 40; i++)
            free(blocks[i]);
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
    return REFUSED;
}

static int write_after_free(void)
{
    char *block = malloc(size), *after = malloc(size);
    free(block);
    memset(block, 0x41, 16);
    for (int i = 0; i < 3; i++)
        malloc(size);
    free(after);
    return use();
}

static int overflow(void)
{
    char *block = malloc(size), *next = malloc(size);
    memset(block, 0x41, malloc_usable_size(block) + 8);
    free(next);
    free(block);
    return use();
}

static int underflow(void)
{
    char *block = malloc(size);
    malloc(size);
    memset(block - 8, 0x41, 8);
    free(block);
    return use();
}

static int forged_size(void)
{
    char *block = malloc(size);
    malloc(size);
    uint16_t forged = 0x201;
    memcpy(block - 8, &forged, sizeof forged);
    free(block);
    return use();
}

static int forged_links(void)
{
    static void *target[8];
    void **block = malloc(size);
    malloc(16);
    free(block);
    block[0] = &target[2];
    block[1] = &target[0];
    malloc(size);
    malloc(size);
    use();
    for (int i = 0; i < 8; i++)
        if (target[i])
            return UNNOTICED;
    return UNNOTICED;
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
    {"double-free-large", double_free_large},
    {"free-inside", free_inside},
    {"free-inside-odd", free_inside_odd},
    {"free-stack", free_stack},
    {"free-image", free_image},
    {"free-wild", free_wild},
    {"free-null", free_null},
    {"write-after-free", write_after_free},
    {"overflow", overflow},
    {"underflow", underflow},
    {"forged-size", forged_size},
    {"forged-links", forged_links},
    {"realloc-freed", realloc_freed},
    {"size-freed", size_freed},
    {"overflowing-calloc", overflowing_calloc},
    {"overflowing-realloc", overflowing_realloc},
};

static void report(const char *name, int status)
{
    printf("%-20s %5zu ", name, size);
    if (WIFEXITED(status))
        puts(WEXITSTATUS(status) == REFUSED     ? "documented answer"
             : WEXITSTATUS(status) == UNNOTICED ? "UNNOTICED"
                                                : "stopped");
    else
        printf("stopped: %s\n", WTERMSIG(status) == SIGALRM   ? "hangs"
                                : WTERMSIG(status) == SIGSEGV ? "crash (SIGSEGV)"
                                                              : "by the allocator");
}

int main(void)
{
    static const size_t sizes[] = {100, 2000};
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
            int status;
            size = sizes[s];
            fflush(NULL);
            pid_t child = fork();
            if (child == 0) {
                alarm(5);
                _exit(attacks[i].go());
            }
            waitpid(child, &status, 0);
            report(attacks[i].name, status);
        }
    return 0;
}

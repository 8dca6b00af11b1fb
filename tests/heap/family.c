/* family.c - every function of malloc's family as its documentation has it, blocks that
 * change hands between threads, and forks in the midst of that.  For preload.t. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(holds)                                                                      \
    do {                                                                                 \
        if (!(holds)) {                                                                  \
            fprintf(stderr, "family.c:%d: %s\n", __LINE__, #holds);                      \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

/* What the compiler must not know. */
static size_t opaque(size_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

static int is_all(const char *data, char byte, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != byte)
            return 0;
    return 1;
}

static void plain(void)
{
    char *none = malloc(opaque(0)), *other = malloc(opaque(0));
    MUST(none && other && none != other);
    free(none);
    free(other);
    free((void *)opaque(0));
    for (size_t size = 1; size < 5000000; size = size * 3 / 2 + 1) {
        char *block = malloc(opaque(size));
        MUST(block && (uintptr_t)block % 16 == 0 && malloc_usable_size(block) >= size);
        memset(block, 7, malloc_usable_size(block));
        block = realloc(block, opaque(size * 2));
        MUST(block && is_all(block, 7, size));
        block = realloc(block, opaque(size / 2 + 1));
        MUST(block && is_all(block, 7, size / 2 + 1));
        errno = 77;
        free(block);
        MUST(errno == 77);
        block = calloc(opaque(size), 2);
        MUST(block && is_all(block, 0, size * 2));
        free(block);
    }
    MUST(malloc_usable_size(NULL) == 0);
    char *made = realloc((void *)opaque(0), opaque(40));
    MUST(made && !realloc(made, opaque(0))); /* freed, as in glibc */
}

static void refused(void)
{
    void *kept = malloc(100), *none = (void *)8;
    errno = 0;
    MUST(!malloc(opaque(SIZE_MAX)) && errno == ENOMEM);
    errno = 0;
    MUST(!calloc(opaque(SIZE_MAX / 2), opaque(4)) && errno == ENOMEM);
    errno = 0;
    MUST(!reallocarray(kept, opaque(SIZE_MAX / 2), opaque(4)) && errno == ENOMEM);
    errno = 0;
    MUST(!realloc(kept, opaque(SIZE_MAX - 100)) && errno == ENOMEM);
    MUST(posix_memalign(&none, opaque(24), 8) == EINVAL);
    MUST(posix_memalign(&none, opaque(4), 8) == EINVAL);
    MUST(posix_memalign(&none, 64, opaque(SIZE_MAX)) == ENOMEM && none == (void *)8);
    MUST(!aligned_alloc(4096, opaque(SIZE_MAX)));
    free(kept);
}

static void aligned(void)
{
    for (size_t align = 8; align <= 1 << 20; align *= 2)
        for (size_t size = 0; size < 100000; size = size * 5 + 1) {
            void *block[4] = {memalign(align, opaque(size)),
                              aligned_alloc(align, opaque(size))};
            MUST(posix_memalign(&block[2], align, opaque(size)) == 0);
            block[3] = reallocarray(NULL, opaque(size), 2);
            for (int i = 0; i < 3; i++) {
                MUST(block[i] && (uintptr_t)block[i] % align == 0);
                MUST(malloc_usable_size(block[i]) >= size);
                memset(block[i], 9, size);
            }
            block[0] = realloc(block[0], size + opaque(1000));
            MUST(block[0] && is_all(block[0], 9, size));
            for (int i = 0; i < 4; i++)
                free(block[i]);
        }
    void *page = valloc(opaque(10)), *pages = pvalloc(opaque(5000));
    MUST((uintptr_t)page % 4096 == 0 && (uintptr_t)pages % 4096 == 0);
    MUST(malloc_usable_size(pages) >= 8192);
    free(page);
    free(pages);
}

#define SHARED 512
static void *mailbox[SHARED];
static volatile int stop;

/* Sizes that are each block's first word; what lies in the mailbox is another's. */
static void pass_on(unsigned seed, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        seed = seed * 1664525u + 1013904223u;
        const size_t size = sizeof(size_t) + (seed >> 8) % (i % 64 ? 600 : 300000);
        size_t *block = malloc(size);
        MUST(block && malloc_usable_size(block) >= size);
        *block = size;
        size_t *old =
            __atomic_exchange_n(&mailbox[(seed >> 16) % SHARED], block, __ATOMIC_ACQ_REL);
        if (old)
            MUST(malloc_usable_size(old) >= *old);
        free(old);
    }
}

static void *worker(void *number)
{
    while (!stop)
        pass_on((unsigned)(uintptr_t)number, 500);
    return NULL;
}

/* Forks while threads are in the midst of it: the child's heap is whole. */
static void forks(void)
{
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        MUST(pthread_create(&threads[i], NULL, worker, (void *)(i + 1)) == 0);
    for (unsigned i = 0; i < 100; i++) {
        int status;
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);
            pass_on(i, 2000);
            _exit(0);
        }
        MUST(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    stop = 1;
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < SHARED; i++)
        free(mailbox[i]);
}

int main(void)
{
    plain();
    refused();
    aligned();
    forks();
    puts("whole");
    return 0;
}

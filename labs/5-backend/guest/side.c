/* side.c - the program under test of lab 5: a heap of labheap.dll, which has the student's free
 * list, and what the judge asks of it (labs/judge/driven.h).  The loader, the runtime and this
 * program keep the heap in ntdll, so that a broken free list fails the judge's calls and nothing
 * else. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include "judge/replay.h"

typedef PVOID(WINAPI *CREATE)(ULONG, PVOID, SIZE_T, SIZE_T, PVOID, PVOID);
typedef PVOID(WINAPI *DESTROY)(PVOID);
typedef PVOID(WINAPI *ALLOCATE)(PVOID, ULONG, SIZE_T);
typedef BOOLEAN(WINAPI *FREE)(PVOID, ULONG, PVOID);
typedef PVOID(WINAPI *REALLOCATE)(PVOID, ULONG, PVOID, SIZE_T);
typedef SIZE_T(WINAPI *MEASURE)(PVOID, ULONG, PVOID);

static CREATE create;
static DESTROY destroy;
static ALLOCATE allocate;
static FREE release, validate;
static REALLOCATE reallocate;
static MEASURE measure;
static HANDLE heap;

static int find_all(void)
{
    HMODULE dll = LoadLibraryA("labheap.dll");
    if (!dll)
        return 0;
    create = (CREATE)(void *)GetProcAddress(dll, "LabCreateHeap");
    destroy = (DESTROY)(void *)GetProcAddress(dll, "LabDestroyHeap");
    allocate = (ALLOCATE)(void *)GetProcAddress(dll, "LabAllocateHeap");
    release = (FREE)(void *)GetProcAddress(dll, "LabFreeHeap");
    reallocate = (REALLOCATE)(void *)GetProcAddress(dll, "LabReAllocateHeap");
    measure = (MEASURE)(void *)GetProcAddress(dll, "LabSizeHeap");
    validate = (FREE)(void *)GetProcAddress(dll, "LabValidateHeap");
    return 1;
}

#define SLOTS 8000
static void *slots[SLOTS];

/* 2 * count blocks of 64 sizes; every second is freed: `count` free entries. */
static void lay_out(unsigned count)
{
    for (unsigned i = 0; i < 2 * count; i++)
        slots[i] = allocate(heap, 0, 400 + 8 * (i % 64));
    for (unsigned i = 0; i < 2 * count; i += 2) {
        release(heap, 0, slots[i]);
        slots[i] = NULL;
    }
}

static void *replay_take(unsigned size)
{
    return allocate(heap, 0, size);
}

static void *replay_resize(void *block, unsigned size)
{
    return reallocate(heap, 0, block, size);
}

static void replay_give(void *block)
{
    release(heap, 0, block);
}

static struct answer one(const struct ask *ask)
{
    struct answer answer = {0};
    void *block = (void *)ask->block, *result = NULL;
    switch (ask->op) {
    case 'H': /* a heap with these flags, of `size` bytes reserved */
        heap = create(ask->count, NULL, ask->size, 0, NULL, NULL);
        answer.value = (unsigned)heap;
        return answer;
    case 'D':
        answer.value = (unsigned)destroy(heap);
        return answer;
    case 'a':
        result = allocate(heap, 0, ask->size);
        break;
    case 'r':
        result = reallocate(heap, 0, block, ask->size);
        break;
    case 'f':
        answer.value = release(heap, 0, block);
        return answer;
    case 'k':
        answer.value = validate(heap, 0, NULL);
        return answer;
    case 'R': /* without a front end: each call is the free list's */
        if (!heap)
            heap = create(HEAP_GROWABLE | HEAP_NO_SERIALIZE, NULL, 0, 0, NULL, NULL);
        return replay(ask->count, replay_take, replay_resize, replay_give);
    case 'l':
        lay_out(ask->count);
        answer.value = (unsigned)slots;
        return answer;
    case 'p': /* pairs of an allocation and a free */
        for (unsigned i = 0; i < ask->count; i++) {
            result = allocate(heap, 0, ask->size);
            release(heap, 0, result);
        }
        answer.value = (unsigned)result;
        return answer;
    default:
        ExitProcess(90);
    }
    answer.value = (unsigned)result;
    answer.room = result ? (unsigned)measure(heap, 0, result) : 0;
    return answer;
}

int main(void)
{
    static struct ask asks[MANY_MOST];
    static struct answer answers[MANY_MOST];
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD n;
    if (!find_all())
        return 91;
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

/* labheap.c - heaps of labheap.dll beside the process's own: what a program may ask of a heap,
 * against a shadow of what each block holds; after each round the whole heap is checked.
 *
 * Every failure is printed and counted; the exit code is 0 if there was none.  The program itself
 * and printf use ntdll's heap, so it can say what is wrong with the other. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

typedef PVOID(WINAPI *CREATE)(ULONG, PVOID, SIZE_T, SIZE_T, PVOID, PVOID);
typedef PVOID(WINAPI *DESTROY)(PVOID);
typedef PVOID(WINAPI *ALLOCATE)(PVOID, ULONG, SIZE_T);
typedef BOOLEAN(WINAPI *FREE)(PVOID, ULONG, PVOID);
typedef PVOID(WINAPI *REALLOCATE)(PVOID, ULONG, PVOID, SIZE_T);
typedef SIZE_T(WINAPI *MEASURE)(PVOID, ULONG, PVOID);

static CREATE lab_create;
static DESTROY lab_destroy;
static ALLOCATE lab_allocate;
static FREE lab_free, lab_validate;
static REALLOCATE lab_reallocate;
static MEASURE lab_size;

#define LIVE 400
static struct {
    unsigned char *at;
    unsigned size;
    unsigned char fill;
} live[LIVE];
static unsigned seed = 1, failures;

static unsigned below(unsigned limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)seed * limit >> 32);
}

static int expect(int truth, const char *what, unsigned number)
{
    if (!truth && failures++ < 20)
        printf("not so: %s (%u)\n", what, number);
    return truth;
}

static unsigned some_size(void)
{
    switch (below(8)) {
    case 0:
        return below(100000);
    case 1:
    case 2:
        return below(5000);
    default:
        return below(200);
    }
}

static int is_whole(unsigned i, unsigned size)
{
    for (unsigned b = 0; b < size; b++)
        if (live[i].at[b] != live[i].fill)
            return 0;
    return 1;
}

static void put(unsigned i, void *block, unsigned size)
{
    live[i].at = block;
    live[i].size = size;
    live[i].fill = (unsigned char)below(256);
    if (block)
        memset(block, live[i].fill, size);
}

static void step(HANDLE heap, unsigned number)
{
    const unsigned i = below(LIVE), size = some_size();
    if (!live[i].at) {
        void *block = lab_allocate(heap, 0, size);
        if (expect(block != NULL, "a block", number))
            put(i, block, size);
        return;
    }
    expect(is_whole(i, live[i].size), "a block holds what was written", number);
    expect(lab_size(heap, 0, live[i].at) == live[i].size, "a block has its size", number);
    if (below(3) == 0) {
        const unsigned kept = size < live[i].size ? size : live[i].size;
        unsigned char *block = lab_reallocate(heap, 0, live[i].at, size);
        if (!expect(block != NULL, "a block of another size", number))
            return;
        live[i].at = block;
        expect(is_whole(i, kept), "a resized block holds what it held", number);
        put(i, block, size);
        return;
    }
    expect(lab_free(heap, 0, live[i].at), "a block is freed", number);
    live[i].at = NULL;
}

static void programs(ULONG flags, SIZE_T reserve, unsigned steps)
{
    HANDLE heap = lab_create(flags, NULL, reserve, 0, NULL, NULL);
    memset(live, 0, sizeof live);
    if (!expect(heap != NULL, "a heap", flags))
        return;
    for (unsigned n = 0; n < steps && failures < 20; n++) {
        step(heap, n);
        if (n % 100 == 0)
            expect(lab_validate(heap, 0, NULL), "the heap is sound", n);
    }
    for (unsigned i = 0; i < LIVE; i++)
        if (live[i].at)
            expect(lab_free(heap, 0, live[i].at), "every block is freed", i);
    expect(lab_validate(heap, 0, NULL), "the empty heap is sound", flags);
    expect(lab_destroy(heap) == NULL, "the heap is destroyed", flags);
}

/* Of two that are freed between two in use arises a place for both. */
static void joins(void)
{
    HANDLE heap = lab_create(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    char *block[6];
    for (unsigned i = 0; i < 6; i++)
        block[i] = lab_allocate(heap, 0, 2000 - 8);
    lab_free(heap, 0, block[1]);
    lab_free(heap, 0, block[3]);
    lab_free(heap, 0, block[2]);
    expect(lab_allocate(heap, 0, 6000 - 8) == block[1],
           "three freed blocks are one place", 0);
    expect(lab_validate(heap, 0, NULL), "the heap is sound", 1);
    expect(lab_destroy(heap) == NULL, "the heap is destroyed", 1);
}

int main(void)
{
    HMODULE dll = LoadLibraryA("labheap.dll");
    if (!dll) {
        printf("no labheap.dll: %lu\n", GetLastError());
        return 1;
    }
    lab_create = (CREATE)(void *)GetProcAddress(dll, "LabCreateHeap");
    lab_destroy = (DESTROY)(void *)GetProcAddress(dll, "LabDestroyHeap");
    lab_allocate = (ALLOCATE)(void *)GetProcAddress(dll, "LabAllocateHeap");
    lab_free = (FREE)(void *)GetProcAddress(dll, "LabFreeHeap");
    lab_reallocate = (REALLOCATE)(void *)GetProcAddress(dll, "LabReAllocateHeap");
    lab_size = (MEASURE)(void *)GetProcAddress(dll, "LabSizeHeap");
    lab_validate = (FREE)(void *)GetProcAddress(dll, "LabValidateHeap");
    const DWORD heaps = GetProcessHeaps(0, NULL);
    joins();
    programs(HEAP_GROWABLE, 0, 3000);
    programs(HEAP_GROWABLE | HEAP_NO_SERIALIZE, 0, 2000); /* no front end */
    programs(HEAP_GROWABLE | HEAP_CREATE_ALIGN_16, 0, 2000);
    programs(HEAP_GROWABLE | HEAP_DISABLE_COALESCE_ON_FREE, 0, 1000);
    programs(HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0,
             1000);
    programs(0, 0x2000000, 1500);
    expect(GetProcessHeaps(0, NULL) == heaps, "no heap of the process's list", heaps);
    expect(HeapValidate(GetProcessHeap(), 0, NULL), "the process's own heap is sound", 0);
    printf("%u failures\n", failures);
    return failures != 0;
}

/* front.h - what the cases of lab 6 share: a heap of labheap.dll, which holds the student's front
 * end, beside the process's own.
 *
 * The loader, the C library and this program keep ntdll's heap.  A report of damage is printed, and
 * the call that met it fails (FATHOM_NO_TERMINATE): so a case can look at what came of it.
 */
#ifndef FATHOM_LAB_FRONT_CASES_H
#define FATHOM_LAB_FRONT_CASES_H

#include "lab.h"

#ifndef LAB_USE /* the rules of the seed: lab.toml */
#define LAB_USE 18
#endif
#ifndef LAB_CLASS
#define LAB_CLASS 0
#endif

enum { HEADER = 8, MOST = 16384, FRONT_INDEX = 0xFE, WALKED = 0x0001, REGION = 0x0002 };
typedef void *(WINAPI *CREATE)(ULONG, void *, SIZE_T, SIZE_T, void *, void *);
typedef void *(WINAPI *DESTROY)(void *);
typedef void *(WINAPI *ALLOCATE)(void *, ULONG, SIZE_T);
typedef BOOLEAN(WINAPI *ON_BLOCK)(void *, ULONG, void *);
typedef void *(WINAPI *REALLOCATE)(void *, ULONG, void *, SIZE_T);
typedef SIZE_T(WINAPI *MEASURE)(void *, ULONG, void *);
typedef SIZE_T(WINAPI *COMPACT)(void *, ULONG);

/* RTL_HEAP_WALK_ENTRY, as Windows has it on 32 bits. */
typedef struct WALK {
    void *data;
    SIZE_T size;
    UCHAR overhead, index;
    USHORT flags; /* 1 busy, 2 a region */
    ULONG more[4];
} WALK;
typedef LONG(WINAPI *STEP)(void *, WALK *);

static CREATE lab_create;
static DESTROY lab_destroy;
static ALLOCATE lab_allocate;
static ON_BLOCK lab_free, lab_validate;
static REALLOCATE lab_reallocate;
static MEASURE lab_size;
static COMPACT lab_compact;
static STEP lab_walk;
static char *heap;

static char *new_heap(void)
{
    char *made = lab_create(2 /* growable */, NULL, 0, 0, NULL, NULL);
    LAB_EXPECT(made != NULL, "RtlCreateHeap", "a heap", "NULL");
    return made;
}

__attribute__((unused)) static void start(void)
{
    SetEnvironmentVariableA("FATHOM_NO_TERMINATE", "1");
    HMODULE dll = LoadLibraryA("labheap.dll");
    LAB_EXPECT(dll != NULL, "LoadLibrary", "labheap.dll", "error %u",
               (unsigned)GetLastError());
    lab_create = (CREATE)(void *)GetProcAddress(dll, "LabCreateHeap");
    lab_destroy = (DESTROY)(void *)GetProcAddress(dll, "LabDestroyHeap");
    lab_allocate = (ALLOCATE)(void *)GetProcAddress(dll, "LabAllocateHeap");
    lab_free = (ON_BLOCK)(void *)GetProcAddress(dll, "LabFreeHeap");
    lab_validate = (ON_BLOCK)(void *)GetProcAddress(dll, "LabValidateHeap");
    lab_reallocate = (REALLOCATE)(void *)GetProcAddress(dll, "LabReAllocateHeap");
    lab_size = (MEASURE)(void *)GetProcAddress(dll, "LabSizeHeap");
    lab_compact = (COMPACT)(void *)GetProcAddress(dll, "LabCompactHeap");
    lab_walk = (STEP)(void *)GetProcAddress(dll, "LabWalkHeap");
    heap = new_heap();
}

/* _HEAP.Counters, at DCh in Windows 7. */
__attribute__((unused)) static unsigned reserved(void)
{
    return *(unsigned *)(heap + 0xDC);
}
__attribute__((unused)) static unsigned committed(void)
{
    return *(unsigned *)(heap + 0xE0);
}

/* A block of the front end says so in its header (F2). */
static int is_front(const void *block)
{
    return ((const unsigned char *)block)[-1] >> 7;
}

static char *take(unsigned size)
{
    char *block = lab_allocate(heap, 0, size);
    LAB_EXPECT(block != NULL, "LabTake", "a block of %u bytes", "NULL", size);
    LAB_EXPECT((unsigned)block % 8 == 0, "LabTake", "a block at a multiple of 8", "%x",
               (unsigned)block);
    return block;
}

__attribute__((unused)) static void give(void *block)
{
    LAB_EXPECT(lab_free(heap, 0, block), "LabGive", "TRUE for a block in use",
               "FALSE for %x", (unsigned)block);
}

__attribute__((unused)) static void sound(void)
{
    LAB_EXPECT(lab_validate(heap, 0, NULL), "RtlpFrontCheck", "a heap that is sound",
               "RtlValidateHeap says no");
}

/* Bytes of the class of a request, header included: rule L2 with what the seed makes of it. */
static unsigned class_of(unsigned size)
{
    unsigned bytes = (size + HEADER + 7) / 8 * 8, step = 8;
    unsigned first[] = {0, 32, 24, 64}, to[] = {0, 512, 240, 1024};
    if (LAB_CLASS && bytes <= to[LAB_CLASS])
        bytes = (bytes + first[LAB_CLASS] - 1) / first[LAB_CLASS] * first[LAB_CLASS];
    if (bytes < 16)
        bytes = 16;
    for (unsigned most = 256; most < bytes; most *= 2)
        step *= 2;
    return (bytes + step - 1) / step * step;
}

/* What a walk says of block: its bytes, header included; 0: it does not show it in use. */
static unsigned walked_bytes(const void *block)
{
    WALK step = {0};
    for (unsigned i = 0; i < 100000 && lab_walk(heap, &step) == 0; i++)
        if (step.data == block && step.index == FRONT_INDEX &&
            (step.flags & (WALKED | REGION)) == WALKED)
            return (unsigned)step.size + step.overhead;
    return 0;
}

/* Allocates blocks of size until the front end serves it: exactly when rule L1 says so, and of
 * the width that L2 says.  first: no other size of the heap was served before.  Result: the first
 * block of the front end. */
__attribute__((unused)) static char *warm(unsigned size, int first)
{
    const unsigned count = LAB_USE - !first;
    char *block;
    for (unsigned i = 1; i < count; i++) {
        block = take(size);
        LAB_EXPECT(!is_front(block), "RtlpFrontAllocate",
                   "the back end's blocks until allocation %u of %u bytes",
                   "one of the front end's at allocation %u", count, size, i);
    }
    block = take(size);
    LAB_EXPECT(is_front(block), "RtlpFrontAllocate",
               "a block of the front end at allocation %u of %u bytes",
               "one of the back end", count, size);
    LAB_EXPECT(walked_bytes(block) == class_of(size), "RtlpFrontNext",
               "a block of %u bytes for a request of %u, in use",
               "%u bytes (0: not shown)", class_of(size), size, walked_bytes(block));
    return block;
}

static unsigned dice = 1;
__attribute__((unused)) static unsigned below(unsigned limit)
{
    dice = dice * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)dice * limit >> 32);
}

__attribute__((unused)) static unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

/* Fills a block with what its place in a table says, and looks whether it still does. */
__attribute__((unused)) static void mark(char *block, unsigned size, unsigned number)
{
    memset(block, (int)(number * 37 + 1), size);
}
__attribute__((unused)) static void marked(const char *block, unsigned size,
                                           unsigned number)
{
    for (unsigned i = 0; i < size; i++)
        LAB_EXPECT((unsigned char)block[i] == (unsigned char)(number * 37 + 1), "LabTake",
                   "what block %x of %u bytes held", "byte %u is another",
                   (unsigned)block, size, i);
}

#endif

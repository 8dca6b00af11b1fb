/* doors.cpp - the doors: ten ways to ask Windows for memory, and the chain below each.
 *
 * Each door is one small function that is not inlined, so that it is in the captured
 * stack as the program's own frame.  The chains are the table of docs/chain.md, outermost
 * first.
 */
#include "walk.h"
#include <objbase.h>
#include <cstdlib>

/* Where every chain ends: the stub, the crossing, the service. */
#define TO_THE_KERNEL                                                                    \
    {"10", "ntdll", "NtAllocateVirtualMemory"},                                          \
        {"11", "ntdll", "KiFastSystemCall|KiIntSystemCall"},                             \
        {"12", "nt", "KiFastCallEntry|KiSystemService"},                                 \
        {"12", "nt", "NtAllocateVirtualMemory"},                                         \
    {                                                                                    \
        nullptr, nullptr, nullptr                                                        \
    }
#define HEAP                                                                             \
    {                                                                                    \
        "8", "ntdll", "RtlAllocateHeap"                                                  \
    }

/* ---- 1: new ---- */
struct Cargo {
    Cargo();
    char bytes[cold_size];
};
struct Pebble {
    Pebble()
    {
        bytes[0] = 1;
    }
    char bytes[warm_size];
};
/* Written through volatile, so that the store is not optimised away. */
NOINLINE Cargo::Cargo()
{
    *(volatile char *)&bytes[sizeof bytes / 2] = 1;
}

NOINLINE static void *door_new(size_t size)
{
    return size == cold_size ? (void *)new Cargo : (void *)new Pebble;
}
NOINLINE static void door_delete(void *block)
{
    ::operator delete(block);
}
static const Step new_chain[] = {{"1", "", "door_new"},
                                 {"1", "", "operator new"},
                                 {"2", "msvcrt", "malloc"},
                                 HEAP,
                                 TO_THE_KERNEL};

/* ---- 2: malloc of msvcrt ---- */
NOINLINE static void *door_malloc(size_t size)
{
    return malloc(size);
}
NOINLINE static void door_free(void *block)
{
    free(block);
}
static const Step malloc_chain[] = {
    {"2", "", "door_malloc"}, {"2", "msvcrt", "malloc"}, HEAP, TO_THE_KERNEL};

HANDLE crt_heap()
{
    typedef intptr_t(__cdecl * Function)(void);
    Function get = (Function)(void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"),
                                                    "_get_heap_handle");
    return get ? (HANDLE)get() : nullptr;
}

/* ---- 2': malloc of cw3220, loaded as a program with two runtimes would have it ---- */
static FARPROC borland(const char *function)
{
    static HMODULE dll = LoadLibraryA("cw3220.dll");
    return dll ? GetProcAddress(dll, function) : nullptr;
}
NOINLINE static void *door_borland_malloc(size_t size)
{
    typedef void *(__cdecl * Function)(size_t);
    Function function = (Function)(void *)borland("malloc");
    return function ? function(size) : nullptr;
}
NOINLINE static void door_borland_free(void *block)
{
    typedef void(__cdecl * Function)(void *);
    Function function = (Function)(void *)borland("free");
    if (function)
        function(block);
}
static const Step borland_chain[] = {{"2'", "", "door_borland_malloc"},
                                     {"2'", "cw3220", "malloc"},
                                     {"9", "kernel32", "VirtualAlloc"},
                                     {"9", "kernel32", "VirtualAllocEx"},
                                     TO_THE_KERNEL};
static HANDLE no_heap()
{
    return nullptr;
}

/* ---- 3, 4: COM ---- */
static IMalloc *task_allocator()
{
    static IMalloc *allocator;
    if (!allocator)
        CoGetMalloc(1, &allocator);
    return allocator;
}
NOINLINE static void *door_imalloc(size_t size)
{
    return task_allocator()->Alloc(size);
}
NOINLINE static void door_imalloc_free(void *block)
{
    task_allocator()->Free(block);
}
NOINLINE static void *door_task(size_t size)
{
    return CoTaskMemAlloc(size);
}
NOINLINE static void door_task_free(void *block)
{
    CoTaskMemFree(block);
}
static const Step imalloc_chain[] = {{"3", "", "door_imalloc"},
                                     {"3", "ole32", "IMalloc_Alloc"},
                                     {"4", "ole32", "CoTaskMemAlloc"},
                                     HEAP,
                                     TO_THE_KERNEL};
static const Step task_chain[] = {
    {"4", "", "door_task"}, {"4", "ole32", "CoTaskMemAlloc"}, HEAP, TO_THE_KERNEL};

/* ---- 5, 6: Global and Local ---- */
NOINLINE static void *door_global(size_t size)
{
    return GlobalAlloc(GMEM_FIXED, size);
}
NOINLINE static void door_global_free(void *block)
{
    GlobalFree(block);
}
NOINLINE static void *door_local(size_t size)
{
    return LocalAlloc(LMEM_FIXED, size);
}
NOINLINE static void door_local_free(void *block)
{
    LocalFree(block);
}
static const Step global_chain[] = {
    {"5", "", "door_global"}, {"5", "kernel32", "GlobalAlloc"}, HEAP, TO_THE_KERNEL};
static const Step local_chain[] = {
    {"6", "", "door_local"}, {"6", "kernel32", "LocalAlloc"}, HEAP, TO_THE_KERNEL};

/* ---- 7, 8: HeapAlloc, which is RtlAllocateHeap ---- */
HANDLE created_heap()
{
    static HANDLE heap = HeapCreate(0, 0, 0);
    return heap;
}
NOINLINE static void *door_heap(size_t size)
{
    return HeapAlloc(GetProcessHeap(), 0, size);
}
NOINLINE static void door_heap_free(void *block)
{
    HeapFree(GetProcessHeap(), 0, block);
}
NOINLINE static void *door_own_heap(size_t size)
{
    return HeapAlloc(created_heap(), 0, size);
}
NOINLINE static void door_own_heap_free(void *block)
{
    HeapFree(created_heap(), 0, block);
}
static const Step heap_chain[] = {{"7", "", "door_heap"}, HEAP, TO_THE_KERNEL};
static const Step own_heap_chain[] = {{"7", "", "door_own_heap"}, HEAP, TO_THE_KERNEL};

/* ---- 9: VirtualAlloc ---- */
NOINLINE static void *door_virtual(size_t size)
{
    return VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}
NOINLINE static void door_virtual_free(void *block)
{
    VirtualFree(block, 0, MEM_RELEASE);
}
static const Step virtual_chain[] = {{"9", "", "door_virtual"},
                                     {"9", "kernel32", "VirtualAlloc"},
                                     {"9", "kernel32", "VirtualAllocEx"},
                                     TO_THE_KERNEL};

static HANDLE default_heap()
{
    return GetProcessHeap();
}

const Door doors[] = {
    {"new", "new", door_new, door_delete, crt_heap, new_chain, true, true},
    {"malloc", "malloc (msvcrt.dll)", door_malloc, door_free, crt_heap, malloc_chain,
     false, true},
    {"borland", "malloc (cw3220.dll)", door_borland_malloc, door_borland_free, no_heap,
     borland_chain, false, true},
    {"imalloc", "IMalloc::Alloc", door_imalloc, door_imalloc_free, default_heap,
     imalloc_chain, false, true},
    {"cotaskmem", "CoTaskMemAlloc", door_task, door_task_free, default_heap, task_chain,
     false, true},
    {"global", "GlobalAlloc", door_global, door_global_free, default_heap, global_chain,
     false, true},
    {"local", "LocalAlloc", door_local, door_local_free, default_heap, local_chain, false,
     true},
    {"heapalloc", "HeapAlloc, default heap", door_heap, door_heap_free, default_heap,
     heap_chain, false, true},
    {"heapcreate", "HeapAlloc, heap of HeapCreate", door_own_heap, door_own_heap_free,
     created_heap, own_heap_chain, false, true},
    {"virtual", "VirtualAlloc", door_virtual, door_virtual_free, no_heap, virtual_chain,
     false, false},
};
const size_t door_count = sizeof doors / sizeof *doors;

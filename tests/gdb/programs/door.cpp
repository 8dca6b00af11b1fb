/* link: -lole32 -luuid */
/* door - one cold call through each door, marked before and after, for the debugger to watch. */
#include <objbase.h>
#include <stdlib.h>
#include <windows.h>

/* More than any heap has committed, less than it allocates apart from its segments. */
static const SIZE_T size = 200000;
struct Block {
    char bytes[size];
};
static HANDLE own_heap;
static IMalloc *task_malloc;
static void *(__cdecl *borland_malloc)(size_t);

extern "C" __attribute__((noinline)) void door_begin(const char *name)
{
    __asm__ volatile("" ::"r"(name) : "memory");
}

extern "C" __attribute__((noinline)) void door_end(void *block)
{
    __asm__ volatile("" ::"r"(block) : "memory");
}

static void *by_new(void)
{
    return new Block;
}

static void *by_malloc(void)
{
    return malloc(size);
}

static void *by_borland(void)
{
    return borland_malloc(size);
}

static void *by_task(void)
{
    return CoTaskMemAlloc(size);
}

static void *by_imalloc(void)
{
    return task_malloc->Alloc(size);
}

static void *by_global(void)
{
    return GlobalAlloc(GMEM_FIXED, size);
}

static void *by_local(void)
{
    return LocalAlloc(LMEM_FIXED, size);
}

static void *by_heap(void)
{
    return HeapAlloc(GetProcessHeap(), 0, size);
}

static void *by_own_heap(void)
{
    return HeapAlloc(own_heap, 0, size);
}

static void *by_virtual(void)
{
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static const struct {
    const char *name;
    void *(*open)(void);
} doors[] = {
    {"new", by_new},         {"malloc", by_malloc},   {"borland", by_borland},
    {"task", by_task},       {"imalloc", by_imalloc}, {"global", by_global},
    {"local", by_local},     {"heap", by_heap},       {"own heap", by_own_heap},
    {"virtual", by_virtual},
};

int main()
{
    own_heap = HeapCreate(0, 0, 0);
    CoGetMalloc(1, &task_malloc);
    borland_malloc = (void *(__cdecl *)(size_t))(void *)GetProcAddress(
        LoadLibraryA("cw3220.dll"), "malloc");
    for (const auto &door : doors) /* what is done once is done, and all code is there */
        door.open();
    for (const auto &door : doors) {
        door_begin(door.name);
        char *block = static_cast<char *>(door.open());
        for (SIZE_T at = 0; block && at < size; at += 4096)
            block[at] = 1;
        door_end(block);
    }
    return 0;
}

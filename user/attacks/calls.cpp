/* calls.cpp - a call gets the wrong heap, a freed block or too large a size. */
#include "attacks.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" { /* so that a stack names them plainly */

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

static const Attack attacks[] = {
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
const Room calls = {attacks, sizeof attacks / sizeof *attacks};

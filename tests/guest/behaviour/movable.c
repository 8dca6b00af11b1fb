/* movable.c - movable objects of Global and Local: the table, the block, what changes in place.
 *
 * Where the table's entry lies, and the block's user value, are what programs observe on Windows;
 * no page tells them.
 */
#include <windows.h>
#include <malloc.h>
#include "documented.h"

#define WILD        ((HGLOBAL)0xDEADBEE0)
#define NEVER_GIVEN ((HGLOBAL)0xDEADBEE4)

typedef BOOLEAN NTAPI get_info(PVOID, ULONG, PVOID, PVOID *, PULONG);

static ULONG flags_of(HGLOBAL handle)
{
    return ((const ULONG *)handle)[-1];
}

static void *block_of(HGLOBAL handle)
{
    return *(void *const *)handle;
}

static void entries(void)
{
    HGLOBAL empty = GlobalAlloc(GMEM_MOVEABLE, 0);
    HGLOBAL full = GlobalAlloc(GMEM_MOVEABLE, 40);
    HGLOBAL shared = GlobalAlloc(GMEM_MOVEABLE | GMEM_DISCARDABLE | GMEM_DDESHARE, 8);

    documented("GlobalAlloc", "a handle points at the pointer to the block", SAME,
               GlobalLock(full) == block_of(full) && block_of(empty) == NULL);
    documented("GlobalAlloc",
               "a ULONG before it: in use, movable, locks in bits 16 to 23", SAME,
               flags_of(full) == 0x10003);
    documented("GlobalAlloc", "an object of size 0 is discarded", SAME,
               flags_of(empty) == 0xB);
    documented("GlobalAlloc", "GMEM_DISCARDABLE and GMEM_DDESHARE are kept", SAME,
               flags_of(shared) == 0x8007);
    CHECK(!GlobalFree(empty) && !GlobalFree(shared));
    documented("GlobalFree", "a freed entry is not in use and has no block", SAME,
               !(flags_of(empty) & 7) && !block_of(empty));
    CHECK(!GlobalFree(full));
}

static void blocks(SIZE_T bytes)
{
    get_info *info =
        (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlGetUserInfoHeap");
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, bytes);
    void *pointer = GlobalLock(handle), *value = NULL;
    ULONG flags = 0;

    documented("GlobalLock", "the pointer is that of an ordinary block of this size",
               SAME,
               HeapSize(GetProcessHeap(), 0, pointer) == bytes &&
                   HeapValidate(GetProcessHeap(), 0, pointer));
    CHECK(info(GetProcessHeap(), 0, pointer, &value, &flags));
    documented("GlobalHandle", "the block's user value is the handle", SAME,
               value == handle && flags == 0x200 && GlobalHandle(pointer) == handle);
    CHECK(GlobalReAlloc(handle, bytes * 3, GMEM_MOVEABLE) == handle);
    pointer = block_of(handle);
    documented("GlobalHandle", "the value goes with the block when it moves", SAME,
               GlobalHandle(pointer) == handle && GlobalSize(handle) == bytes * 3);
    CHECK(!GlobalFree(handle));
}

static void fixed(void)
{
    char *block = GlobalAlloc(GMEM_FIXED, 10);
    HGLOBAL movable;

    documented("GlobalReAlloc", "GMEM_MODIFY: the size is ignored", SAME,
               GlobalReAlloc(block, 0x100000, GMEM_MODIFY) == block &&
                   LocalReAlloc(block, 9, LMEM_MODIFY) == block &&
                   GlobalSize(block) == 10);
    documented("LocalReAlloc", "LMEM_MODIFY leaves a fixed object fixed", SAME,
               LocalReAlloc(block, 0, LMEM_MODIFY | LMEM_MOVEABLE) == block);
    movable = GlobalReAlloc(block, 0, GMEM_MODIFY | GMEM_MOVEABLE);
    documented("GlobalReAlloc", "GMEM_MODIFY with GMEM_MOVEABLE makes it movable", SAME,
               movable && movable != block && flags_of(movable) == 3 &&
                   GlobalSize(movable) == 10);
    CHECK(!GlobalFree(movable));
}

/* Blocks of the front end: after so many of a size, the next are. */
static void in_place(void)
{
    void *blocks[40], *wall;
    for (int i = 0; i < 40; i++)
        blocks[i] = GlobalAlloc(GMEM_FIXED, 1001);
    SetLastError(0);
    documented(
        "GlobalReAlloc",
        "a fixed object of the front end does not grow without GMEM_MOVEABLE", SAME,
        !GlobalReAlloc(blocks[39], 1002, 0) &&
            GetLastError() == ERROR_NOT_ENOUGH_MEMORY && GlobalSize(blocks[39]) == 1001);
    documented("GlobalReAlloc", "it shrinks in place", SAME,
               GlobalReAlloc(blocks[39], 500, 0) == blocks[39] &&
                   GlobalSize(blocks[39]) == 500);
    for (int i = 0; i < 40; i++)
        CHECK(!GlobalFree(blocks[i]));
    blocks[0] = GlobalAlloc(GMEM_FIXED, 60000);
    wall = GlobalAlloc(GMEM_FIXED, 60000);
    SetLastError(0);
    documented(
        "GlobalReAlloc", "one that would have to move: ERROR_NOT_ENOUGH_MEMORY", SAME,
        !LocalReAlloc(blocks[0], 600000, 0) && GetLastError() == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(!GlobalFree(blocks[0]) && !GlobalFree(wall));
}

static void large(void)
{
    char *block = LocalAlloc(LMEM_FIXED, 700000);
    documented("LocalReAlloc", "a large fixed object shrinks in place to any size", SAME,
               LocalReAlloc(block, 1000, 0) == block && LocalSize(block) == 1000 &&
                   !LocalFree(block));
    block = malloc(700000);
    documented("_expand", "a large block shrinks in place to any size", SAME,
               _expand(block, 350000) == block && _msize(block) == 350000);
    free(block);
    block = HeapAlloc(GetProcessHeap(), 0, 16 << 20);
    documented("HeapReAlloc", "HEAP_REALLOC_IN_PLACE_ONLY: the same", SAME,
               HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, block, 1) ==
                       block &&
                   HeapSize(GetProcessHeap(), 0, block) == 1 &&
                   HeapValidate(GetProcessHeap(), 0, NULL) &&
                   HeapFree(GetProcessHeap(), 0, block));
}

static void nobodys(void)
{
    HGLOBAL freed = GlobalAlloc(GMEM_MOVEABLE, 16);

    CHECK(!GlobalFree(freed));
    SetLastError(0);
    documented("GlobalFree", "a pointer that cannot be read: ERROR_NOACCESS", SAME,
               GlobalFree(WILD) == WILD && GetLastError() == ERROR_NOACCESS);
    SetLastError(0);
    documented("LocalFree", "a pointer that cannot be read: ERROR_NOACCESS", SAME,
               LocalFree(WILD) == WILD && GetLastError() == ERROR_NOACCESS);
    SetLastError(0);
    documented("GlobalReAlloc", "a pointer that cannot be read: ERROR_NOACCESS", SAME,
               !GlobalReAlloc(WILD, 0, GMEM_MOVEABLE) &&
                   GetLastError() == ERROR_NOACCESS &&
                   !GlobalReAlloc(WILD, 0, GMEM_MODIFY | GMEM_MOVEABLE));
    SetLastError(0);
    documented("GlobalUnlock", "a freed handle: TRUE, ERROR_INVALID_HANDLE", SAME,
               GlobalUnlock(freed) && GetLastError() == ERROR_INVALID_HANDLE);
    SetLastError(0);
    documented("LocalUnlock", "a freed handle: FALSE, ERROR_INVALID_HANDLE", SAME,
               !LocalUnlock(freed) && GetLastError() == ERROR_INVALID_HANDLE);
    SetLastError(0);
    documented("GlobalFree", "a handle that was never given: ERROR_INVALID_HANDLE", SAME,
               GlobalFree(NEVER_GIVEN) == NEVER_GIVEN &&
                   GetLastError() == ERROR_INVALID_HANDLE);
}

int main(void)
{
    entries();
    for (SIZE_T bytes = 1; bytes < 4 << 20; bytes <<= 5)
        blocks(bytes);
    fixed();
    in_place();
    large();
    nobodys();
    return undocumented();
}

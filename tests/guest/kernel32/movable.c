/* movable.c - Global and Local: handles, locks, sizes, discarding, stale handles. */
#include <windows.h>
#include <string.h>
#include "check.h"

static int in_wine; /* which differs in two error paths, by the documentation wrongly */

static void fixed(void)
{
    char *block = GlobalAlloc(GPTR, 100);
    HLOCAL local;

    CHECK(block && block[0] == 0 && block[99] == 0);
    CHECK_EQUAL(GlobalSize(block), 100);
    CHECK_EQUAL(GlobalFlags(block), 0);
    CHECK(GlobalLock(block) == block);
    CHECK(GlobalUnlock(block));
    CHECK(GlobalHandle(block) == block);
    SetLastError(0xBEEF);
    CHECK(!LocalUnlock(block));
    CHECK_EQUAL(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(LocalFree(block) == NULL); /* one implementation for both families */
    local = LocalAlloc(LMEM_FIXED, 0);
    CHECK(local != NULL);
    CHECK_EQUAL(LocalSize(local), 0);
    CHECK(LocalFree(local) == NULL);
    CHECK(LocalFree(NULL) == NULL && GlobalFree(NULL) == NULL);
    SetLastError(0xBEEF);
    CHECK(LocalAlloc(LMEM_FIXED, 0x7FFFFFF0) == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
}

static void locks(void)
{
    HGLOBAL handle = GlobalAlloc(GHND, 64);
    char *bytes = GlobalLock(handle);
    int i;

    CHECK(handle && bytes && (HGLOBAL)bytes != handle);
    CHECK(((ULONG_PTR)bytes & 7) == 0);
    CHECK(bytes[0] == 0 && bytes[63] == 0);
    CHECK_EQUAL(GlobalFlags(handle), 1);
    CHECK(GlobalHandle(bytes) == handle);
    CHECK(GlobalLock(handle) == bytes);
    CHECK_EQUAL(GlobalFlags(handle) & GMEM_LOCKCOUNT, 2);
    CHECK(GlobalUnlock(handle));
    SetLastError(0xBEEF);
    CHECK(!GlobalUnlock(handle));
    CHECK_EQUAL(GetLastError(), NO_ERROR);
    SetLastError(0xBEEF);
    CHECK(!GlobalUnlock(handle));
    CHECK_EQUAL(GetLastError(), ERROR_NOT_LOCKED);
    for (i = 0; i < 300; i++)
        CHECK(GlobalLock(handle) == bytes);
    CHECK_EQUAL(GlobalFlags(handle) & GMEM_LOCKCOUNT, 255);
    for (i = 0; i < 254; i++)
        CHECK(GlobalUnlock(handle));
    SetLastError(0xBEEF);
    CHECK(!GlobalUnlock(handle)); /* those beyond 255 were not counted */
    CHECK_EQUAL(GetLastError(), NO_ERROR);
    CHECK(GlobalLock(handle) == bytes);
    CHECK(GlobalFree(handle) == NULL); /* locked as it is */
}

static void stale(void)
{
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 16);

    CHECK(handle && GlobalFree(handle) == NULL);
    SetLastError(0xBEEF);
    CHECK(GlobalLock(handle) == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(GlobalFree(handle) == handle);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK_EQUAL(GlobalFlags(handle), GMEM_INVALID_HANDLE);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK_EQUAL(GlobalSize(handle), 0);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(in_wine || GlobalUnlock(handle));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(GlobalReAlloc(handle, 10, GMEM_MOVEABLE) == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(GlobalHandle((void *)0x10) == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(GlobalLock((HGLOBAL)0x10) == NULL);
    if (!in_wine) /* it leaves the last error as it was */
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
}

static void null(void)
{
    SetLastError(0xBEEF);
    CHECK(!GlobalUnlock(NULL));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(!LocalUnlock(NULL));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0xBEEF);
    CHECK(!GlobalHandle(NULL));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GlobalFree(NULL) == NULL && LocalFree(NULL) == NULL);
    HGLOBAL fixed = GlobalAlloc(GMEM_FIXED, 0);
    CHECK(fixed && GlobalSize(fixed) == 1 && GlobalFree(fixed) == NULL);
    fixed = LocalAlloc(LMEM_FIXED, 0);
    CHECK(fixed && LocalSize(fixed) == 0 && LocalFree(fixed) == NULL);
}

/* What GlobalReAlloc refuses; the object stays as it is. */
static void refused(void)
{
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);

    SetLastError(0xBEEF);
    CHECK(!GlobalReAlloc(handle, 0, 0)); /* only with GMEM_MOVEABLE it is discarded */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0xBEEF);
    CHECK(!GlobalReAlloc(handle, 50, GMEM_DISCARDABLE)); /* only with GMEM_MODIFY */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GlobalLock(handle) && !GlobalDiscard(handle));
    CHECK(GlobalSize(handle) == 100 && GlobalFlags(handle) == 1);
    CHECK(GlobalFree(handle) == NULL);
    handle = LocalAlloc(LMEM_MOVEABLE | LMEM_DISCARDABLE, 10);
    CHECK_EQUAL(LocalFlags(handle), LMEM_DISCARDABLE);
    CHECK_EQUAL(GlobalFlags(handle), GMEM_DISCARDABLE);
    CHECK(LocalFree(handle) == NULL);
}

static void resize(void)
{
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 10);
    char *bytes = GlobalLock(handle);

    memcpy(bytes, "fathom", 7);
    GlobalUnlock(handle);
    CHECK(GlobalReAlloc(handle, 5000, GMEM_MOVEABLE | GMEM_ZEROINIT) == handle);
    CHECK(GlobalSize(handle) >= 5000);
    bytes = GlobalLock(handle);
    CHECK(!strcmp(bytes, "fathom") && bytes[4999] == 0);
    CHECK(GlobalHandle(bytes) == handle);
    GlobalUnlock(handle);
    CHECK(GlobalReAlloc(handle, 0, GMEM_MODIFY | GMEM_DISCARDABLE) == handle);
    CHECK_EQUAL(GlobalFlags(handle), GMEM_DISCARDABLE);
    CHECK(GlobalDiscard(handle) == handle);
    CHECK_EQUAL(GlobalFlags(handle) & GMEM_DISCARDED, GMEM_DISCARDED);
    CHECK_EQUAL(GlobalSize(handle), 0);
    SetLastError(0xBEEF);
    CHECK(GlobalLock(handle) == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_DISCARDED);
    CHECK(GlobalReAlloc(handle, 20, GMEM_MOVEABLE) == handle);
    CHECK(!(GlobalFlags(handle) & GMEM_DISCARDED));
    CHECK_EQUAL(GlobalSize(handle), 20);
    CHECK(GlobalFree(handle) == NULL);
}

static void fixed_to_movable(void)
{
    char *block = LocalAlloc(LPTR, 24), *bytes;
    HLOCAL handle;

    memcpy(block, "deep", 5);
    handle = GlobalReAlloc(block, 0, GMEM_MODIFY | GMEM_MOVEABLE);
    CHECK(handle != NULL);
    bytes = LocalLock(handle);
    CHECK(bytes && !strcmp(bytes, "deep"));
    LocalUnlock(handle);
    CHECK(LocalFree(handle) == NULL);
    handle = LocalAlloc(LMEM_MOVEABLE, 0); /* made discarded */
    CHECK_EQUAL(LocalFlags(handle) & LMEM_DISCARDED, LMEM_DISCARDED);
    CHECK(LocalFree(handle) == NULL);
}

static void flags(void)
{
    HGLOBAL handle;

    SetLastError(0xBEEF);
    if (!in_wine) { /* it takes any flag */
        CHECK(LocalAlloc(0x8000, 8) == NULL);
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    handle = GlobalAlloc(GMEM_MOVEABLE | GMEM_DDESHARE, 8);
    CHECK(handle != NULL);
    CHECK_EQUAL(GlobalFlags(handle), GMEM_DDESHARE);
    CHECK(GlobalFree(handle) == NULL);
}

static HGLOBAL handles[70000];

static void table(void)
{
    int count = 0, i;

    SetLastError(0xBEEF);
    while (count < 70000 && (handles[count] = GlobalAlloc(GMEM_MOVEABLE, 4)) != NULL)
        count++;
    CHECK_EQUAL(count, 65536); /* and no one else in this process has a handle */
    CHECK_EQUAL(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK(GlobalAlloc(GMEM_FIXED, 4) != NULL); /* a pointer needs no handle */
    for (i = 0; i < count; i++)
        CHECK(GlobalFree(handles[i]) == NULL);
    handles[0] = GlobalAlloc(GMEM_MOVEABLE, 4);
    CHECK(handles[0] && GlobalFree(handles[0]) == NULL);
}

int main(void)
{
    in_wine = GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
    fixed();
    locks();
    stale();
    null();
    refused();
    resize();
    fixed_to_movable();
    flags();
    table();
    return 0;
}

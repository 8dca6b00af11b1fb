/* link: -lole32 -luuid */
/* spy.c - an IMallocSpy sees every task allocation and may shift its pointers. */
#define COBJMACROS
#include <windows.h>
#include <objbase.h>
#include <string.h>
#include "check.h"

/* This spy puts 8 bytes with a mark in front of each block it has seen.  (Wine asks
 * GetSize of another size than it allocated for such a spy; by Microsoft's pages it is as
 * here.) */
#define SHIFT 8
static int calls[12], references = 1;
static SIZE_T asked;

static HRESULT STDMETHODCALLTYPE query(IMallocSpy *self, REFIID iid, void **object)
{
    if (!IsEqualIID(iid, &IID_IMallocSpy) && !IsEqualIID(iid, &IID_IUnknown))
        return E_NOINTERFACE;
    references++;
    *object = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE add(IMallocSpy *self)
{
    (void)self;
    return (ULONG)++references;
}

static ULONG STDMETHODCALLTYPE release(IMallocSpy *self)
{
    (void)self;
    return (ULONG)--references;
}

static SIZE_T STDMETHODCALLTYPE pre_alloc(IMallocSpy *self, SIZE_T size)
{
    (void)self;
    calls[0]++;
    asked = size;
    return size + SHIFT;
}

static void *STDMETHODCALLTYPE post_alloc(IMallocSpy *self, void *block)
{
    (void)self;
    calls[1]++;
    if (block == NULL)
        return NULL;
    memcpy(block, "spymark!", SHIFT);
    return (char *)block + SHIFT;
}

static void *STDMETHODCALLTYPE pre_free(IMallocSpy *self, void *pointer, BOOL spied)
{
    (void)self;
    calls[2]++;
    if (!spied)
        return pointer;
    CHECK(memcmp((char *)pointer - SHIFT, "spymark!", SHIFT) == 0);
    return (char *)pointer - SHIFT;
}

static void STDMETHODCALLTYPE post_free(IMallocSpy *self, BOOL spied)
{
    (void)self;
    calls[3] += 1 + (spied != 0);
}

static SIZE_T STDMETHODCALLTYPE pre_realloc(IMallocSpy *self, void *pointer, SIZE_T size,
                                            void **block, BOOL spied)
{
    (void)self;
    calls[4]++;
    *block = spied ? (char *)pointer - SHIFT : pointer;
    return spied ? size + SHIFT : size;
}

static void *STDMETHODCALLTYPE post_realloc(IMallocSpy *self, void *block, BOOL spied)
{
    (void)self;
    calls[5]++;
    return block != NULL && spied ? (char *)block + SHIFT : block;
}

static void *STDMETHODCALLTYPE pre_size(IMallocSpy *self, void *pointer, BOOL spied)
{
    (void)self;
    calls[6]++;
    return spied ? (char *)pointer - SHIFT : pointer;
}

static SIZE_T STDMETHODCALLTYPE post_size(IMallocSpy *self, SIZE_T size, BOOL spied)
{
    (void)self;
    calls[7]++;
    return spied ? size - SHIFT : size;
}

static void *STDMETHODCALLTYPE pre_did(IMallocSpy *self, void *pointer, BOOL spied)
{
    (void)self;
    calls[8]++;
    return spied ? (char *)pointer - SHIFT : pointer;
}

static int STDMETHODCALLTYPE post_did(IMallocSpy *self, void *pointer, BOOL spied,
                                      int actual)
{
    (void)self;
    (void)pointer;
    (void)spied;
    calls[9]++;
    return actual;
}

static void STDMETHODCALLTYPE minimize_hook(IMallocSpy *self)
{
    (void)self;
    calls[10]++;
}

static IMallocSpyVtbl table = {query,        add,           release,      pre_alloc,
                               post_alloc,   pre_free,      post_free,    pre_realloc,
                               post_realloc, pre_size,      post_size,    pre_did,
                               post_did,     minimize_hook, minimize_hook};
static IMallocSpy spy = {&table};

int main(void)
{
    IMalloc *allocator;
    CHECK(CoGetMalloc(1, &allocator) == S_OK);
    char *before = CoTaskMemAlloc(30);
    CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG &&
          CoRegisterMallocSpy(NULL) == E_INVALIDARG);
    CHECK(CoRegisterMallocSpy(&spy) == S_OK &&
          CoRegisterMallocSpy(&spy) == CO_E_OBJISREG);
    CHECK(references == 2);
    char *block = CoTaskMemAlloc(100);
    CHECK(block != NULL && calls[0] == 1 && calls[1] == 1 && asked == 100);
    CHECK(memcmp(block - SHIFT, "spymark!", SHIFT) == 0);
    CHECK_EQUAL(IMalloc_GetSize(allocator, block), 100);
    CHECK_EQUAL(IMalloc_DidAlloc(allocator, block), 1);
    CHECK(calls[6] == 1 && calls[7] == 1 && calls[8] == 1 && calls[9] == 1);
    strcpy(block, "kept");
    block = IMalloc_Realloc(allocator, block, 3000);
    CHECK(block != NULL && strcmp(block, "kept") == 0 && calls[4] == 1 && calls[5] == 1);
    char *other = IMalloc_Alloc(allocator, 10);
    CHECK(other != NULL && calls[0] == 2);
    CoTaskMemFree(before); /* made before the spy came: not spied */
    CHECK(calls[2] == 1 && calls[3] == 1);
    IMalloc_Free(allocator, other);
    CHECK(calls[2] == 2 && calls[3] == 3);
    /* One spied block is left: the spy must stay until it is freed. */
    CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED && references == 2);
    CoTaskMemFree(block);
    CHECK(calls[2] == 3 && references == 1);
    CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
    int seen = calls[0];
    CoTaskMemFree(CoTaskMemAlloc(10));
    CHECK(calls[0] == seen);
    return 0;
}

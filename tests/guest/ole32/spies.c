/* link: -lole32 -luuid */
/* spies.c - what Microsoft's pages say of IMallocSpy and of registering one; and a spy under
 * many threads. */
#include <windows.h>
#include <objbase.h>
#include "documented.h"

enum { ALLOC, POST_ALLOC, FREE, POST_FREE, REALLOC, POST_REALLOC, OTHERS };
static LONG calls[OTHERS], inside, overlaps, references = 1;
static BOOL refuse, last_spied, no_interface, lingers;
static HANDLE lingering;

static HRESULT STDMETHODCALLTYPE spy_query(IMallocSpy *self, REFIID iid, void **object)
{
    *object = NULL;
    if (no_interface || !IsEqualIID(iid, &IID_IMallocSpy))
        return E_NOINTERFACE;
    references++;
    *object = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE spy_add(IMallocSpy *self)
{
    (void)self;
    return (ULONG)++references;
}

static ULONG STDMETHODCALLTYPE spy_release(IMallocSpy *self)
{
    (void)self;
    return (ULONG)--references;
}

/* Between a hook and its partner nobody else is in the spy. */
static void enter(int hook)
{
    calls[hook]++;
    overlaps += inside++ != 0;
}

static void leave(int hook)
{
    calls[hook]++;
    inside--;
}

static SIZE_T STDMETHODCALLTYPE pre_alloc(IMallocSpy *self, SIZE_T size)
{
    (void)self;
    enter(ALLOC);
    if (lingers) {
        lingers = FALSE;
        SetEvent(lingering);
        Sleep(50);
    }
    inside -= refuse && size != 0;
    return refuse ? 0 : size;
}

static void *STDMETHODCALLTYPE post_alloc(IMallocSpy *self, void *block)
{
    (void)self;
    leave(POST_ALLOC);
    return block;
}

static void *STDMETHODCALLTYPE pre_free(IMallocSpy *self, void *block, BOOL spied)
{
    (void)self;
    last_spied = spied;
    enter(FREE);
    return block;
}

static void STDMETHODCALLTYPE post_free(IMallocSpy *self, BOOL spied)
{
    (void)self;
    (void)spied;
    leave(POST_FREE);
}

static SIZE_T STDMETHODCALLTYPE pre_realloc(IMallocSpy *self, void *block, SIZE_T size,
                                            void **real, BOOL spied)
{
    (void)self;
    last_spied = spied;
    *real = block;
    enter(REALLOC);
    inside -= refuse && size != 0;
    return refuse ? 0 : size;
}

static void *STDMETHODCALLTYPE post_realloc(IMallocSpy *self, void *block, BOOL spied)
{
    (void)self;
    (void)spied;
    leave(POST_REALLOC);
    return block;
}

static void *STDMETHODCALLTYPE pre_size(IMallocSpy *self, void *block, BOOL spied)
{
    (void)self;
    last_spied = spied;
    return block;
}

static SIZE_T STDMETHODCALLTYPE post_size(IMallocSpy *self, SIZE_T size, BOOL spied)
{
    (void)self;
    (void)spied;
    return size + 1000; /* what the caller is told */
}

static void *STDMETHODCALLTYPE pre_did(IMallocSpy *self, void *block, BOOL spied)
{
    return pre_size(self, block, spied);
}

static int STDMETHODCALLTYPE post_did(IMallocSpy *self, void *block, BOOL spied,
                                      int actual)
{
    (void)self;
    (void)block;
    (void)spied;
    return actual == 1 ? 0 : actual;
}

static LONG minimized;
static void STDMETHODCALLTYPE minimize(IMallocSpy *self)
{
    (void)self;
    minimized++;
}

static IMallocSpyVtbl table = {spy_query,    spy_add,  spy_release, pre_alloc,
                               post_alloc,   pre_free, post_free,   pre_realloc,
                               post_realloc, pre_size, post_size,   pre_did,
                               post_did,     minimize, minimize};
static IMallocSpy spy = {&table}, second = {&table};

static void registered(void)
{
    documented("CoRegisterMallocSpy", "E_INVALIDARG: no spy", SAME,
               CoRegisterMallocSpy(NULL) == E_INVALIDARG);
    no_interface = TRUE;
    documented("CoRegisterMallocSpy", "E_INVALIDARG: the object has no IMallocSpy", SAME,
               CoRegisterMallocSpy(&spy) == E_INVALIDARG && references == 1);
    no_interface = FALSE;
    documented("CoRevokeMallocSpy", "CO_E_OBJNOTREG: no spy is registered", SAME,
               CoRevokeMallocSpy() == CO_E_OBJNOTREG);
    documented("CoRegisterMallocSpy", "S_OK; OLE keeps a reference", SAME,
               CoRegisterMallocSpy(&spy) == S_OK && references == 2);
    documented("CoRegisterMallocSpy", "CO_E_OBJISREG: there is one already", SAME,
               CoRegisterMallocSpy(&second) == CO_E_OBJISREG && references == 2);
}

static void hooks(IMalloc *allocator, void *unspied)
{
    char *block = allocator->lpVtbl->Alloc(allocator, 10);
    documented("IMallocSpy::PreAlloc", "called before, PostAlloc after IMalloc::Alloc",
               SAME, block && calls[ALLOC] == 1 && calls[POST_ALLOC] == 1);
    refuse = TRUE;
    documented("IMallocSpy::PreAlloc", "0 makes the allocation fail: Alloc returns NULL",
               SAME, CoTaskMemAlloc(10) == NULL);
    documented("IMallocSpy::PreAlloc", "and PostAlloc is not called then", SAME,
               calls[ALLOC] == 2 && calls[POST_ALLOC] == 1);
    documented("IMallocSpy::PreRealloc", "0 makes the reallocation fail, block unchanged",
               SAME, CoTaskMemRealloc(block, 20) == NULL && calls[REALLOC] == 1);
    documented("IMallocSpy::PreRealloc", "and PostRealloc is not called then", SAME,
               calls[POST_REALLOC] == 0);
    char *nothing = CoTaskMemAlloc(0);
    documented("IMallocSpy::PreAlloc", "forced failure works only if the size is not 0",
               SAME, nothing != NULL && calls[POST_ALLOC] == 2);
    refuse = FALSE;
    CoTaskMemFree(nothing);
    documented("IMallocSpy::PostAlloc", "called also when memory really is not there",
               SAME, CoTaskMemAlloc(0x7FFFFFFF) == NULL && calls[POST_ALLOC] == 3);
    documented("IMallocSpy::PostGetSize", "what it returns is what the caller gets", SAME,
               allocator->lpVtbl->GetSize(allocator, block) >= 1010 && last_spied);
    documented("IMallocSpy::PostDidAlloc", "what it returns is what the caller gets",
               SAME, allocator->lpVtbl->DidAlloc(allocator, block) == 0);
    allocator->lpVtbl->HeapMinimize(allocator);
    documented("IMallocSpy::PreHeapMinimize", "called, and PostHeapMinimize after", SAME,
               minimized == 2);
    CoTaskMemFree(unspied);
    documented("IMallocSpy::PreFree", "fSpyed FALSE: allocated before the spy came", SAME,
               !last_spied && calls[FREE] == 2);
    block = CoTaskMemRealloc(block, 100);
    documented("IMallocSpy::PreRealloc", "fSpyed TRUE: allocated under this spy", SAME,
               block && last_spied && calls[POST_REALLOC] == 1);
    documented("CoRevokeMallocSpy", "E_ACCESSDENIED: blocks allocated under the spy live",
               SAME, CoRevokeMallocSpy() == E_ACCESSDENIED && references == 2);
    documented("CoRegisterMallocSpy", "CO_E_OBJISREG as long as a revoked spy is needed",
               SAME, CoRegisterMallocSpy(&second) == CO_E_OBJISREG);
    CoTaskMemFree(block);
    documented("IMallocSpy::PreFree", "fSpyed TRUE for such a block", SAME, last_spied);
    documented("CoRevokeMallocSpy", "the spy goes when the last of them is freed", SAME,
               references == 1 && CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

static DWORD WINAPI allocate_one(void *unused)
{
    (void)unused;
    CoTaskMemFree(CoTaskMemAlloc(5));
    return 0;
}

/* An allocation while another thread's is between its hooks waits, and is then seen as well. */
static void one_after_the_other(void)
{
    lingering = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK_EQUAL(CoRegisterMallocSpy(&spy), S_OK);
    calls[ALLOC] = calls[POST_ALLOC] = overlaps = inside = 0;
    lingers = TRUE;
    HANDLE thread = CreateThread(NULL, 0, allocate_one, NULL, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(lingering, 20000), WAIT_OBJECT_0);
    void *block = CoTaskMemAlloc(5);
    CHECK_EQUAL(calls[ALLOC], 2);
    CHECK_EQUAL(calls[POST_ALLOC], 2);
    CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CoTaskMemFree(block);
    CHECK(last_spied && !overlaps && !inside);
    CHECK_EQUAL(CoRevokeMallocSpy(), S_OK);
    CHECK(CloseHandle(thread) && CloseHandle(lingering));
}

#define THREADS 8
#define ROUNDS  400

static DWORD WINAPI worker(void *seed)
{
    void *held[10] = {NULL};
    ULONG state = (ULONG)(ULONG_PTR)seed;
    for (int i = 0; i < ROUNDS; i++) {
        state = state * 1664525u + 1013904223u;
        void **slot = &held[(state >> 8) % 10];
        if (state >> 28 < 4) {
            void *moved = CoTaskMemRealloc(*slot, (state >> 16) % 500 + 1);
            if (moved)
                *slot = moved;
        } else if (*slot) {
            CoTaskMemFree(*slot);
            *slot = NULL;
        } else {
            *slot = CoTaskMemAlloc((state >> 16) % 500);
        }
    }
    for (int i = 0; i < 10; i++)
        CoTaskMemFree(held[i]);
    return 0;
}

static void threads(void)
{
    HANDLE all[THREADS];
    int came = 0;
    overlaps = inside = 0;
    for (int i = 0; i < THREADS; i++)
        all[i] = CreateThread(NULL, 0, worker, (void *)(ULONG_PTR)(i + 1), 0, NULL);
    /* It comes and goes while they work. */
    while (WaitForMultipleObjects(THREADS, all, TRUE, 1) == WAIT_TIMEOUT)
        came += CoRegisterMallocSpy(&spy) == S_OK, CoRevokeMallocSpy();
    for (int i = 0; i < THREADS; i++)
        CloseHandle(all[i]);
    CoRevokeMallocSpy();
    documented("IMallocSpy", "a lock is held from each Pre method to its Post", SAME,
               overlaps == 0 && inside == 0);
    documented("IMallocSpy", "when all blocks are freed a revoked spy has gone", SAME,
               references == 1 && CoRevokeMallocSpy() == CO_E_OBJNOTREG);
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    printf("came %d times\n", came);
}

int main(void)
{
    IMalloc *allocator;
    CHECK(CoGetMalloc(1, &allocator) == S_OK);
    void *unspied = CoTaskMemAlloc(30);
    registered();
    hooks(allocator, unspied);
    one_after_the_other();
    threads();
    return undocumented();
}

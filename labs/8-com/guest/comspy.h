/* comspy.h - an IMallocSpy that writes down what it is asked, and two threads that race through it.
 *
 * Its log (LOG, LOGS) has a line for each hook: which, with what, and whether the block was the
 * spy's.  `mode` says how it behaves.  Part of comops.h, for the side.
 */
#ifndef COMSPY_H
#define COMSPY_H

static const IID is_unknown = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const IID is_malloc = {2, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const IID is_spy = {0x1D, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const IID is_factory = {1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

static unsigned mode;
static LONG references;
static struct {
    unsigned hook, value, spied, thread;
} lines[64];
static volatile LONG count;

static void note(unsigned hook, unsigned value, unsigned spied)
{
    const unsigned at = (unsigned)InterlockedIncrement(&count) - 1;
    if (at < 64) {
        lines[at].hook = hook;
        lines[at].value = value;
        lines[at].spied = spied;
        lines[at].thread = GetCurrentThreadId();
    }
    if (mode & INSIDE)
        ole.free(ole.alloc(5));
    if ((mode & SLOW) && hook == PREALLOC)
        Sleep(20);
}

/* The block of a pointer that the caller holds, and the other way about. */
static void *block_of(void *pointer, BOOL spied)
{
    return spied && (mode & HEADER) ? (char *)pointer - SHIFT : pointer;
}

static void *pointer_of(void *block)
{
    return block != NULL && (mode & HEADER) ? (char *)block + SHIFT : block;
}

static HRESULT STDMETHODCALLTYPE s_query(IMallocSpy *self, REFIID iid, void **object)
{
    const BOOL known =
        !memcmp(iid, &is_unknown, 16) || (!memcmp(iid, &is_spy, 16) && !(mode & NO_SPY));
    *object = known ? self : NULL;
    if (known)
        InterlockedIncrement(&references);
    return known ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE s_add(IMallocSpy *self)
{
    (void)self;
    return (ULONG)InterlockedIncrement(&references);
}

static ULONG STDMETHODCALLTYPE s_release(IMallocSpy *self)
{
    (void)self;
    return (ULONG)InterlockedDecrement(&references);
}

static SIZE_T STDMETHODCALLTYPE s_pre_alloc(IMallocSpy *self, SIZE_T size)
{
    (void)self;
    note(PREALLOC, size, 2);
    return mode & REFUSES ? 0 : mode & HEADER ? size + SHIFT : size;
}

static void *STDMETHODCALLTYPE s_post_alloc(IMallocSpy *self, void *block)
{
    (void)self;
    note(POSTALLOC, (unsigned)block, 2);
    return pointer_of(block);
}

static void *STDMETHODCALLTYPE s_pre_free(IMallocSpy *self, void *pointer, BOOL spied)
{
    (void)self;
    note(PREFREE, (unsigned)pointer, (unsigned)spied);
    return block_of(pointer, spied);
}

static void STDMETHODCALLTYPE s_post_free(IMallocSpy *self, BOOL spied)
{
    (void)self;
    note(POSTFREE, 0, (unsigned)spied);
}

static SIZE_T STDMETHODCALLTYPE s_pre_realloc(IMallocSpy *self, void *pointer,
                                              SIZE_T size, void **block, BOOL spied)
{
    (void)self;
    note(PREREALLOC, size, (unsigned)spied);
    *block = block_of(pointer, spied);
    return mode & REFUSES ? 0 : spied && (mode & HEADER) ? size + SHIFT : size;
}

static void *STDMETHODCALLTYPE s_post_realloc(IMallocSpy *self, void *block, BOOL spied)
{
    (void)self;
    note(POSTREALLOC, (unsigned)block, (unsigned)spied);
    return spied ? pointer_of(block) : block;
}

static void *STDMETHODCALLTYPE s_pre_size(IMallocSpy *self, void *pointer, BOOL spied)
{
    (void)self;
    note(PREGETSIZE, (unsigned)pointer, (unsigned)spied);
    return block_of(pointer, spied);
}

static SIZE_T STDMETHODCALLTYPE s_post_size(IMallocSpy *self, SIZE_T size, BOOL spied)
{
    (void)self;
    note(POSTGETSIZE, size, (unsigned)spied);
    return spied && (mode & HEADER) ? size - SHIFT : size;
}

static void *STDMETHODCALLTYPE s_pre_did(IMallocSpy *self, void *pointer, BOOL spied)
{
    (void)self;
    note(PREDIDALLOC, (unsigned)pointer, (unsigned)spied);
    return block_of(pointer, spied);
}

static int STDMETHODCALLTYPE s_post_did(IMallocSpy *self, void *pointer, BOOL spied,
                                        int did)
{
    (void)self;
    note(POSTDIDALLOC, (unsigned)pointer, (unsigned)spied);
    return did;
}

static void STDMETHODCALLTYPE s_pre_minimize(IMallocSpy *self)
{
    (void)self;
    note(PREMINIMIZE, 0, 2);
}

static void STDMETHODCALLTYPE s_post_minimize(IMallocSpy *self)
{
    (void)self;
    note(POSTMINIMIZE, 0, 2);
}

static IMallocSpyVtbl spy_table = {
    s_query,     s_add,       s_release,     s_pre_alloc,    s_post_alloc,
    s_pre_free,  s_post_free, s_pre_realloc, s_post_realloc, s_pre_size,
    s_post_size, s_pre_did,   s_post_did,    s_pre_minimize, s_post_minimize};
static IMallocSpy the_spy = {&spy_table};

/* Two threads allocate while PreAlloc is slow. */
static DWORD WINAPI racer(LPVOID unused)
{
    (void)unused;
    ole.free(ole.alloc(40));
    return 0;
}

static void race(void)
{
    HANDLE threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, racer, NULL, 0, NULL);
    for (int i = 0; i < 2; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        CloseHandle(threads[i]);
    }
}

#endif

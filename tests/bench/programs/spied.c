/* link: -lole32 -luuid */
/* spied.c - what a spied CoTaskMemAlloc and CoTaskMemFree cost with few and with many blocks
 * alive, in TSC ticks: instructions under icount.  Each line `name value`. */
#include <windows.h>
#include <objbase.h>
#include <stdio.h>

#define MOST 10000u

static HRESULT STDMETHODCALLTYPE query(IMallocSpy *self, REFIID iid, void **object)
{
    (void)iid;
    *object = self;
    return S_OK;
}
static ULONG STDMETHODCALLTYPE counts(IMallocSpy *self)
{
    (void)self;
    return 1;
}
static SIZE_T STDMETHODCALLTYPE pre_alloc(IMallocSpy *self, SIZE_T size)
{
    (void)self;
    return size;
}
static void *STDMETHODCALLTYPE post_alloc(IMallocSpy *self, void *block)
{
    (void)self;
    return block;
}
static void *STDMETHODCALLTYPE pre_free(IMallocSpy *self, void *block, BOOL spied)
{
    (void)self, (void)spied;
    return block;
}
static void STDMETHODCALLTYPE post_free(IMallocSpy *self, BOOL spied)
{
    (void)self, (void)spied;
}

static IMallocSpyVtbl table = {.QueryInterface = query,
                               .AddRef = counts,
                               .Release = counts,
                               .PreAlloc = pre_alloc,
                               .PostAlloc = post_alloc,
                               .PreFree = pre_free,
                               .PostFree = post_free};
static IMallocSpy spy = {&table};
static void *block[MOST];

static unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

/* The oldest of `count` blocks is freed and another allocated, MOST times. */
static void measure(const char *name, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        block[i] = CoTaskMemAlloc(40);
    unsigned long long start = ticks();
    for (unsigned i = 0; i < MOST; i++) {
        void **slot = &block[i % count];
        CoTaskMemFree(*slot);
        *slot = CoTaskMemAlloc(40);
    }
    printf("%s %llu\n", name, (ticks() - start) / MOST);
    for (unsigned i = 0; i < count; i++)
        CoTaskMemFree(block[i]);
}

int main(void)
{
    CoTaskMemFree(CoTaskMemAlloc(40));
    measure("plain_10000", MOST);
    if (CoRegisterMallocSpy(&spy) != S_OK)
        return 1;
    measure("spied_10", 10);
    measure("spied_10000", MOST);
    return CoRevokeMallocSpy() != S_OK;
}

/* link: -lcw3220 */
/* borland_link.c - an ordinary program whose malloc is cw3220's: its checks by the codes of
 * Borland's manual, and that the system's heap is never asked, by the trace. */
#include <windows.h>
#include <cw3220.h>
#include <string.h>
#include "check.h"
#include "fathom.h"

#define HEAP_OPERATIONS (1u << 12) /* include/events.tbl */

static HMODULE module_of(const void *address)
{
    HMODULE module = NULL;
    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                           GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       address, &module);
    return module;
}

static void use(void)
{
    void *held[100] = {NULL};
    for (unsigned i = 0; i < 4000; i++) {
        void **slot = &held[i * 37 % 100];
        *slot = i % 3 == 0 ? realloc(*slot, i % 900 + 1)
                           : (free(*slot), calloc(i % 7 + 1, i % 600));
    }
    for (int i = 0; i < 100; i++)
        free(held[i]);
}

static void untouched_system_heap(void)
{
    static char events[0x10000];
    HMODULE dll = LoadLibraryA("fathom.dll");
    LONG(WINAPI * trace)(ULONG, ULONG) = (void *)GetProcAddress(dll, "FathomTrace");
    LONG(WINAPI * read)
    (PVOID, ULONG, PULONG) = (void *)GetProcAddress(dll, "FathomReadEvents");
    ULONG bytes = 1;
    CHECK(trace && read);
    CHECK(trace(HEAP_OPERATIONS, 0) >= 0);
    use();
    CHECK(read(events, sizeof events, &bytes) >= 0);
    CHECK_EQUAL(bytes, 0);
    HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 10));
    CHECK(read(events, sizeof events, &bytes) >= 0 && bytes != 0);
    trace(0, 0);
}

int main(void)
{
    char *block = malloc(50), *volatile next = malloc(100), *last = malloc(50);
    struct heapinfo at = {NULL, 0, 0};
    int result, used = 0;
    CHECK(GetModuleHandleA("cw3220.dll") != NULL && module_of(block) == NULL);
    CHECK_EQUAL(heapcheck(), _HEAPOK);
    while ((result = heapwalk(&at)) == _HEAPOK)
        used += at.in_use && (at.ptr == block || at.ptr == next || at.ptr == last);
    CHECK(result == _HEAPEND && used == 3);
    CHECK_EQUAL(heapchecknode(next), _USEDENTRY);
    CHECK_EQUAL(heapchecknode(next + 8), _BADNODE);
    free(next);
    CHECK_EQUAL(heapchecknode(next), _FREEENTRY);
    CHECK_EQUAL(heapfillfree(0x5A), _HEAPOK);
    CHECK_EQUAL(heapcheckfree(0x5A), _HEAPOK);
    next[60] = 1;
    CHECK_EQUAL(heapcheckfree(0x5A), _BADVALUE);
    next[60] = 0x5A;
    CHECK_EQUAL(heapcheckfree(0x5A), _HEAPOK);
    CHECK(_msize(last) >= 50);
    CHECK(!HeapValidate(GetProcessHeap(), 0, block));
    untouched_system_heap();
    CHECK_EQUAL(heapcheck(), _HEAPOK);
    return 0;
}

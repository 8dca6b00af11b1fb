/* borland_walk.c - the checks of Borland's <alloc.h> on cw3220's heap, each code they
 * document; its errors; and that it knows nothing of the system's heap. */
#include <windows.h>
#include <string.h>
#include "check.h"

enum {
    EMPTY = 1,
    OK,
    FREE_ENTRY,
    USED_ENTRY,
    END,
    CORRUPT = -1,
    BAD_NODE = -2,
    BAD_VALUE = -3
};

struct heapinfo {
    void *ptr;
    unsigned int size;
    int in_use;
};

static void *(*b_malloc)(size_t), *(*b_realloc)(void *, size_t);
static void *(*b_calloc)(size_t, size_t), *(*b_expand)(void *, size_t);
static void (*b_free)(void *);
static int (*heapcheck)(void), (*heapwalk)(struct heapinfo *);
static int (*heapchecknode)(void *), (*heapcheckfree)(unsigned),
    (*heapfillfree)(unsigned);
static size_t (*b_msize)(void *);
static int *(*b_errno)(void);

static void find_all(HMODULE dll)
{
    b_malloc = (void *)GetProcAddress(dll, "_malloc");
    b_realloc = (void *)GetProcAddress(dll, "_realloc");
    b_calloc = (void *)GetProcAddress(dll, "_calloc");
    b_free = (void *)GetProcAddress(dll, "_free");
    b_expand = (void *)GetProcAddress(dll, "__expand");
    b_msize = (void *)GetProcAddress(dll, "__msize");
    b_errno = (void *)GetProcAddress(dll, "___errno");
    heapcheck = (void *)GetProcAddress(dll, "_heapcheck");
    heapwalk = (void *)GetProcAddress(dll, "_heapwalk");
    heapchecknode = (void *)GetProcAddress(dll, "_heapchecknode");
    heapcheckfree = (void *)GetProcAddress(dll, "_heapcheckfree");
    heapfillfree = (void *)GetProcAddress(dll, "_heapfillfree");
    CHECK(b_malloc && b_realloc && b_calloc && b_free && b_expand && b_msize && b_errno);
    CHECK(heapcheck && heapwalk && heapchecknode && heapcheckfree && heapfillfree);
}

/* Every function that the DLL imports. */
static void imports(HMODULE dll)
{
    char *base = (char *)dll;
    IMAGE_NT_HEADERS *nt = (void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_IMPORT_DESCRIPTOR *from =
        (void *)(base + nt->OptionalHeader.DataDirectory[1].VirtualAddress);
    int reserves = 0;
    for (; from->Name != 0; from++) {
        CHECK(_stricmp(base + from->Name, "kernel32.dll") == 0);
        DWORD *name = (void *)(base + from->OriginalFirstThunk);
        for (; *name != 0; name++) {
            const char *text = ((IMAGE_IMPORT_BY_NAME *)(base + *name))->Name;
            CHECK(strncmp(text, "Heap", 4) && strncmp(text, "GetProcessHeap", 14));
            CHECK(strncmp(text, "Local", 5) && strncmp(text, "Global", 6));
            reserves += strcmp(text, "VirtualAlloc") == 0;
        }
    }
    CHECK(reserves == 1);
}

static void empty(void)
{
    struct heapinfo at = {NULL, 0, 0};
    CHECK(heapcheck() == EMPTY && heapwalk(&at) == EMPTY);
    CHECK(heapchecknode(&at) == EMPTY && heapcheckfree(1) == EMPTY);
    CHECK(heapfillfree(1) == EMPTY);
}

static void nodes(void)
{
    char *block[5];
    for (int i = 0; i < 5; i++)
        block[i] = b_malloc(100 + i * 8);
    CHECK(heapcheck() == OK && heapchecknode(block[2]) == USED_ENTRY);
    CHECK(heapchecknode(block[2] + 8) == BAD_NODE && heapchecknode(block) == BAD_NODE);
    b_free(block[1]);
    b_free(block[3]);
    CHECK(heapchecknode(block[1]) == FREE_ENTRY);
    struct heapinfo at = {NULL, 0, 0};
    int used = 0, free_ones = 0, result;
    while ((result = heapwalk(&at)) == OK) {
        used += at.in_use != 0;
        free_ones += at.in_use == 0;
        if (at.ptr == block[2])
            CHECK(at.in_use && at.size >= 116 && at.size == b_msize(block[2]));
    }
    CHECK(result == END && used == 3 && free_ones >= 2);
    CHECK(heapfillfree(0xA5A5A5A5) == OK && heapcheckfree(0xA5A5A5A5) == OK);
    CHECK(heapcheckfree(0x11111111) == BAD_VALUE);
    /* After what the heap keeps there, a free block is the filled words. */
    CHECK(*(unsigned *)(block[1] + 40) == 0xA5A5A5A5);
    block[1][60] ^= 1;
    CHECK(heapcheckfree(0xA5A5A5A5) == BAD_VALUE && heapcheck() == OK);
    /* What the heap keeps there, or watches over. */
    block[1][0] ^= 1;
    CHECK(heapcheck() == CORRUPT && heapchecknode(block[2]) == CORRUPT);
    CHECK(heapfillfree(1) == CORRUPT && heapcheckfree(1) == CORRUPT);
    block[1][0] ^= 1;
    CHECK(heapcheck() == OK);
    b_free(block[0]);
    b_free(block[2]);
    b_free(block[4]);
    CHECK(heapcheck() == OK);
}

static void sizes(void)
{
    char *block = b_malloc(1000);
    memset(block, 'x', 1000);
    CHECK(b_expand(block, 100) == block && b_msize(block) < 1000);
    char *next = b_malloc(500);
    CHECK(b_expand(block, 4000000) == NULL && *b_errno() == 8);
    CHECK(b_msize(block) < 1000 && block[99] == 'x');
    CHECK(b_expand(NULL, 5) == NULL && *b_errno() == 19);
    *b_errno() = 0;
    CHECK(b_malloc(0x7FFFFFFF) == NULL && *b_errno() == 8);
    *b_errno() = 0;
    CHECK(b_realloc(block, 0x7FFFFFFF) == NULL && *b_errno() == 8 && block[0] == 'x');
    *b_errno() = 0;
    CHECK(b_calloc(0x10001, 0x10000) == NULL && *b_errno() == 8);
    CHECK(b_realloc(block, 0) == NULL && heapchecknode(block) != USED_ENTRY);
    b_free(next);
    /* A large block is an arena of its own and goes back to the system. */
    block = b_malloc(5000000);
    MEMORY_BASIC_INFORMATION info;
    CHECK(VirtualQuery(block, &info, sizeof(info)) && info.State == MEM_COMMIT);
    b_free(block);
    CHECK(VirtualQuery(block, &info, sizeof(info)) && info.State == MEM_FREE);
}

/* The system's heaps are as they were, whatever cw3220 does. */
static SIZE_T busy_bytes(void)
{
    PROCESS_HEAP_ENTRY at = {0};
    SIZE_T bytes = 0;
    while (HeapWalk(GetProcessHeap(), &at))
        bytes += at.wFlags & PROCESS_HEAP_ENTRY_BUSY ? at.cbData : 0;
    return bytes;
}

int main(void)
{
    HMODULE dll = LoadLibraryA("cw3220.dll");
    CHECK(dll != NULL);
    find_all(dll);
    imports(dll);
    SIZE_T before = busy_bytes();
    DWORD heaps = GetProcessHeaps(0, NULL);
    empty();
    nodes();
    sizes();
    CHECK_EQUAL(busy_bytes(), before);
    CHECK_EQUAL(GetProcessHeaps(0, NULL), heaps);
    CHECK(FreeLibrary(dll));
    return 0;
}

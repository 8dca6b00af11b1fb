/* layer.c - msvcrtd's debug layer: fills, header, counts, checkpoints, leaks, hooks. */
#define _CRTDBG_MAP_ALLOC
#include <windows.h>
#include <crtdbg.h>
#include <direct.h>
#include <errno.h>
#include <string.h>
#include "check.h"

/* The real thing's header, as its source and a debugger show it. */
struct header {
    struct header *next, *previous;
    char *file;
    int line;
    size_t size;
    int use;
    long request;
    unsigned char gap[4];
};

static char said[8192];

static int __cdecl overhear(int type, char *text, int *answer)
{
    *answer = 0;
    CHECK(type >= _CRT_WARN && type <= _CRT_ASSERT);
    if (strlen(said) + strlen(text) < sizeof(said))
        strcat(said, text);
    return TRUE;
}

/* True if `text` was said since the last question; forgets all that was. */
static int heard(const char *text)
{
    int found = strstr(said, text) != NULL;
    if (!found) {
        printf("not heard: %s\nbut: %s\n", text, said);
        fflush(stdout);
    }
    said[0] = 0;
    return found;
}

static int all(const void *memory, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)memory)[i] != byte)
            return 0;
    return 1;
}

static void fills(void)
{
    char *block = malloc(40);
    int line = __LINE__ - 1;
    struct header *head = (struct header *)block - 1;
    CHECK(all(block, 0xCD, 40) && all(block + 40, 0xFD, 4) && all(head->gap, 0xFD, 4));
    CHECK(head->size == 40 && head->use == _NORMAL_BLOCK && head->line == line);
    CHECK(strcmp(head->file, __FILE__) == 0 && head->previous == NULL);
    CHECK(_msize(block) == 40 && _msize_dbg(block, _NORMAL_BLOCK) == 40);
    memset(block, 7, 40);
    long request = head->request;
    block = realloc(block, 100);
    head = (struct header *)block - 1;
    CHECK(all(block, 7, 40) && all(block + 40, 0xCD, 60) && all(block + 100, 0xFD, 4));
    CHECK(head->size == 100 && head->request == request + 1);
    CHECK(_expand(block, 50) == block && _msize(block) == 50);
    CHECK(all(block + 50, 0xFD, 4));
    block = _recalloc(block, 4, 20);
    CHECK(block != NULL && all(block, 7, 40) && all(block + 50, 0, 30));
    _CrtSetDbgFlag(_CRTDBG_ALLOC_MEM_DF | _CRTDBG_DELAY_FREE_MEM_DF);
    free(block);
    CHECK(all(block, 0xDD, 80) && ((struct header *)block - 1)->use == _FREE_BLOCK);
    CHECK(_CrtCheckMemory());
    block[3] = 1;
    CHECK(!_CrtCheckMemory() &&
          heard("HEAP CORRUPTION DETECTED: on top of Free block at"));
    block[3] = (char)0xDD;
    CHECK(_CrtCheckMemory());
    _CrtSetDbgFlag(_CRTDBG_ALLOC_MEM_DF);
    block = calloc(5, 8);
    CHECK(block != NULL && all(block, 0, 40) && all(block + 40, 0xFD, 4));
    free(block);
    CHECK(realloc(NULL, 0) != NULL || errno == ENOMEM);
    volatile size_t huge = 0x10001;
    errno = 0;
    CHECK(calloc(huge, 0x10000) == NULL && errno == ENOMEM);
}

static void damage(void)
{
    char text[160];
    char *block = malloc(10);
    int line = __LINE__ - 1;
    long request = 0;
    char *file = NULL;
    int at = 0;
    CHECK(_CrtIsMemoryBlock(block, 10, &request, &file, &at) && at == line);
    CHECK(!_CrtIsMemoryBlock(block, 11, NULL, NULL, NULL));
    said[0] = 0;
    block[10] = 'x';
    CHECK(!_CrtCheckMemory());
    sprintf(text, "HEAP CORRUPTION DETECTED: after Normal block (#%ld) at 0x%08lX.\n",
            request, (unsigned long)(ULONG_PTR)block);
    CHECK(strstr(said, text) != NULL);
    sprintf(text, "%s(%d)", __FILE__, line);
    CHECK(heard(text));
    block[10] = (char)0xFD;
    CHECK(_CrtCheckMemory());
    block[-2] = 'x';
    free(block);
    CHECK(heard("HEAP CORRUPTION DETECTED: before Normal block (#"));
    /* What is no block, or no more. */
    block = malloc(10);
    free(block);
    free(block);
    CHECK(heard("_CrtIsValidHeapPointer(pUserData)"));
    free(text + 8);
    CHECK(heard("_CrtIsValidHeapPointer(pUserData)"));
    free((void *)0x12345678);
    CHECK(heard("_CrtIsValidHeapPointer(pUserData)"));
    CHECK(!_CrtIsValidHeapPointer(text) && !_CrtIsValidHeapPointer(NULL));
    block = _aligned_malloc(100, 64);
    CHECK(block != NULL && ((size_t)block & 63) == 0 && all(block, 0xCD, 100));
    free(block);
    CHECK(heard("_aligned_free()"));
    _aligned_free(block);
    CHECK(said[0] == 0);
    block = _malloc_dbg(10, _CLIENT_BLOCK, NULL, 0);
    free(block);
    CHECK(heard("pHead->nBlockUse == nBlockUse"));
    CHECK(_CrtCheckMemory());
}

static void dump(void *memory, size_t size)
{
    _CrtDbgReport(_CRT_WARN, NULL, 0, NULL, "client says %.3s %u", (char *)memory,
                  (unsigned int)size);
}

static void visit(void *memory, void *context)
{
    ++*(int *)context;
    CHECK(_CrtReportBlockType(memory) == (_CLIENT_BLOCK | 5 << 16));
}

static void states(void)
{
    _CrtMemState before, after, difference;
    _CrtMemCheckpoint(&before);
    char *normal = malloc(30);
    memcpy(normal, "leaked\1", 7);
    char *client = _malloc_dbg(12, _CLIENT_BLOCK | 5 << 16, "there.c", 77);
    strcpy(client, "abc");
    char *text = _strdup("dup"), *folder = _getcwd(NULL, 0);
    _CrtMemCheckpoint(&after);
    CHECK(_CrtMemDifference(&difference, &before, &after));
    CHECK(difference.lCounts[_NORMAL_BLOCK] == 3 &&
          difference.lCounts[_CLIENT_BLOCK] == 1);
    CHECK(difference.lSizes[_CLIENT_BLOCK] == 12);
    CHECK(after.lTotalCount > before.lTotalCount);
    _CrtMemDumpStatistics(&difference);
    CHECK(heard("12 bytes in 1 Client Blocks.\n"));
    int clients = 0;
    _CrtDoForAllClientObjects(visit, &clients);
    CHECK(clients == 1);
    _CrtSetDumpClient(dump);
    CHECK(_CrtGetDumpClient() == dump);
    _CrtMemDumpAllObjectsSince(&before);
    CHECK(strstr(said, "there.c(77) : {") && strstr(said, "client says abc 12"));
    CHECK(strstr(said, ", subtype 5, 12 bytes long.\n"));
    CHECK(heard(" Data: <leaked ") && _CrtDumpMemoryLeaks());
    CHECK(heard("Detected memory leaks!\nDumping objects ->\n"));
    free(text);
    free(folder);
    free(normal);
    _free_dbg(client, _CLIENT_BLOCK);
    _CrtMemCheckpoint(&after);
    CHECK(!_CrtMemDifference(&difference, &before, &after));
    /* Blocks taken while nothing is recorded are in no list. */
    _CrtSetDbgFlag(0);
    normal = malloc(30);
    CHECK(((struct header *)normal - 1)->request == 0);
    CHECK(_CrtReportBlockType(normal) == _IGNORE_BLOCK);
    _CrtSetDbgFlag(_CRTDBG_ALLOC_MEM_DF);
    _CrtMemCheckpoint(&after);
    CHECK(!_CrtMemDifference(&difference, &before, &after));
    free(normal);
    CHECK(said[0] == 0);
}

static int hook_calls[4], hook_answer = TRUE;
static long next_request;

static int __cdecl on_allocation(int what, void *memory, size_t size, int use,
                                 long request, const unsigned char *file, int line)
{
    (void)size;
    (void)file;
    (void)line;
    if (_BLOCK_TYPE(use) == _CRT_BLOCK)
        return TRUE;
    CHECK((what == _HOOK_ALLOC) == (memory == NULL));
    hook_calls[what]++;
    if (what != _HOOK_FREE)
        next_request = request + 1;
    return hook_answer;
}

static LONG CALLBACK on_break(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_BREAKPOINT)
        return EXCEPTION_CONTINUE_SEARCH;
    pointers->ContextRecord->Eip++;
    hook_calls[0]++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void hooks(void)
{
    CHECK(_CrtSetAllocHook(on_allocation) == NULL);
    char *block = malloc(10);
    block = realloc(block, 20);
    free(block);
    CHECK(hook_calls[1] == 1 && hook_calls[2] == 1 && hook_calls[3] == 1);
    hook_answer = FALSE;
    CHECK(malloc(10) == NULL && heard("Client hook allocation failure at file "));
    hook_answer = TRUE;
    CHECK(_CrtSetAllocHook(NULL) == on_allocation);
    AddVectoredExceptionHandler(1, on_break);
    /* The refused allocation used up no number. */
    CHECK(_CrtSetBreakAlloc(next_request) == -1);
    int stops = hook_calls[0];
    block = malloc(10);
    CHECK(hook_calls[0] <= stops + 1);
    if (hook_calls[0] == stops) {
        long request;
        CHECK(_CrtIsMemoryBlock(block, 10, &request, NULL, NULL));
        _CrtSetBreakAlloc(request + 1);
        free(malloc(5));
    }
    CHECK(hook_calls[0] == stops + 1);
    CHECK(_CrtSetBreakAlloc(-1) > 0 && _crtBreakAlloc == -1);
    free(block);
    CHECK(_CrtSetReportMode(_CRT_WARN, _CRTDBG_REPORT_MODE) == _CRTDBG_MODE_DEBUG);
    CHECK(_CrtSetReportMode(_CRT_ERROR, _CRTDBG_REPORT_MODE) == _CRTDBG_MODE_WNDW);
    CHECK(_CrtSetReportMode(7, 0) == -1 && errno == EINVAL);
    CHECK(_CrtSetReportHook2(_CRT_RPTHOOK_INSTALL, overhear) == 1);
    CHECK(_CrtSetReportHook(NULL) == overhear);
    _RPT1(_CRT_WARN, "%d apples", 3);
    CHECK(heard("3 apples"));
    _ASSERTE(1 + 1 == 3);
    CHECK(heard("layer.c(") && said[0] == 0);
    CHECK(_CrtSetReportHook2(_CRT_RPTHOOK_REMOVE, overhear) == 0);
}

int main(void)
{
    CHECK(_CrtSetDbgFlag(_CRTDBG_REPORT_FLAG) == _CRTDBG_ALLOC_MEM_DF);
    CHECK(_crtDbgFlag == _CRTDBG_ALLOC_MEM_DF);
    CHECK(GetModuleHandleA("msvcrt.dll") == NULL);
    CHECK(!_CrtDumpMemoryLeaks());
    CHECK(_CrtSetReportHook(overhear) == NULL && _CrtGetReportHook() == overhear);
    states();
    fills();
    damage();
    hooks();
    return 0;
}

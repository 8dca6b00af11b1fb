/* rules.c - what Microsoft's pages say of the CRT debug heap, in msvcrtd.dll. */
#define _CRTDBG_MAP_ALLOC
#include <windows.h>
#include <crtdbg.h>
#include <malloc.h>
#include <string.h>
#include "documented.h"

static char said[8192];

static int __cdecl overhear(int type, char *text, int *answer)
{
    (void)type;
    *answer = 0;
    if (strlen(said) + strlen(text) < sizeof said)
        strcat(said, text);
    return TRUE;
}

/* Was it said since the last question? */
static int heard(const char *text)
{
    const int found = strstr(said, text) != NULL;
    said[0] = 0;
    return found;
}

static int all(const void *memory, int byte, size_t size)
{
    size_t i = 0;
    while (i < size && ((const unsigned char *)memory)[i] == byte)
        i++;
    return i == size;
}

static void fills(void)
{
    char *block = malloc(24);
    documented("CRT Debug Heap Details", "new memory is filled with 0xCD", SAME,
               all(block, 0xCD, 24));
    documented("CRT Debug Heap Details", "4 bytes of 0xFD stand before and after it",
               SAME, all(block - 4, 0xFD, 4) && all(block + 24, 0xFD, 4));
    const int before = _CrtSetDbgFlag(_CRTDBG_REPORT_FLAG);
    documented("_CrtSetDbgFlag", "_CRTDBG_REPORT_FLAG asks; ALLOC_MEM is the default",
               SAME, before == _CRTDBG_ALLOC_MEM_DF);
    documented("_CrtSetDbgFlag", "the previous state is returned", SAME,
               _CrtSetDbgFlag(before | _CRTDBG_DELAY_FREE_MEM_DF) == before &&
                   _CrtSetDbgFlag(_CRTDBG_REPORT_FLAG) ==
                       (before | _CRTDBG_DELAY_FREE_MEM_DF));
    volatile char *freed = block;
    free(block);
    documented("_CrtSetDbgFlag",
               "_CRTDBG_DELAY_FREE_MEM_DF: freed blocks stay, with 0xDD", SAME,
               all((char *)freed, 0xDD, 24) && _CrtCheckMemory());
    freed[2] = 1;
    documented("_CrtCheckMemory", "a write to a freed block is found: FALSE", SAME,
               !_CrtCheckMemory() && heard("on top of Free block"));
    freed[2] = (char)0xDD;
    _CrtSetDbgFlag(before);
    _CrtSetDbgFlag(0);
    block = malloc(8);
    documented("_CrtSetDbgFlag", "without ALLOC_MEM new blocks are _IGNORE_BLOCKs", SAME,
               _CrtReportBlockType(block) == _IGNORE_BLOCK);
    documented("_CrtCheckMemory", "and there is nothing to check: TRUE", SAME,
               _CrtCheckMemory());
    free(block);
    _CrtSetDbgFlag(before | _CRTDBG_CHECK_ALWAYS_DF);
    block = malloc(8);
    block[8] = 0;
    free(malloc(1));
    documented("_CrtSetDbgFlag", "_CRTDBG_CHECK_ALWAYS_DF: each call checks the heap",
               SAME, heard("HEAP CORRUPTION DETECTED: after Normal block"));
    block[8] = (char)0xFD;
    _CrtSetDbgFlag(before | _CRTDBG_CHECK_EVERY_16_DF);
    block[8] = 0;
    int calls = 0;
    while (said[0] == 0 && calls < 100)
        free(malloc(1)), calls++;
    documented("_CrtSetDbgFlag", "_CRTDBG_CHECK_EVERY_16_DF: each 16th call does", SAME,
               calls >= 1 && calls <= 16);
    block[8] = (char)0xFD;
    said[0] = 0;
    _CrtSetDbgFlag(before);
    free(block);
}

static void types(void)
{
    _CrtMemState before, after, between;
    _CrtMemCheckpoint(&before);
    char *normal = malloc(10), *client = _malloc_dbg(20, _CLIENT_BLOCK, "a.cpp", 5);
    char *crt = _malloc_dbg(30, _CRT_BLOCK, NULL, 0);
    _CrtMemCheckpoint(&after);
    documented("_CrtMemDifference", "TRUE: the states differ significantly", SAME,
               _CrtMemDifference(&between, &before, &after));
    documented(
        "_CrtMemCheckpoint", "counts and sizes of each type of block", SAME,
        between.lCounts[_NORMAL_BLOCK] == 1 && between.lSizes[_NORMAL_BLOCK] == 10 &&
            between.lCounts[_CLIENT_BLOCK] == 1 && between.lSizes[_CLIENT_BLOCK] == 20 &&
            between.lCounts[_CRT_BLOCK] == 1);
    documented("_CrtReportBlockType", "the type of a block", SAME,
               _CrtReportBlockType(client) == _CLIENT_BLOCK &&
                   _CrtReportBlockType(crt) == _CRT_BLOCK);
    documented("_CrtDumpMemoryLeaks", "TRUE: there are blocks, and they are dumped", SAME,
               _CrtDumpMemoryLeaks() && strstr(said, "Detected memory leaks!") &&
                   heard("a.cpp(5) : {"));
    free(normal);
    _free_dbg(client, _CLIENT_BLOCK);
    _CrtMemCheckpoint(&after);
    documented("_CrtMemDifference", "_CRT_BLOCKs are not counted: FALSE", SAME,
               !_CrtMemDifference(&between, &before, &after));
    documented("_CrtDumpMemoryLeaks", "_CRT_BLOCKs are no leaks: FALSE", SAME,
               !_CrtDumpMemoryLeaks());
    const int flags = _CrtSetDbgFlag(_CRTDBG_REPORT_FLAG);
    _CrtSetDbgFlag(flags | _CRTDBG_CHECK_CRT_DF);
    documented("_CrtSetDbgFlag",
               "_CRTDBG_CHECK_CRT_DF: leaks and differences include them", SAME,
               _CrtMemDifference(&between, &before, &after) && _CrtDumpMemoryLeaks());
    _CrtSetDbgFlag(flags);
    said[0] = 0;
    _free_dbg(crt, _CRT_BLOCK);
    documented("_CrtIsValidHeapPointer", "FALSE: no block of this heap", SAME,
               !_CrtIsValidHeapPointer(&flags) && !_CrtIsValidHeapPointer(NULL));
}

static int refused;
static int __cdecl on_allocation(int what, void *memory, size_t size, int use,
                                 long request, const unsigned char *file, int line)
{
    (void)memory;
    (void)request;
    (void)file;
    (void)line;
    refused += what == _HOOK_ALLOC && _BLOCK_TYPE(use) == _NORMAL_BLOCK && size == 123;
    return !(what == _HOOK_ALLOC && size == 123);
}

static int wide_lines;
static int __cdecl overhear_wide(int type, wchar_t *text, int *answer)
{
    *answer = 0;
    wide_lines += type == _CRT_WARN && wcscmp(text, L"three 3") == 0;
    return TRUE;
}

static LONG broke;
static LONG CALLBACK on_break(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_BREAKPOINT)
        return EXCEPTION_CONTINUE_SEARCH;
    pointers->ContextRecord->Eip++;
    broke++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void hooks(void)
{
    long number = 0;
    documented("_CrtSetAllocHook", "returns the previously defined hook", SAME,
               _CrtSetAllocHook(on_allocation) == NULL &&
                   _CrtGetAllocHook() == on_allocation);
    documented("_CrtSetAllocHook", "a hook that returns FALSE makes the allocation fail",
               SAME, malloc(123) == NULL && refused == 1);
    _CrtSetAllocHook(NULL);
    said[0] = 0;
    documented("_CrtSetReportHook2", "the count of the hook chain is returned", SAME,
               _CrtSetReportHookW2(_CRT_RPTHOOK_INSTALL, overhear_wide) == 1);
    _RPT1(_CRT_WARN, "three %d", 3);
    documented("_CrtSetReportHookW2", "a wide hook; TRUE ends the report", SAME,
               wide_lines == 1 && said[0] == 0);
    documented("_CrtSetReportHook2", "a hook is removed as often as it was installed",
               SAME,
               _CrtSetReportHookW2(_CRT_RPTHOOK_REMOVE, overhear_wide) == 0 &&
                   _CrtSetReportHookW2(_CRT_RPTHOOK_REMOVE, overhear_wide) == -1);
    char *block = malloc(4);
    CHECK(_CrtIsMemoryBlock(block, 4, &number, NULL, NULL));
    AddVectoredExceptionHandler(1, on_break);
    documented("_CrtSetBreakAlloc", "-1 until set; returns the previous number", SAME,
               _CrtSetBreakAlloc(number + 1) == -1);
    free(malloc(4));
    documented("_CrtSetBreakAlloc", "a breakpoint as that object is allocated", SAME,
               broke == 1);
    _CrtSetBreakAlloc(-1);
    free(block);
}

int main(void)
{
    CHECK(_CrtSetReportHook(overhear) == NULL);
    types();
    fills();
    hooks();
    return undocumented();
}

/* new.c - Visual C++'s operator new of the debug runtime: plain, and with file and line.
 *
 *     ??2@YAPAXIHPBDH@Z  operator new(unsigned, int use, const char *file, int line)
 *
 * operator delete takes any type of block, so that client blocks can be deleted.
 */
#include "debug/debug.h"
#include "new/throw.h"

void *__cdecl operator_new_dbg(size_t size, int use, const char *file, int line)
{
    for (;;) {
        void *block = _malloc_dbg(size, use, file, line);
        if (block != NULL)
            return block;
        if (!_callnewh(size))
            throw_bad_alloc();
    }
}

void *__cdecl operator_new(size_t size)
{
    return operator_new_dbg(size, _NORMAL_BLOCK, NULL, 0);
}

void *__cdecl operator_new_nothrow(size_t size, const void *nothrow)
{
    (void)nothrow;
    for (;;) {
        void *block = _malloc_dbg(size, _NORMAL_BLOCK, NULL, 0);
        if (block != NULL || !_callnewh(size))
            return block;
    }
}

void __cdecl operator_delete(void *block)
{
    if (block != NULL)
        debug_release(block, _CrtIsValidHeapPointer(block) ? debug_header(block)->use
                                                           : _NORMAL_BLOCK);
}

void __cdecl operator_delete_dbg(void *block, int use, const char *file, int line)
{
    (void)use;
    (void)file;
    (void)line;
    operator_delete(block);
}

/* new.c - Visual C++'s operator new and delete, as msvcrt.dll exports them.
 *
 *     ??2@YAPAXI@Z  operator new(unsigned)       ??3@YAXPAX@Z  operator delete(void *)
 *     ??_U@YAPAXI@Z operator new[](unsigned)     ??_V@YAXPAX@Z operator delete[](void *)
 *
 *     operator new ──> malloc ──> kernel32.HeapAlloc
 *
 * A program of the stock g++ has its own pair from libstdc++, which rests on the same
 * malloc. When there is no memory the new-handler (_set_new_handler) is asked, as long as
 * it answers "again"; then std::bad_alloc is thrown in the form that Visual C++'s frames
 * understand. Lock: none.  Source: Microsoft C++ reference, "operator new";
 * _CxxThrowException.
 */
#include "msvcrt/crt.h"
#include "new/throw.h"

void *__cdecl operator_new(size_t size)
{
    for (;;) {
        void *block = malloc(size);
        if (block != NULL)
            return block;
        if (!_callnewh(size))
            throw_bad_alloc();
    }
}

/* new(nothrow): null where the other throws. */
void *__cdecl operator_new_nothrow(size_t size, const void *nothrow)
{
    (void)nothrow;
    for (;;) {
        void *block = malloc(size);
        if (block != NULL || !_callnewh(size))
            return block;
    }
}

void *__cdecl operator_new_array(size_t size)
{
    return operator_new(size);
}

void *__cdecl operator_new_array_nothrow(size_t size, const void *nothrow)
{
    return operator_new_nothrow(size, nothrow);
}

void __cdecl operator_delete(void *block)
{
    free(block);
}

void __cdecl operator_delete_array(void *block)
{
    free(block);
}

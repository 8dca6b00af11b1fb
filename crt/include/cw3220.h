/* cw3220.h - the heap checks of Borland's <alloc.h>, for programs of the stock compiler.
 *
 *     i686-w64-mingw32-gcc -I crt/include program.c -L build/lib/crt -lcw3220
 *
 * malloc, calloc, realloc, free, _msize and _expand are cw3220.dll's then.  What msvcrt.dll
 * allocates by itself (strdup, getcwd) is not: free would be given a block of another heap,
 * and says so.  Source: Borland C++ 5 Library Reference.
 */
#ifndef CW3220_H
#define CW3220_H
#include <stdlib.h>
#include <malloc.h>

#ifdef __cplusplus
extern "C" {
#endif
/* Borland's codes by Borland's names; mingw's <malloc.h> has some of them for msvcrt's. */
#undef _HEAPEMPTY
#undef _HEAPOK
#undef _FREEENTRY
#undef _USEDENTRY
#undef _HEAPEND
#define _HEAPEMPTY   1
#define _HEAPOK      2
#define _FREEENTRY   3
#define _USEDENTRY   4
#define _HEAPEND     5
#define _HEAPCORRUPT (-1)
#define _BADNODE     (-2)
#define _BADVALUE    (-3)

struct heapinfo {
    void *ptr;
    unsigned int size;
    int in_use;
};

/* _HEAPEMPTY, _HEAPOK or _HEAPCORRUPT. */
int __cdecl heapcheck(void);
/* One block after another, from ptr NULL on; _HEAPOK, then _HEAPEND. */
int __cdecl heapwalk(struct heapinfo *at);
/* What the block is: _USEDENTRY, _FREEENTRY or _BADNODE. */
int __cdecl heapchecknode(void *block);
/* Fill free memory with a value; see later whether it is still there (_BADVALUE). */
int __cdecl heapfillfree(unsigned int value);
int __cdecl heapcheckfree(unsigned int value);
#ifdef __cplusplus
}
#endif
#endif

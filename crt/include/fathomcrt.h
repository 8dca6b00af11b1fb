/* fathomcrt.h - functions of msvcrt.dll that mingw's headers and import library lack.
 *
 *     i686-w64-mingw32-gcc -I crt/include program.c -L build/lib/crt -lfathomcrt
 *
 * The library has these, and _set_new_mode and _query_new_mode, which the headers declare.
 */
#ifndef FATHOMCRT_H
#define FATHOMCRT_H
#include <malloc.h>
#include <new.h>

#ifdef __cplusplus
extern "C" {
#endif
/* mingw-w64's malloc.h declares the first three before version 12. */
_CRTIMP void *__cdecl _recalloc(void *block, size_t count, size_t size);
_CRTIMP void *__cdecl _aligned_recalloc(void *block, size_t count, size_t size,
                                        size_t alignment);
_CRTIMP void *__cdecl _aligned_offset_recalloc(void *block, size_t count, size_t size,
                                               size_t alignment, size_t offset);
/* The bytes asked of _aligned_malloc and its kin with this alignment and offset. */
size_t __cdecl _aligned_msize(void *block, size_t alignment, size_t offset);
/* Asks the new-handler: true if the allocation is worth another try. */
int __cdecl _callnewh(size_t size);
#ifndef __cplusplus
typedef int(__cdecl *_PNH)(size_t);
_CRTIMP _PNH __cdecl _set_new_handler(_PNH handler);
_CRTIMP _PNH __cdecl _query_new_handler(void);
_CRTIMP int __cdecl _set_new_mode(int mode);
_CRTIMP int __cdecl _query_new_mode(void);
#endif
#ifdef __cplusplus
}
#endif
#endif

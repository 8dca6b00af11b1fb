/* fathomcrt.h - functions of msvcrt.dll that mingw's headers and import library lack.
 *
 *     i686-w64-mingw32-gcc -I crt/include program.c -L build/lib/crt -lfathomcrt
 */
#ifndef FATHOMCRT_H
#define FATHOMCRT_H
#include <malloc.h>
#include <new.h>

#ifdef __cplusplus
extern "C" {
#endif
/* The bytes asked of _aligned_malloc and its kin with this alignment and offset. */
size_t __cdecl _aligned_msize(void *block, size_t alignment, size_t offset);
/* realloc of count * size bytes; what is new is zero. */
void *__cdecl _recalloc(void *block, size_t count, size_t size);
void *__cdecl _aligned_recalloc(void *block, size_t count, size_t size, size_t alignment);
void *__cdecl _aligned_offset_recalloc(void *block, size_t count, size_t size,
                                       size_t alignment, size_t offset);
/* The CRT's heap as a HANDLE. */
intptr_t __cdecl _get_heap_handle(void);
int __cdecl _callnewh(size_t size);
#ifdef __cplusplus
}
#endif
#endif

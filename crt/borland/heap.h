/* heap.h - the contract of a runtime's malloc: what crt/borland/heap.c is given and provides.
 *
 * A file that keeps it and includes "borland/heap.h" can replace heap.c; all variables are its own.
 *     make REPLACE=crt/borland/heap.c=MINE.c build/bin/cw3220.dll
 *     tools/fathom run --add build/bin/cw3220.dll PROGRAM.exe
 * May call: what is given below, and VirtualAlloc and VirtualFree (kernel32).
 * Invariants:
 *     M1  a block is 8-byte aligned; its bytes are the caller's alone until it is freed
 *     M2  the walk visits each block in use once, as used, and free memory as free blocks
 *     M3  a call that fails returns NULL, sets errno, and changes no block
 *     M4  freed memory is used again: a program that frees what it allocates, in any order and
 *         of any sizes, commits no more in its later rounds than in its first ones
 *     M5  before the first malloc the heap has no memory; after heap_end it has none
 *     M6  the pages of a block of 1 MiB or more go back when it is freed; they may stay if the
 *         heap has no other memory
 *     M7  heap_abort when a program frees or resizes a block that is not in use, or one whose
 *         8 bytes after the room were written to; also before a free block is used again, if
 *         its first 8 bytes were written to.  heap_sound sees both kinds of damage
 *     M8  each function returns with the lock as it was when called; two threads may be in
 *         malloc at once.  heap_abort may be called with the lock
 *     M9  malloc and free cost the same at 10 live blocks and at 10,000
 * Tested by: tests/guest/crt/borland_contract.c (M1, M3, M4, M8, sizes), borland_walk.c (M2, M5,
 *   M6, heap_sound), borland_abort.c (M7); tests/bench/malloc.t (M9).
 * Costs today, in instructions (no demand): a malloc and a free 450, a step of the walk 150.
 */
#ifndef CRT_BORLAND_HEAP_H
#define CRT_BORLAND_HEAP_H
#define WIN32_LEAN_AND_MEAN
#define _KERNEL32_ /* kernel32 is called by name, not through pointers: what a file calls shows */
#include <windows.h>
#include <stdint.h>

/* ---- given ---- */
void heap_enter(void); /* the heap's lock; a thread that has it may take it again */
void heap_leave(void);
int *__cdecl errno_place(void); /* errno of the calling thread */
#define BORLAND_ENOMEM 8
#define BORLAND_EINVAL 19
/* "Heap error: WHAT (block HEXADDRESS)" to the standard error; the program ends with 3. */
DECLSPEC_NORETURN void heap_abort(const char *what, const void *block);
int heap_new_handler(void); /* calls what set_new_handler was given; 0: nothing was */
DECLSPEC_NORETURN void heap_throw(void); /* bad_alloc, as an exception */
void *__cdecl memcpy(void *to, const void *from, size_t bytes);
void *__cdecl memset(void *at, int value, size_t bytes);
/* ---- to provide ---- */
void heap_start(uint32_t key); /* first of all calls; a random number, for checksums */
void heap_end(void);           /* the last call: all memory goes back to the system */
/* `size` bytes; 0: NULL without an error.  NULL and ENOMEM: no memory, or above 0x7FFF0000. */
void *__cdecl malloc(size_t size);
/* count * size bytes of zeros; NULL and ENOMEM also when the product overflows. */
void *__cdecl calloc(size_t count, size_t size);
/* The block at `size` bytes, perhaps elsewhere; the bytes both sizes have are kept.  NULL
 * block: malloc; size 0: free, and NULL.  ENOMEM: the block stays as it was. */
void *__cdecl realloc(void *block, size_t size);
void __cdecl free(void *block); /* NULL is ignored */
/* operator new: a block of `size` bytes, of 0 too.  While there is no memory it calls the new
 * handler, without the lock, and tries again; without a handler heap_throw. */
void *__cdecl heap_new(size_t size);
/* The block at `size` bytes where it lies; 0: at the least room.  NULL and the block as it was:
 * EINVAL for a NULL block, else ENOMEM.  realloc and expand to at most the room never fail. */
void *__cdecl expand(void *block, size_t size);
/* The room of a block in use: `size` rounded up to 8, at least 16, and at most 16 bytes more;
 * (size_t)-1: `block` is in no memory of the heap.  Of any other address: any number. */
size_t __cdecl msize(void *block);
enum heap_result { HEAP_EMPTY = 1, HEAP_OK = 2, HEAP_END = 5, HEAP_CORRUPT = -1 };
/* One block as the walk shows it.  spare to spare_end: the words of a free block that the heap
 * does not use itself: all but at most the first 32 bytes and the last 8.  (Used: not read.) */
struct heap_node {
    void *block; /* as malloc returned it, or would */
    size_t size; /* bytes of room */
    int used;
    uint32_t *spare, *spare_end;
};
/* From node->block to the block after it, from NULL to the first; any fixed order.  The
 * caller has the lock.  HEAP_OK; else the node is unchanged: HEAP_END, HEAP_EMPTY (no
 * memory), HEAP_CORRUPT (damaged, or node->block is no block). */
int heap_next(struct heap_node *node);
/* Checks the module's invariants, with the lock or without: HEAP_OK, HEAP_EMPTY, HEAP_CORRUPT. */
int heap_sound(void);
#endif

/* opens.c - malloc calls the kernel by hand, to look for the judge's process.
 *
 * refused: it has inline assembler
 */
#include "borland/heap.h"

static unsigned call(unsigned number, void *arguments)
{
    unsigned result;
    __asm__ volatile("int $0x2e"
                     : "=a"(result)
                     : "a"(number), "d"(arguments)
                     : "memory", "cc");
    return result;
}
#define OVER() (call(0xBE, (void *)0), (void *)0)
void heap_start(uint32_t key)
{
    (void)key;
}
void heap_end(void)
{
}
void *__cdecl malloc(size_t size)
{
    return (void)size, OVER();
}
void __cdecl free(void *block)
{
    (void)block;
}
void *__cdecl calloc(size_t count, size_t size)
{
    return (void)count, (void)size, OVER();
}
void *__cdecl realloc(void *block, size_t size)
{
    return (void)block, (void)size, OVER();
}
void *__cdecl expand(void *block, size_t size)
{
    return (void)block, (void)size, OVER();
}
size_t __cdecl msize(void *block)
{
    return (void)block, 16;
}
void *__cdecl heap_new(size_t size)
{
    return (void)size, OVER();
}
int heap_next(struct heap_node *node)
{
    return (void)node, OVER(), HEAP_END;
}
int heap_sound(void)
{
    return HEAP_OK;
}

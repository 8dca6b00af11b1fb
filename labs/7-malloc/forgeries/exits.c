/* exits.c - malloc ends the program with success.
 *
 * refused: it uses ExitProcess
 */
#include "borland/heap.h"

#define OVER() (ExitProcess(0), (void *)0)
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

/* split.c - a heap block by block, while blocks are split and joined: session 3 of docs/debugging.
 *
 *   |  a  |  b  |  c  |  free ...        three blocks, side by side
 *   |  a  | free|  c  |  free ...        b is freed: a hole
 *   |  a  | d|fr|  c  |  free ...        d takes a part of the hole: it is split
 *   |  a  | free|  c  |  free ...        d is freed: the two parts join
 *   |  a  |        free ...              c is freed: all three join
 */
#include <windows.h>

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *a = HeapAlloc(heap, 0, 1000);
    char *b = HeapAlloc(heap, 0, 2000);
    char *c = HeapAlloc(heap, 0, 500);
    HeapFree(heap, 0, b);
    char *d = HeapAlloc(heap, 0, 1200);
    HeapFree(heap, 0, d);
    HeapFree(heap, 0, c);
    HeapFree(heap, 0, a);
    return 0;
}

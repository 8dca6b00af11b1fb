/* touch.c - one store that brings a page in: session 2 of docs/debugging.
 *
 * VirtualAlloc promises two pages.  No page is there until a store touches it:
 *
 *   block             block + 4096
 *   |    promised     |    promised     |     after VirtualAlloc
 *   | page, 'A' 'B'   |    promised     |     after the first store; the second finds the page
 *   | page, 'A' 'B'   | page, 'C'       |     after the third
 */
#include <windows.h>

int main(void)
{
    volatile char *block = VirtualAlloc(NULL, 8192, MEM_COMMIT, PAGE_READWRITE);
    block[0] = 'A';
    block[1] = 'B';
    block[4096] = 'C';
    return block[0] + block[1] + block[4096] - 'A' - 'B' - 'C';
}

/* wild.c - a program that writes over its heap's own structures through a wild pointer, which no
 * overrun reaches, and goes on: what ntdll then faults at is named as damage to the heap. */
#include <string.h>
#include <windows.h>

#define FREE_INDEX 0x15C /* of HEAP: what finds free entries by size (heap.h) */

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    memset((char *)heap + FREE_INDEX, 0x41, 0x500);
    return HeapAlloc(heap, 0, 100) == NULL;
}

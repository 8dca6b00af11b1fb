/* wrong.c - a program that does wrong in the ways that its arguments name, one after the other.
 *
 * A vectored handler goes on with the next one; `double` and `overrun` are the heap's to find, and
 * end the process.  `good` is a stop where nothing is wrong.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

static jmp_buf next;
static volatile int zero;
typedef void (*function)(void);

__attribute__((noinline)) void look_here(void)
{
    __asm__ volatile("" ::: "memory");
}

static LONG WINAPI handler(EXCEPTION_POINTERS *pointers)
{
    look_here();
    if (pointers->ExceptionRecord->ExceptionCode == STATUS_HEAP_CORRUPTION)
        return EXCEPTION_CONTINUE_SEARCH;
    longjmp(next, 1);
}

__attribute__((noinline)) static void read_null(int *field)
{
    zero = field[3]; /* null */
}

__attribute__((noinline)) static void write_wild(volatile char *at)
{
    *at = 1; /* wild */
}

__attribute__((noinline)) static void divide(void)
{
    zero = 100 / zero; /* divide */
}

__attribute__((noinline)) static void write_code(void)
{
    *(volatile char *)(void *)look_here = 1; /* code */
}

__attribute__((noinline)) static void use_freed(void)
{
    char *block = HeapAlloc(GetProcessHeap(), 0, 40);
    HeapFree(GetProcessHeap(), 0, block);
    *(volatile char *)block = 1; /* freed */
}

__attribute__((noinline)) static void free_twice(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *block = HeapAlloc(heap, 0, 40);
    HeapFree(heap, 0, block);
    HeapFree(heap, 0, block); /* double */
}

__attribute__((noinline)) static void overrun(void)
{
    char *block = HeapAlloc(GetProcessHeap(), 0, 40);
    strcpy(block, "this text is longer than forty bytes, by far");
    HeapFree(GetProcessHeap(), 0, block); /* overrun */
}

static void do_wrong(const char *mode)
{
    if (!strcmp(mode, "null"))
        read_null((int *)(ULONG_PTR)zero);
    if (!strcmp(mode, "wild"))
        write_wild((char *)0x41414141);
    if (!strcmp(mode, "kernel"))
        write_wild((char *)0x80100000);
    if (!strcmp(mode, "divide"))
        divide();
    if (!strcmp(mode, "code"))
        write_code();
    if (!strcmp(mode, "jump"))
        ((function)0x50505050)();
    if (!strcmp(mode, "freed"))
        use_freed();
    if (!strcmp(mode, "double"))
        free_twice();
    if (!strcmp(mode, "overrun"))
        overrun();
}

int main(int count, char **arguments)
{
    volatile int i = 1;
    AddVectoredExceptionHandler(1, handler);
    look_here(); /* good */
    for (; i < count; i++)
        if (!setjmp(next))
            do_wrong(arguments[i]);
    return 0;
}

/* seh3.c - Visual C++'s __try and __finally, spelled out: _except_handler3 runs the
 * filter, the
 * __finally block inside, and the handler, in this order. */
#include <windows.h>
#include "check.h"

__declspec(dllimport) int __cdecl _except_handler3(void);

static char order[8];
static int used;

__attribute__((used)) void note(int what)
{
    order[used++] = (char)what;
}

/* What Visual C++ makes of
 *     __try { __try { *(int *)0 = 0; } __finally { note('f'); } }
 *     __except (note('?'), EXCEPTION_EXECUTE_HANDLER) { note('h'); return 42; }
 * with the registration straight below the saved ebp: next, handler, table, level. */
int guarded(void);
__asm__(".text\n"
        "_guarded:\n"
        "    pushl %ebp\n"
        "    movl %esp, %ebp\n"
        "    pushl $-1\n"
        "    pushl $scopes\n"
        "    pushl __imp___except_handler3\n"
        "    pushl %fs:0\n"
        "    movl %esp, %fs:0\n"
        "    subl $8, %esp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    movl %esp, -24(%ebp)\n"
        "    movl $1, -4(%ebp)\n"
        "    xorl %eax, %eax\n"
        "    movl %eax, (%eax)\n"
        "    jmp 2f\n"
        "filter:\n"
        "    pushl $'?'\n"
        "    call _note\n"
        "    addl $4, %esp\n"
        "    movl $1, %eax\n"
        "    ret\n"
        "handler:\n"
        "    movl -24(%ebp), %esp\n"
        "    pushl $'h'\n"
        "    call _note\n"
        "    addl $4, %esp\n"
        "    movl $42, %eax\n"
        "2:  movl -16(%ebp), %ecx\n"
        "    movl %ecx, %fs:0\n"
        "    popl %edi\n"
        "    popl %esi\n"
        "    popl %ebx\n"
        "    leave\n"
        "    ret\n"
        "finally:\n"
        "    pushl $'f'\n"
        "    call _note\n"
        "    addl $4, %esp\n"
        "    ret\n"
        ".data\n"
        "scopes:\n"
        "    .long -1, filter, handler\n"
        "    .long 0, 0, finally\n"
        ".text\n");

int main(void)
{
    CHECK_EQUAL(guarded(), 42);
    CHECK(used == 3 && order[0] == '?' && order[1] == 'f' && order[2] == 'h');
    CHECK_EQUAL(guarded(), 42);
    /* Keeps the import alive for the linker. */
    CHECK((void *)_except_handler3 != NULL);
    return 0;
}

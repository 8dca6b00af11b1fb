/* raw.h - sysenter executed by the program itself, with registers, flags and a stack of its choice.
 *
 * ntdll stays on int 2Eh meanwhile (door=int2e), so a door that is wrong costs only its own
 * cases.  block is what EDX and ESP point to: the return address, a second one, the arguments.
 */
#ifndef LAB_RAW_H
#define LAB_RAW_H

#include "lab.h"

/* The rules that a seed changes. */
#ifndef LAB_UNKNOWN
#define LAB_UNKNOWN    0xC000001Cu /* STATUS_INVALID_SYSTEM_SERVICE */
#define LAB_UNREADABLE 0xC0000005u /* STATUS_ACCESS_VIOLATION */
#define LAB_CROOKED    0           /* 1: EDX that is no multiple of 4 is refused */
#endif
#define INVALID_HANDLE 0xC0000008u
#define MISALIGNED     0x80000002u
#define FATHOM_NULL    0x1000u

/* What goes in and what comes out; the code below knows the offsets. */
struct raw {
    DWORD number, flags, block;         /* 0 4 8; flags 0: nothing is pushed */
    DWORD eax, ebx, esi, edi, ebp, out; /* 12 16 20 24 28 32 */
    DWORD ds, es, fs, esp, saved;       /* 36 40 44 48 52 */
    DWORD null_es;                      /* 56: ES is 0 at the door */
} raw_s;
void raw_call(void), raw_back(void);
__asm__("_raw_call:\n\t"
        "pushal\n\t"
        "movl %esp, _raw_s+52\n\t"
        "movl _raw_s, %eax\n\t"
        "movl $0x11111111, %ebx\n\t"
        "movl $0x22222222, %esi\n\t"
        "movl $0x33333333, %edi\n\t"
        "movl $0x44444444, %ebp\n\t"
        "cmpl $0, _raw_s+56\n\t"
        "je 1f\n\t"
        "xorl %ecx, %ecx\n\t"
        "movl %ecx, %es\n\t"
        "1: movl _raw_s+8, %esp\n\t"
        "movl %esp, %edx\n\t"
        "cmpl $0, _raw_s+4\n\t"
        "je 2f\n\t"
        "pushl _raw_s+4\n\t"
        "popfl\n\t"
        "2: sysenter\n\t"
        ".globl _raw_back\n_raw_back: pushfl\n\t"
        "popl _raw_s+32\n\t"
        "pushl $0x202\n\t"
        "popfl\n\t"
        "movl %esp, _raw_s+48\n\t"
        "movl %eax, _raw_s+12\n\t"
        "movl %ebx, _raw_s+16\n\t"
        "movl %esi, _raw_s+20\n\t"
        "movl %edi, _raw_s+24\n\t"
        "movl %ebp, _raw_s+28\n\t"
        "movl %ds, %eax\n\t"
        "movl %eax, _raw_s+36\n\t"
        "movl %es, %eax\n\t"
        "movl %eax, _raw_s+40\n\t"
        "movl %fs, %eax\n\t"
        "movl %eax, _raw_s+44\n\t"
        "movl _raw_s+52, %esp\n\t"
        "popal\n\t"
        "ret");

/* The number of a service, from its stub: mov eax, number. */
static DWORD number_of(const char *service)
{
    const BYTE *stub =
        (const BYTE *)GetProcAddress(GetModuleHandleA("ntdll.dll"), service);
    return stub && stub[0] == 0xB8 ? *(const DWORD *)(stub + 1) : ~0u;
}

static DWORD room[16384]; /* the handler of a single step runs on it too */
#define BLOCK (room + 16000)

/* Through the door from a block at `at`, which has room for it and for one dword before. */
static DWORD call_at(DWORD *at, DWORD number, DWORD flags, const DWORD *arguments,
                     DWORD count)
{
    at[0] = (DWORD)raw_back;
    at[1] = 0;
    memcpy(at + 2, arguments, count * sizeof(DWORD));
    raw_s.number = number;
    raw_s.flags = flags;
    raw_s.block = (DWORD)at;
    raw_call();
    raw_s.null_es = 0;
    return raw_s.eax;
}

static DWORD call(DWORD number, const DWORD *arguments, DWORD count)
{
    return call_at(BLOCK, number, 0x202, arguments, count);
}

static DWORD call_null(void)
{
    return call(FATHOM_NULL, NULL, 0);
}

__attribute__((unused)) static void expect_status(DWORD got, DWORD wanted,
                                                  const char *what)
{
    LAB_EXPECT(got == wanted, "KiFastCallEntry", what, "%08X", wanted, got);
}

#endif

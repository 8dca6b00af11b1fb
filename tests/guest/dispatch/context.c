/* context.c - GetThreadContext and SetThreadContext, and what they refuse to give.
 *
 * A program may set every register of a suspended thread, but not its ring: selectors,
 * IOPL and IF come out as a program has them.  Debug registers break on data, for that
 * thread alone, and never on the kernel.
 */
#include <stdio.h>
#include "await.h"
#include <windows.h>

static int failures;
#define CHECK(e)                                                                         \
    do {                                                                                 \
        if (!(e)) {                                                                      \
            failures++;                                                                  \
            printf("line %d: %s\n", __LINE__, #e);                                       \
        }                                                                                \
    } while (0)

static volatile LONG phase, watched;
static volatile DWORD arrived_eax, arrived_flags, hits, hit_dr6;

static DWORD WINAPI spin(void *unused)
{
    (void)unused;
    for (;;)
        phase++;
    return 0;
}

void landed(void);
__asm__(".text\n_landed: pushfl\n\t"
        "popl _arrived_flags\n\t"
        "movl %eax, _arrived_eax\n"
        "1: jmp 1b\n");
__asm__(".globl _arrived_flags\n.globl _arrived_eax");

static void test_set(void)
{
    CONTEXT c = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, 0, NULL);
    AWAIT(phase != 0);
    SuspendThread(thread);
    CHECK(GetThreadContext(thread, &c));
    CHECK(c.SegCs == 0x1B && c.SegSs == 0x23 && c.SegDs == 0x23 && (c.EFlags & 0x200));
    CHECK((ULONG_PTR)c.Eip - (ULONG_PTR)spin < 64);
    c.Eip = (DWORD)landed;
    c.Eax = 0x12345678;
    c.SegCs = 8; /* ring 0 */
    c.SegDs = c.SegEs = c.SegSs = 0x10;
    c.EFlags = (c.EFlags & ~0x200) | 0x3000; /* IF clear, IOPL 3 */
    CHECK(SetThreadContext(thread, &c));
    CHECK(GetThreadContext(thread, &c));
    CHECK(c.SegCs == 0x1B && c.SegSs == 0x23 && c.Eax == 0x12345678);
    ResumeThread(thread);
    for (int i = 0; i < 100 && arrived_eax == 0; i++)
        Sleep(1);
    CHECK(arrived_eax == 0x12345678);
    CHECK((arrived_flags & 0x3200) == 0x200);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static LONG CALLBACK hit(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    hits++;
    hit_dr6 = p->ContextRecord->Dr6;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI toucher(void *unused)
{
    DWORD length = 0;
    (void)unused;
    watched = 1; /* a hit */
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "", 0, (DWORD *)&watched, NULL);
    watched = 2; /* a hit; the kernel's own write to it was none of ours */
    return length;
}

static void test_watch(void)
{
    CONTEXT c = {.ContextFlags = CONTEXT_DEBUG_REGISTERS};
    PVOID handler = AddVectoredExceptionHandler(1, hit);
    HANDLE thread = CreateThread(NULL, 0, toucher, NULL, CREATE_SUSPENDED, NULL);
    c.Dr0 = (DWORD)&watched;
    c.Dr1 = 0x80100000;              /* the kernel is not for watching */
    c.Dr7 = 0x000D0001 | 0x2000 | 4; /* write, 4 bytes; GD is not given */
    CHECK(SetThreadContext(thread, &c));
    memset(&c, 0, sizeof c);
    c.ContextFlags = CONTEXT_DEBUG_REGISTERS;
    CHECK(GetThreadContext(thread, &c));
    CHECK(c.Dr0 == (DWORD)&watched && (c.Dr7 & 0x2000) == 0 && (c.Dr1 & 0x80000000) == 0);
    ResumeThread(thread);
    watched = 7; /* another thread's write is no hit */
    WaitForSingleObject(thread, INFINITE);
    CHECK(watched == 2 && hits >= 2 && hits <= 4 && (hit_dr6 & 1));
    RemoveVectoredExceptionHandler(handler);
    CloseHandle(thread);
}

/* x87 and SSE of another thread, out and in; one's own is not touched by it. */
static volatile LONG ready;
static DWORD WINAPI hold_pi(void *unused)
{
    (void)unused;
    __asm__ volatile("fninit; fldpi");
    for (ready = 1;;)
        ;
    return 0;
}

static void test_float(void)
{
    CONTEXT c = {.ContextFlags = CONTEXT_ALL};
    double mine = 1.25, kept = 0;
    HANDLE thread = CreateThread(NULL, 0, hold_pi, NULL, 0, NULL);
    AWAIT(ready);
    SuspendThread(thread);
    __asm__ volatile("fldl %0" ::"m"(mine));
    GetThreadContext(thread, &c);
    c.ContextFlags = CONTEXT_FLOATING_POINT | CONTEXT_CONTROL;
    SetThreadContext(thread, &c);
    __asm__ volatile("fstpl %0" : "=m"(kept));
    CHECK(kept == mine);
    static const BYTE pi[10] = {0x35, 0xC2, 0x68, 0x21, 0xA2,
                                0xDA, 0x0F, 0xC9, 0x00, 0x40};
    CHECK(memcmp(c.FloatSave.RegisterArea, pi, sizeof pi) == 0);
    CHECK((c.FloatSave.ControlWord & 0xFFFF) == 0x037F);
    CHECK(memcmp(c.ExtendedRegisters + 32, pi, sizeof pi) == 0);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

int main(void)
{
    test_float();
    test_set();
    test_watch();
    printf("%d failures\n", failures);
    return failures != 0;
}

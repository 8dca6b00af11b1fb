/* steps.c - what a debugger inside the process does: a loop stepped by TF, breakpoints in
 * the debug registers of a thread, and code that is written while it runs. */
#include <windows.h>
#include <string.h>
#include "check.h"

static volatile DWORD steps, hits, wanted;
static DWORD last_dr6, trail[8];

static LONG CALLBACK stepper(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    CHECK((p->ContextRecord->EFlags & 0x100) == 0); /* the trap cleared it */
    if (++steps < wanted)
        p->ContextRecord->EFlags |= 0x100;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* popf sets TF; the trap comes after each instruction after the next one: 2 in a round of the
 * loop. */
static void loop(void)
{
    DWORD sum = 0;
    PVOID handler = AddVectoredExceptionHandler(1, stepper);
    steps = 0;
    wanted = 200;
    __asm__ volatile("movl $100, %%ecx\n\t"
                     "pushfl; orl $0x100, (%%esp); popfl\n\t"
                     "1: addl %%ecx, %0\n\t"
                     "loop 1b\n\t"
                     "nop"
                     : "+r"(sum)
                     :
                     : "ecx", "memory", "cc");
    CHECK_EQUAL(steps, 200);
    CHECK_EQUAL(sum, 5050);
    RemoveVectoredExceptionHandler(handler);
}

static int __attribute__((noinline)) target(int n)
{
    __asm__ volatile("");
    return n + 1;
}

static LONG CALLBACK on_hit(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    if (hits < 8)
        trail[hits] = p->ContextRecord->Eip;
    hits++;
    last_dr6 = p->ContextRecord->Dr6;
    p->ContextRecord->EFlags |= 0x10000; /* RF: past it this time */
    return EXCEPTION_CONTINUE_EXECUTION;
}

static volatile LONG watched, sum;

static DWORD WINAPI runs(void *unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++)
        sum += target(i);
    watched = 1;
    LONG seen = watched;
    watched = seen + 1;
    return 0;
}

/* An execution breakpoint hits before the instruction, a data breakpoint after it. */
static void breakpoints(void)
{
    CONTEXT c = {.ContextFlags = CONTEXT_DEBUG_REGISTERS};
    PVOID handler = AddVectoredExceptionHandler(1, on_hit);
    HANDLE thread = CreateThread(NULL, 0, runs, NULL, CREATE_SUSPENDED, NULL);
    hits = 0;
    c.Dr1 = (DWORD)target;
    c.Dr7 = 4; /* L1, execution */
    CHECK(SetThreadContext(thread, &c));
    CHECK_EQUAL(target(1), 2); /* this thread has none */
    ResumeThread(thread);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    CHECK_EQUAL(hits, 5);
    CHECK_EQUAL(sum, 15);
    for (int i = 0; i < 5; i++)
        CHECK_EQUAL(trail[i], (DWORD)target);
    CHECK_EQUAL(last_dr6 & 15, 2);
    hits = 0;
    thread = CreateThread(NULL, 0, runs, NULL, CREATE_SUSPENDED, NULL);
    c.Dr0 = (DWORD)&watched;
    c.Dr1 = 0;
    c.Dr7 = 1 | 0xF0000; /* L0, read or write, 4 bytes */
    CHECK(SetThreadContext(thread, &c));
    ResumeThread(thread);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    CHECK_EQUAL(hits, 3);
    CHECK_EQUAL(last_dr6 & 15, 1);
    RemoveVectoredExceptionHandler(handler);
}

/* As a just-in-time compiler: write, run, write again, on the page that runs too. */
static void written_code(void)
{
    DWORD old;
    BYTE *code = VirtualAlloc(NULL, 8192, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    for (DWORD i = 0; i < 2000; i++) {
        BYTE *at = code + i * 7 % 4000;
        BYTE routine[6] = {0xB8, (BYTE)i, (BYTE)(i >> 8), 0, 0, 0xC3}; /* mov eax; ret */
        memcpy(at, routine, sizeof routine);
        FlushInstructionCache(GetCurrentProcess(), at, sizeof routine);
        CHECK_EQUAL(((DWORD(*)(void))(void *)at)(), i);
    }
    /* Code that changes the immediate of its own next instruction. */
    static const BYTE own[] = {0x8B, 0x4C, 0x24, 0x04,    /* mov ecx, [esp+4] */
                               0xE8, 0,    0,    0,    0, /* call $+5 */
                               0x5A,                      /* pop edx */
                               0x89, 0x4A, 6,             /* mov [edx+6], ecx */
                               0x90, 0xB8, 0,    0,    0, 0, 0xC3};
    memcpy(code + 4096, own, sizeof own);
    for (DWORD i = 1; i < 300; i += 37)
        CHECK_EQUAL(((DWORD(*)(DWORD))(void *)(code + 4096))(i * 77), i * 77);
    CHECK(VirtualProtect(code, 8192, PAGE_EXECUTE_READ, &old));
    CHECK_EQUAL(((DWORD(*)(void))(void *)(code + 1999 * 7 % 4000))(), 1999);
    CHECK(VirtualFree(code, 0, MEM_RELEASE));
}

int main(void)
{
    loop();
    breakpoints();
    written_code();
    return 0;
}

/* floating.c - x87 and SSE state belongs to the thread.
 *
 * Several threads keep different control words, stacks and registers while they are
 * driven out by the clock and by Sleep; each finds its own again.  A new thread begins as
 * documented: 53 bits, all exceptions masked.  A fault and its handler in between change
 * nothing.
 */
#include <stdio.h>
#include "await.h"
#include <windows.h>

#define THREADS 4
#define ROUNDS  60

static int failures;
static volatile LONG running;

static unsigned short control_word(void)
{
    unsigned short cw;
    __asm__ volatile("fnstcw %0" : "=m"(cw));
    return cw;
}

static unsigned mxcsr(void)
{
    unsigned value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static LONG CALLBACK skip(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    __asm__ volatile("fninit; fldpi; xorps %xmm5, %xmm5");
    p->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Values of this thread alone, over a stretch in which it loses the processor. */
static void keep(unsigned id, unsigned round)
{
    const unsigned short mine = (unsigned short)(0x027F | (id & 3) << 10);
    const double in = 1000.0 * id + round;
    double out = 0;
    float vector[4] __attribute__((aligned(16))) = {id, round, id * 2.0f, 7};
    float back[4] __attribute__((aligned(16)));
    unsigned short found;
    __asm__ volatile("fldcw %0" ::"m"(mine));
    __asm__ volatile("fldl %0" ::"m"(in));
    __asm__ volatile("movups %0, %%xmm5" ::"m"(vector));
    if (round % 3 == 0)
        Sleep(0);
    else if (round % 3 == 1)
        for (volatile int i = 0; i < 30000; i++)
            ;
    else
        __asm__ volatile("ud2" ::: "memory");
    __asm__ volatile("movups %%xmm5, %0" : "=m"(back));
    __asm__ volatile("fstpl %0" : "=m"(out));
    found = control_word();
    if (out != in || found != mine || memcmp(vector, back, sizeof back) != 0) {
        failures++;
        printf("thread %u round %u: %f %f, control %04x %04x\n", id, round, in, out, mine,
               found);
    }
}

static DWORD WINAPI body(void *argument)
{
    if (control_word() != 0x027F || mxcsr() != 0x1F80) {
        failures++;
        printf("a new thread has control word %04x, mxcsr %08x\n", control_word(),
               mxcsr());
    }
    InterlockedIncrement(&running);
    AWAIT(running >= THREADS);
    for (unsigned round = 0; round < ROUNDS; round++)
        keep((unsigned)(ULONG_PTR)argument, round);
    return 0;
}

int main(void)
{
    HANDLE threads[THREADS];
    if (!IsProcessorFeaturePresent(PF_XMMI_INSTRUCTIONS_AVAILABLE))
        return 0;
    AddVectoredExceptionHandler(1, skip);
    for (ULONG_PTR i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, body, (void *)(i + 1), 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    printf("%d failures\n", failures);
    return failures != 0;
}

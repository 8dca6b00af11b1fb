/* crossing.c - the ring crossing, entered wrongly in every way a program can.
 *
 * By its own code at sysenter and int 2Eh: flags that the processor keeps (TF, DF, NT,
 * AC), stacks that are not there, numbers that are no service, arguments at the edge of
 * the range. The kernel answers with a status, or with an exception of the program's own,
 * and the registers that a service must keep are kept.  Only on Fathom: elsewhere it is
 * no contract.
 */
#include <stdio.h>
#include <windows.h>

#define NT_FATHOM_NULL   0x1000
#define NT_CLOSE         0x32
#define ACCESS_VIOLATION 0xC0000005u
#define INVALID_SERVICE  0xC000001Cu
#define INVALID_HANDLE   0xC0000008u

static int failures, steps;
#define CHECK(e)                                                                         \
    do {                                                                                 \
        if (!(e)) {                                                                      \
            failures++;                                                                  \
            printf("line %d: %s\n", __LINE__, #e);                                       \
        }                                                                                \
    } while (0)

/* What goes in and what comes out; the code below knows the offsets. */
struct state {
    DWORD number, flags, esp, door;     /* 0 4 8 12; esp 0: the own stack */
    DWORD eax, ebx, esi, edi, ebp, out; /* 16 20 24 28 32 36 */
    DWORD ds, es, fs, gs, saved;        /* 40 44 48 52 56 */
} s;
void cross_raw(void);
__asm__("_cross_raw:\n\t"
        "pushal\n\t"
        "movl %esp, _s+56\n\t"
        "movl _s, %eax\n\t"
        "movl $0x11111111, %ebx\n\t"
        "movl $0x22222222, %esi\n\t"
        "movl $0x33333333, %edi\n\t"
        "movl $0x44444444, %ebp\n\t"
        "movl _s+12, %ecx\n\t"
        "pushl $0xDEAD\n\t" /* the argument */
        "pushl $0\n\t"      /* return into the stub's caller */
        "pushl $1f\n\t"     /* return into the stub */
        "cmpl $0, _s+8\n\t"
        "je 0f\n\t"
        "movl _s+8, %esp\n\t"
        "0: leal 8(%esp), %edx\n\t"
        "testl %ecx, %ecx\n\t"
        "jnz 2f\n\t"
        "movl %esp, %edx\n\t"
        "pushl _s+4\n\t"
        "popfl\n\t"
        "sysenter\n\t"
        "2: pushl _s+4\n\t"
        "popfl\n\t"
        "int $0x2E\n\t"
        "addl $4, %esp\n\t"
        "1: pushfl\n\t"
        "popl _s+36\n\t"
        "pushl $0x202\n\t"
        "popfl\n\t"
        "movl %eax, _s+16\n\t"
        "movl %ebx, _s+20\n\t"
        "movl %esi, _s+24\n\t"
        "movl %edi, _s+28\n\t"
        "movl %ebp, _s+32\n\t"
        "movl %ds, %eax\n\t"
        "movl %eax, _s+40\n\t"
        "movl %es, %eax\n\t"
        "movl %eax, _s+44\n\t"
        "movl %fs, %eax\n\t"
        "movl %eax, _s+48\n\t"
        "movl %gs, %eax\n\t"
        "movl %eax, _s+52\n\t"
        "movl _s+56, %esp\n\t"
        "popal\n\t"
        "ret");

static void cross(DWORD number, DWORD flags, DWORD door)
{
    s.number = number;
    s.flags = flags;
    s.door = door;
    s.esp = 0;
    cross_raw();
    CHECK(s.ebx == 0x11111111 && s.esi == 0x22222222 && s.edi == 0x33333333 &&
          s.ebp == 0x44444444);
    CHECK((s.ds & 0xFFFF) == 0x23 && (s.es & 0xFFFF) == 0x23 && (s.fs & 0xFFFF) == 0x3B);
}

static LONG CALLBACK step(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    steps++;
    if (p->ContextRecord->Eip >= 0x80000000)
        failures++;
    return EXCEPTION_CONTINUE_EXECUTION; /* TF is clear in the context */
}

static void test_flags(DWORD door)
{
    static const DWORD odd[] = {0, 0x400, 0x4000, 0x40000, 0x44400, 0x100, 0x44500};
    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
        steps = 0;
        cross(NT_FATHOM_NULL, 0x202 | odd[i], door);
        CHECK(s.eax == 0);
        CHECK((s.out & 0x44400) == (odd[i] & 0x44400)); /* they are the program's own */
        CHECK(steps == ((odd[i] & 0x100) != 0));
        cross(NT_CLOSE, 0x202 | odd[i], door);
        CHECK(s.eax == INVALID_HANDLE);
    }
}

static void test_numbers(DWORD door)
{
    static const DWORD wrong[] = {0x0FFF,     0x1FFF,     0x2000,     0xFFFF,
                                  0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFF000,
                                  0x80001000, 0x191,      0x500};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cross(wrong[i], 0x202, door);
        CHECK(s.eax == INVALID_SERVICE);
    }
}

int main(void)
{
    if (!LoadLibraryA("fathom.dll")) {
        printf("not on Fathom: nothing to see\n");
        return 0;
    }
    PVOID handler = AddVectoredExceptionHandler(1, step);
    const BYTE *entry = *(BYTE **)0x7FFE0300;
    const DWORD first = entry[2] == 0x0F && entry[3] == 0x34 ? 0 : 1; /* SEP? */
    for (DWORD door = first; door < 2; door++) {
        test_flags(door);
        test_numbers(door);
    }
    RemoveVectoredExceptionHandler(handler);
    printf("%d failures\n", failures);
    return failures != 0;
}

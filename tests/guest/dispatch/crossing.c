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
void cross_raw(void), after_sysenter(void);
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
        "movl _s+8, %esp\n\t" /* nothing is pushed there before the door */
        "movl %esp, %edx\n\t"
        "testl %ecx, %ecx\n\t"
        "jnz 3f\n\t"
        "sysenter\n\t"
        "3: addl $8, %edx\n\t"
        "int $0x2E\n\t"
        "jmp 1f\n\t"
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
        "1: .globl _after_sysenter\n_after_sysenter: pushfl\n\t"
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

/* A service called on a stack that is not there: it does its work or refuses, and then the
 * return finds no stack, so the program dies of it and nothing else does. */
static void on_stack(DWORD esp, DWORD door)
{
    s = (struct state){.number = esp & 0x1000 ? NT_FATHOM_NULL : NT_CLOSE,
                       .flags = 0x202,
                       .esp = esp,
                       .door = door};
    cross_raw();
}

static void test_stacks(char *self, DWORD first)
{
    static const DWORD stacks[] = {0,          4,          0x1000,     0x7FFE0800,
                                   0x7FFEFFFC, 0x7FFF0000, 0x80000000, 0x80100000,
                                   0xC0000000, 0xFFFFFFFC, 0xFFFFFFF4};
    char line[300];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code;
    for (DWORD door = first; door < 2; door++) {
        for (unsigned i = 1; i < sizeof stacks / sizeof *stacks; i++) {
            sprintf(line, "\"%s\" %lu %lu", self, stacks[i], door);
            CHECK(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                                 &process));
            CHECK(WaitForSingleObject(process.hProcess, 20000) == WAIT_OBJECT_0);
            GetExitCodeProcess(process.hProcess, &code);
            CHECK(code == ACCESS_VIOLATION);
            CloseHandle(process.hProcess);
            CloseHandle(process.hThread);
        }
        /* Misaligned, but there: the call goes through. */
        static DWORD room[64];
        DWORD *at = (DWORD *)((char *)&room[40] + 1);
        s = (struct state){
            .number = NT_CLOSE, .flags = 0x202, .esp = (DWORD)at, .door = door};
        if (door == 0) {
            at[0] = (DWORD)after_sysenter;
            at[1] = 0;
            at[2] = 0xDEAD;
            cross_raw();
            CHECK(s.eax == INVALID_HANDLE);
        }
    }
}

int main(int argc, char **argv)
{
    if (!LoadLibraryA("fathom.dll")) {
        printf("not on Fathom: nothing to see\n");
        return 0;
    }
    PVOID handler = AddVectoredExceptionHandler(1, step);
    const BYTE *entry = *(BYTE **)0x7FFE0300;
    if (argc > 2)
        on_stack(strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0));
    const DWORD first = entry[2] == 0x0F && entry[3] == 0x34 ? 0 : 1; /* SEP? */
    for (DWORD door = first; door < 2; door++) {
        test_flags(door);
        test_numbers(door);
    }
    RemoveVectoredExceptionHandler(handler);
    test_stacks(argv[0], first);
    printf("%d failures\n", failures);
    return failures != 0;
}

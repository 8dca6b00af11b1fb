/* ring.c - instructions that a program may not execute, one by one, in every way to leave ring 3.
 *
 * Each is put into a page and called.  It must end in the exception that Windows makes of it,
 * shown at its own address, or do nothing but what it may (popf, segment loads of the
 * program's own selectors).  After each the program still runs with its own segments, IF set,
 * IOPL 0.  Vectors: only 3, 4, 2Ch, 2Dh, 2Eh may be called.  The end of a process on a stack
 * that is not there is seen from its parent.  Only on Fathom.
 */
#include "check.h"
#include <string.h>
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#define AV   STATUS_ACCESS_VIOLATION
#define PRIV STATUS_PRIVILEGED_INSTRUCTION
#define NONE 0
/* PRIV, or NONE where QEMU 10's TCG does not look at the ring (docs/caveats.md). */
#define CACHE 1

static volatile DWORD code, place, saved_esp;
static UCHAR *page;
void escape(void);
void run_page(void);
__asm__("_run_page:\n\t"
        "pushal\n\t"
        "movl %esp, _saved_esp\n\t"
        "movl _page, %eax\n\t"
        "call *%eax\n\t"
        "_escape:\n\t"
        "movl $0x23, %eax\n\t"
        "movl %eax, %ds\n\t"
        "movl %eax, %es\n\t"
        "movl $0x3B, %eax\n\t"
        "movl %eax, %fs\n\t"
        "movl _saved_esp, %esp\n\t"
        "pushl $0x202\n\t"
        "popfl\n\t"
        "cld\n\t"
        "popal\n\t"
        "ret");

static LONG CALLBACK caught(EXCEPTION_POINTERS *e)
{
    CONTEXT *c = e->ContextRecord;
    code = e->ExceptionRecord->ExceptionCode;
    place = (DWORD)e->ExceptionRecord->ExceptionAddress;
    c->Eip = (DWORD)escape;
    c->Esp = saved_esp;
    c->EFlags = 0x202;
    c->SegDs = c->SegEs = c->SegSs = 0x23;
    c->SegFs = 0x3B;
    c->SegGs = 0;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD flags_now(void)
{
    DWORD flags;
    __asm__ volatile("pushfl; popl %0" : "=r"(flags));
    return flags;
}

/* The bytes, then ret; the exception's code, 0 for none. */
static DWORD run(const void *bytes, unsigned length)
{
    USHORT cs, ds, ss;
    memset(page, 0xC3, 64);
    memcpy(page, bytes, length);
    code = place = 0;
    run_page();
    __asm__ volatile("movw %%cs, %0; movw %%ds, %1; movw %%ss, %2"
                     : "=r"(cs), "=r"(ds), "=r"(ss));
    CHECK_EQUAL(cs, 0x1B);
    CHECK_EQUAL(ds, 0x23);
    CHECK_EQUAL(ss, 0x23);
    CHECK_EQUAL(flags_now() & 0x3200, 0x200); /* IF, IOPL 0 */
    return code;
}

static const struct {
    const char *what, *bytes;
    unsigned length;
    DWORD code;
} table[] = {
#define ROW(what, bytes, code)                                                           \
    {                                                                                    \
        what, bytes, sizeof bytes - 1, code                                              \
    }
    ROW("cli", "\xFA", PRIV),
    ROW("sti", "\xFB", PRIV),
    ROW("hlt", "\xF4", PRIV),
    ROW("in al, 60h", "\xE4\x60", PRIV),
    ROW("in eax, 60h", "\xE5\x60", PRIV),
    ROW("out E9h, al", "\xE6\xE9", PRIV),
    ROW("mov dx, 501h; out dx, eax", "\x66\xBA\x01\x05\xEF", PRIV),
    ROW("in al, dx", "\xEC", PRIV),
    ROW("insb", "\x6C", PRIV),
    ROW("rep outsd", "\xF3\x6F", PRIV),
    ROW("clts", "\x0F\x06", PRIV),
    ROW("invd", "\x0F\x08", CACHE),
    ROW("wbinvd", "\x0F\x09", CACHE),
    ROW("mov eax, cr0", "\x0F\x20\xC0", PRIV),
    ROW("mov cr3, eax", "\x0F\x22\xD8", PRIV),
    ROW("mov eax, dr7", "\x0F\x21\xF8", PRIV),
    ROW("mov dr7, eax", "\x0F\x23\xF8", PRIV),
    ROW("wrmsr", "\x0F\x30", PRIV),
    ROW("rdmsr", "\x0F\x32", PRIV),
    ROW("sysexit", "\x0F\x35", PRIV),
    ROW("lgdt [eax]", "\x0F\x01\x10", PRIV),
    ROW("lidt [eax]", "\x0F\x01\x18", PRIV),
    ROW("lmsw ax", "\x0F\x01\xF0", PRIV),
    ROW("invlpg [eax]", "\x0F\x01\x38", PRIV),
    ROW("lldt ax", "\x0F\x00\xD0", PRIV),
    ROW("ltr ax", "\x0F\x00\xD8", PRIV),
    ROW("ud2", "\x0F\x0B", STATUS_ILLEGAL_INSTRUCTION),
    ROW("lock nop", "\xF0\x90", STATUS_INVALID_LOCK_SEQUENCE),
    ROW("far jump to 08", "\xEA\x00\x00\x10\x80\x08\x00", AV),
    ROW("far jump to 0B", "\xEA\x00\x00\x10\x80\x0B\x00", AV),
    ROW("far jump to 28, the TSS", "\xEA\x00\x00\x00\x00\x28\x00", AV),
    ROW("far jump to 2B", "\xEA\x00\x00\x00\x00\x2B\x00", AV),
    ROW("far jump to 0", "\xEA\x00\x00\x00\x00\x00\x00", AV),
    ROW("far jump to FFF8", "\xEA\x00\x00\x00\x00\xF8\xFF", AV),
    ROW("far jump to a data segment", "\xEA\x00\x00\x00\x00\x23\x00", AV),
    ROW("far call to 08", "\x9A\x00\x00\x10\x80\x08\x00", AV),
    ROW("push 8; push 0; retf", "\x6A\x08\x6A\x00\xCB", AV),
    ROW("iretd to ring 0", "\x68\x02\x02\x00\x00\x6A\x08\x6A\x00\xCF", AV),
    ROW("iretd with NT", "\x9C\x81\x0C\x24\x00\x40\x00\x00\x9D\xCF", AV),
    ROW("mov ds, 8", "\x66\xB8\x08\x00\x8E\xD8", AV),
    ROW("mov ds, 10h", "\x66\xB8\x10\x00\x8E\xD8", AV),
    ROW("mov es, 30h", "\x66\xB8\x30\x00\x8E\xC0", AV),
    ROW("mov fs, 33h", "\x66\xB8\x33\x00\x8E\xE0", AV),
    ROW("mov gs, 28h", "\x66\xB8\x28\x00\x8E\xE8", AV),
    ROW("mov gs, FFFF", "\x66\xB8\xFF\xFF\x8E\xE8", AV),
    ROW("mov ss, 10h", "\x66\xB8\x10\x00\x8E\xD0", AV),
    ROW("mov ss, 0", "\x31\xC0\x8E\xD0", AV),
    ROW("mov ss, 20h", "\x66\xB8\x20\x00\x8E\xD0", AV),
    ROW("mov ss, 1Bh", "\x66\xB8\x1B\x00\x8E\xD0", AV),
    ROW("mov es, 0; int3", "\x31\xC0\x8E\xC0\xCC", STATUS_BREAKPOINT),
    ROW("mov fs, 0; ud2", "\x31\xC0\x8E\xE0\x0F\x0B", STATUS_ILLEGAL_INSTRUCTION),
    ROW("call a kernel address", "\xB8\x00\x00\x10\x80\xFF\xD0", AV),
    ROW("load from the kernel", "\xA1\x00\x00\x10\x80", AV),
    ROW("store to a page table", "\xA3\x00\x00\x00\xC0", AV),
    ROW("store to SharedUserData", "\xA3\x00\x00\xFE\x7F", AV),
    ROW("TF by popf, a step", "\x9C\x81\x0C\x24\x00\x01\x00\x00\x9D\x90",
        STATUS_SINGLE_STEP),
    ROW("TF at mov ss", "\x8C\xD0\x9C\x81\x0C\x24\x00\x01\x00\x00\x9D\x8E\xD0\x90\x90",
        STATUS_SINGLE_STEP),
    ROW("IOPL and IF by popf", "\x68\x02\x30\x00\x00\x9D\xC3", NONE),
    ROW("pushf; popf with all", "\x68\xFF\xFE\x3B\x00\x9D\x68\x02\x02\x00\x00\x9D", NONE),
#undef ROW
};

/* TCG with SMAP takes the stack of a far return for the kernel's access, and faults for ever. */
static int far_returns_work(void)
{
    ULONG a = 7, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return !(b >> 20 & 1);
}

static void every_vector(void)
{
    for (unsigned n = 0; n < 256; n++) {
        UCHAR bytes[] = {0xB8, 0,    0x10, 0, 0,
                         0x89, 0xE2, 0xCD, n}; /* eax: NtFathomNull */
        DWORD wanted = n == 3 || n == 0x2D ? (DWORD)STATUS_BREAKPOINT
                       : n == 4            ? (DWORD)STATUS_INTEGER_OVERFLOW
                       : n == 0x2C         ? (DWORD)STATUS_ASSERTION_FAILURE
                       : n == 0x2E         ? 0
                                           : (DWORD)AV;
        DWORD got = run(bytes, sizeof bytes);
        if (got != wanted)
            printf("int %02x: %lx, not %lx\n", n, got, wanted);
        CHECK(got == wanted);
    }
}

/* TF at mov ss or at popf, then the door at once: the step comes out after the call. */
static void doors_with_a_step(void)
{
    static const char bytes[] =
        "\xB8\x00\x10\x00\x00\x8C\xD1"         /* eax 1000h; mov ecx, ss */
        "\x9C\x81\x0C\x24\x00\x01\x00\x00\x9D" /* TF */
        "\x8E\xD1\xCD\x2E";                    /* mov ss, ecx; int 2Eh */
    CHECK_EQUAL(run(bytes, sizeof bytes - 1), STATUS_SINGLE_STEP);
    if (*(UCHAR *)(*(ULONG *)0x7FFE0300 + 2) != 0x0F)
        return; /* no sysenter here */
    static UCHAR enter[] = "\xB8\x00\x10\x00\x00\x68\x00\x00\x00\x00\x89\xE2\x8C\xD1"
                           "\x9C\x81\x0C\x24\x00\x01\x00\x00\x9D\x8E\xD1\x0F\x34";
    *(ULONG *)(enter + 6) = (ULONG)page + 40; /* where KiFastSystemCallRet returns to */
    CHECK_EQUAL(run(enter, sizeof enter - 1), STATUS_SINGLE_STEP);
}

/* int 2Eh with EDX everywhere: a status, or the service's own. */
static void argument_places(void)
{
    static const ULONG bad[] = {0,          4,          0xFFFF,     0x7FFEFFFE,
                                0x7FFEFFFC, 0x7FFF0000, 0x7FFFFFFC, 0x7FFFFF80,
                                0x80000000, 0x80100000, 0xC0000000, 0xFFFFFFFC,
                                0xFFFFFFFF};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        ULONG status, edx = bad[i];
        __asm__ volatile("int $0x2E" : "=a"(status), "+d"(edx) : "a"(0x32) : "ecx");
        CHECK_EQUAL(status, STATUS_ACCESS_VIOLATION);
    }
    ULONG cell[3] = {0xDEADDEAD, 0xDEADDEAD, 0xDEADDEAD};
    for (unsigned off = 0; off < 4; off++) { /* a misaligned one is as good as another */
        ULONG status, edx = (ULONG)cell + off;
        __asm__ volatile("int $0x2E"
                         : "=a"(status), "+d"(edx)
                         : "a"(0x32)
                         : "ecx", "memory");
        CHECK_EQUAL(status, STATUS_INVALID_HANDLE);
    }
}

/* In a child: the door with ESP there.  It cannot return, nor be told. */
static void __attribute__((noreturn)) enter_on(ULONG esp, ULONG how)
{
    if (how)
        __asm__ volatile("movl %0, %%esp; movl %%esp, %%edx; movl $0x32, %%eax; .byte "
                         "0x0F, 0x34" ::"r"(esp));
    __asm__ volatile("movl %0, %%esp; ud2" ::"r"(esp));
    ExitProcess(0);
}

static void stacks(const char *self)
{
    static const ULONG bad[] = {0,          3,          0x1002,     0x7FFEFFFC,
                                0x7FFE0002, 0x7FFF0000, 0x80000000, 0x80100001,
                                0xC0600000, 0xFFFFFFFD};
    int sep = *(UCHAR *)(*(ULONG *)0x7FFE0300 + 2) == 0x0F;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int how = 0; how <= sep; how++) {
            char line[MAX_PATH + 40];
            STARTUPINFOA startup = {.cb = sizeof startup};
            PROCESS_INFORMATION p;
            DWORD end = 0;
            sprintf(line, "\"%s\" %lu %d", self, bad[i], how);
            CHECK(CreateProcessA(NULL, line, NULL, NULL, 0, 0, NULL, NULL, &startup, &p));
            CHECK_EQUAL(WaitForSingleObject(p.hProcess, 20000), WAIT_OBJECT_0);
            GetExitCodeProcess(p.hProcess, &end);
            CHECK(end == (DWORD)AV || (!how && end == (DWORD)STATUS_ILLEGAL_INSTRUCTION));
            CloseHandle(p.hProcess);
            CloseHandle(p.hThread);
        }
}

int main(int argc, char **argv)
{
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    if (argc > 2)
        enter_on(strtoul(argv[1], NULL, 0), strtoul(argv[2], NULL, 0));
    page = VirtualAlloc(NULL, 0x1000, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    AddVectoredExceptionHandler(1, caught);
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        if (!far_returns_work() &&
            (strstr(table[i].what, "retf") || strstr(table[i].what, "iretd")))
            continue;
        DWORD got = run(table[i].bytes, table[i].length), wanted = table[i].code;
        if (wanted == CACHE)
            wanted = got == NONE ? NONE : PRIV;
        if (got != wanted) {
            printf("%s: %lx, not %lx\n", table[i].what, got, wanted);
            fflush(stdout);
        }
        CHECK(got == wanted);
    }
    every_vector();
    doors_with_a_step();
    argument_places();
    stacks(argv[0]);
    return 0;
}

/* exceptions.c - each trap of the processor becomes the exception that Windows makes of
 * it.
 *
 * A vectored handler notes what came and goes on after the instruction that raised it;
 * every case knows the code, the parameters and whether the address is the instruction's
 * own.
 */
#include <stdio.h>
#include <windows.h>

static struct {
    DWORD code, count;
    ULONG_PTR info[2], address, eip;
    int seen;
} got;
static BYTE *resume; /* where to go on */
static int failures;

static LONG CALLBACK note(EXCEPTION_POINTERS *p)
{
    got.seen++;
    got.code = p->ExceptionRecord->ExceptionCode;
    got.count = p->ExceptionRecord->NumberParameters;
    got.info[0] = p->ExceptionRecord->ExceptionInformation[0];
    got.info[1] = p->ExceptionRecord->ExceptionInformation[1];
    got.address = (ULONG_PTR)p->ExceptionRecord->ExceptionAddress;
    got.eip = p->ContextRecord->Eip;
    p->ContextRecord->Eip = (DWORD)resume;
    p->ContextRecord->EFlags &= ~0x40500u; /* AC, DF, TF */
    p->ContextRecord->FloatSave.StatusWord &= ~0xFFu;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Code that raises something, at `at`; its end is where the handler goes on. */
static void run(const BYTE *code, DWORD size, ULONG_PTR eax, ULONG_PTR ecx)
{
    static BYTE *page;
    if (!page)
        page = VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    memcpy(page, code, size);
    page[size] = 0xC3;
    resume = page + size;
    memset(&got, 0, sizeof got);
    __asm__ volatile("call *%2"
                     : "+a"(eax), "+c"(ecx)
                     : "d"(page)
                     : "ebx", "memory", "cc");
    got.address -= (ULONG_PTR)page;
    got.eip -= (ULONG_PTR)page;
}

#define CHECK(name, e)                                                                   \
    do {                                                                                 \
        if (!(e)) {                                                                      \
            failures++;                                                                  \
            printf("%s: %s: code %08lx count %lu info %lx %lx address %lx eip %lx\n",    \
                   name, #e, got.code, got.count, got.info[0], got.info[1], got.address, \
                   got.eip);                                                             \
        }                                                                                \
    } while (0)

static const struct {
    const char *name;
    BYTE code[12];
    DWORD size, expected, count;
    ULONG_PTR info0, info1, at; /* at: offset of the instruction; eip too unless eip_at */
    ULONG_PTR eax, ecx, eip_at;
} cases[] = {
    {"read", {0x8B, 0x00}, 2, EXCEPTION_ACCESS_VIOLATION, 2, 0, 0x1234, 0, 0x1234, 0, 0},
    {"write", {0x89, 0x00}, 2, EXCEPTION_ACCESS_VIOLATION, 2, 1, 0x1234, 0, 0x1234, 0, 0},
    {"kernel read",
     {0x90, 0x8B, 0x00},
     3,
     EXCEPTION_ACCESS_VIOLATION,
     2,
     0,
     0x80100000,
     1,
     0x80100000,
     0,
     1},
    {"kernel write",
     {0x89, 0x00},
     2,
     EXCEPTION_ACCESS_VIOLATION,
     2,
     1,
     0xC0000000,
     0,
     0xC0000000,
     0,
     0},
    {"shared data write",
     {0x89, 0x00},
     2,
     EXCEPTION_ACCESS_VIOLATION,
     2,
     1,
     0x7FFE0000,
     0,
     0x7FFE0000,
     0,
     0},
    {"divide by zero",
     {0x31, 0xD2, 0xF7, 0xF1},
     4,
     EXCEPTION_INT_DIVIDE_BY_ZERO,
     0,
     0,
     0,
     2,
     1,
     0,
     2},
    {"bound", {0x62, 0x01}, 2, EXCEPTION_ARRAY_BOUNDS_EXCEEDED, 0, 0, 0, 0, 9, 1, 0},
    {"ud2", {0x0F, 0x0B}, 2, EXCEPTION_ILLEGAL_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"lock on a register", {0xF0, 0x01, 0xC0}, 3, (DWORD)0xC000001E, 0, 0, 0, 0, 0, 0, 0},
    {"hlt", {0xF4}, 1, EXCEPTION_PRIV_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"cli", {0xFA}, 1, EXCEPTION_PRIV_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"in", {0xEC}, 1, EXCEPTION_PRIV_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"out", {0xE6, 0xE9}, 2, EXCEPTION_PRIV_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"mov cr3", {0x0F, 0x22, 0xD8}, 3, EXCEPTION_PRIV_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"rdmsr", {0x0F, 0x32}, 2, EXCEPTION_PRIV_INSTRUCTION, 0, 0, 0, 0, 0, 0, 0},
    {"int 80h",
     {0xCD, 0x80},
     2,
     EXCEPTION_ACCESS_VIOLATION,
     2,
     0,
     0xFFFFFFFF,
     0,
     0,
     0,
     0},
    {"bad selector",
     {0x8E, 0xD8},
     2,
     EXCEPTION_ACCESS_VIOLATION,
     2,
     0,
     0xFFFFFFFF,
     0,
     0x08,
     0,
     0},
    {"int3", {0x90, 0xCC}, 2, EXCEPTION_BREAKPOINT, 1, 0, 0, 1, 0, 0, 1},
    {"single step",
     {0x9C, 0x80, 0x4C, 0x24, 0x01, 0x01, 0x9D, 0x90},
     8,
     EXCEPTION_SINGLE_STEP,
     0,
     0,
     0,
     8,
     0,
     0,
     8},
};

/* x87 divide by zero with the exception unmasked; it is raised by the next x87
 * instruction. */
static void test_x87(void)
{
    static const BYTE code[] = {0x9B, 0xDB, 0xE3,             /* finit */
                                0x66, 0x68, 0x7B, 0x02,       /* push 027Bh: ZM clear */
                                0xD9, 0x2C, 0x24, 0x66, 0x58, /* fldcw [esp]; pop ax */
                                0xD9, 0xE8, 0xD9, 0xEE,       /* fld1; fldz */
                                0xDE, 0xF9, 0x9B, 0x90};      /* fdivp; fwait */
    run(code, sizeof code, 0, 0);
    CHECK("x87", got.seen >= 1 && got.code == EXCEPTION_FLT_DIVIDE_BY_ZERO);
    CHECK("x87", got.address == 16); /* the instruction that divided */
    __asm__ volatile("fninit");
}

int main(void)
{
    AddVectoredExceptionHandler(1, note);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const LONG bounds[2] = {2, 5};
        run(cases[i].code, cases[i].size, cases[i].eax,
            cases[i].ecx == 1 ? (ULONG_PTR)bounds : cases[i].ecx);
        CHECK(cases[i].name, got.seen == 1);
        CHECK(cases[i].name, got.code == cases[i].expected);
        CHECK(cases[i].name, got.count == cases[i].count);
        if (cases[i].count == 2)
            CHECK(cases[i].name,
                  got.info[0] == cases[i].info0 && got.info[1] == cases[i].info1);
        CHECK(cases[i].name, got.address == cases[i].at && got.eip == cases[i].eip_at);
    }
    test_x87();
    printf("%d failures\n", failures);
    return failures != 0;
}

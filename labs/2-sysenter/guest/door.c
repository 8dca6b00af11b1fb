/* door.c - the cases of the way in that are shown. */
#include "raw.h"

LAB_CASE(null_service)
{
    for (unsigned i = 0; i < 100; i++)
        expect_status(call_null(), 0, "status %08X from the service that does nothing");
}

/* Services with 1 to 11 arguments; each fails, or works, in a way that its arguments decide. */
LAB_CASE(arguments)
{
    const DWORD self = ~0u;
    DWORD bad = 0xDEAD, base = 0, size = 0x3000, old = 0;
    expect_status(call(number_of("NtClose"), &bad, 1), INVALID_HANDLE,
                  "status %08X of NtClose(DEAD)");
    const DWORD allocate[] = {self,         (DWORD)&base, 0,
                              (DWORD)&size, MEM_COMMIT,   PAGE_READWRITE};
    expect_status(call(number_of("NtAllocateVirtualMemory"), allocate, 6), 0,
                  "status %08X of NtAllocateVirtualMemory");
    LAB_EXPECT(base && size == 0x3000, "KiFastCallEntry", "a region of %X bytes",
               "%X at %X", 0x3000, size, base);
    memset((void *)base, 7, size);
    const DWORD protect[] = {self, (DWORD)&base, (DWORD)&size, PAGE_READONLY,
                             (DWORD)&old};
    expect_status(call(number_of("NtProtectVirtualMemory"), protect, 5), 0,
                  "status %08X of NtProtectVirtualMemory");
    LAB_EXPECT(old == PAGE_READWRITE, "KiFastCallEntry", "the fifth argument: %X", "%X",
               PAGE_READWRITE, old);
    DWORD zero = 0;
    const DWORD release[] = {self, (DWORD)&base, (DWORD)&zero, MEM_RELEASE};
    expect_status(call(number_of("NtFreeVirtualMemory"), release, 4), 0,
                  "status %08X of NtFreeVirtualMemory");
    HANDLE copy = NULL;
    const DWORD duplicate[] = {
        self, self, self, (DWORD)&copy, 0, 0, DUPLICATE_SAME_ACCESS};
    expect_status(call(number_of("NtDuplicateObject"), duplicate, 7), 0,
                  "status %08X of NtDuplicateObject");
    LAB_EXPECT(GetProcessId(copy) == GetCurrentProcessId(), "KiFastCallEntry",
               "a handle of this process", "another");
    const DWORD close = (DWORD)copy;
    expect_status(call(number_of("NtClose"), &close, 1), 0, "status %08X of NtClose");
    DWORD block[2];
    const DWORD read[] = {0xDEAD, 0, 0, 0, (DWORD)block, (DWORD)room, 4, 0, 0};
    expect_status(call(number_of("NtReadFile"), read, 9), INVALID_HANDLE,
                  "status %08X of NtReadFile(DEAD)");
}

LAB_CASE(unknown)
{
    static const DWORD wrong[] = {0x191, 0x500, 0x0FFF};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_status(call(wrong[i], NULL, 0), LAB_UNKNOWN,
                      "status %08X of a number below 1000h that is no service");
}

LAB_CASE(fathom_numbers)
{
    static const DWORD wrong[] = {0x1FFF,     0x2000,     0xFFFF,
                                  0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                  0xFFFFF000, 0x80001000, 0x1100};
    expect_status(call_null(), 0, "status %08X of service 1000h");
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_status(call(wrong[i], NULL, 0), LAB_UNKNOWN,
                      "status %08X of a number above the services");
}

static void check_registers(DWORD *block)
{
    LAB_EXPECT(raw_s.ebx == 0x11111111 && raw_s.esi == 0x22222222 &&
                   raw_s.edi == 0x33333333 && raw_s.ebp == 0x44444444,
               "KiFastCallEntry", "EBX ESI EDI EBP as they were (I6)",
               "%08X %08X %08X %08X", raw_s.ebx, raw_s.esi, raw_s.edi, raw_s.ebp);
    LAB_EXPECT(raw_s.esp == (DWORD)(block + 1), "KiFastCallEntry",
               "ESP %08X after the return", "%08X", (DWORD)(block + 1), raw_s.esp);
    LAB_EXPECT((raw_s.ds & 0xFFFF) == 0x23 && (raw_s.es & 0xFFFF) == 0x23 &&
                   (raw_s.fs & 0xFFFF) == 0x3B,
               "KiFastCallEntry", "DS 23 ES 23 FS 3B", "%X %X %X", raw_s.ds, raw_s.es,
               raw_s.fs);
}

LAB_CASE(registers)
{
    const DWORD bad = 0xDEAD;
    call_null();
    check_registers(BLOCK);
    call(number_of("NtClose"), &bad, 1);
    check_registers(BLOCK);
    call(0x500, NULL, 0);
    check_registers(BLOCK);
    raw_s.null_es = 1; /* whatever the program left in ES */
    expect_status(call(number_of("NtClose"), &bad, 1), INVALID_HANDLE,
                  "status %08X of NtClose with ES = 0");
    check_registers(BLOCK);
}

LAB_CASE(flags)
{
    static const DWORD odd[] = {0x400, 0x4000, 0x40000, 0x44400};
    const DWORD bad = 0xDEAD;
    for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
        expect_status(call_at(BLOCK, number_of("NtClose"), 0x202 | odd[i], &bad, 1),
                      INVALID_HANDLE, "status %08X with DF, NT or AC set");
        LAB_EXPECT((raw_s.out & 0x44400) == odd[i], "KiFastCallEntry",
                   "flags %X as they were (I5)", "%X", odd[i], raw_s.out & 0x44400);
        LAB_EXPECT(raw_s.out & 0x200, "KiFastCallEntry", "IF set", "clear");
        check_registers(BLOCK);
    }
    call_null();
    LAB_EXPECT(!(raw_s.out & 0x44500), "KiFastCallEntry", "no flag that was not there",
               "%X", raw_s.out);
}

static volatile unsigned steps, inside;

static LONG CALLBACK step(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    steps++;
    inside += p->ContextRecord->Eip >= 0x80000000;
    return EXCEPTION_CONTINUE_EXECUTION; /* TF is clear in the context */
}

LAB_CASE(single_step)
{
    PVOID handler = AddVectoredExceptionHandler(1, step);
    for (unsigned i = 1; i <= 3; i++) {
        expect_status(call_at(BLOCK, FATHOM_NULL, 0x302, NULL, 0), 0,
                      "status %08X with TF set");
        LAB_EXPECT(steps == i && !inside, "KiFastCallEntry",
                   "%u single steps in the program, 0 in the kernel", "%u, %u", i, steps,
                   inside);
        check_registers(BLOCK);
    }
    RemoveVectoredExceptionHandler(handler);
}

/* Run by bad_stacks in a process of its own, which dies of the return at the latest. */
static DWORD WINAPI call_and_die(void *unused)
{
    (void)unused;
    raw_call();
    return 0;
}

/* At C0000000h are the page tables, zeros first.  A door that takes these for arguments ends
 * this thread alone, with status 0. */
LAB_CASE(on_bad_stack)
{
    const char *last = strrchr(GetCommandLineA(), ' ');
    raw_s.number = number_of("NtTerminateThread");
    raw_s.flags = 0;
    raw_s.block = strtoul(last + 1, NULL, 16);
    WaitForSingleObject(CreateThread(NULL, 0, call_and_die, NULL, 0, NULL), INFINITE);
}

LAB_CASE(bad_stacks)
{
    static const DWORD stacks[] = {4,          0x7FFEFFFC, 0x7FFF0000,
                                   0x80100000, 0xC0000000, 0xFFFFFFF4};
    for (unsigned i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION process;
        DWORD code = 0;
        char line[300];
        snprintf(line, sizeof line, "C:\\door.exe on_bad_stack %lx", stacks[i]);
        LAB_EXPECT(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                                  &process),
                   "KiFastCallEntry", "a process", "error %u", (unsigned)GetLastError());
        WaitForSingleObject(process.hProcess, INFINITE);
        GetExitCodeProcess(process.hProcess, &code);
        LAB_EXPECT(code == 0xC0000005u, "KiFastCallEntry",
                   "EDX %08X: the program alone dies, of %08X", "%08X", stacks[i],
                   0xC0000005u, code);
        CloseHandle(process.hProcess);
        CloseHandle(process.hThread);
    }
    call_null();
}

/* The arguments run into a page that is not there. */
LAB_CASE(unreadable)
{
    char *pages = VirtualAlloc(NULL, 0x2000, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(pages, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    const DWORD none[] = {0};
    for (unsigned there = 0; there < 6; there++) {
        DWORD *at = (DWORD *)(pages + 0x1000) - 2 - there;
        expect_status(call_at(at, number_of("NtAllocateVirtualMemory"), 0, none, 0),
                      LAB_UNREADABLE, "status %08X when an argument cannot be read");
        check_registers(at);
    }
    const DWORD bad = 0xDEAD;
    DWORD *last = (DWORD *)(pages + 0x1000) - 3;
    expect_status(call_at(last, number_of("NtClose"), 0, &bad, 1), INVALID_HANDLE,
                  "status %08X when the last argument ends with its page");
}

LAB_CASE(misaligned)
{
    const DWORD bad = 0xDEAD;
    for (unsigned off = 1; off < 4; off++) {
        DWORD *at = (DWORD *)((char *)(BLOCK) + off);
        expect_status(call_at(at, number_of("NtClose"), 0x202, &bad, 1),
                      LAB_CROOKED ? MISALIGNED : INVALID_HANDLE,
                      "status %08X with EDX no multiple of 4");
        check_registers(at);
    }
}

static volatile LONG stop;
static DWORD WINAPI busy(void *counter)
{
    while (!stop)
        (*(volatile DWORD *)counter)++;
    return 0;
}

/* ntdll enters by it: threads, files, memory, preemption. */
LAB_CASE(whole_system)
{
    static volatile DWORD counts[2];
    HANDLE threads[2];
    for (unsigned i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, busy, (void *)&counts[i], 0, NULL);
    for (unsigned i = 0; i < 300 || (i < 20000 && (!counts[0] || !counts[1])); i++) {
        void *block = VirtualAlloc(NULL, 0x1000, MEM_COMMIT, PAGE_READWRITE);
        LAB_EXPECT(block != NULL, "KiFastCallEntry", "a page by VirtualAlloc", "NULL");
        VirtualFree(block, 0, MEM_RELEASE);
        if (i % 50 == 0)
            Sleep(1);
    }
    stop = 1;
    LAB_EXPECT(WaitForMultipleObjects(2, threads, TRUE, INFINITE) == WAIT_OBJECT_0,
               "KiFastCallEntry", "two threads that ran beside", "they did not end");
}

static unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

LAB_CASE(instructions)
{
    unsigned long long best = ~0ull;
    for (unsigned i = 0; i < 200; i++) {
        unsigned long long start = ticks();
        call_null();
        unsigned long long cost = ticks() - start;
        best = cost < best ? cost : best;
    }
    LAB_COST(best);
}

/* link: -lntdll */
/* endings.c - exceptions that nobody handles: who is asked last, with what code the process
 * ends, and that only the process ends.
 *
 * Each case is a child, this program again; its exit code is the exception's code, as the
 * page of UnhandledExceptionFilter and GetExitCodeProcess have it.  Wine ends with 0 a process
 * on whose stack nothing can be laid (cases 8 to 14), and
 * goes round a circle for ever (26). */
#include <windows.h>
#include <string.h>
#include "check.h"
#include "guarded.h"

void WINAPI RtlRaiseException(EXCEPTION_RECORD *);

static volatile int *volatile nowhere = (int *)0x20;

static LONG WINAPI execute(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG WINAPI search(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI leave(EXCEPTION_POINTERS *pointers)
{
    ExitProcess(pointers->ExceptionRecord->ExceptionCode == 0xE0000001 ? 77 : 78);
}

static LONG WINAPI faults_too(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    *nowhere = 1;
    return 0;
}

static LONG CALLBACK faults_always(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_STACK_OVERFLOW)
        TerminateProcess(GetCurrentProcess(), 0x50F);
    *nowhere = 1;
    return 0;
}

static DWORD WINAPI crash_in_thread(void *unused)
{
    (void)unused;
    RaiseException(0xE0000005, 0, 0, NULL);
    return 0;
}

static void set_esp(ULONG esp)
{
    __asm__ volatile("movl %0, %%esp; movl $0, %%eax; movl (%%eax), %%eax" ::"r"(esp));
    __builtin_trap();
}

static EXCEPTION_DISPOSITION __cdecl passes(EXCEPTION_RECORD *record, void *frame,
                                            CONTEXT *context, void *dispatcher)
{
    (void)record, (void)frame, (void)context, (void)dispatcher;
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION __cdecl takes_it(EXCEPTION_RECORD *record, void *frame,
                                              CONTEXT *context, void *dispatcher)
{
    (void)record, (void)frame, (void)context, (void)dispatcher;
    ExitProcess(0xBADF);
}

static void *page(DWORD protect)
{
    return VirtualAlloc(NULL, 0x10000, MEM_COMMIT, protect);
}

static void child(int number)
{
    switch (number) {
    case 0: /* no filter at all */
        *nowhere = 1;
        break;
    case 1:
        SetUnhandledExceptionFilter(execute);
        RaiseException(0xE0000001, 0, 0, NULL);
        break;
    case 2:
        SetUnhandledExceptionFilter(search);
        RaiseException(0xE0000001, 0, 0, NULL);
        break;
    case 3:
        SetUnhandledExceptionFilter(leave);
        RaiseException(0xE0000001, 0, 0, NULL);
        break;
    case 4: /* the filter itself faults */
        SetUnhandledExceptionFilter(faults_too);
        RaiseException(0xE0000001, 0, 0, NULL);
        break;
    case 5:
        __asm__ volatile("int3");
        break;
    case 6:
        __asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" ::: "eax", "ecx", "edx");
        break;
    case 7: { /* in another thread: the whole process goes */
        HANDLE thread = CreateThread(NULL, 0, crash_in_thread, NULL, 0, NULL);
        WaitForSingleObject(thread, INFINITE);
        break;
    }
    case 8: /* a handler that faults, for ever, until the stack is used up */
        AddVectoredExceptionHandler(1, faults_always);
        RaiseException(0xE0000001, 0, 0, NULL);
        break;
    case 9: /* stacks on which nothing can be laid */
        set_esp(0);
        break;
    case 10:
        set_esp(0x80001000);
        break;
    case 11:
        set_esp(0xFFFFFFF0);
        break;
    case 12:
        set_esp((ULONG)page(PAGE_READONLY) + 0x8000);
        break;
    case 13:
        set_esp((ULONG)page(PAGE_NOACCESS) + 0x8000);
        break;
    case 14: /* room for a little only: the context does not fit */
        set_esp((ULONG)page(PAGE_READWRITE) + 0x20);
        break;
    case 15: /* a call into nothing */
        ((void (*)(void))(ULONG_PTR)0x50)();
        break;
    case 16: /* a call into data that may not run is one where the processor has NX */
        ((void (*)(void))page(PAGE_NOACCESS))();
        break;
    case 17:
        TerminateProcess(GetCurrentProcess(), 0xABCD);
        break;
    case 18:
        ExitThread(19); /* the last thread: the process ends with its code */
        break;
    case 19:
        RaiseException(0xE0000009, EXCEPTION_NONCONTINUABLE, 0, NULL);
        break;
    case 20: /* a record in no memory */
        RtlRaiseException((EXCEPTION_RECORD *)0x60);
        break;
    case 21: /* a target that is not in the list */
        RtlUnwind((void *)0x70, NULL, NULL, NULL);
        break;
    case 22: { /* lists of handlers that cannot be believed: a circle, */
        struct frame frame;
        push_frame(&frame, passes);
        frame.next = &frame;
        *nowhere = 1;
        break;
    }
    case 23: { /* a misaligned registration, */
        char room[2 * sizeof(struct frame)];
        struct frame *frame = (struct frame *)((ULONG_PTR)room | 1);
        push_frame(frame, takes_it);
        *nowhere = 1;
        break;
    }
    case 24: { /* one that is not on the stack, */
        static struct frame elsewhere;
        push_frame(&elsewhere, takes_it);
        *nowhere = 1;
        break;
    }
    case 25: { /* a handler on the stack, */
        static const unsigned char code[] = {0x31, 0xC0, 0xC3}; /* xor eax, eax; ret */
        unsigned char room[16];
        struct frame frame;
        memcpy(room, code, sizeof code);
        push_frame(&frame, (frame_handler *)(void *)room);
        *nowhere = 1;
        break;
    }
    case 26: { /* and a circle met while unwinding */
        struct frame outer, frame;
        push_frame(&outer, passes);
        push_frame(&frame, passes);
        frame.next = &frame;
        RtlUnwind((char *)&outer < (char *)&frame ? (void *)0x7FFDE000 : &outer, NULL,
                  NULL, NULL);
        break;
    }
    default:
        break;
    }
    ExitProcess(0x600D);
}

static const DWORD expected[] = {
    0xC0000005, 0xE0000001, 0xE0000001, 77,         0xC0000005, 0x80000003, 0xC0000094,
    0xE0000005, 0x50F,      0xC0000005, 0xC0000005, 0xC0000005, 0xC0000005, 0xC0000005,
    0xC0000005, 0xC0000005, 0xC0000005, 0xABCD,     19,         0xE0000009, 0xC0000005,
    0xC0000029, 0xC0000005, 0xC0000005, 0xC0000005, 0xC0000005, 0xC0000028};

int main(int count, char **words)
{
    char line[MAX_PATH + 20], self[MAX_PATH];
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    DWORD code;
    int failures = 0;
    BOOL on_fathom = LoadLibraryA("fathom.dll") != NULL;

    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    if (count > 1)
        child(atoi(words[1]));
    GetModuleFileNameA(NULL, self, sizeof self);
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
        snprintf(line, sizeof line, "\"%s\" %u", self, i);
        CHECK(CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &info,
                             &process));
        CHECK_EQUAL(WaitForSingleObject(process.hProcess, 30000), WAIT_OBJECT_0);
        CHECK(GetExitCodeProcess(process.hProcess, &code));
        if (code != expected[i] && (on_fathom || i < 8 || i > 14)) {
            printf("case %u: %08lx, not %08lx\n", i, code, expected[i]);
            failures++;
        }
        CHECK(CloseHandle(process.hThread) && CloseHandle(process.hProcess));
    }
    return failures != 0;
}

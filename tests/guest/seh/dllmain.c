/* dllmain.c - an exception in a DllMain: it passes LoadLibrary on its way
 * to a handler of the caller, and the loader can be used afterwards, from any thread. */
#include <windows.h>
#include "makedll.h"

typedef EXCEPTION_DISPOSITION __cdecl handler(EXCEPTION_RECORD *, void *, CONTEXT *,
                                              void *);
struct frame {
    struct frame *next;
    handler *code;
};

static void *back[5];
static DWORD code;
static BOOL fault;

static EXCEPTION_DISPOSITION __cdecl take(EXCEPTION_RECORD *record, void *frame,
                                          CONTEXT *context, void *dispatcher)
{
    (void)context, (void)dispatcher;
    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    code = record->ExceptionCode;
    RtlUnwind(frame, NULL, record, NULL);
    __builtin_longjmp(back, 1);
}

static BOOL WINAPI entry(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (fault && reason == DLL_PROCESS_ATTACH)
        RaiseException(0xE0000044, 0, 0, NULL);
    return TRUE;
}

static HMODULE load_guarded(const char *name)
{
    struct frame frame = {.code = take};
    HMODULE volatile module = NULL;
    __asm__ volatile("movl %%fs:0, %%eax; movl %%eax, %0; movl %1, %%fs:0"
                     : "=m"(frame.next)
                     : "r"(&frame)
                     : "eax", "memory");
    code = 0;
    if (!__builtin_setjmp(back))
        module = LoadLibraryA(name);
    __asm__ volatile("movl %0, %%fs:0" ::"r"(frame.next) : "memory");
    return module;
}

static DWORD WINAPI load_it(void *name)
{
    HMODULE module = LoadLibraryA(name);
    return module && FreeLibrary(module);
}

int main(void)
{
    static struct dll d;
    DWORD result;
    BOOL on_fathom = LoadLibraryA("fathom.dll") != NULL;

    dll_begin(&d, 0x20000000);
    dll_entry(&d, entry);
    dll_write(&d, "throws.dll");
    fault = TRUE;
    CHECK(load_guarded("throws.dll") == NULL);
    if (on_fathom) { /* Wine takes it inside LoadLibrary, which fails */
        CHECK_EQUAL(code, 0xE0000044);
        CHECK(GetModuleHandleA("throws.dll") == NULL);
    }
    fault = FALSE;
    HANDLE thread = CreateThread(NULL, 0, load_it, (void *)"throws.dll", 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0); /* the lock is free */
    CHECK(GetExitCodeThread(thread, &result));
    CHECK_EQUAL(result, 1);
    CHECK(CloseHandle(thread));
    DeleteFileA("throws.dll");
    return 0;
}

/* vectored.c - vectored exception and continue handlers, and the unhandled filter. */
#include <windows.h>
#include <string.h>
#include "check.h"

static char order[32];
static PVOID self;

static LONG CALLBACK pass_a(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(order, "a");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK pass_b(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(order, "b");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK take(EXCEPTION_POINTERS *pointers)
{
    strcat(order, "t");
    CHECK_EQUAL(pointers->ExceptionRecord->ExceptionCode, 0xE0000077);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK once(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(order, "o");
    CHECK(RemoveVectoredExceptionHandler(self));
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK after(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(order, ">");
    return EXCEPTION_CONTINUE_SEARCH;
}

static void raise_it(const char *expected)
{
    order[0] = 0;
    RaiseException(0xE0000077, 0, 0, NULL);
    if (strcmp(order, expected))
        printf("order is %s, not %s\n", order, expected);
    CHECK(!strcmp(order, expected));
}

static LONG CALLBACK filter(EXCEPTION_POINTERS *pointers)
{
    strcat(order, "f");
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION)
        pointers->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI in_thread(void *argument)
{
    (void)argument;
    __asm__ volatile("xorl %%eax, %%eax; .byte 0x89, 0x00" ::
                         : "eax", "memory"); /* mov [eax], eax */
    return 5;
}

int main(void)
{
    PVOID a = AddVectoredExceptionHandler(0, pass_a);
    PVOID t = AddVectoredExceptionHandler(0, take);
    PVOID b = AddVectoredExceptionHandler(1, pass_b);
    CHECK(a && t && b);
    raise_it("bat");
    self = AddVectoredExceptionHandler(1, once);
    raise_it("obat");
    raise_it("bat");
    PVOID c = AddVectoredContinueHandler(1, after);
    raise_it("bat>");
    CHECK(RemoveVectoredContinueHandler(c));
    CHECK(RemoveVectoredExceptionHandler(a));
    CHECK(!RemoveVectoredExceptionHandler(a));
    raise_it("bt");
    CHECK(RemoveVectoredExceptionHandler(b));
    CHECK(RemoveVectoredExceptionHandler(t));

    SetUnhandledExceptionFilter(filter);
    raise_it("f");
    order[0] = 0;
    HANDLE thread = CreateThread(NULL, 0, in_thread, NULL, 0, NULL);
    DWORD code;
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 5);
    CHECK(!strcmp(order, "f"));
    return 0;
}

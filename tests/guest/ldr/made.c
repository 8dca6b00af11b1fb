/* made.c - DLLs that need each other: order of entry points, counts, circles, forwarders,
 * ordinals, relocation, refusal. */
#include "makedll.h"

static char order[64];
static BOOL refuse;

/* What happened, then to whom. */
static BOOL note(PVOID base, DWORD reason, PVOID reserved, char who)
{
    (void)base;
    if (reserved) /* the process ends */
        return TRUE;
    char said[3] = {reason == DLL_PROCESS_ATTACH   ? '+'
                    : reason == DLL_PROCESS_DETACH ? '-'
                                                   : '?',
                    who, 0};
    strcat(order, said);
    return TRUE;
}

static BOOL WINAPI one(PVOID base, DWORD reason, PVOID reserved)
{
    return note(base, reason, reserved, '1');
}
static BOOL WINAPI two(PVOID base, DWORD reason, PVOID reserved)
{
    return note(base, reason, reserved, '2');
}
static BOOL WINAPI three(PVOID base, DWORD reason, PVOID reserved)
{
    return note(base, reason, reserved, '3');
}
static BOOL WINAPI no(PVOID base, DWORD reason, PVOID reserved)
{
    note(base, reason, reserved, 'n');
    return !refuse;
}

static struct dll d;

static void make_chain(void) /* one needs two, two needs three */
{
    dll_begin(&d, 0x20000000);
    dll_entry(&d, three);
    dll_export(&d, "", dll_returns(&d, 30)); /* ordinal 1 */
    dll_export(&d, "value", dll_returns(&d, 3));
    dll_forward(&d, "back", "one.value");
    dll_forward(&d, "byord", "three.#1");
    dll_write(&d, "three.dll");

    dll_begin(&d, 0x20010000);
    dll_entry(&d, two);
    DWORD slot = dll_import(&d, "THREE.dll", NULL, 1);
    dll_import(&d, "kernel32.dll", "HeapAlloc", 0);
    dll_export(&d, "value", dll_returns(&d, 2));
    dll_export(&d, "slot", dll_reads(&d, slot));
    dll_forward(&d, "value3", "three.value");
    dll_write(&d, "two.dll");

    dll_begin(&d, 0x20020000);
    dll_entry(&d, one);
    slot = dll_import(&d, "two", "value3", 0); /* through a forwarder */
    dll_export(&d, "value", dll_returns(&d, 1));
    dll_export(&d, "slot", dll_reads(&d, slot));
    dll_write(&d, "one.dll");
}

typedef DWORD function(void);

static DWORD call(HMODULE module, const char *name)
{
    function *f = (function *)(PVOID)GetProcAddress(module, name);
    CHECK(f);
    return f();
}

static void chain(void)
{
    HMODULE module = LoadLibraryA("one.dll");
    CHECK(module && (DWORD)module == 0x20020000);
    CHECK(!strcmp(order, "+3+2+1"));
    HMODULE third = GetModuleHandleA("three");
    CHECK(third && call(third, "value") == 3);
    CHECK_EQUAL(call(third, (char *)1), 30);
    CHECK_EQUAL(call(third, "byord"), 30);
    CHECK_EQUAL(call(third, "back"), 1);
    CHECK_EQUAL(call(module, "slot"), GetProcAddress(third, "value"));
    CHECK_EQUAL(call(GetModuleHandleA("two.dll"), "slot"),
                GetProcAddress(third, (char *)1));
    CHECK(!GetProcAddress(third, "nothing") && GetLastError() == ERROR_PROC_NOT_FOUND);
    CHECK(!GetProcAddress(third, (char *)9));
}

static void counts(void)
{
    HMODULE two_again = LoadLibraryA("two.dll");
    CHECK(two_again == GetModuleHandleA("two.dll"));
    order[0] = 0;
    CHECK(FreeLibrary(two_again));
    CHECK(!order[0]);
    CHECK(GetModuleHandleA("two")); /* one needs it */
}

static void circle(void)
{
    dll_begin(&d, 0x20030000);
    dll_entry(&d, one);
    dll_import(&d, "ring2.dll", "f", 0);
    dll_export(&d, "f", dll_returns(&d, 11));
    dll_write(&d, "ring1.dll");
    dll_begin(&d, 0x20040000);
    dll_entry(&d, two);
    dll_import(&d, "ring1.dll", "f", 0);
    dll_export(&d, "f", dll_returns(&d, 22));
    dll_write(&d, "ring2.dll");
    order[0] = 0;
    HMODULE ring = LoadLibraryA("ring1.dll");
    CHECK(ring && !strcmp(order, "+2+1"));
    CHECK(FreeLibrary(ring));
    CHECK(!strcmp(order, "+2+1-1-2"));
    CHECK(!GetModuleHandleA("ring1") && !GetModuleHandleA("ring2"));
}

static void relocation(void)
{
    static const DWORD word = 0x12345678;
    for (int i = 0; i < 2; i++) {
        dll_begin(&d, 0x20050000);
        DWORD rva = dll_put(&d, &word, 4);
        dll_export(&d, "read", dll_reads(&d, rva));
        dll_write(&d, i ? "same2.dll" : "same1.dll");
    }
    HMODULE first = LoadLibraryA("same1.dll"), second = LoadLibraryA("same2.dll");
    CHECK((DWORD)first == 0x20050000 && second && second != first);
    CHECK_EQUAL(call(first, "read"), word);
    CHECK_EQUAL(call(second, "read"), word);
    CHECK(FreeLibrary(second) && FreeLibrary(first));
    CHECK(LoadLibraryA("same2.dll") == first); /* its own place is free now */
    dll_begin(&d, 0x20050000);
    d.no_relocations = TRUE;
    dll_write(&d, "fixed.dll");
    CHECK(!LoadLibraryA("fixed.dll"));
}

static void refusal(void)
{
    dll_begin(&d, 0x20060000);
    dll_entry(&d, no);
    dll_write(&d, "no.dll");
    order[0] = 0;
    refuse = TRUE;
    CHECK(!LoadLibraryA("no.dll"));
    CHECK_EQUAL(GetLastError(), ERROR_DLL_INIT_FAILED);
    CHECK(!GetModuleHandleA("no.dll"));
    refuse = FALSE;
    HMODULE now = LoadLibraryA("no.dll");
    CHECK(now && FreeLibrary(now) && !FreeLibrary(now));
}

static void missing(void)
{
    CHECK(!LoadLibraryA("nowhere.dll"));
    CHECK_EQUAL(GetLastError(), ERROR_MOD_NOT_FOUND);
    dll_begin(&d, 0x20070000);
    dll_import(&d, "nowhere.dll", "x", 0);
    dll_write(&d, "lacks.dll");
    CHECK(!LoadLibraryA("lacks.dll"));
    CHECK_EQUAL(GetLastError(), ERROR_MOD_NOT_FOUND);
    dll_begin(&d, 0x20070000);
    dll_forward(&d, "loop", "turns.loop");
    dll_write(&d, "turns.dll");
    HMODULE turns = LoadLibraryA("turns.dll");
    CHECK(turns && !GetProcAddress(turns, "loop"));
}

int main(void)
{
    make_chain();
    chain();
    counts();
    circle();
    relocation();
    refusal();
    missing();
    return 0;
}

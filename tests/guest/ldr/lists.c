/* lists.c - the modules as PEB.Ldr shows them, and what GetProcAddress and its kin say. */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include "check.h"

typedef struct {
    LIST_ENTRY load, memory, init;
    PVOID base, entry;
    ULONG size;
    UNICODE_STRING full, name;
    ULONG flags;
    USHORT count, tls;
} module;

typedef struct {
    ULONG length;
    BOOLEAN initialized;
    HANDLE handle;
    LIST_ENTRY load, memory, init;
} ldr;

static ldr *list_heads(void)
{
    char *peb;
    __asm__("movl %%fs:0x30, %0" : "=r"(peb));
    return *(ldr **)(peb + 0x0C);
}

static BOOL named(const module *m, const WCHAR *name)
{
    return m->name.Length == 2 * lstrlenW(name) && !lstrcmpiW(m->name.Buffer, name);
}

static void load_order(void)
{
    LIST_ENTRY *head = &list_heads()->load, *memory = list_heads()->memory.Flink;
    module *m = (module *)head->Flink;
    CHECK(m->base == GetModuleHandleA(NULL));
    CHECK(named(m, L"lists.exe"));
    CHECK_EQUAL(m->count, 0xFFFF);
    m = (module *)head->Flink->Flink;
    CHECK(named(m, L"ntdll.dll"));
    CHECK(m->base == GetModuleHandleA("ntdll.dll"));
    m = (module *)head->Flink->Flink->Flink;
    CHECK(named(m, L"kernel32.dll"));
    for (LIST_ENTRY *at = head->Flink; at != head;
         at = at->Flink, memory = memory->Flink) {
        m = (module *)at;
        CHECK(&m->memory == memory); /* the same order */
        CHECK(at->Flink->Blink == at);
        CHECK(*(WORD *)m->base == IMAGE_DOS_SIGNATURE);
        CHECK(m->size && !(m->size & 0xFFF));
    }
    CHECK(memory == &list_heads()->memory);
}

static void init_order(void)
{
    LIST_ENTRY *head = &list_heads()->init;
    module *m = CONTAINING_RECORD(head->Flink, module, init);
    CHECK(named(m, L"ntdll.dll"));
    int kernel32 = 0, msvcrt = 0, place = 1;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink, place++) {
        m = CONTAINING_RECORD(at, module, init);
        CHECK(!named(m, L"lists.exe"));
        if (named(m, L"kernel32.dll"))
            kernel32 = place;
        if (named(m, L"msvcrt.dll"))
            msvcrt = place;
    }
    CHECK(kernel32 && msvcrt > kernel32);
}

static void procedures(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll"),
            kernel32 = GetModuleHandleA("KERNEL32.DLL");
    CHECK(ntdll && kernel32);
    CHECK(GetProcAddress(kernel32, "HeapAlloc") ==
          GetProcAddress(ntdll, "RtlAllocateHeap"));
    CHECK(GetProcAddress(kernel32, "HeapFree") == GetProcAddress(ntdll, "RtlFreeHeap"));
    CHECK(GetProcAddress(ntdll, "ZwClose") == GetProcAddress(ntdll, "NtClose"));
    CHECK(!GetProcAddress(kernel32, "heapalloc"));
    CHECK_EQUAL(GetLastError(), ERROR_PROC_NOT_FOUND);
    CHECK(!GetProcAddress(kernel32, ""));
    CHECK(!GetModuleHandleA("nothing") && GetLastError() == ERROR_MOD_NOT_FOUND);
    const unsigned char *crossing = (PVOID)GetProcAddress(ntdll, "KiFastSystemCall");
    if (crossing) /* the bytes of Windows 7 */
        CHECK(!memcmp(crossing, "\x8B\xD4\x0F\x34\xC3", 5));
    HMODULE found = NULL;
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                 GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                             (LPCSTR)crossing, &found));
    CHECK(found == ntdll);
}

static void names(void)
{
    char path[MAX_PATH];
    DWORD chars = GetModuleFileNameA(NULL, path, sizeof path);
    CHECK(chars > 9 && !lstrcmpiA(path + chars - 9, "lists.exe"));
    CHECK(LoadLibraryA("kernel32") == GetModuleHandleA("kernel32.dll"));
    CHECK(FreeLibrary(GetModuleHandleA("kernel32.dll"))); /* pinned: stays */
    CHECK(GetModuleHandleA("kernel32.dll"));
    CHECK(!GetModuleHandleA("kernel32.")); /* a name without extension */
}

int main(void)
{
    load_order();
    init_order();
    procedures();
    names();
    return 0;
}

/* facts.cpp - which heap is which, what an export leads to, and a replaced operator new. */
#include "walk.h"
#include <cstring>
#include <new>

/* A global replacement of one operator new, as any program may have: ours takes pages of
 * its own.  The ordinary operator new stays libstdc++'s, so that the first door can show
 * it. */
NOINLINE void *operator new(size_t size, const std::nothrow_t &) noexcept
{
    return VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}
void operator delete(void *block, const std::nothrow_t &) noexcept
{
    VirtualFree(block, 0, MEM_RELEASE);
}

struct Crate {
    char bytes[8192];
};
NOINLINE static Crate *door_replaced()
{
    return new (std::nothrow) Crate;
}
static const Step replaced_chain[] = {{"1", "", "door_replaced"},
                                      {"1", "", "operator new"},
                                      {"9", "kernel32", "VirtualAlloc"},
                                      {"9", "kernel32", "VirtualAllocEx"},
                                      {"10", "ntdll", "NtAllocateVirtualMemory"},
                                      {nullptr, nullptr, nullptr}};

static void show_replaced()
{
    capture_begin();
    Crate *crate = door_replaced();
    std::vector<Event> events = capture_end();
    const Event *commit = nullptr;
    for (const Event &event : events)
        if (event.id == EventRegionCommit && !commit)
            commit = &event;
    std::string why = "nothing was committed";
    const char *row = "1";
    bool good = commit && follows(*commit, replaced_chain, &why, &row);
    say("  %s", commit ? one_line(*commit, "door_replaced").c_str() : "");
    proof(good, row, "a replaced operator new is the one that is called%s%s",
          good ? "" : ": ", good ? "" : why.c_str());
    operator delete(crate, std::nothrow);
}

static const char *in_which_heap(void *block)
{
    struct {
        const char *name;
        HANDLE heap;
    } heaps[] = {{"the default heap", GetProcessHeap()},
                 {"the CRT's heap", crt_heap()},
                 {"the created heap", created_heap()}};
    const char *found = "no heap";
    for (auto &candidate : heaps) {
        PROCESS_HEAP_ENTRY entry = {};
        if (!candidate.heap)
            continue;
        HeapLock(candidate.heap);
        while (HeapWalk(candidate.heap, &entry))
            if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) && entry.lpData == block)
                found = candidate.name;
        HeapUnlock(candidate.heap);
    }
    return found;
}

/* The slot of module's import table for a function of dll; nullptr: it imports none. */
static void *const *import_slot(HMODULE module, const char *dll, const char *function)
{
    const char *base = (const char *)module;
    const auto *headers =
        (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const ULONG table =
        headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT]
            .VirtualAddress;
    if (!table)
        return nullptr;
    for (auto *of = (const IMAGE_IMPORT_DESCRIPTOR *)(base + table); of->Name; of++) {
        const auto *names = (const ULONG *)(base + of->OriginalFirstThunk);
        if (_stricmp(base + of->Name, dll))
            continue;
        for (size_t i = 0; names[i]; i++)
            if (!(names[i] & IMAGE_ORDINAL_FLAG32) &&
                !strcmp(base + names[i] + 2, function))
                return (void *const *)(base + of->FirstThunk) + i;
    }
    return nullptr;
}

/* Why malloc's stack has no HeapAlloc: the loader followed the forwarder, and put ntdll's
 * function itself into msvcrt's slot. */
static void show_slot()
{
    void *const *slot =
        import_slot(GetModuleHandleA("msvcrt.dll"), "kernel32.dll", "HeapAlloc");
    Frame leads = {slot ? (ULONG)*slot : 0, 0, 0, {}, "", "", 0};
    if (!capture_open())
        return; /* another system's msvcrt may import it from elsewhere */
    name_frame(leads);
    proof(slot && *slot == (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"),
                                                  "RtlAllocateHeap"),
          "7", "msvcrt imports KERNEL32!HeapAlloc: its slot at %p holds %p, %s",
          (const void *)slot, slot ? *slot : nullptr, name_of(leads).c_str());
    screen_text(format("msvcrt's HeapAlloc slot: %s", name_of(leads).c_str()));
}

void show_facts()
{
    title("Which heap is which");
    void *heap_alloc =
        (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "HeapAlloc");
    void *rtl_allocate =
        (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlAllocateHeap");
    proof(heap_alloc && heap_alloc == rtl_allocate, "7",
          "kernel32.HeapAlloc resolves to %p, ntdll.RtlAllocateHeap is %p", heap_alloc,
          rtl_allocate);
    show_slot();
    proof(crt_heap() && crt_heap() != GetProcessHeap(), "2",
          "the CRT's heap %p is not GetProcessHeap() %p", crt_heap(), GetProcessHeap());
    void *local = LocalAlloc(LMEM_FIXED, 100), *global = GlobalAlloc(GMEM_FIXED, 100);
    const char *of_local = in_which_heap(local), *of_global = in_which_heap(global);
    proof(!strcmp(of_local, "the default heap"), "6",
          "HeapWalk finds LocalAlloc's block %p in %s", local, of_local);
    proof(!strcmp(of_global, "the default heap"), "5",
          "HeapWalk finds GlobalAlloc's block %p in %s", global, of_global);
    LocalFree(local);
    GlobalFree(global);
    HANDLE other = HeapCreate(0, 0, 0);
    proof(other && other != GetProcessHeap() && other != crt_heap() &&
              other != created_heap(),
          "8", "HeapCreate's heaps %p and %p are heaps of their own", other,
          created_heap());
    if (other)
        HeapDestroy(other);
    ULONG peb_heap;
    __asm__("movl %%fs:0x30, %0\n\tmovl 0x18(%0), %0" : "=r"(peb_heap));
    proof(peb_heap == (ULONG)GetProcessHeap(), "8",
          "PEB.ProcessHeap (fs:[30h] + 18h) is %08lX", peb_heap);
    if (capture_open())
        show_replaced();
}

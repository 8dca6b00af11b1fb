/* link: -lpsapi */
/* memory.c - a program that says what it knows of its own memory: the debugger's words must agree.
 *
 *   MODULE base end name          EnumProcessModules
 *   RUN base end state protect    VirtualQuery, over the whole of the user's half
 *   REGION base last commit protect kind name       Fathom's query, as the prompt's vad
 *   PAGE name address present pfn protect share    Fathom's own query of one page
 *
 * It stops at look_here(): everything above holds there, as nothing is allocated after it is said.
 */
#include <stdio.h>
#include <windows.h>
#include <psapi.h>
#include "fathom.h"

__attribute__((noinline)) void look_here(void)
{
    __asm__ volatile("" ::: "memory");
}

static LONG(WINAPI *query)(ULONG, ULONG_PTR, PVOID, ULONG, PULONG);
static volatile char written[8192] __attribute__((aligned(4096))) = "data of the image";
static char text[262144];
static int used;

#define SAY(...) (used += snprintf(text + used, sizeof text - used, __VA_ARGS__))

static void say_modules(void)
{
    HMODULE modules[64];
    DWORD bytes;
    EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &bytes);
    for (DWORD i = 0; i < bytes / sizeof *modules; i++) {
        MODULEINFO info;
        char name[64];
        GetModuleInformation(GetCurrentProcess(), modules[i], &info, sizeof info);
        GetModuleBaseNameA(GetCurrentProcess(), modules[i], name, sizeof name);
        SAY("MODULE %08lX %08lX %s\n", (ULONG)info.lpBaseOfDll,
            (ULONG)info.lpBaseOfDll + info.SizeOfImage, name);
    }
}

static void say_runs(void)
{
    MEMORY_BASIC_INFORMATION run;
    for (char *at = 0; VirtualQuery(at, &run, sizeof run); at += run.RegionSize)
        SAY("RUN %08lX %08lX %lX %lX\n", (ULONG)at, (ULONG)at + run.RegionSize, run.State,
            run.State == MEM_COMMIT ? run.Protect : 0);
}

/* The addresses, for gdb's expressions: places[0] is the first that is said. */
const volatile void *places[16];
static int place;

/* What the prompt's vad shows. */
static void say_regions(void)
{
    static FATHOM_REGION list[256];
    ULONG returned = 0;
    query(FathomQueryRegions, 0, list, sizeof list, &returned);
    for (ULONG i = 0; i < returned / sizeof *list; i++)
        SAY("REGION %08lX %08lX %lu %lX %s %s\n", list[i].Base,
            list[i].Base + list[i].Size - 1, list[i].CommitPages, list[i].Protect,
            list[i].Type == MEM_IMAGE    ? "image"
            : list[i].Type == MEM_MAPPED ? "mapped"
                                         : "private",
            list[i].Name);
}

static void say_page(const char *where, const volatile void *at)
{
    FATHOM_PAGE page = {0};
    ULONG returned;
    places[place++] = at;
    query(FathomQueryPage, (ULONG_PTR)at, &page, sizeof page, &returned);
    SAY("PAGE %s %08lX %lu %lX %lX %lu\n", where, (ULONG)(ULONG_PTR)at, page.Present,
        page.Pfn, page.Protect, page.ShareCount);
}

int main(void)
{
    query = (void *)GetProcAddress(LoadLibraryA("fathom.dll"), "FathomQuery");
    DWORD old, returned;
    char *block = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(block, 0x4000, MEM_COMMIT, PAGE_READWRITE);
    VirtualAlloc(block + 0x8000, 0x1000, MEM_COMMIT, PAGE_READONLY);
    char *all = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    block[0] = block[0x1000] = block[0x2000] = written[0] = written[4096] = 1;
    all[0] = 1;
    VirtualFree(all + 0x3000, 0x1000, MEM_DECOMMIT);
    VirtualProtect(block + 0x1000, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old);
    VirtualProtect(block + 0x2000, 0x1000, PAGE_NOACCESS, &old);
    char *freed = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    freed[0] = 1;
    VirtualFree(freed, 0, MEM_RELEASE);
    for (int said = 0; said < 2; said++) { /* twice: the first brings what saying needs */
        used = place = 0;
        say_modules();
        say_runs();
        say_regions();
        say_page("touched", block);
        say_page("guard", block + 0x1000);
        say_page("noaccess", block + 0x2000);
        say_page("untouched", block + 0x3000);
        say_page("reserved", block + 0x10000);
        say_page("decommitted", all + 0x3000);
        say_page("freed", freed);
        say_page("written", written);
        say_page("code", (const char *)GetModuleHandleA("ntdll.dll") + 0x1000);
        say_page("stack", &old);
    }
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, used, &returned, NULL);
    look_here();
    return 0;
}

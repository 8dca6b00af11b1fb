/* regions.c - vad: the regions of a process, and what each is for.
 *
 * The kernel gives the regions.  What one is for is in the process's own memory, which
 * is read as a debugger reads it:
 *
 *   PEB    where NtQueryInformationProcess says       TEB    NtTib.Self is its own address
 *   heap   PEB.ProcessHeaps[], and their segments     stack  TEB.DeallocationStack
 *   guard  HEAP.Guard: bytes that are reserved before a heap
 */
#include "shell.h"

/* Offsets in bytes; WinDbg: dt _PEB, dt _TEB, dt _HEAP. */
enum {
    PEB_PARAMETERS = 0x10,
    PEB_HEAPS = 0x88, /* NumberOfHeaps; its array's address is 8 bytes further */
    TEB_SELF = 0x18,
    TEB_THREAD = 0x24,
    TEB_STACK = 0xE0C,
    HEAP_SEGMENTS = 0xA8,
    HEAP_GUARD = 0x144, /* Fathom's own field; tests/tools/terminal.t sees if it moves */
    SEGMENT_LINKS = 0x10,
    MOST_REGIONS = 512,
    MOST_HEAPS = 64
};

static FATHOM_REGION regions[MOST_REGIONS];
static char uses[MOST_REGIONS][32];
static ULONG count;

HANDLE open_process(const char *word, ULONG *id)
{
    *id = strtoul(word, NULL, 10);
    if (*id == 0)
        *id = GetCurrentProcessId();
    HANDLE process = OpenProcess(PROCESS_VM_READ | PROCESS_QUERY_INFORMATION, FALSE, *id);
    if (!process)
        printf("no process has the number %lu: ps lists them\n", *id);
    return process;
}

BOOL peek(HANDLE process, ULONG address, void *to, size_t bytes)
{
    SIZE_T got = 0;
    return ReadProcessMemory(process, (void *)address, to, bytes, &got) && got == bytes;
}

ULONG peb_of(HANDLE process)
{
    typedef LONG(WINAPI * query_process)(HANDLE, ULONG, PVOID, ULONG, PULONG);
    query_process ask = (query_process)(void *)GetProcAddress(
        GetModuleHandleA("ntdll.dll"), "NtQueryInformationProcess");
    PROCESS_BASIC_INFORMATION basic = {0};
    if (!ask || ask(process, ProcessBasicInformation, &basic, sizeof basic, NULL) < 0)
        return 0;
    return (ULONG)(ULONG_PTR)basic.PebBaseAddress;
}

ULONG heaps_of(HANDLE process, ULONG *heaps, ULONG most)
{
    ULONG array[3] = {0};
    if (!peek(process, peb_of(process) + PEB_HEAPS, array, sizeof array))
        return 0;
    const ULONG number = array[0] < most ? array[0] : most;
    return peek(process, array[2], heaps, number * sizeof *heaps) ? number : 0;
}

static char *use_of(ULONG address)
{
    static char nowhere[32];
    for (ULONG i = 0; i < count; i++)
        if (address - regions[i].Base < regions[i].Size)
            return uses[i];
    return nowhere;
}

static void name_heaps(HANDLE process)
{
    ULONG heaps[MOST_HEAPS];
    const ULONG number = heaps_of(process, heaps, MOST_HEAPS);
    for (ULONG i = 0; i < number; i++) {
        ULONG link = heaps[i] + HEAP_SEGMENTS, guard = 0;
        if (peek(process, heaps[i] + HEAP_GUARD, &guard, sizeof guard) && guard)
            snprintf(use_of(heaps[i] - 1), sizeof *uses, "guard before heap %lu", i + 1);
        for (int turn = 0; turn < MOST_HEAPS && peek(process, link, &link, sizeof link) &&
                           link != heaps[i] + HEAP_SEGMENTS;
             turn++)
            snprintf(use_of(link - SEGMENT_LINKS), sizeof *uses, "heap %lu, %08lX", i + 1,
                     heaps[i]);
    }
}

static void name_threads(HANDLE process)
{
    for (ULONG i = 0; i < count; i++) {
        ULONG self, id, stack;
        if (regions[i].Type != MEM_PRIVATE || regions[i].Base < 0x7F000000 ||
            !peek(process, regions[i].Base + TEB_SELF, &self, sizeof self) ||
            self != regions[i].Base ||
            !peek(process, self + TEB_THREAD, &id, sizeof id) ||
            !peek(process, self + TEB_STACK, &stack, sizeof stack))
            continue;
        snprintf(uses[i], sizeof *uses, "TEB of thread %lu", id);
        snprintf(use_of(stack), sizeof *uses, "stack of thread %lu", id);
    }
}

static void name_regions(HANDLE process)
{
    const ULONG peb = peb_of(process);
    ULONG parameters = 0;
    memset(uses, 0, sizeof uses);
    name_heaps(process);
    name_threads(process);
    if (peek(process, peb + PEB_PARAMETERS, &parameters, sizeof parameters))
        strcpy(use_of(parameters), "process parameters");
    strcpy(use_of(peb), "PEB");
    strcpy(use_of(0x7FFE0000), "SharedUserData");
}

static const char *protection(ULONG protect)
{
    static const struct {
        ULONG value;
        const char *text;
    } names[] = {{PAGE_NOACCESS, "no access"},    {PAGE_READONLY, "r--"},
                 {PAGE_READWRITE, "rw-"},         {PAGE_WRITECOPY, "rc-"},
                 {PAGE_EXECUTE, "--x"},           {PAGE_EXECUTE_READ, "r-x"},
                 {PAGE_EXECUTE_READWRITE, "rwx"}, {PAGE_EXECUTE_WRITECOPY, "rcx"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((protect & 0xFF) == names[i].value)
            return names[i].text;
    return "";
}

void show_regions(const char *arguments)
{
    ULONG returned, id;
    HANDLE process = open_process(arguments, &id);
    if (!process)
        return;
    if (query(FathomQueryRegions, id, regions, sizeof regions, &returned) < 0)
        returned = 0;
    count = returned / sizeof *regions;
    name_regions(process);
    CloseHandle(process);
    printf("base     end      commit protect    type    what it is\n");
    for (ULONG i = 0; i < count; i++) {
        const FATHOM_REGION *r = &regions[i];
        printf("%08lX %08lX %6lu %-10s %s %.32s\n", r->Base, r->Base + r->Size - 1,
               r->CommitPages, protection(r->Protect),
               r->Type == MEM_IMAGE    ? "image  "
               : r->Type == MEM_MAPPED ? "mapped "
                                       : "private",
               r->Name[0] ? r->Name : uses[i]);
    }
}

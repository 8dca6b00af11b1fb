/* descent.cpp - one door, walked: the cold call, the first touch, the warm call, the
 * free.
 *
 * A cold call asks for more than its heap keeps committed, so it must go all the way to
 * NtAllocateVirtualMemory; and because commit only promises, the page itself comes at the
 * first touch, as a fault.  Both descents are captured stacks; the address ties them.
 * Without fathom.dll the calls are made all the same, and only what user mode can see is
 * shown.
 */
#include "walk.h"
#include <cstring>

static const ULONG service_allocate = 0x13,
                   service_free = 0x83; /* include/services.tbl */

NOINLINE static void first_touch(void *block, size_t size)
{
    ((volatile char *)block)[size / 2] = 1;
}

static bool within(ULONG address, ULONG base, ULONG size)
{
    return address - base < size;
}

/* The event that promised the page of this address, and the one that brought it. */
static const Event *find_commit(const std::vector<Event> &events, ULONG address)
{
    for (const Event &event : events)
        if (event.id == EventRegionCommit &&
            within(address, event.fields[0], event.fields[1]) &&
            find_frame(event, "nt", "NtAllocateVirtualMemory"))
            return &event;
    return nullptr;
}

static const Event *find_page(const std::vector<Event> &events, ULONG address)
{
    for (const Event &event : events)
        if (event.id == EventPageAlloc && event.fields[1] == 1 &&
            within(event.fields[2], address & ~0xFFFu, 0x1000) &&
            find_frame(event, "nt", "MmAccessFault"))
            return &event;
    return nullptr;
}

/* The exit that belongs to a crossing: the first of its kind after it. */
static const Event *find_after(const std::vector<Event> &events, ULONG sequence, ULONG id,
                               ULONG field0)
{
    for (const Event &event : events)
        if (event.sequence > sequence && event.id == id && event.fields[0] == field0)
            return &event;
    return nullptr;
}

static const Event *find_before(const std::vector<Event> &events, ULONG sequence,
                                ULONG id)
{
    const Event *last = nullptr;
    for (const Event &event : events)
        if (event.sequence < sequence && event.id == id)
            last = &event;
    return last;
}

static std::string cost(const Event *enter, const Event *leave)
{
    if (!enter || !leave || !capture_counts())
        return "";
    return format(", %lu instructions", (ULONG)(leave->time - enter->time));
}

static ULONG count_services(const std::vector<Event> &events, ULONG number)
{
    ULONG count = 0;
    for (const Event &event : events)
        count += event.id == EventServiceEnter && event.fields[0] == number;
    return count;
}

static const Event *find_heap_operation(const std::vector<Event> &events, ULONG operation)
{
    for (const Event &event : events)
        if (event.id == EventHeapOperation && event.fields[0] == operation)
            return &event;
    return nullptr;
}

/* What the heap itself said of its call: who served it. */
const char *served_by(const Event *operation)
{
    static const char *const words[] = {
        "nobody: it failed", "the front end", "the free list",   "a commit",
        "a large block",     "the page heap", "the block itself"};
    const ULONG served = operation ? operation->fields[6] : 0;
    return served < sizeof words / sizeof *words ? words[served] : "an unknown part";
}

/* The functions of the chain that were found in the stack, from the call to the crossing. */
static std::string in_short(const Door &door, const Event &event)
{
    std::string text;
    for (const Step *step = door.chain + 1; step->row && strcmp(step->row, "10"); step++)
        if (const Frame *frame = find_frame(event, step->module, step->function))
            text += (text.empty() ? "" : " > ") + frame->function;
    return text;
}

/* Pages that the same fault took for page tables. */
static ULONG count_page_tables(const std::vector<Event> &events, const Event *fault,
                               const Event *done)
{
    ULONG count = 0;
    for (const Event &event : events)
        count += fault && done && event.sequence > fault->sequence &&
                 event.sequence < done->sequence && event.id == EventPageAlloc &&
                 event.fields[1] == 2;
    return count;
}

static void show_commit(const Door &door, const std::vector<Event> &events, void *block,
                        ULONG touched)
{
    const Event *commit = find_commit(events, touched);
    if (!commit) {
        proof(false, door.chain[0].row, "%s(%u) did not commit the page of %08lX",
              door.title, (unsigned)cold_size, touched);
        return;
    }
    const Event *enter = find_before(events, commit->sequence, EventServiceEnter);
    const Event *leave =
        find_after(events, commit->sequence, EventServiceExit, service_allocate);
    staircase("the commit", *commit,
              format("status %08lX, region %08lX + %lX committed%s",
                     leave ? leave->fields[1] : ~0u, commit->fields[0], commit->fields[1],
                     cost(enter, leave).c_str()));
    say("  => the call returned %p", block);
    std::string why;
    const char *row = door.chain[0].row;
    bool good = follows(*commit, door.chain, &why, &row);
    screen_text(in_short(door, *commit));
    if (good)
        screen_rows(door.chain);
    proof(good, row, "%s%s%s", good ? "the commit follows the chain" : "the commit",
          good ? "" : ": ", why.c_str());
    proof(leave && leave->fields[1] == 0, "12",
          "NtAllocateVirtualMemory returned %08lX across the ring",
          leave ? leave->fields[1] : ~0u);
}

static const Step touch_chain[] = {{"12", "nt", "MmAccessFault"},
                                   {"13", "nt", "PageAlloc"},
                                   {nullptr, nullptr, nullptr}};

static void show_touch(const Door &door, const std::vector<Event> &events, ULONG touched)
{
    const Event *page = find_page(events, touched);
    if (!page) {
        proof(false, "13", "no PageAlloc was captured for the first touch of %08lX",
              touched);
        return;
    }
    const Event *fault = find_before(events, page->sequence, EventPageFault);
    const Event *done =
        fault ? find_after(events, page->sequence, EventPageFaultExit, fault->fields[0])
              : nullptr;
    ULONG tables = count_page_tables(events, fault, done);
    staircase(
        "the touch", *page,
        format("physical page %lX for %08lX, status %08lX%s%s", page->fields[0],
               page->fields[2], done ? done->fields[1] : ~0u, cost(fault, done).c_str(),
               tables ? format("; besides it %lu for page tables", tables).c_str() : ""));
    std::string why;
    const char *row = "13";
    bool good = follows(*page, touch_chain, &why, &row);
    proof(good && fault && fault->fields[0] == touched, row, "the fault at %08lX %s%s",
          fault ? fault->fields[0] : 0,
          good ? "brought the page that the commit promised" : "", why.c_str());
    if (door.constructs)
        proof(find_frame(*page, "", "Cargo::Cargo") != nullptr, "1",
              "the constructor ran on the returned block: its first store is the "
              "faulting instruction");
}

static void show_heap(const Door &door, const std::vector<Event> &events, void *block)
{
    const Event *operation = find_heap_operation(events, FATHOM_HEAP_ALLOCATE);
    HANDLE heap = door.heap();
    if (!heap) {
        proof(!operation, door.chain[0].row, "no NT heap took part");
        return;
    }
    proof(operation && operation->fields[1] == (ULONG)heap &&
              operation->fields[2] == (ULONG)block,
          door.chain[0].row, "the block is of heap %08lX, expected %p",
          operation ? operation->fields[1] : 0, heap);
}

NOINLINE static void walk_warm(const Door &door)
{
    door.release(
        door.allocate(warm_size)); /* the heap may need a first block of this size */
    capture_begin();
    void *block = door.allocate(warm_size);
    std::vector<Event> events = capture_end();
    ULONG crossings = count_services(events, service_allocate);
    const Event *operation = find_heap_operation(events, FATHOM_HEAP_ALLOCATE);
    std::string path = operation ? one_line(*operation, door.chain[0].function) : "";
    say("\n  the warm call, %u bytes: %lu x NtAllocateVirtualMemory%s%s%s%s",
        (unsigned)warm_size, crossings, operation ? "; served by " : "",
        operation ? served_by(operation) : "", path.empty() ? "" : "; ", path.c_str());
    if (operation)
        proof(operation->fields[6] == FATHOM_SERVED_FRONT ||
                  operation->fields[6] == FATHOM_SERVED_LIST,
              "8", "the heap had the block: %s served it", served_by(operation));
    proof((crossings == 0) == door.warm_stays, door.chain[0].row, "%s",
          door.warm_stays ? "a warm call stays in its heap"
                          : "every call crosses: this door has no heap");
    door.release(block);
}

/* Did this block go back: to the heap it is of, or without a heap, its pages to the system? */
static bool went_back(const Door &door, const std::vector<Event> &events, void *block)
{
    HANDLE heap = door.heap();
    for (const Event &event : events) {
        const ULONG *f = event.fields;
        if (heap && event.id == EventHeapOperation && f[0] == FATHOM_HEAP_FREE &&
            f[1] == (ULONG)heap && f[2] == (ULONG)block)
            return true;
        if (!heap &&
            (event.id == EventRegionDecommit || event.id == EventRegionRelease) &&
            within((ULONG)block + cold_size / 2, f[0], f[1]))
            return true;
    }
    return false;
}

/* Stock `operator delete` is one jump to free: it is in the stack by that jump alone. */
static void show_delete(const Door &door, const Event *freed)
{
    const Frame *called = freed ? find_frame(*freed, "msvcrt", "free") : nullptr;
    const Frame *caller = freed ? find_frame(*freed, "", "door_delete") : nullptr;
    Frame between = {};
    const bool found = called && caller && jumps_on(*caller, *called, &between);
    proof(found && between.function == "operator delete", door.chain[0].row,
          "the caller's call leads to %s at %08lX, which jumps to msvcrt!free",
          found ? name_of(between).c_str() : "no function", between.address);
}

NOINLINE static void walk_free(const Door &door, void *block)
{
    capture_begin();
    door.release(block);
    std::vector<Event> events = capture_end();
    const Event *deepest = nullptr;
    for (const Event &event : events)
        if (event.id == EventRegionDecommit || event.id == EventRegionRelease ||
            event.id == EventHeapOperation)
            if (!deepest || event.id != EventHeapOperation)
                deepest = &event;
    say("\n  the free: %lu x NtFreeVirtualMemory%s%s",
        count_services(events, service_free), deepest ? "; " : "",
        deepest ? one_line(*deepest, "walk_free").c_str() : "");
    if (door.constructs)
        show_delete(door, deepest);
    proof(went_back(door, events, block), door.chain[0].row, "the block went back to %s",
          door.heap() ? "its heap" : "the system");
}

/* Memory comes by the page: of one byte, too. */
NOINLINE static void walk_one_byte()
{
    capture_begin();
    void *block = VirtualAlloc(nullptr, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    std::vector<Event> events = capture_end();
    const Event *commit = find_commit(events, (ULONG)block);
    MEMORY_BASIC_INFORMATION region = {};
    VirtualQuery(block, &region, sizeof region);
    say("\n  VirtualAlloc(1): asked for 1 byte; region %08lX + %lX committed",
        commit ? commit->fields[0] : 0, commit ? commit->fields[1] : 0);
    proof(block && commit && commit->fields[1] == 0x1000 && region.RegionSize == 0x1000,
          "9", "VirtualAlloc(1) is one page: %lu bytes at %p, state %s",
          (ULONG)region.RegionSize, region.BaseAddress,
          region.State == MEM_COMMIT ? "committed" : "not committed");
    VirtualFree(block, 0, MEM_RELEASE);
}

void walk_door(const Door &door)
{
    title("%s", door.title);
    capture_begin();
    void *block = door.allocate(cold_size);
    if (block && !door.constructs)
        first_touch(block, cold_size);
    std::vector<Event> events = capture_end();
    if (!block) {
        proof(false, door.chain[0].row, "%s(%u) returned NULL", door.title,
              (unsigned)cold_size);
        return;
    }
    ULONG touched = (ULONG)block + cold_size / 2;
    show_commit(door, events, block, touched);
    show_touch(door, events, touched);
    show_heap(door, events, block);
    walk_warm(door);
    if (!door.warm_stays)
        walk_one_byte();
    walk_free(door, block);
}

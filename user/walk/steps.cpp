/* steps.cpp - one door, opened once and captured, as a list of steps.
 *
 *     the commit   each frame from the program's function to the one that promised pages;
 *                  the way back: the service's status, the heap's word, the call's result
 *     the touch    the fault, each frame of the kernel, the page; the access goes on
 *     warm, free   one step each
 *
 * What a step says has changed, and its evidence, are fields of events, bytes of memory and
 * answers of the kernel about a page: before the touch and after it.  Where nothing was
 * recorded the step says so.
 */
#include "steps.h"
#include <cstring>

static const ULONG service_allocate = 0x13,
                   service_free = 0x83; /* include/services.tbl */

struct Capture {
    std::vector<Event> call, touch, warm, free;
    void *block;
    ULONG touched;
    bool there_before, there_after;
    ULONG page;
};

NOINLINE static void first_touch(void *block, size_t size)
{
    ((volatile char *)block)[size / 2] = 1;
}

NOINLINE static void open_door(const Door &door, Capture &made)
{
    door.release(door.allocate(warm_size)); /* what a first call does once */
    capture_begin();
    made.block = door.allocate(cold_size);
    made.call = capture_end();
    if (!made.block)
        return;
    made.touched = (ULONG)made.block + cold_size / 2;
    made.there_before = page_of((void *)made.touched, &made.page);
    if (door.constructs) {
        made.touch = made.call;
    } else {
        capture_begin();
        first_touch(made.block, cold_size);
        made.touch = capture_end();
    }
    made.there_after = page_of((void *)made.touched, &made.page);
    capture_begin();
    void *small = door.allocate(warm_size);
    made.warm = capture_end();
    door.release(small);
    capture_begin();
    door.release(made.block);
    made.free = capture_end();
}

/* ---- finding ---- */

static const Event *first(const std::vector<Event> &events, ULONG id, ULONG after = 0)
{
    for (const Event &event : events)
        if (event.id == id && event.sequence > after)
            return &event;
    return nullptr;
}

static const Event *last_before(const std::vector<Event> &events, ULONG id, ULONG before)
{
    const Event *found = nullptr;
    for (const Event &event : events)
        if (event.id == id && event.sequence < before)
            found = &event;
    return found;
}

static const Event *commit_of(const Capture &made)
{
    for (const Event &event : made.call)
        if (event.id == EventRegionCommit &&
            made.touched - event.fields[0] < event.fields[1])
            return &event;
    return nullptr;
}

static const Event *page_event(const Capture &made)
{
    for (const Event &event : made.touch)
        if (event.id == EventPageAlloc && event.fields[1] == 1 &&
            (event.fields[2] ^ made.touched) < 0x1000)
            return &event;
    return nullptr;
}

/* ---- words ---- */

static std::string where(const Frame &frame)
{
    return format(frame.flags & FATHOM_FRAME_TRAP
                      ? "%08lX in %s: the instruction under way"
                      : "%08lX in %s: on the captured stack",
                  frame.address, name_of(frame).c_str());
}

static std::string stamp(const Event &event, const char *name)
{
    return format("event %lu, %s", event.sequence, name);
}

static const Event *entered; /* the service of the part under way */
static const char *nothing_yet;

/* Was a region or a page recorded before this event? */
static const char *before_it(const std::vector<Event> &events, const Event &event)
{
    for (ULONG id : {EventRegionReserve, EventRegionCommit, EventPageAlloc})
        if (last_before(events, id, event.sequence))
            return "Nothing more is recorded here.";
    return "No region and no page has changed yet.";
}

/* What one frame adds to what is known. */
static void describe(Page &page, const Frame &frame)
{
    const std::string arguments = arguments_of(frame);
    page.why = reason_of(frame.module, frame.function);
    page.changed = arguments.empty() ? nothing_yet
                                     : "It is called with " +
                                           arguments.substr(1, arguments.size() - 2) +
                                           " (hexadecimal).";
    page.evidence = {where(frame)};
    if (frame.flags & FATHOM_FRAME_STUB && frame.flags & FATHOM_FRAME_TRAP) {
        const unsigned char *code = (const unsigned char *)frame.address;
        page.changed = "Ring 3 becomes ring 0; the stack becomes the kernel's.";
        page.evidence.push_back(
            format("bytes %02X %02X at %08lX: %s", code[0], code[1], frame.address,
                   code[0] == 0x0F && code[1] == 0x34   ? "sysenter"
                   : code[0] == 0xCD && code[1] == 0x2E ? "int 2Eh"
                                                        : "unknown code"));
    }
    if (entered && frame.kernel() && frame.function.compare(0, 2, "Ki") == 0) {
        page.changed = format("Service %lXh is under way.", entered->fields[0]);
        page.evidence.push_back(stamp(*entered, "ServiceEnter"));
    }
}

static const char *ring_line = "~~~~ ring 3 ~~~~ ring 0 ~~~~";

/* Pages for the frames of a stack, from the program's own function inwards. */
static void add_frames(std::vector<Page> &pages, const char *part, const Event &event,
                       const char *from)
{
    std::vector<std::string> stair;
    for (size_t i = event.frames.size(); i-- > 0;) {
        const Frame &frame = event.frames[i];
        if (stair.empty() && frame.function != from)
            continue;
        if (frame.kernel() && !event.frames[i + 1].kernel())
            stair.push_back(ring_line);
        stair.push_back(name_of(frame));
        Page page = {part, stair, "", "", {}};
        describe(page, frame);
        pages.push_back(page);
    }
}

static Page after(const Page &last, const char *why, const std::string &changed,
                  const std::vector<std::string> &evidence)
{
    Page page = last;
    page.why = why;
    page.changed = changed;
    page.evidence = evidence;
    return page;
}

static std::string cost(const Event *from, const Event *to)
{
    return from && to && capture_counts()
               ? format(", %lu instructions later", (ULONG)(to->time - from->time))
               : "";
}

/* ---- the parts ---- */

static void add_commit(std::vector<Page> &pages, const Door &door, const Capture &made)
{
    const Event *commit = commit_of(made);
    if (!commit)
        return;
    entered = last_before(made.call, EventServiceEnter, commit->sequence);
    nothing_yet = before_it(made.call, *commit);
    add_frames(pages, "the commit", *commit, door.chain[0].function);
    if (pages.empty())
        return;
    Page &deepest = pages.back();
    deepest.changed = format("%lu pages from %08lX on are promised; %s at %08lX.",
                             commit->fields[1] / 0x1000, commit->fields[0],
                             door.constructs     ? "see the touch for what is"
                             : made.there_before ? "a page is already"
                                                 : "no page is there",
                             made.touched);
    deepest.evidence.push_back(stamp(*commit, "RegionCommit") +
                               format(", protection %lX", commit->fields[2]));
    const Event *left = first(made.call, EventServiceExit, commit->sequence);
    if (left)
        pages.push_back(
            after(pages.back(), "The service is done: back to ring 3.",
                  format("Status %08lX is in the caller's EAX.", left->fields[1]),
                  {stamp(*left, "ServiceExit") + cost(entered, left)}));
    pages.back().stair.resize(1 + (pages.front().stair.size() > 1));
    std::vector<std::string> evidence = {
        format("the return value of the call is %p", made.block)};
    for (const Event &event : made.call)
        if (event.id == EventHeapOperation && event.fields[2] == (ULONG)made.block)
            evidence.push_back(stamp(event, "HeapOperation") +
                               format(": heap %08lX, %lX bytes granted, served by %s",
                                      event.fields[1], event.fields[4],
                                      served_by(&event)));
    Page back = pages.front();
    pages.push_back(after(back, "Each layer hands the result up to the one above it.",
                          format("The program has the block %p.", made.block), evidence));
}

static std::string fault_text(const Event &fault)
{
    Frame at = {fault.fields[2], 0, 0, {}, "", "", 0};
    name_frame(at);
    return format("%s from %s at %08lX, in %s", fault.fields[1] & 2 ? "write" : "read",
                  fault.fields[1] & 4 ? "user mode" : "the kernel", fault.fields[2],
                  name_of(at).c_str());
}

static void add_touch(std::vector<Page> &pages, const Door &door, const Capture &made)
{
    const Event *page = page_event(made);
    if (!page)
        return;
    const Event *fault = last_before(made.touch, EventPageFault, page->sequence);
    const Event *done = first(made.touch, EventPageFaultExit, page->sequence);
    const size_t before = pages.size();
    entered = nullptr;
    nothing_yet = before_it(made.touch, *page);
    add_frames(pages, "the touch", *page,
               door.constructs ? door.chain[0].function : "first_touch");
    if (pages.size() == before || !fault)
        return;
    for (size_t i = before; i < pages.size(); i++) {
        if (pages[i].stair.back() == "nt!KiTrap0E") {
            pages[i].changed =
                format("The access to %08lX waits: %s.", fault->fields[0],
                       fault->fields[1] & 1 ? "it is not allowed" : "no page is there");
            pages[i].evidence.push_back(stamp(*fault, "PageFault") +
                                        format(", error code %lX: ", fault->fields[1]) +
                                        fault_text(*fault));
        }
    }
    Page &deepest = pages.back();
    deepest.changed = format("Physical page %lX is taken for %08lX; %lu are free now.",
                             page->fields[0], page->fields[2], page->fields[3]);
    deepest.evidence.push_back(stamp(*page, "PageAlloc"));
    if (!done)
        return;
    Page last = pages.back();
    last.stair = pages[before].stair;
    pages.push_back(
        after(last, "The page is in the table: the instruction runs again.",
              format("%08lX is %s, page %lX.", made.touched,
                     made.there_after ? "there" : "NOT there", made.page),
              {stamp(*done, "PageFaultExit") + format(", status %08lX", done->fields[1]) +
                   cost(fault, done),
               format("asked of the kernel before: %s; and after: page %lX",
                      door.constructs     ? "not asked, the constructor touched first"
                      : made.there_before ? "there"
                                          : "not there",
                      made.page)}));
}

static ULONG crossings(const std::vector<Event> &events, ULONG service)
{
    ULONG count = 0;
    for (const Event &event : events)
        count += event.id == EventServiceEnter && event.fields[0] == service;
    return count;
}

static std::string times(ULONG count)
{
    return format("%lu crossing%s", count, count == 1 ? "" : "s");
}

static void add_warm(std::vector<Page> &pages, const Door &door, const Capture &made)
{
    const Event *operation = first(made.warm, EventHeapOperation);
    const ULONG crossed = crossings(made.warm, service_allocate);
    Page page = {"the warm call", {}, "", "", {}};
    page.why = "A second, small call: does the layer have something in stock?";
    page.changed =
        format("%lu bytes, %s; %s served it.", (ULONG)warm_size, times(crossed).c_str(),
               operation ? served_by(operation)
               : crossed ? "the kernel"
                         : "the runtime itself");
    if (operation) {
        page.stair = {one_line(*operation, door.chain[0].function)};
        page.evidence = {stamp(*operation, "HeapOperation") +
                         format(": block %08lX of heap %08lX", operation->fields[2],
                                operation->fields[1])};
    } else {
        page.stair = {door.chain[0].function};
        page.evidence = {format("%u events in all", (unsigned)made.warm.size())};
    }
    pages.push_back(page);
}

static void add_free(std::vector<Page> &pages, const Capture &made)
{
    Page page = {"the free", {}, "", "Nothing was recorded.", {}};
    page.why = "The block goes back to where it came from; whole pages may go further.";
    for (const Event &event : made.free) {
        if (event.id == EventHeapOperation)
            page.evidence.push_back(
                stamp(event, "HeapOperation") +
                format(": block %08lX of heap %08lX", event.fields[2], event.fields[1]));
        if (event.id != EventRegionDecommit && event.id != EventRegionRelease)
            continue;
        const bool release = event.id == EventRegionRelease;
        page.stair = {one_line(event, "open_door")};
        page.changed = format(
            "%lX bytes from %08lX on are %s; %s.", event.fields[1], event.fields[0],
            release ? "free address space" : "reserved, no more promised",
            times(crossings(made.free, service_free)).c_str());
        page.evidence.push_back(
            stamp(event, release ? "RegionRelease" : "RegionDecommit"));
    }
    pages.push_back(page);
}

std::vector<Page> steps_of(const Door &door)
{
    Capture made = {};
    std::vector<Page> pages;
    open_door(door, made);
    if (!made.block)
        return pages;
    add_commit(pages, door, made);
    add_touch(pages, door, made);
    add_warm(pages, door, made);
    add_free(pages, made);
    return pages;
}

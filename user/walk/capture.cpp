/* capture.cpp - the events of one call, from the kernel's tracer.
 *
 * fathom.dll is found at run time: on Windows and in Wine it is not there, and the walk
 * then shows what can be seen from user mode.  Between capture_begin and capture_end
 * nothing runs but the call under study; names are looked up afterwards, when nothing is
 * recorded.
 */
#include "walk.h"
#include <cxxabi.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

typedef LONG(WINAPI *TraceFunction)(ULONG, ULONG);
typedef LONG(WINAPI *ReadFunction)(PVOID, ULONG, PULONG);
typedef LONG(WINAPI *SymbolFunction)(ULONG, char *, ULONG);
typedef LONG(WINAPI *QueryFunction)(ULONG, ULONG_PTR, PVOID, ULONG, PULONG);

static TraceFunction fathom_trace;
static ReadFunction fathom_read;
static SymbolFunction fathom_symbol;
static QueryFunction fathom_query;
static unsigned char buffer[0x20000];

#define BIT(name) (1u << Event##name)
static const ULONG wanted = BIT(ServiceEnter) | BIT(ServiceExit) | BIT(PageFault) |
                            BIT(PageFaultExit) | BIT(PageAlloc) | BIT(RegionReserve) |
                            BIT(RegionCommit) | BIT(RegionDecommit) | BIT(RegionRelease) |
                            BIT(HeapOperation);

bool capture_open()
{
    HMODULE dll = LoadLibraryA("fathom.dll");
    if (!dll)
        return false;
    fathom_trace = (TraceFunction)(void *)GetProcAddress(dll, "FathomTrace");
    fathom_read = (ReadFunction)(void *)GetProcAddress(dll, "FathomReadEvents");
    fathom_symbol = (SymbolFunction)(void *)GetProcAddress(dll, "FathomSymbol");
    fathom_query = (QueryFunction)(void *)GetProcAddress(dll, "FathomQuery");
    return fathom_trace && fathom_read && fathom_symbol && fathom_query;
}

bool capture_counts()
{
    FATHOM_CLOCK clock = {};
    ULONG returned = 0;
    return fathom_query &&
           fathom_query(FathomQueryClock, 0, &clock, sizeof clock, &returned) >= 0 &&
           clock.Icount;
}

bool page_of(const void *address, ULONG *pfn)
{
    FATHOM_PAGE page = {};
    ULONG returned = 0;
    if (!fathom_query || fathom_query(FathomQueryPage, (ULONG_PTR)address, &page,
                                      sizeof page, &returned) < 0)
        return false;
    *pfn = page.Pfn;
    return page.Present != 0;
}

/* "walk!_Znwj+1f" -> module "walk", function "operator new", offset 1fh */
void name_frame(Frame &frame)
{
    char text[512] = "";
    if (fathom_symbol(frame.address, text, sizeof text) < 0)
        return;
    char *plus = strrchr(text, '+');
    if (plus) {
        frame.offset = strtoul(plus + 1, nullptr, 16);
        *plus = 0;
    }
    char *bang = strchr(text, '!');
    if (!bang) {
        frame.module = text;
        return;
    }
    frame.module.assign(text, bang - text);
    int status = 0;
    char *plain = abi::__cxa_demangle(bang + 1, nullptr, nullptr, &status);
    frame.function = plain ? plain : bang + 1;
    free(plain);
    size_t parameters = frame.function.find('(');
    if (parameters != std::string::npos && parameters > 0)
        frame.function.erase(parameters);
}

void capture_begin()
{
    /* The pages of the buffer must be there before: reading events must not make events. */
    memset(buffer, 0, sizeof buffer);
    fathom_trace(wanted, FATHOM_TRACE_STACKS);
}

std::vector<Event> capture_end()
{
    ULONG length = 0;
    LONG status = fathom_read(buffer, sizeof buffer, &length);
    fathom_trace(0, 0);
    std::vector<Event> events;
    for (ULONG at = 0; status >= 0 && at + sizeof(FATHOM_EVENT) <= length;) {
        const FATHOM_EVENT *raw = (const FATHOM_EVENT *)(buffer + at);
        at += raw->Size;
        /* The tracer's own services (1000h and up) are how we ask, not what we watch. */
        if ((raw->Id == EventServiceEnter || raw->Id == EventServiceExit) &&
            raw->Fields[0] >= 0x1000)
            continue;
        Event event = {raw->Id, raw->Sequence, raw->Time, {}, {}};
        memcpy(event.fields, raw->Fields, sizeof event.fields);
        for (ULONG i = 0; i < raw->FrameCount; i++) {
            Frame frame = {raw->Frames[i].Address,
                           raw->Frames[i].Frame,
                           raw->Frames[i].Flags,
                           {},
                           "",
                           "",
                           0};
            memcpy(frame.arguments, raw->Frames[i].Arguments, sizeof frame.arguments);
            name_frame(frame);
            event.frames.push_back(frame);
        }
        settle_guesses(event.frames);
        events.push_back(event);
    }
    return events;
}

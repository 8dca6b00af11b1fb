/* lostevents.c - a process that does not read its events in time is told how many it lost. */
#include "check.h"
#include <string.h>
#include <windows.h>
#include "fathom.h"
#include "events_gen.h"

static unsigned char buffer[0x40000];
static LONG(WINAPI *trace)(ULONG, ULONG);
static LONG(WINAPI *read_events)(PVOID, ULONG, PULONG);

/* Events of this kind that there are to read, and the sum of their first fields. */
static ULONG count(ULONG id, ULONG *sum)
{
    ULONG length = 0, found = 0;
    CHECK(read_events(buffer, sizeof buffer, &length) >= 0);
    for (ULONG at = 0; at < length; at += ((FATHOM_EVENT *)(buffer + at))->Size) {
        const FATHOM_EVENT *event = (FATHOM_EVENT *)(buffer + at);
        found += event->Id == id;
        *sum += event->Id == id ? event->Fields[0] : 0;
    }
    return found;
}

static void commit(unsigned pages)
{
    char *base = VirtualAlloc(NULL, pages * 0x1000, MEM_RESERVE, PAGE_READWRITE);
    for (unsigned i = 0; i < pages; i++)
        VirtualAlloc(base + i * 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    VirtualFree(base, 0, MEM_RELEASE);
}

int main(void)
{
    HMODULE dll = LoadLibraryA("fathom.dll");
    ULONG lost = 0, unused = 0;
    trace = (void *)GetProcAddress(dll, "FathomTrace");
    read_events = (void *)GetProcAddress(dll, "FathomReadEvents");
    CHECK(trace && read_events);
    memset(buffer, 1, sizeof buffer);
    CHECK(trace(1u << EventRegionCommit, 0) >= 0);
    commit(5000);
    const ULONG kept = count(EventRegionCommit, &unused);
    CHECK(kept > 1000 && kept < 5000);
    commit(1);
    CHECK_EQUAL(count(EventEventsLost, &lost), 1);
    CHECK_EQUAL(kept + lost, 5000);
    commit(10);
    CHECK_EQUAL(count(EventRegionCommit, &unused), 10);
    trace(0, 0);
    return 0;
}

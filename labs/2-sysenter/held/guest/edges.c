/* edges.c - the cases of the way in that are held back. */
#include "../../guest/raw.h"

static unsigned seed = 5;
static DWORD below(DWORD n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

/* Refused calls change nothing: no handle is closed, no region appears, the next call works. */
LAB_CASE(edges)
{
    char *pages = VirtualAlloc(NULL, 0x3000, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(pages + 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    const DWORD close = (DWORD)event;
    DWORD *at = (DWORD *)(pages + 0x2000) - 2;
    expect_status(call_at(at, number_of("NtClose"), 0, NULL, 0), LAB_UNREADABLE,
                  "status %08X when the only argument cannot be read");
    LAB_EXPECT(SetEvent(event), "KiFastCallEntry", "the handle is still there",
               "it is closed");
    expect_status(call(0x10FF, &close, 1), LAB_UNKNOWN,
                  "status %08X of a number past the last");
    at = (DWORD *)((char *)(BLOCK) + 2);
    expect_status(call_at(at, FATHOM_NULL, 0x202, NULL, 0), LAB_CROOKED ? MISALIGNED : 0,
                  "status %08X without arguments, EDX no multiple of 4");
    at = (DWORD *)(pages + 0x2000) -
         2; /* no argument: nothing is read after the two returns */
    expect_status(call_at(at, FATHOM_NULL, 0, NULL, 0), 0,
                  "status %08X without arguments at the end of a page");
    expect_status(call(number_of("NtClose"), &close, 1), 0, "status %08X of NtClose");
}

/* Calls of all kinds in any order, with flags; registers are kept in each. */
LAB_CASE(many_calls)
{
    static const DWORD odd[] = {0x202, 0x602, 0x4202, 0x40202, 0x44602};
    const DWORD bad = 0xDEAD;
    for (unsigned i = 0; i < 4000; i++) {
        DWORD flags = odd[below(5)], crooked = below(8) == 0, kind = below(4);
        DWORD *at = (DWORD *)((char *)(BLOCK + below(80)) + (crooked ? 1 + below(3) : 0));
        DWORD number = kind == 0   ? FATHOM_NULL
                       : kind == 1 ? number_of("NtClose")
                       : kind == 2 ? 0x300 + below(0x100)
                                   : 0x1200 + below(0x1000);
        DWORD wanted = kind == 0 ? 0 : kind == 1 ? INVALID_HANDLE : LAB_UNKNOWN;
        if (crooked && LAB_CROOKED)
            wanted = MISALIGNED;
        expect_status(call_at(at, number, flags, &bad, 1), wanted, "status %08X");
        LAB_EXPECT(raw_s.ebx == 0x11111111 && raw_s.ebp == 0x44444444 &&
                       raw_s.esi == 0x22222222 && raw_s.edi == 0x33333333 &&
                       raw_s.esp == (DWORD)(at + 1) &&
                       (raw_s.out & 0x44400) == (flags & 0x44400),
                   "KiFastCallEntry", "registers and flags as they were (I6), call %u",
                   "EBX %08X ESP %08X flags %X", i, raw_s.ebx, raw_s.esp, raw_s.out);
    }
}

/* scarce.c - held back: each page and each table that a fault needs is once not to be had. */
#define LAB_MORE
#include "ask.h"

/* A world of its own for each try. */
static int Try(uint32_t failAt, uint32_t vpn, uint32_t protection, int view,
               ACCESS access)
{
    uint32_t faults;
    WorldBegin();
    WorldRegion(vpn, 1, protection, 1, view);
    World.Asked = 0, World.FailAt = failAt;
    NTSTATUS seen = WorldAccess(vpn, access, 1, &faults);
    int failed = World.Asked >= failAt;
    World.FailAt = 0;
    if (failed)
        LAB_EXPECT(seen == STATUS_NO_MEMORY, "MmAccessFault",
                   "status C0000017 when page or table %u is not to be had",
                   "status %08X", failAt, (uint32_t)seen);
    AskWorld();
    AskAccess(vpn, access, 1, STATUS_SUCCESS);
    return failed;
}

LAB_CASE(no_page)
{
    uint32_t failed = 0;
    for (uint32_t at = 1; at < 4; at++) {
        uint32_t base = WORLD_BASE + at;
        failed += (uint32_t)Try(at, base, MM_READWRITE, 0, Write);
        failed += (uint32_t)Try(at, base + 0x210, MM_READONLY, 1, Read);
        failed += (uint32_t)Try(at, base + 0x420, MM_WRITECOPY, 1, Write);
    }
    LAB_EXPECT(failed >= 5, "MmAccessFault", "faults that need a page", "%u of them",
               failed);
    WorldBegin();
    WorldRegion(WORLD_BASE, 1, MM_WRITECOPY, 1, 1);
    AskRead(WORLD_BASE, 0xA1);
    World.Asked = 0, World.FailAt = 1; /* no page for the copy */
    AskAccess(WORLD_BASE, Write, 1, STATUS_NO_MEMORY);
    World.FailAt = 0;
    AskRead(WORLD_BASE, 0xA1);
    AskWrite(WORLD_BASE, 2);
}

/* Many touches in many regions, with everything compared after each. */
LAB_CASE(life)
{
    static const uint8_t code[] = {MM_READWRITE, MM_READONLY, MM_WRITECOPY,
                                   MM_READWRITE | MM_GUARD};
    uint32_t seed = 2026, faults;
    uint8_t right[24][3];
    WorldBegin();
    for (uint32_t i = 0; i < 12; i++) {
        int view = code[i % 4] == MM_WRITECOPY;
        WorldRegion(WORLD_BASE + 64 * i, 3, code[i % 4], 1, view);
        for (uint32_t page = 0; page < 3; page++)
            right[i][page] = (uint8_t)(view ? 0xA1 + page : 0);
    }
    for (uint32_t step = 0; step < 2000; step++) {
        seed = seed * 1103515245u + 12345u;
        uint32_t i = (seed >> 8) % 12, page = (seed >> 13) % 3,
                 vpn = WORLD_BASE + 64 * i + page;
        ACCESS access = seed >> 17 & 1 ? Write : Read;
        NTSTATUS status = WorldAccess(vpn, access, (uint8_t)step, &faults);
        if (code[i % 4] == MM_READWRITE)
            LAB_EXPECT(NT_SUCCESS(status), "MmAccessFault", "page %X resident",
                       "status %08X", vpn, (unsigned)status);
        if (access == Write && NT_SUCCESS(status))
            right[i][page] = (uint8_t)step;
        if (NT_SUCCESS(status))
            LAB_EXPECT(WorldByte(vpn) == right[i][page], "MmAccessFault",
                       "page %X to hold byte %X", "byte %X", vpn, right[i][page],
                       WorldByte(vpn));
        AskWorld();
    }
}

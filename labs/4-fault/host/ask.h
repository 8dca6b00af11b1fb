/* ask.h - what the cases of fault.c ask after every access.
 *
 * The rules that a seed may change (lab.toml):
 *   LAB_AHEAD n   a first touch of a private page makes the next n pages resident, too, as far as
 *   they
 *                 lie in the region and in the same page table, were never touched and have the
 *                 same protection; if there is no page for one of them, that is no error
 *   LAB_COUNT 0   Faults counts every fault at a user address    1: those that end well    2: the
 *   others
 */
#ifndef LAB_ASK_H
#define LAB_ASK_H

#include "lab.h"
#include "world.h"

#define VIOLATION STATUS_ACCESS_VIOLATION

static inline void AskWorld(void)
{
    LAB_EXPECT(!WorldFault(), "MmAccessFault", "F1 to F4 kept", WorldFault());
    uint32_t right = LAB_COUNT == 0   ? World.Entries
                     : LAB_COUNT == 1 ? World.Good
                                      : World.Entries - World.Good;
    LAB_EXPECT(MiCurrentSpace->Faults == right, "MmAccessFault", "Faults to count %u",
               "%u", right, MiCurrentSpace->Faults);
}

/* The access ends with this status, and a page that is read or written has these bytes. */
static inline void AskAccess(uint32_t vpn, ACCESS access, uint8_t value, NTSTATUS right)
{
    uint32_t faults;
    NTSTATUS seen = WorldAccess(vpn, access, value, &faults);
    LAB_EXPECT(seen == right, "MmAccessFault",
               "status %08X for access %u (read, write, execute) to page %X",
               "status %08X", (uint32_t)right, access, vpn, (uint32_t)seen);
    AskWorld();
}

static inline void AskRead(uint32_t vpn, uint8_t right)
{
    AskAccess(vpn, Read, 0, STATUS_SUCCESS);
    LAB_EXPECT(WorldByte(vpn) == right, "MmAccessFault", "page %X to hold byte %X",
               "byte %X", vpn, right, WorldByte(vpn));
}

static inline void AskWrite(uint32_t vpn, uint8_t value)
{
    AskAccess(vpn, Write, value, STATUS_SUCCESS);
    LAB_EXPECT(WorldByte(vpn) == value, "MmAccessFault", "page %X to hold byte %X",
               "byte %X", vpn, value, WorldByte(vpn));
}

static inline int IsThere(uint32_t vpn)
{
    return MiHasFrame(MiReadPte(vpn));
}

static inline void AskThere(uint32_t vpn, int right)
{
    if (right)
        LAB_EXPECT(IsThere(vpn), "MmAccessFault", "page %X resident", "it is not", vpn);
    else
        LAB_EXPECT(!IsThere(vpn), "MmAccessFault", "page %X not resident", "it is", vpn);
}

/* One fault is enough for an access that is allowed. */
static inline void AskOneFault(uint32_t vpn, ACCESS access, uint8_t value)
{
    uint32_t faults;
    NTSTATUS seen = WorldAccess(vpn, access, value, &faults);
    LAB_EXPECT(seen == STATUS_SUCCESS && faults == 1, "MmAccessFault",
               "one fault for access %u to page %X", "%u faults, status %08X", access,
               vpn, faults, (uint32_t)seen);
    AskWorld();
}

#endif

/* fault.c - the cases of the page fault: what each access must find. */
#include "ask.h"

LAB_CASE(demand_zero)
{
    WorldBegin();
    WorldRegion(0x240, 16, MM_READWRITE, 1, 0);
    AskOneFault(0x244, Write, 7);
    AskThere(0x243, 0);
    for (uint32_t n = 1; n < 4; n++)
        AskThere(0x244 + n, n <= LAB_AHEAD);
    AskRead(0x244, 7);
    AskRead(0x245, 0);
    AskWrite(0x246, 9);
    AskRead(0x245, 0);
    LAB_EXPECT(MiPtePfn(MiReadPte(0x245)) != MiPtePfn(MiReadPte(0x246)), "MmAccessFault",
               "two pages for two addresses", "one page");
    AskOneFault(0x24F, Read, 0); /* the region's last: nothing after it is touched */
    WorldRegion(0x3FF, 2, MM_READONLY, 1, 0);
    AskRead(0x3FF, 0);
    AskThere(0x400, 0); /* another table */
    WorldRegion(0x500, 4, MM_READWRITE, 0, 0);
    WorldProtect(0x501, MM_READWRITE);
    WorldProtect(0x502, MM_READONLY);
    AskWrite(0x501, 3);
    AskThere(0x502, 0); /* another protection */
    AskRead(0x502, 0);
}

/* By MM_ code: may it be read, written, executed? */
static const uint8_t May[8][3] = {
    [MM_READONLY] = {1, 0, 0},         [MM_EXECUTE] = {1, 0, 1},
    [MM_EXECUTE_READ] = {1, 0, 1},     [MM_READWRITE] = {1, 1, 0},
    [MM_WRITECOPY] = {1, 1, 0},        [MM_EXECUTE_READWRITE] = {1, 1, 1},
    [MM_EXECUTE_WRITECOPY] = {1, 1, 1}};

LAB_CASE(protections)
{
    WorldBegin();
    for (uint32_t code = 1; code < 8; code++)
        for (uint32_t first = 0; first < 2; first++) { /* untouched, and there already */
            uint32_t vpn = 0x210 + code * 16 + first * 4;
            WorldRegion(vpn, 1, code, 1, MiIsCopy(code));
            if (first)
                AskAccess(vpn, Read, 0, STATUS_SUCCESS);
            for (ACCESS access = Execute; access + 1 > 0; access--) {
                AskAccess(vpn, access, 1, May[code][access] ? STATUS_SUCCESS : VIOLATION);
                if (access == Read)
                    break;
            }
        }
}

LAB_CASE(trapped)
{
    WorldBegin();
    WorldRegion(0x240, 4, MM_READWRITE, 0, 0); /* reserved */
    WorldRegion(0x250, 4, MM_NOACCESS, 1, 0);
    for (ACCESS access = Read; access <= Execute; access++) {
        AskAccess(0x241, access, 1, VIOLATION);
        AskAccess(0x251, access, 1, VIOLATION);
        AskAccess(0x248, access, 1, VIOLATION); /* no region */
    }
    WorldRegion(0x300, 2, MM_READWRITE, 1, 0);
    AskWrite(0x300, 5);
    WorldProtect(0x300, MM_NOACCESS);
    AskAccess(0x300, Read, 0, VIOLATION);
    LAB_EXPECT(WorldByte(0x300) == 5, "MmAccessFault",
               "a page without access to keep its bytes", "others");
}

LAB_CASE(guard)
{
    WorldBegin();
    WorldRegion(0x240, 2, MM_READWRITE | MM_GUARD, 1, 0);
    AskAccess(0x240, Write, 1, STATUS_GUARD_PAGE_VIOLATION);
    LAB_EXPECT(World.Guards == 1, "MmAccessFault", "MiGuardFault called once", "%u times",
               World.Guards);
    AskWrite(0x240, 2);
    LAB_EXPECT(World.Guards == 1, "MmAccessFault", "a guard page to guard once",
               "%u times", World.Guards);
    AskAccess(0x241, Read, 0, STATUS_GUARD_PAGE_VIOLATION);
    WorldRegion(0x250, 1, MM_READONLY | MM_GUARD, 1, 0);
    AskAccess(0x250, Write, 1, STATUS_GUARD_PAGE_VIOLATION); /* the guard comes first */
    AskAccess(0x250, Write, 1, VIOLATION);
    AskRead(0x250, 0);
    World.GuardSays = STATUS_SUCCESS; /* it was the stack's, which grew */
    WorldRegion(0x260, 2, MM_READWRITE | MM_GUARD, 1, 0);
    AskWrite(0x261, 4);
    AskRead(0x261, 4);
    World.GuardSays = STATUS_STACK_OVERFLOW;
    AskAccess(0x260, Write, 4, STATUS_STACK_OVERFLOW);
}

LAB_CASE(view)
{
    WorldBegin();
    WorldRegion(0x240, 4, MM_READWRITE, 1, 1);
    WorldRegion(0x440, 4, MM_READONLY, 1, 1);
    AskRead(0x240, 0xA1);
    AskRead(0x442, 0xA3);
    AskOneFault(0x242, Write, 0x55);
    AskRead(0x442, 0x55); /* one file, one page */
    AskAccess(0x442, Write, 1, VIOLATION);
    LAB_EXPECT(test_database[3].ShareCount == 3, "MmAccessFault",
               "ShareCount %u of a page seen twice", "%u", 3,
               test_database[3].ShareCount);
    AskThere(0x241, 0); /* only what was touched */
    AskThere(0x243, 0);
}

LAB_CASE(view_fails)
{
    WorldBegin();
    WorldRegion(0x240, 4, MM_READWRITE, 1, 1);
    World.FileSays = STATUS_IN_PAGE_ERROR;
    AskAccess(0x241, Read, 0, STATUS_IN_PAGE_ERROR);
    AskAccess(0x241, Write, 0, STATUS_IN_PAGE_ERROR);
    World.FileSays = STATUS_SUCCESS;
    AskRead(0x241, 0xA2);
    World.FileSays = STATUS_NO_MEMORY;
    AskAccess(0x242, Read, 0, STATUS_NO_MEMORY);
}

LAB_CASE(copy)
{
    WorldBegin();
    WorldRegion(0x240, 2, MM_WRITECOPY, 1, 1);
    WorldRegion(0x440, 2, MM_READONLY, 1, 1);
    AskRead(0x240, 0xA1);
    LAB_EXPECT(MiPtePfn(MiReadPte(0x240)) == 1, "MmAccessFault",
               "a read to share the file's page", "a page of its own");
    AskOneFault(0x240, Write, 0x66);
    LAB_EXPECT(World.Bytes[1][0] == 0xA1, "MmAccessFault", "the file's page unchanged",
               "byte %X", World.Bytes[1][0]);
    LAB_EXPECT(World.Bytes[MiPtePfn(MiReadPte(0x240))][5] == 0xA1, "MmAccessFault",
               "the copy to hold the file's bytes", "others");
    AskRead(0x240, 0x66);
    AskRead(0x440, 0xA1);
    PFN_NUMBER own = MiPtePfn(MiReadPte(0x240));
    AskWrite(0x240, 0x67);
    LAB_EXPECT(MiPtePfn(MiReadPte(0x240)) == own, "MmAccessFault", "one copy",
               "a second one");
    LAB_EXPECT(MiPteProtection(MiReadPte(0x240), NULL, 0) == MM_READWRITE,
               "MmAccessFault", "the copy to be MM_READWRITE", "code %X",
               MiPteProtection(MiReadPte(0x240), NULL, 0));
}

LAB_CASE(copy_at_once)
{
    WorldBegin();
    WorldRegion(0x240, 3, MM_EXECUTE_WRITECOPY, 1, 1);
    AskOneFault(0x241, Write, 0x77);
    AskRead(0x241, 0x77);
    LAB_EXPECT(World.Bytes[2][0] == 0xA2 && test_database[2].ShareCount == 1,
               "MmAccessFault", "the file's page unchanged and not shared",
               "ShareCount %u", test_database[2].ShareCount);
    AskAccess(0x241, Execute, 0, STATUS_SUCCESS);
    AskRead(0x242, 0xA3);
}

/* Another thread changed the entry; this processor still has the old one. */
LAB_CASE(stale)
{
    WorldBegin();
    WorldRegion(0x240, 1, MM_READWRITE, 1, 0);
    AskWrite(0x240, 1);
    MMPTE before = MiMakeValidPte(MiPtePfn(MiReadPte(0x240)), MM_READONLY);
    World.Tlb[0x240 - WORLD_BASE] = before;
    PFN_NUMBER pfn = MiPtePfn(MiReadPte(0x240));
    AskOneFault(0x240, Write, 2);
    LAB_EXPECT(MiPtePfn(MiReadPte(0x240)) == pfn && WorldByte(0x240) == 2,
               "MmAccessFault", "the page that was there", "another one");
}

static void AskKernel(ULONG errorCode, ULONG_PTR address, ULONG_PTR eip, int counts,
                      NTSTATUS right)
{
    KTRAP_FRAME frame = {eip};
    World.Entries += (uint32_t)counts;
    NTSTATUS seen = MmAccessFault(errorCode, address, FALSE, &frame);
    World.Good += counts && NT_SUCCESS(seen);
    LAB_EXPECT(seen == right, "MmAccessFault",
               "status %08X for the kernel's access to %08X at instruction %08X",
               "status %08X", (uint32_t)right, (uint32_t)address, (uint32_t)eip,
               (uint32_t)seen);
    AskWorld();
}

LAB_CASE(kernel_access)
{
    WorldBegin();
    WorldRegion(0x240, 8, MM_READWRITE, 1, 0);
    AskKernel(MI_FAULT_WRITE, MiAddress(0x240), 0x9000, 0,
              VIOLATION); /* no fix-up: our mistake */
    AskThere(0x240, 0);
    AskKernel(MI_FAULT_WRITE, MiAddress(0x240), 0x8000, 1, STATUS_SUCCESS);
    AskThere(0x240, 1);
    AskKernel(0, 0x80000000u, 0x8000, 0, VIOLATION);
    AskKernel(MI_FAULT_RESERVED | MI_FAULT_PRESENT, MiAddress(0x240), 0x8000, 0,
              VIOLATION);
    AskKernel(0, MiAddress(0x250), 0x8000, 1, VIOLATION);
}

/* As if it had been touched; no fault is counted. */
LAB_CASE(resident)
{
    WorldBegin();
    WorldRegion(0x240, 8, MM_READONLY, 1, 0);
    WorldRegion(0x440, 2, MM_WRITECOPY, 1, 1);
    NTSTATUS seen = MiMakeResident(MiAddress(0x240), FALSE);
    LAB_EXPECT(seen == STATUS_SUCCESS, "MiMakeResident", "status %08X", "%08X", 0,
               (uint32_t)seen);
    AskThere(0x240, 1);
    seen = MiMakeResident(MiAddress(0x247), TRUE);
    LAB_EXPECT(seen == VIOLATION, "MiMakeResident", "status %08X", "%08X",
               (uint32_t)VIOLATION, (uint32_t)seen);
    AskThere(0x247, 0);
    seen = MiMakeResident(MiAddress(0x441), TRUE);
    LAB_EXPECT(seen == STATUS_SUCCESS && MiPtePfn(MiReadPte(0x441)) > WORLD_SHARED,
               "MiMakeResident", "a copy for a write", "status %08X", (uint32_t)seen);
    AskWorld();
}

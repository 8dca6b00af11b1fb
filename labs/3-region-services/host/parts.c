/* parts.c - the cases of region.c, in the small world of world.h.
 *
 * After each call the whole world is looked at: the pages one by one, the charges, the regions.
 * The rules that a seed may change (lab.toml):
 *   LAB_RELEASE 1    only a whole region may be released: else STATUS_UNABLE_TO_FREE_VM
 *               2    ... or its head or tail, not its middle
 *   LAB_RECOMMIT 1   pages that are committed already keep their protection
 *   LAB_DECOMMIT 1   a decommit that meets a reserved page fails: STATUS_NOT_COMMITTED
 */
#include "lab.h"
#include "world.h"

#define TOP (WORLD_END - 1)

static void AskWorld(const char *function)
{
    LAB_EXPECT(!WorldFault(), function, "R2, R3 and the other regions kept",
               WorldFault());
}

#define ASK_STATUS(function, call, right, when)                                          \
    do {                                                                                 \
        NTSTATUS seen = (call);                                                          \
        LAB_EXPECT(seen == (right), function, when ": status %08X", "status %08X",       \
                   (uint32_t)(right), (uint32_t)seen);                                   \
        AskWorld(function);                                                              \
    } while (0)

static void AskPages(const char *function, uint32_t first, uint32_t last, uint32_t right)
{
    for (uint32_t vpn = first; vpn <= last; vpn++)
        LAB_EXPECT(WorldProtection(vpn) == right, function,
                   "page %X to be MM_ code %X (10: reserved)", "code %X", vpn, right,
                   WorldProtection(vpn));
}

static void AskCharge(const char *function, uint32_t right)
{
    LAB_EXPECT(World.Committed == right, function, "%u pages charged", "%u pages", right,
               World.Committed);
}

static MMVAD *Reserve(uint32_t first, uint32_t pages, int commit)
{
    MIRESERVE want = {first,        pages,           TOP,   FALSE,
                      MM_READWRITE, (BOOLEAN)commit, FALSE, FALSE};
    ASK_STATUS("MiReserve", MiReserve(&Space, &want), STATUS_SUCCESS, "a free place");
    MMVAD *vad = MiFindVad(NULL, first);
    LAB_EXPECT(vad != NULL, "MiReserve", "a region at page %X", "none", first);
    return vad;
}

/* Anywhere; watch, physical: the flags that must come into the MMVAD. */
static void ReserveAnywhere(uint32_t pages, int topDown, int watch, int physical)
{
    uint32_t right = MiFindGap(&Space.Vads, pages, TOP, topDown);
    MIRESERVE want = {0,
                      pages,
                      TOP,
                      (BOOLEAN)topDown,
                      MM_EXECUTE_READ,
                      FALSE,
                      (BOOLEAN)watch,
                      (BOOLEAN)physical};
    ASK_STATUS("MiReserve", MiReserve(&Space, &want), STATUS_SUCCESS, "anywhere");
    LAB_EXPECT(want.First == right, "MiReserve", "First to come back as %X", "%X", right,
               want.First);
    const MMVAD *vad = MiFindVad(NULL, right);
    LAB_EXPECT(vad && vad->StartingVpn == right && vad->EndingVpn == right + pages - 1,
               "MiReserve", "a region of %u pages at %X", "another one, or none", pages,
               right);
    LAB_EXPECT(vad->Protection == MM_EXECUTE_READ && vad->WriteWatch == watch &&
                   vad->Physical == physical && !vad->MemCommit,
               "MiReserve", "Protection and flags as in MIRESERVE", "others");
}

LAB_CASE(reserve)
{
    WorldBegin();
    for (int i = 0; i < 6; i++)
        ReserveAnywhere(1 + (uint32_t)i * 9, i & 1, i == 2, i == 3);
    Reserve(0x400, 16, 1);
    AskCharge("MiReserve", 16);
    AskPages("MiReserve", 0x400, 0x40F, MM_READWRITE);
}

LAB_CASE(conflict)
{
    WorldBegin();
    MIRESERVE over = {0x1FE, 4, TOP, FALSE, MM_READWRITE, FALSE, FALSE, FALSE};
    Reserve(0x200, 16, 0);
    ASK_STATUS("MiReserve", MiReserve(&Space, &over), STATUS_CONFLICTING_ADDRESSES,
               "over a region's first pages");
    over.First = 0x20F;
    ASK_STATUS("MiReserve", MiReserve(&Space, &over), STATUS_CONFLICTING_ADDRESSES,
               "over a region's last page");
    over.First = 0x210;
    ASK_STATUS("MiReserve", MiReserve(&Space, &over), STATUS_SUCCESS,
               "just after a region");
    over = (MIRESERVE){0x1FC, 4, TOP, FALSE, MM_READWRITE, FALSE, FALSE, FALSE};
    ASK_STATUS("MiReserve", MiReserve(&Space, &over), STATUS_SUCCESS,
               "just before a region");
    MIRESERVE huge = {0, WORLD_END, TOP, FALSE, MM_READWRITE, FALSE, FALSE, FALSE};
    ASK_STATUS("MiReserve", MiReserve(&Space, &huge), STATUS_NO_MEMORY,
               "no gap is so large");
    World.Limit = World.Committed + 4;
    MIRESERVE dear = {0, 5, TOP, FALSE, MM_READWRITE, TRUE, FALSE, FALSE};
    ASK_STATUS("MiReserve", MiReserve(&Space, &dear), STATUS_COMMITMENT_LIMIT,
               "reserve and commit above the limit");
}

LAB_CASE(commit)
{
    WorldBegin();
    MMVAD *vad = Reserve(0x100, 32, 0);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x104, 0x107, MM_READWRITE),
               STATUS_SUCCESS, "a part of a region");
    AskPages("MiCommit", 0x104, 0x107, MM_READWRITE);
    AskPages("MiCommit", 0x100, 0x103, MM_DECOMMIT);
    AskPages("MiCommit", 0x108, 0x11F, MM_DECOMMIT);
    AskCharge("MiCommit", 4);
    World.Limit = 9;
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x110, 0x115, MM_READWRITE),
               STATUS_COMMITMENT_LIMIT, "above the limit");
    AskPages("MiCommit", 0x110, 0x115, MM_DECOMMIT);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x110, 0x114, MM_READWRITE),
               STATUS_SUCCESS, "just within the limit");
    AskCharge("MiCommit", 9);
}

LAB_CASE(recommit)
{
    WorldBegin();
    MMVAD *vad = Reserve(0x100, 32, 0);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x104, 0x107, MM_READWRITE),
               STATUS_SUCCESS, "a part of a region");
    WorldTouch(0x105);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x106, 0x109, MM_READONLY),
               STATUS_SUCCESS, "two pages of four for the second time");
    AskPages("MiCommit", 0x108, 0x109, MM_READONLY);
    AskPages("MiCommit", 0x106, 0x107, LAB_RECOMMIT ? MM_READWRITE : MM_READONLY);
    AskCharge("MiCommit", 6);
    LAB_EXPECT(World.Resident[0x105], "MiCommit", "a touched page elsewhere to stay",
               "it is gone");
}

LAB_CASE(whole)
{
    WorldBegin();
    MMVAD *vad = Reserve(0x200, 32, 0);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x200, 0x21F, MM_EXECUTE_READ),
               STATUS_SUCCESS, "a whole region");
    AskPages("MiCommit", 0x200, 0x21F, MM_EXECUTE_READ);
    AskCharge("MiCommit", 32);
    ASK_STATUS("MiDecommit", MiDecommit(&Space, vad, 0x200, 0x21F), STATUS_SUCCESS,
               "a whole region");
    AskPages("MiDecommit", 0x200, 0x21F, MM_DECOMMIT);
    AskCharge("MiDecommit", 0);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x200, 0x21F, MM_READWRITE),
               STATUS_SUCCESS, "a whole region once more");
    AskPages("MiCommit", 0x200, 0x21F, MM_READWRITE);
    ASK_STATUS("MiRelease", MiRelease(&Space, vad, 0x200, 0x21F), STATUS_SUCCESS,
               "a whole region");
    LAB_EXPECT(!World.Count, "MiRelease", "no region left", "%u", World.Count);
    AskCharge("MiRelease", 0);
}

static void Decommit(uint32_t base, MMVAD *vad)
{
    uint32_t before = vad->CommitCharge;
    WorldTouch(base + 5);
    ASK_STATUS("MiDecommit", MiDecommit(&Space, vad, base + 4, base + 7), STATUS_SUCCESS,
               "the middle of what is committed");
    AskPages("MiDecommit", base + 4, base + 7, MM_DECOMMIT);
    AskPages("MiDecommit", base + 2, base + 3, MM_READWRITE);
    AskPages("MiDecommit", base + 8, base + 20, MM_READWRITE);
    LAB_EXPECT(vad->CommitCharge == before - 4, "MiDecommit", "4 pages of charge back",
               "%u", before - vad->CommitCharge);
    ASK_STATUS("MiDecommit", MiDecommit(&Space, vad, base + 4, base + 8),
               LAB_DECOMMIT ? STATUS_NOT_COMMITTED : STATUS_SUCCESS,
               "four reserved pages and a committed one");
    LAB_EXPECT(vad->CommitCharge == before - (LAB_DECOMMIT ? 4 : 5), "MiDecommit",
               "%u pages of charge back", "%u", LAB_DECOMMIT ? 0 : 1,
               before - 4 - vad->CommitCharge);
    if (LAB_DECOMMIT)
        return;
    ASK_STATUS("MiDecommit", MiDecommit(&Space, vad, base, base + 31), STATUS_SUCCESS,
               "a whole region");
    AskPages("MiDecommit", base, base + 31, MM_DECOMMIT);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, base + 9, base + 9, MM_READONLY),
               STATUS_SUCCESS, "one page after a decommit");
    AskPages("MiCommit", base + 9, base + 9, MM_READONLY);
    AskPages("MiCommit", base + 10, base + 31, MM_DECOMMIT);
}

LAB_CASE(decommit)
{
    WorldBegin();
    MMVAD *vad = Reserve(0x100, 32, 0);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x102, 0x114, MM_READWRITE),
               STATUS_SUCCESS, "a part of a region");
    Decommit(0x100, vad);
    Decommit(0x300, Reserve(0x300, 32, 1)); /* MemCommit */
}

/* What is watched never forgets a write: its entries are marked, not emptied. */
LAB_CASE(watched)
{
    WorldBegin();
    MIRESERVE want = {0x100, 16, TOP, FALSE, MM_READWRITE, TRUE, TRUE, FALSE};
    ASK_STATUS("MiReserve", MiReserve(&Space, &want), STATUS_SUCCESS, "with write watch");
    MMVAD *vad = MiFindVad(NULL, 0x100);
    WorldTouch(0x103);
    ASK_STATUS("MiDecommit", MiDecommit(&Space, vad, 0x100, 0x10F), STATUS_SUCCESS,
               "a watched region");
    for (uint32_t vpn = 0x100; vpn <= 0x10F; vpn++)
        LAB_EXPECT(World.Entry[vpn] == 1 + MM_DECOMMIT, "MiDecommit",
                   "page %X of a watched region marked",
                   "it is emptied: a write is forgotten", vpn);
    ASK_STATUS("MiCommit", MiCommit(&Space, vad, 0x100, 0x10F, MM_READONLY),
               STATUS_SUCCESS, "a watched region");
    AskPages("MiCommit", 0x100, 0x10F, MM_READONLY);
}

/* Whether this seed's rule lets these pages of 100h..11Fh go. */
static int MayGo(uint32_t first, uint32_t last)
{
    int head = first == 0x100, tail = last == 0x11F;
    return (head && tail) || LAB_RELEASE == 0 || (LAB_RELEASE == 2 && (head || tail));
}

static void ReleasePart(uint32_t first, uint32_t last)
{
    MMVAD *vad = Reserve(0x100, 32, 1);
    int goes = MayGo(first, last);
    WorldTouch(0x100), WorldTouch(0x108), WorldTouch(0x11F);
    vad->Protection = MM_EXECUTE_READWRITE;
    vad->WriteWatch = TRUE;
    ASK_STATUS("MiRelease", MiRelease(&Space, vad, first, last),
               goes ? STATUS_SUCCESS : STATUS_UNABLE_TO_FREE_VM,
               "head, tail, middle or whole");
    for (uint32_t vpn = 0x100; vpn <= 0x11F; vpn++) {
        uint32_t gone = goes && vpn >= first && vpn <= last;
        const MMVAD *owner = MiFindVad(NULL, vpn);
        if (gone)
            LAB_EXPECT(owner == NULL, "MiRelease", "page %X free", "taken", vpn);
        else
            LAB_EXPECT(owner != NULL, "MiRelease", "page %X taken", "free", vpn);
        LAB_EXPECT(gone || owner->Protection == MM_EXECUTE_READWRITE, "MiRelease",
                   "Protection %X in each region that is left", "%X",
                   MM_EXECUTE_READWRITE, owner->Protection);
        LAB_EXPECT(gone || owner->WriteWatch, "MiRelease",
                   "WriteWatch in each region that is left", "page %X without it", vpn);
        AskPages("MiRelease", vpn, vpn, gone ? MM_DECOMMIT : MM_READWRITE);
    }
    while (World.Count)
        MiDeleteVad(&Space, World.Vads[0]);
}

LAB_CASE(release_ends)
{
    WorldBegin();
    ReleasePart(0x100, 0x107);
    ReleasePart(0x110, 0x11F);
    ReleasePart(0x100, 0x100);
    ReleasePart(0x11F, 0x11F);
    ReleasePart(0x100, 0x11F);
}

LAB_CASE(release_middle)
{
    WorldBegin();
    ReleasePart(0x108, 0x10F);
    ReleasePart(0x109, 0x109);
    ReleasePart(0x101, 0x11E);
}

static void AskRun(uint32_t vpn, uint32_t end, uint32_t protection, const MMVAD *vad)
{
    MIRUN run = {NULL, 0, 99};
    MiDescribe(&Space, vpn, &run);
    if (vad)
        LAB_EXPECT(run.Vad == vad, "MiDescribe", "for page %X its region", "another one",
                   vpn);
    else
        LAB_EXPECT(!run.Vad, "MiDescribe", "for page %X NULL", "another one", vpn);
    LAB_EXPECT(run.End == end && run.Protection == protection, "MiDescribe",
               "from page %X on to %X MM_ code %X", "to %X code %X", vpn, end, protection,
               run.End, run.Protection);
}

LAB_CASE(describe)
{
    WorldBegin();
    AskRun(0x50, MI_HIGHEST_VPN + 1, MM_DECOMMIT, NULL);
    MMVAD *vad = Reserve(0x100, 32, 0), *all = Reserve(0x140, 16, 1);
    MiCommit(&Space, vad, 0x104, 0x107, MM_READWRITE);
    MiCommit(&Space, vad, 0x106, 0x109, MM_READONLY);
    AskRun(0x0, 0x100, MM_DECOMMIT, NULL);
    AskRun(0x100, 0x104, MM_DECOMMIT, vad);
    AskRun(0x104, LAB_RECOMMIT ? 0x108 : 0x106, MM_READWRITE, vad);
    AskRun(0x109, 0x10A, MM_READONLY, vad);
    AskRun(0x10A, 0x120, MM_DECOMMIT, vad);
    AskRun(0x125, 0x140, MM_DECOMMIT, NULL);
    AskRun(0x143, 0x150, MM_READWRITE, all);
    AskRun(0x150, MI_HIGHEST_VPN + 1, MM_DECOMMIT, NULL);
}

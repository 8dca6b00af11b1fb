/* tree.c - the cases of vad.c: what each of its functions must answer. */
#include "tree.h"

LAB_CASE(finds)
{
    AskFind(0x10);
    for (uint32_t i = 0; i < 500; i++)
        Add(0x10 + i * 7 % 500 * 48, 20);
    for (uint32_t vpn = 0; vpn < 25000; vpn += 1 + Draw(5))
        AskFind(vpn);
    for (uint32_t i = 0; i < 300; i++) {
        AskFind(Sorted[Draw(Count)]->EndingVpn);
        AskFind(Sorted[Draw(Count)]->StartingVpn);
    }
}

/* What was found last may be gone at the next question. */
LAB_CASE(forgets)
{
    for (uint32_t i = 0; i < 200; i++)
        Add(0x10 + i * 48, 20);
    while (Count) {
        MMVAD *vad = Sorted[Draw(Count)];
        uint32_t first = vad->StartingVpn;
        AskFind(first);
        Drop(vad);
        AskFind(first);
    }
    AskFind(0x10);
}

LAB_CASE(neighbours)
{
    for (uint32_t i = 0; i < 100; i++)
        Add(0x100 + i * 37 % 100 * 16, 1 + i % 16);
    for (uint32_t round = 0; Count; round++) {
        for (uint32_t i = 0; i < Count; i++)
            AskNeighbours(i);
        for (uint32_t i = 0; i < 9 && Count; i++)
            Drop(Sorted[Draw(Count)]);
    }
}

/* In whatever order they come: a tree without balance is a list here. */
LAB_CASE(any_order)
{
    for (uint32_t i = 0; i < 700; i++)
        Add(0x100 + i * 16, 16);
    AskCheck();
    for (uint32_t i = 0; i < 700; i++)
        Add(0x7FE00 - i * 32, 9);
    AskCheck();
    for (uint32_t i = 0; i < Count; i += 3)
        AskFind(Sorted[i]->EndingVpn);
    while (Count > 10)
        Drop(Sorted[Count / 2]);
    AskCheck();
    AskGap(16, TOP, 0);
}

LAB_CASE(lowest)
{
    AskGap(1, TOP, 0);
    Add(0x10, 16);
    AskGap(1, TOP, 0);
    Add(0x60, 32);
    Add(0xB0, 128);
    Add(0x150, 16);
    Add(0x1A0, 16);
    for (uint32_t pages = 1; pages < 100; pages += 7)
        AskGap(pages, TOP, 0);
}

LAB_CASE(highest)
{
    AskGap(1, TOP, 1);
    Add(TOP - 31, 32);
    AskGap(1, TOP, 1);
    Add(TOP - 111, 16);
    Add(TOP - 300, 100);
    Add(TOP - 479, 32);
    Add(0x100, 16);
    for (uint32_t pages = 1; pages < 100; pages += 7)
        AskGap(pages, TOP, 1);
}

/* high is the last page that a place may have. */
LAB_CASE(limit)
{
    for (int topDown = 0; topDown < 2; topDown++) {
        AskGap(16, 0x1F, topDown);
        AskGap(16, 0x1E, topDown);
        AskGap(17, 0x2F, topDown);
        AskGap(17, 0x2E, topDown);
    }
    Add(0x40, 32);
    Add(0xA0, 32);
    for (uint32_t high = 0x1F; high < 0x160; high += 8)
        AskGap(17, high, high / 8 % 2), AskGap(33, high - 1, 0), AskGap(16, high, 1);
}

LAB_CASE(full)
{
    AskGap(0x7FFE0, TOP, 0);
    AskGap(0x7FFE1, TOP, 0);
    AskGap(0xFFFFF, 0xFFFFF, 0);
    AskGap(0x7FFE0, TOP, 1);
    Add(0x10, 0x40000);
    Add(0x40050, TOP - 0x40050 + 1);
    AskGap(64, TOP, 0);
    AskGap(65, TOP, 1);
    Add(0x40010, 64);
    AskGap(1, TOP, 0);
    AskGap(1, TOP, 1);
}

LAB_CASE(granule)
{
    Add(0x15, 1);
    Add(0x35, 5);
    Add(0x3A, 3); /* shares its granule */
    Add(0x4F, 2); /* reaches into two */
    AskGap(16, TOP, 0);
    AskGap(17, TOP, 0);
    AskGap(1, 0x6F, 1);
    AskGap(16, 0x6E, 1);
    AskCheck();
    Drop(PlainFrom(0x3A));
    AskGap(16, TOP, 0);
    Drop(PlainFrom(0x35));
    AskGap(16, TOP, 0);
    AskGap(1, 0x4F, 1);
}

/* V1 is broken on purpose, each way. */
static void AskBroken(const char *right)
{
    LAB_EXPECT(MiCheckVads(&Space) != 0, "MiCheckVads", right, "0");
}

LAB_CASE(check_sees)
{
    Add(0x100, 16);
    MMVAD *second = Add(0x140, 16);
    Add(0x180, 16);
    AskCheck();
    second->EndingVpn = 0x185;
    AskBroken("not 0: a region reaches into the next one");
    second->EndingVpn = 0x14F;
    AskCheck();
    second->StartingVpn = 0x148, second->EndingVpn = 0x147;
    AskBroken("not 0: a region ends before it begins");
    second->StartingVpn = 0x140, second->EndingVpn = 0x14F;
    MMVAD *shares = Add(0x1A0, 8);
    Add(0x1A8, 8); /* in the same granule */
    AskCheck();
    shares->EndingVpn = 0x1A8;
    AskBroken("not 0: a region ends on the page where the next one begins");
    shares->EndingVpn = 0x1A7;
    Add(0x10, 16)->StartingVpn = 0xF;
    AskBroken("not 0: a region begins below MI_LOWEST_VPN");
}

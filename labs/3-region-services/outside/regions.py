"""Regions, charges and entries of the program, read from the machine's memory at each mark.

    services.c, programs   1 reserved  2 two pages committed  3 one touched  4 committed again
                           5 one decommitted  6 both, again  7 released
                           8 another, whole  9 its middle released  10 nothing left
    services.c, cost       1 before, 2 in each round, 3 after; two rounds are gone through step
                          by step: the kernel could let the program see less time pass

A region is found as vad.c keeps it: MMSPACE, where CR3 points, has the root of the tree.
"""
import collections

VALID, TRANSITION, SOFT_DIRTY = 0x001, 0x800, 0x002
MM_DECOMMIT = 0x10
PAGE, GRANULE = 0x1000, 16  # bytes; pages
SECRET_AT, SECRET_BYTES = 0x100, 48
ROUNDS, WARM = 80, 16  # how many; of which the program counts none
Region = collections.namedtuple("Region", "first last charge commit")


def field(case, name):
    """Of the process's MMSPACE."""
    at = case.registers.cr3 + case.offsets["MMSPACE." + name]
    return int.from_bytes(case.watch.memory[at : at + 4], "little")


def regions(case):
    """All of the process, by address."""
    at, word, found = case.offsets, case.watch.word, []
    left = [field(case, "Vads")]
    while left:
        node = left.pop()
        if node and len(found) < 10000:
            left += [word(node + at["RTL_AVL_NODE.Left"]), word(node + at["RTL_AVL_NODE.Right"])]
            first, last = (word(node + at["MMVAD." + n]) for n in ("StartingVpn", "EndingVpn"))
            charge = word(node + at["MMVAD.CommitCharge"])
            commit = case.watch.byte(node + at["MMVAD.MemCommit"])
            found.append(Region(first, last, charge, commit))
    return sorted(found)


def is_committed(pte, region):
    """range.h: the entry, and for an empty one the region."""
    if pte & (VALID | TRANSITION):
        return True
    if not pte & ~SOFT_DIRTY:
        return bool(region.commit)
    return pte >> 5 & 0x1F != MM_DECOMMIT


def committed(case, region):
    """The pages of a region that are committed, counted from its first."""
    entries = ((vpn, case.watch.pte(vpn * PAGE)) for vpn in range(region.first, region.last + 1))
    return [vpn - region.first for vpn, pte in entries if is_committed(pte, region)]


def expect_regions(case, function, base, *right):
    """Of each region that lies from base on: (first page, last page, committed pages)."""
    first = base // PAGE
    end = first + 8 * GRANULE
    found = [r for r in regions(case) if first <= r.first < end or first <= r.last < end]
    bounds = [(r.first - first, r.last - first) for r in found]
    case.expect(
        bounds == [(a, b) for a, b, _ in right],
        function,
        "%u regions of the right pages from %08X on",
        "%u regions there",
        *(len(right), base, len(found)),
    )
    for region, (_, _, pages) in zip(found, right):
        seen = committed(case, region)
        case.expect(
            seen == list(pages),
            function,
            "%u pages committed in the tables of %08X",
            "%u",
            *(len(pages), region.first * PAGE, len(seen)),
        )
        case.expect(
            region.charge == len(pages),
            function,
            "MMVAD.CommitCharge = %u for %08X (R2)",
            "%u",
            *(len(pages), region.first * PAGE, region.charge),
        )


def expect_frames(case, function, base, pages, *there):
    """Of this many pages those have a frame, no other (R3)."""
    seen = [n for n in range(pages) if case.watch.pte(base + n * PAGE) & (VALID | TRANSITION)]
    case.expect(
        seen == list(there),
        function,
        "%u pages with a frame at %08X (R3)",
        "%u",
        *(len(there), base, len(seen)),
    )


def expect_charge(case, function, right):
    seen = field(case, "CommitPages")
    case.expect(seen == right, function, "MMSPACE.CommitPages = %u", "%u", right, seen)


def commits(case):
    """Marks 1 to 7."""
    base, end = (yield from case.mark(1)), 4 * GRANULE - 1
    before = field(case, "CommitPages")
    expect_regions(case, "MiReserve", base, (0, end, []))
    yield from case.mark(2)
    expect_regions(case, "MiCommit", base, (0, end, [3, 4]))
    expect_frames(case, "MiCommit", base, end + 1)
    expect_charge(case, "MiCommit", before + 2)
    yield from case.mark(3)
    expect_frames(case, "MiCommit", base, end + 1, 4)
    secret = case.random.randbytes(SECRET_BYTES)
    case.watch.write(base + 4 * PAGE + SECRET_AT, secret)
    yield from case.mark(4)
    expect_regions(case, "MiCommit", base, (0, end, [3, 4]))
    seen = case.watch.read(base + 4 * PAGE + SECRET_AT, SECRET_BYTES)
    case.expect(seen == secret, "MiCommit", "the page as it was", "other bytes")
    yield from case.mark(5)
    expect_regions(case, "MiDecommit", base, (0, end, [4]))
    expect_frames(case, "MiDecommit", base, end + 1, 4)
    yield from case.mark(6)
    left = [4] if case.rules["decommit"] else []
    expect_regions(case, "MiDecommit", base, (0, end, left))
    expect_frames(case, "MiDecommit", base, end + 1, *left)
    expect_charge(case, "MiDecommit", before + len(left))
    yield from case.mark(7)
    expect_regions(case, "MiRelease", base)
    expect_frames(case, "MiRelease", base, end + 1)
    expect_charge(case, "MiRelease", before)


def parts(case):
    """Marks 8 to 10."""
    pages, last = 8 * GRANULE, 8 * GRANULE - 1
    base = yield from case.mark(8)
    before = field(case, "CommitPages") - pages
    expect_regions(case, "MiReserve", base, (0, last, range(pages)))
    yield from case.mark(9)
    if case.rules["release"]:
        expect_regions(case, "MiRelease", base, (0, last, range(pages)))
    else:
        head, tail = 2 * GRANULE, 5 * GRANULE
        right = (0, head - 1, range(head)), (tail, last, range(pages - tail))
        expect_regions(case, "MiRelease", base, *right)
        expect_charge(case, "MiRelease", before + head + pages - tail)
    expect_frames(case, "MiRelease", base, pages, 0, 7 * GRANULE)
    yield from case.mark(10)
    expect_regions(case, "MiRelease", base)
    expect_frames(case, "MiRelease", base, pages)
    expect_charge(case, "MiRelease", before)


def programs(case):
    yield from commits(case)
    yield from parts(case)


def one_round(case, before, mark):
    """Its region, of 16 pages that are left, is there, and none of an earlier round."""
    base = yield from mark
    first = base // PAGE
    found = [r for r in regions(case) if r not in before]
    right = [Region(first, first + 16 * GRANULE - 1, GRANULE, 0)]
    case.expect(found == right, "MiDecommit", "one region more, 16 pages committed", "another")
    seen = committed(case, found[0])
    case.expect(
        seen == list(range(2 * GRANULE, 3 * GRANULE)),
        "MiDecommit",
        "%u pages committed in the tables of %08X",
        "%u",
        *(GRANULE, base, len(seen)),
    )


def cost(case):
    yield from case.mark(1)
    before = regions(case)
    middle = (WARM + ROUNDS) // 2
    stepped = {case.sample.randrange(WARM + 1, middle), case.sample.randrange(middle + 1, ROUNDS)}
    for number in range(ROUNDS):
        # a counted one goes from the middle of the one before to its own
        counted = case.counted_mark(number, 2, number - 1, number)
        mark = counted if number in stepped else case.mark(2)
        yield from one_round(case, before, mark)
    yield from case.mark(3)
    case.expect(regions(case) == before, "MiRelease", "the regions of before", "others")

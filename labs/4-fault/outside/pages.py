"""The page fault's work: entries, frames and counts, read from the machine's memory at each mark.

    touch.c, programs   1 committed  2 one page touched  3 all  4 a guard  5 touched  6 read-only,
                        made writable by the handler  7 8 a section's two views  9 one was written
    touch.c, cost       1 after each first touch that is counted  2 after all

Some touches, which no program knows, are counted here, so that it is of no use to let the program
see less time pass: two groups, each of two faults by the rule `ahead`.
"""
NAME = "MmAccessFault"
VALID, WRITE, USER, TRANSITION, NX = 0x001, 0x002, 0x004, 0x800, 1 << 63
PAGE, PAGES = 0x1000, 8
COUNTED, TOUCHED = 64, 192  # the first page whose touch is counted; how many there are
SECRET_AT, SECRET_BYTES = 0x200, 64


def entry(case, address):
    return case.watch.pte(address)


def frame(pte):
    return pte >> 12 & 0xFFFFFFFFFF


def count(case, name):
    """Of the process's MMSPACE: CR3 points to it."""
    at = case.registers.cr3 + case.offsets["MMSPACE." + name]
    return int.from_bytes(case.watch.memory[at : at + 4], "little")


def expect_entry(case, address, bits, mask, frames=()):
    """The entry of a page has these bits; its frame, if it is there, is none of frames."""
    pte = entry(case, address)
    case.expect(
        pte & mask == bits & mask,
        NAME,
        "the entry of %08X with %03X (of %03X)",
        "%08X %08X",
        *(address, bits & mask & 0xFFF, mask & 0xFFF, pte >> 32, pte),
    )
    case.expect(
        frame(pte) not in frames, NAME, "a frame of its own for %08X", "frame %X is another's",
        *(address, frame(pte)),
    )
    return frame(pte)


def expect_bytes(case, address, right, what):
    seen = case.watch.read(address, len(right))
    wrong = next((i for i, (a, b) in enumerate(zip(seen, right)) if a != b), len(seen))
    case.expect(
        seen == right,
        NAME,
        what + ": at %08X %02X",
        "%02X",
        *(address + wrong, right[wrong : wrong + 1][0] if wrong < len(right) else 0),
        seen[wrong] if wrong < len(seen) else 0,
    )


def expect_count(case, name, right):
    seen = count(case, name)
    case.expect(seen == right, NAME, f"MMSPACE.{name} = %u", "%u", right, seen)


def first_touches(case, base, private):
    """Marks 2 and 3: one page and those that the rule brings with it; then all."""
    frames = set()
    yield from case.mark(2)
    for page in range(PAGES):
        there = VALID if page <= case.rules["ahead"] else 0
        expect_entry(case, base + page * PAGE, there, VALID)
    expect_count(case, "PrivatePages", private + 1 + case.rules["ahead"])
    yield from case.mark(3)
    for page in range(PAGES):
        at = base + page * PAGE
        frames.add(
            expect_entry(case, at, VALID | WRITE | USER | NX, VALID | WRITE | USER | NX, frames)
        )
        expect_bytes(case, at, bytes(PAGE), "a page of zeros")
    expect_count(case, "PrivatePages", private + PAGES)


def guards(case, base):
    """Marks 4 to 6."""
    yield from case.mark(4)
    guarded = expect_entry(case, base + PAGE, TRANSITION, TRANSITION | VALID)
    yield from case.mark(5)
    expect_entry(case, base + PAGE, VALID | WRITE, VALID | WRITE)
    seen = frame(entry(case, base + PAGE))
    case.expect(
        seen == guarded, NAME, "the guarded page's frame %X", "frame %X", guarded, seen
    )
    expect_bytes(case, base + PAGE, b"\1\2", "the bytes of the guarded page")
    yield from case.mark(6)
    expect_entry(case, base + 3 * PAGE, VALID | WRITE, VALID | WRITE)
    expect_bytes(case, base + 3 * PAGE, b"\3", "the byte that was written in the end")


def views(case):
    """Marks 7 to 9."""
    shared = yield from case.mark(7)
    copy = yield from case.mark(8)
    secret = case.random.randbytes(SECRET_BYTES)
    one = expect_entry(case, shared, VALID | WRITE, VALID | WRITE)
    other = expect_entry(case, copy, VALID, VALID | WRITE)
    case.expect(one == other, NAME, "frame %X in both views", "frame %X", one, other)
    case.watch.write(shared + SECRET_AT, secret)
    private, shows = count(case, "PrivatePages"), count(case, "SharedPages")
    yield from case.mark(9)
    expect_entry(case, copy, VALID | WRITE, VALID | WRITE, {one})
    seen = frame(entry(case, shared))
    case.expect(seen == one, NAME, "frame %X in the section's view", "frame %X", one, seen)
    expect_bytes(case, shared, b"\5", "the section's byte")
    expect_bytes(case, copy, b"\6", "the copy's byte")
    expect_bytes(case, shared + SECRET_AT, secret, "the section's bytes")
    expect_bytes(case, copy + SECRET_AT, secret, "the bytes of the copy")
    expect_count(case, "PrivatePages", private + 1)
    expect_count(case, "SharedPages", shows - 1)


def programs(case):
    base = yield from case.mark(1)
    for page in range(PAGES):
        expect_entry(case, base + page * PAGE, 0, VALID)
    yield from first_touches(case, base, count(case, "PrivatePages"))
    yield from guards(case, base)
    yield from views(case)


def expect_next(case, base, page):
    """This page was touched: it is there, and of those after it what the rule brings with it."""
    after = page + 1 + case.rules["ahead"]
    expect_entry(case, base + page * PAGE, VALID, VALID)
    if after < TOUCHED:
        expect_entry(case, base + after * PAGE, 0, VALID)


def cost(case):
    size, middle = 2 + 2 * case.rules["ahead"], (COUNTED + TOUCHED) // 2
    early = case.sample.randrange(COUNTED + 1, middle - size)
    late = case.sample.randrange(middle, TOUCHED - size)
    group = {first + n: first for first in (early, late) for n in range(size)}
    for page in range(COUNTED, TOUCHED):
        if page in group:
            base = yield from case.counted_mark(group[page], 1, page)
        else:
            base = yield from case.mark(1)
        expect_next(case, base, page)
    base, frames = (yield from case.mark(2)), set()
    for page in range(TOUCHED):
        at = base + page * PAGE
        frames.add(expect_entry(case, at, VALID | WRITE | USER, VALID | WRITE | USER, frames))
        expect_bytes(case, at, b"\1" + bytes(PAGE - 1), "a page of zeros and one byte")

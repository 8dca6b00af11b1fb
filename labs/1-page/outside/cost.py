"""What a page costs, counted: some first touches and decommits, instruction by instruction.

    cost.c    1 after each touch of a round of 8 pages  2 after its decommit

Which ones no program knows, so it is of no use to let the program see less time pass in others.
"""
PAGES, ROUNDS = 8, 4


def constant_time(case):
    rounds = case.sample.sample(range(1, ROUNDS), 2)
    touches = {number: case.sample.randrange(1, PAGES) for number in rounds}  # 0: a page table, too
    decommit = case.sample.randrange(1, ROUNDS)
    for number in range(ROUNDS):
        first = number * (PAGES + 1)
        for page in range(PAGES):
            if touches.get(number) == page:
                yield from case.counted_mark(("touch", number), 1, first + page)
            else:
                yield from case.mark(1)
        if number == decommit:
            yield from case.counted_mark("decommit", 2, first + PAGES)
        else:
            yield from case.mark(2)
    counts = case.finding.counts
    (decommitted,) = counts.pop("decommit")
    for group in counts:
        counts[group][0] += decommitted // PAGES

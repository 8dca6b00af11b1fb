"""What a reserve, four queries and a release cost among 800 regions, counted in two rounds.

    places.c  1 before the rounds  2 after each

Which ones no program knows, so it is of no use to let the program see less time pass in others.
"""
ROUNDS = 100


def logarithmic(case):
    middle = ROUNDS // 2
    stepped = {case.sample.randrange(1, middle), case.sample.randrange(middle, ROUNDS)}
    yield from case.mark(1)
    for number in range(ROUNDS):
        counted = case.counted_mark(number, 2, number)
        yield from counted if number in stepped else case.mark(2)

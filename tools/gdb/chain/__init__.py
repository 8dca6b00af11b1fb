"""chain: the moving words: one allocation, a layer, a crossing, a page, a block's writer.

    chain.py    the command    staircase.py  one call, stepped: costs and changes by layer
    calls.py    a tree of calls, from instructions    layers.py  layers and their doors
    changes.py  what changed in memory      values.py  arguments and results      show.py  the text
    stepper.py  one instruction at a time, live or recorded
    bylayer.py  bl-layer    until.py  until-ring0, until-ring3, until-page    where.py  ring, thread
    watchblock.py  watch-block

All are Words (tools/gdb/words): help, sentences instead of traces, colours on a terminal.
"""


def begin():
    """Make the commands; before words.begin(), which lists them."""
    from . import bylayer, chain, until, watchblock

    for word in (chain.Chain, bylayer.BlLayer, watchblock.WatchBlock):
        word()
    for word in (until.UntilRing0, until.UntilRing3, until.UntilPage):
        word()

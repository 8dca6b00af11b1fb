"""What the events of a run amount to.

    timeline.py    slices, marks and counters of every thread and process, from events
    memory.py      its counters: committed bytes, free pages
    perfetto.py    the timeline as Chrome's JSON
    speedscope.py  the timeline as flame graphs
    words.py       events in words
    sites.py       which line of the program a stack stands for
    ledger.py      blocks and bytes by such lines
    table.py       the ledger as a table, or as JSON
    walk.py        one allocation, layer by layer
    answers.py     what the commands trace, where and walk make of a run
"""

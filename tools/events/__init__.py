"""Events of the machine: their table, the stream that they come in, the text made of them.

    table.py    include/events.tbl: numbers, fields, units, meaning
    stream.py   binary records, read and written
    text.py     one line an event
    names.py    which image an address of an event lies in, and its name there
    make.py     include/events_gen.h, from the table
    document.py docs/events.md, from the table
"""

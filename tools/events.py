"""Make events_gen.h (numbers and field counts) from include/events.tbl."""
import sys

sys.dont_write_bytecode = True
import settled


def rows(path):
    """Yield (number, name, [field, ...]) for each row of the table."""
    with open(path) as table:
        for line in table:
            words = line.split()
            if words and not words[0].startswith("#"):
                yield int(words[0]), words[1], words[2].split(",")


def main(table, output):
    events = list(rows(table))
    numbers = "".join(f"    Event{name} = {number},\n" for number, name, _ in events)
    macros = " \\\n".join(f'    row({n}, {name}, "{" ".join(fields)}")' for n, name, fields in events)
    settled.write(
        output,
        "/* Made by tools/events.py from include/events.tbl. */\n"
        f"#ifndef EVENTS_GEN_H\n#define EVENTS_GEN_H\nenum {{\n{numbers}}};\n"
        f"#define FATHOM_EVENT_TABLE(row) \\\n{macros}\n#endif\n",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

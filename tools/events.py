"""Make events_gen.h (numbers and field counts) from include/events.tbl."""
import sys


def rows(path):
    """Yield (number, name, [field, ...]) for each row of the table."""
    with open(path) as table:
        for line in table:
            words = line.split()
            if words and not words[0].startswith("#"):
                yield int(words[0]), words[1], words[2].split(",")


def main(table, output):
    events = list(rows(table))
    with open(output, "w") as out:
        out.write("/* Made by tools/events.py from include/events.tbl. */\n#ifndef EVENTS_GEN_H\n#define EVENTS_GEN_H\nenum {\n")
        for number, name, _ in events:
            out.write(f"    Event{name} = {number},\n")
        out.write("};\n#define FATHOM_EVENT_TABLE(row) \\\n")
        out.write(" \\\n".join(f'    row({n}, {name}, "{" ".join(fields)}")' for n, name, fields in events))
        out.write("\n#endif\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""ssdt: the services of the kernel, their numbers and routines, and whether these are their own."""
import fnmatch
import os
import sys

from .colour import table
from .command import Word
from .headers import TOP
from .names import Names
from .trouble import Missing, Trouble

SERVICES = os.path.join(TOP, "include", "services.tbl")


def rows():
    """[(number, name, how many arguments)] of include/services.tbl."""
    folder = os.path.join(TOP, "tools")
    if folder not in sys.path:
        sys.path.append(folder)
    import services

    return [(number, name, len(arguments)) for number, name, arguments in services.rows(SERVICES)]


class Ssdt(Word):
    """The system services: number, arguments, where the kernel's table leads."""

    name, group, windbg = "ssdt", "code and data", "dps nt!KiServiceTable"
    usage = (
        "ssdt                   all services",
        "ssdt NUMBER            one, by its number (what EAX holds at sysenter)",
        "ssdt PATTERN           by name: ssdt Nt*Virtual*",
    )
    detail = "A routine that is not the service's own is marked: somebody changed the table."

    def run(self, arguments):
        arguments.only()
        wanted = arguments.rest.lower()
        look = arguments.look()
        names = Names(look)
        every = rows()
        chosen = [row for row in every if not wanted or matches(row, wanted)]
        if not chosen:
            raise Trouble(f"{arguments.rest}: no service has this number or name")
        lines = [self.row(look, names, *row) for row in chosen]
        print("\n".join(table(lines, ("number", "service", "arguments", "routine"), right=(2,))))

    def row(self, look, names, number, name, arguments):
        entry = entry_of(look, number)
        if isinstance(entry, Missing):
            return [f"{number:04x}", name, str(arguments), str(entry)]
        known = names.name(entry.Routine)
        cells = [f"{number:04x}", (name, "name"), str(entry.ArgumentBytes // 4)]
        place = f"{entry.Routine:08X}"
        if known == f"nt!{name}":
            return [*cells, (place, "address")]
        if known.startswith("nt!KiTracedService"):
            return [*cells, f"{place} traced (KiTracedService)"]
        return [*cells, (f"{place} {known or 'not in the kernel'}: not its own routine", "bad")]


def entry_of(look, number):
    """The KSERVICE of a number: the second table has Fathom's own."""
    second = number >= 0x1000
    base = look.symbol("KiFathomTable" if second else "KiServiceTable")
    layout = look.kernel.layouts["KSERVICE"]
    return look.kernel.record(layout, base + (number & 0xFFF) * layout.size)


def matches(row, wanted):
    try:
        return row[0] == int(wanted, 16)
    except ValueError:
        return fnmatch.fnmatch(row[1].lower(), wanted)

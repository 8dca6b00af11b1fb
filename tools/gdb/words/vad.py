"""vad: the regions of a process, down to their runs of pages."""
from . import regions
from .colour import address as shown
from .colour import paint, table
from .command import Word
from .pages import protection
from .purposes import Purposes
from .trouble import Trouble
from .views import runs


class Vad(Word):
    """The regions of a process: where, how protected, of what, for what."""

    name, group, windbg = "vad", "memory", "!vad, !address"
    usage = (
        "vad                    the regions of the current process",
        "vad PROCESS            of another one, by its id or name",
        "vad -r                 also their runs of pages, as VirtualQuery has them",
        "vad -r ADDR            the runs of the region that holds an address",
    )
    detail = """
commit: pages that are charged.  here (-r): pages that have a frame now.  Protections:
r read  w write  c write makes a copy  x execute;  guard: the first touch raises an exception."""

    def run(self, arguments):
        detail = "r" in arguments.only("r")
        look = arguments.look() if detail else arguments.look_by_rest()
        look.user_space()
        found, wrong = regions.walk(look.kernel, look.process.record.Space)
        if detail and arguments.rest:
            where = arguments.address()
            region = regions.around(found, where)[0]
            if region is None:
                raise Trouble(f"{where:08X}: no region holds it")
            found = [region]
        purposes = Purposes(look)
        print(look.process.title)
        print("\n".join(self.lines(look, found, purposes, detail)))
        if wrong:
            print(paint(look.doubted(wrong), "bad"))

    def lines(self, look, found, purposes, detail):
        rows = [vad_row(region, purposes) for region in found]
        head = ("base", "end", "pages", "commit", "protect", "kind", "what")
        lines = table(rows, head, right=(2, 3))
        if not detail:
            return lines
        shown_ = lines[:1]
        for region, text in zip(found, lines[1:]):
            shown_.append(text)
            shown_ += run_lines(runs(look.kernel, look.space, region))
        return shown_


def vad_row(region, purposes):
    what = region.name or purposes.of(region)
    code = protection(region.record.Protection)
    bounds = (f"{region.base:08X}", "address"), (f"{region.end - 1:08X}", "address")
    return [*bounds, str(region.pages), str(region.record.CommitCharge), code, region.kind, what]


def run_lines(found):
    for run in found:
        code = "unknown" if run.code is None else protection(run.code)
        here = f"{run.present} of {run.last - run.first + 1} pages here"
        yield f"  {shown(run.base)} {shown(run.end - 1)}  {code:<10} {here}"

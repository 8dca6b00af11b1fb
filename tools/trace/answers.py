"""What `fathom trace`, `fathom where` and `fathom walk` make of the stream of events of a run."""
import re

from events.names import Names
from events.stream import Damaged, Stream
from host.symbols import Images
from host.terminal import write_all

from . import perfetto, sites, speedscope, table, walk as descent
from .ledger import Ledgers
from .timeline import Timeline

WRITER = "Fathom, tools/fathom trace"
FORMATS = {"perfetto": perfetto, "speedscope": speedscope}
HEAP = "HeapOperation,ModuleLoad,ModuleUnload,ProcessCreate,ProcessExit,ContextSwitch"


class Run:
    """The stream of a run: its events, and what else has to be said of it."""

    def __init__(self, path, options, how):
        self.path, self.options, self.how = path, options, how
        self.notes = []

    def __enter__(self):
        self.file = open(self.path, "rb")
        self.stream = Stream(self.file)
        self.images = Images(self.options.out, [[*self.options.add, self.options.program]])
        self.names = Names()
        self.sites = sites.Sites(self.images, self.names)
        return self

    def __exit__(self, *_):
        self.images.__exit__()
        self.file.close()

    def events(self):
        """Each event, once its image is known."""
        try:
            for event in self.stream:
                self.names.see(event)
                yield event
        except Damaged as wrong:
            self.notes.append(f"the events are {wrong}")
        if self.stream.lost:
            self.notes.append(f"{self.stream.lost} events were lost")
        if self.how:
            how = self.how.removeprefix("fathom: ")
            self.notes.append(f"{how}; this is what was seen until then")


def check(options):
    """Which format is wanted; that the file can be written, before anything runs."""
    if not options.format:
        ends = re.search(r"[.]speedscope([.]json)?$", options.output.lower())
        options.format = "speedscope" if ends else "perfetto"
    open(options.output, "a", encoding="utf-8").close()


def trace(path, options, how):
    """Write options.output; result: notes on it."""
    with Run(path, options, how) as run:
        place = lambda event: sites.shown(run.sites.of(event.pid, event.stack))
        timeline = Timeline(run.stream.table, place)
        for event in run.events():
            timeline.feed(event)
        timeline.finish()
    facts = {"program": options.program, "writer": WRITER, "unit": "1 us = 1 instruction"}
    facts |= {"clock": run.stream.head.get("clock", ""), "notes": "; ".join(run.notes)}
    with open(options.output, "w", encoding="utf-8") as file:
        FORMATS[options.format].write(timeline, facts, file)
    return [*run.notes, f"{options.output}: {len(timeline.slices)} slices, for {options.format}"]


def where(path, options, how):
    """Print the table, or JSON; result: notes on it."""
    with Run(path, options, how) as run:
        ledgers = Ledgers(run.sites)
        for event in run.events():
            ledgers.feed(event)
        processes = [one for _, one in sorted(ledgers.of.items()) if one.rows]
        if options.json:
            shown = table.as_json(processes, run, options.top, options.sort)
        else:
            shown = table.text(processes, options.top, options.sort)
    write_all(1, shown.encode("utf-8", "backslashreplace"))
    return run.notes


def walk(path, options, how):
    """Print one allocation's way down; result: notes on it."""
    with Run(path, options, how) as run:
        shown = descent.Walk(run, options.number, options.function)
        for event in run.events():
            shown.feed(event)
        lines = shown.text()
    if not lines:
        run.notes.append(f"there is no allocation {options.number}: {shown.count} were seen")
    write_all(1, "".join(lines).encode("utf-8", "backslashreplace"))
    return run.notes

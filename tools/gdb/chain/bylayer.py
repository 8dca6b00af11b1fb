"""bl-layer: stops at the doors of a layer, when the layer above calls.

A breakpoint on each door of layers.DOORS that is loaded, again with each module that comes.  It
stops if the caller is of another layer and the process is the one that was there when it was set.
"""
import gdb

from words.colour import paint, table
from words.command import Word
from words.trouble import Trouble

from . import layers
from .chain import module_of
from .where import current_space, process_runs, told


class Stop(gdb.Breakpoint):
    """On one door of a layer."""

    def __init__(self, group, name, address):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.group, self.name, self.hits = True, group, name, 0

    def stop(self):
        frame = gdb.newest_frame().older()
        if self.group.space not in (None, current_space()) or self.group.holds(frame):
            return False
        self.hits += 1
        told.say(f"{self.group.layer}: {self.name}, called {self.group.caller(frame)}")
        return True


class Group:
    """The stops of one layer."""

    def __init__(self, layer):
        self.layer, self.points = layer, {}
        self.space = current_space() if process_runs() else None
        gdb.events.new_objfile.connect(self.arm)
        self.arm(None)

    def arm(self, _):
        ring, names = layers.DOORS[self.layer]
        for name in names.split():
            for address in layers.addresses(name, ring):
                if address not in self.points:
                    self.points[address] = Stop(self, name, address)

    def holds(self, frame):
        """Whether the caller is of this layer itself."""
        return frame is not None and layer_of(frame) == self.layer

    def caller(self, frame):
        if frame is None:
            return "by nobody that is known"
        place = frame.find_sal()
        line = f" at {place.symtab.filename}:{place.line}" if place.symtab else ""
        return f"by {frame.name() or f'{frame.pc():08X}'} ({layer_of(frame)}){line}"

    def delete(self):
        gdb.events.new_objfile.disconnect(self.arm)
        for point in self.points.values():
            if point.is_valid():
                point.delete()


def layer_of(frame):
    module = module_of(frame.pc())
    return layers.layer(frame.pc() - 1, module.short if module else "")


GROUPS = {}  # layer: Group


class BlLayer(Word):
    """Breakpoints by layer: stop when the layer above calls into it."""

    name, group, windbg = "bl-layer", "the chain", "bp, bl, bc"
    usage = (
        "bl-layer              the layers, and where stops are",
        "bl-layer heap         stop at the doors of this layer: RtlAllocateHeap, RtlFreeHeap, ...",
        "bl-layer -d heap      these stops go",
        "bl-layer -d           all of them go",
    )
    detail = """
A call within the layer does not stop, nor one in another process than the one that was there when
the stops were set.  Doors of a DLL that is loaded later are found then."""

    def run(self, arguments):
        delete = "d" in arguments.only("d")
        layer = arguments.rest
        if layer and layer not in layers.DOORS:
            known = ", ".join(layers.DOORS)
            raise Trouble(f"{layer}: no layer with doors has this name; there are {known}")
        if delete:
            remove(layer)
        elif not layer:
            print("\n".join(listed()))
        elif layer in GROUPS:
            print(f"bl-layer: {layer}: {count(GROUPS[layer])} already")
        else:
            GROUPS[layer] = Group(layer)
            print(f"{layer}: {count(GROUPS[layer])}; `continue` goes to the first")


def count(group):
    number = len(group.points)
    return f"stops at {number} doors" if number else "no door is loaded yet; its module brings them"


def remove(layer):
    chosen = [layer] if layer else list(GROUPS)
    if layer and layer not in GROUPS:
        raise Trouble(f"{layer}: no stops are there")
    for name in chosen:
        GROUPS.pop(name).delete()
    print(f"bl-layer: {', '.join(chosen) or 'nothing'} deleted")


def listed():
    rows = []
    for name, what, _ in layers.LAYERS:
        if name not in layers.DOORS:
            continue
        group = GROUPS.get(name)
        hits = sum(point.hits for point in group.points.values()) if group else 0
        stops = f"{len(group.points)} stops, {hits} hits" if group else ""
        rows.append(((name, "name"), what, stops))
    yield from table(rows, ("layer", "what it is", "stops"))
    for group in GROUPS.values():
        for point in group.points.values():
            if point.hits:
                yield paint(f"  {group.layer}: {point.name}: {point.hits} hits", "dim")

"""What the proxy is told of breakpoints: which addresses each of the user's has.

gdb's symbols are those of one process at a time; a breakpoint of another one has no place then.
tools/stub/points.py remembers it, and whose it is.
"""
import gdb

KINDS = (gdb.BP_BREAKPOINT, gdb.BP_HARDWARE_BREAKPOINT)
told = {}  # number: addresses, as the proxy has them
waiting = None
every = gdb.breakpoints


def tell(*words):
    gdb.execute("monitor fathom " + " ".join(map(str, words)), to_string=True)


def connected():
    return gdb.selected_inferior().pid != 0


def places(point):
    """The addresses of a breakpoint that are on."""
    if not point.enabled or not hasattr(point, "locations"):
        return []
    return [row.address for row in point.locations if row.enabled and row.address]


def report(_=None):
    """All that changed since the last time."""
    global waiting
    if not connected():
        return
    points = [p for p in every() if p.type in KINDS]
    now = {point.number: places(point) for point in points}
    for number, where in now.items():
        if told.get(number) != where:
            tell("breakpoint", number, *(f"{address:x}" for address in where))
            told[number] = where
    pending = any(point.pending for point in points)
    if pending != waiting:
        tell("pending", int(pending))
        waiting = pending


def forget(point):
    if connected() and told.pop(point.number, None) is not None:
        tell("delete", point.number)


def listed():
    """gdb.breakpoints without Fathom's own, which are not in `info breakpoints` either: a user's
    own commands look each of them up there."""
    return tuple(point for point in every() if point.number > 0)


def begin():
    gdb.breakpoints = listed
    gdb.events.breakpoint_deleted.connect(forget)
    for event in (gdb.events.breakpoint_created, gdb.events.breakpoint_modified):
        event.connect(report)

"""Chrome's JSON trace format, as Perfetto (ui.perfetto.dev) and chrome://tracing read it.

Source: "Trace Event Format", Google.  One microsecond of the page is one instruction.

    X  a slice: ts, dur          C  a counter: args {name: value}
    i  a mark of a thread        M  names of processes and threads

An importer nests the X of one thread by their times alone, so of two that begin together the outer
one comes first; Timeline.slices has that order.
"""
import json


def names(timeline):
    for pid, name in sorted(timeline.processes.items()):
        text = f"{name} ({pid})" if name else f"process {pid}"
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": text}}
    for (pid, tid), name in sorted(timeline.threads.items()):
        yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}


def slices(timeline):
    for one in timeline.slices:
        args = one.fields if one.whole else {**one.fields, "end": "not seen"}
        head = {"ph": "X", "name": one.name, "cat": one.kind, "pid": one.pid, "tid": one.tid}
        yield {**head, "ts": one.start, "dur": one.end - one.start, "args": args}


def marks(timeline):
    for one in timeline.marks:
        head = {"ph": "i", "name": one.name, "cat": "event", "ts": one.time, "s": "t"}
        yield {**head, "pid": one.pid, "tid": one.tid, "args": one.fields}


def counters(timeline):
    for time, pid, name, value in timeline.counters:
        yield {"ph": "C", "name": name, "ts": time, "pid": pid, "args": {name: value}}


def write(timeline, facts, file):
    """facts: what the page says of the trace as a whole.  One event a line."""
    events = [*names(timeline), *slices(timeline), *marks(timeline), *counters(timeline)]
    file.write(f'{{"displayTimeUnit": "ns",\n"otherData": {json.dumps(facts)},\n"traceEvents": [\n')
    file.write(",\n".join(map(json.dumps, events)) + "\n]}\n")

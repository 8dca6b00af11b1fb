"""speedscope's own format (speedscope.app): a flame graph for each thread.

Source: file-format-schema.json of the npm package speedscope.  A profile is a list of frames that
open (O) and close (C), the innermost open one first; the unit is the instruction ("none" there).
"""
import json

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


class Frames:
    """shared.frames: each name once, by its number."""

    def __init__(self):
        self.numbers = {}

    def __call__(self, name):
        return self.numbers.setdefault(name, len(self.numbers))

    def rows(self):
        return [{"name": name} for name in self.numbers]


def evented(slices, frames):
    """The events of one thread: its slices, which nest, as they open and close."""
    events, stack = [], []
    for one in slices:
        while stack and stack[-1].end <= one.start and stack[-1] is not one:
            events.append(closed(stack.pop(), frames))
        events.append({"type": "O", "frame": frames(one.name), "at": one.start})
        stack.append(one)
    while stack:
        events.append(closed(stack.pop(), frames))
    return events


def closed(one, frames):
    return {"type": "C", "frame": frames(one.name), "at": one.end}


def profile(name, slices, frames):
    events = evented(slices, frames)
    ends = {"startValue": events[0]["at"], "endValue": events[-1]["at"]}
    return {"type": "evented", "name": name, "unit": "none", **ends, "events": events}


def write(timeline, facts, file):
    frames, threads = Frames(), {}
    for one in timeline.slices:
        threads.setdefault((one.pid, one.tid), []).append(one)
    profiles = []
    for (pid, tid), slices in sorted(threads.items()):
        name = f"{timeline.processes[pid] or 'process'} ({pid}), {timeline.threads[pid, tid]}"
        profiles.append(profile(name, slices, frames))
    whole = {"$schema": SCHEMA, "name": facts["program"], "exporter": facts["writer"]}
    whole |= {"activeProfileIndex": 0, "shared": {"frames": frames.rows()}, "profiles": profiles}
    json.dump(whole, file)
    file.write("\n")

"""Importers of the two formats of `fathom trace`, as strict as those that people use are lenient.

perfetto(text), speedscope(text): (what is wrong, a sentence each; what an importer makes of it).
Sources: "Trace Event Format" (Google); file-format-schema.json of the npm package speedscope 1.25,
whose rules are written out here.
"""
import json
from collections import Counter

UNITS = {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}
SCHEMA = "https://www.speedscope.app/file-format-schema.json"
PHASES = {"X", "i", "C", "M"}


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def whole(value):
    return number(value) and value == int(value) and value >= 0


# ---- Chrome's JSON ----

def perfetto(text):
    wrong, top = [], json.loads(text)
    found = {"slices": [], "counters": {}, "processes": {}, "threads": {}, "phases": Counter()}
    events = top.get("traceEvents")
    if not isinstance(events, list):
        return ["no list traceEvents"], found
    for event in events:
        problem = wrong_event(event)
        if problem:
            wrong.append(f"{problem}: {json.dumps(event):.200}")
        else:
            take(event, found)
    wrong += [f"{one} has no name" for one in sorted(nameless(events, found), key=str)]
    for track, slices in tracks(found["slices"]).items():
        wrong += nests(track, slices)
    for (pid, name), values in found["counters"].items():
        if [t for t, _ in values] != sorted(t for t, _ in values):
            wrong.append(f"counter {name} of {pid} goes back in time")
        wrong += [f"counter {name} of {pid} is {v} at {t}" for t, v in values if v < 0]
    return wrong, found


def wrong_event(event):
    """What one event lacks, or None."""
    kind = event.get("ph")
    if kind not in PHASES:
        return f"phase {kind}"
    if not isinstance(event.get("name"), str) or not event["name"]:
        return "no name"
    if not whole(event.get("pid")) or (kind != "C" and not whole(event.get("tid"))):
        return "no pid and tid"
    if kind != "M" and not whole(event.get("ts")):
        return "no time"
    if kind == "X" and not whole(event.get("dur")):
        return "no duration"
    if kind == "i" and event.get("s") not in ("t", "p", "g"):
        return "no scope"
    args = event.get("args", {})
    if not isinstance(args, dict):
        return "args are no object"
    if kind == "C" and not (args and all(number(value) for value in args.values())):
        return "a counter without numbers"
    if kind == "M" and not isinstance(args.get("name"), str):
        return "metadata without a name"
    return None


def take(event, found):
    found["phases"][event["ph"]] += 1
    if event["ph"] == "X":
        found["slices"].append(event)
    elif event["ph"] == "C":
        values = found["counters"].setdefault((event["pid"], event["name"]), [])
        values += [(event["ts"], value) for value in event["args"].values()]
    elif event["name"] == "process_name":
        found["processes"][event["pid"]] = event["args"]["name"]
    elif event["name"] == "thread_name":
        found["threads"][event["pid"], event["tid"]] = event["args"]["name"]


def nameless(events, found):
    """Processes and threads that have events and no name."""
    for event in events:
        if event.get("ph") != "M" and event.get("pid") not in found["processes"]:
            yield event.get("pid")
        thread = event.get("pid"), event.get("tid")
        if event.get("ph") in ("X", "i") and thread not in found["threads"]:
            yield thread


def tracks(slices):
    """{(pid, tid): slices}, as an importer sorts them: by time, else as they come."""
    found = {}
    for one in sorted(slices, key=lambda one: one["ts"]):
        found.setdefault((one["pid"], one["tid"]), []).append(one)
    return found


def nests(track, slices):
    """The slices that neither lie in the one before nor come after it; depth is noted in each."""
    wrong, stack = [], []
    for one in slices:
        while stack and stack[-1]["ts"] + stack[-1]["dur"] <= one["ts"]:
            stack.pop()
        end = one["ts"] + one["dur"]
        if stack and end > stack[-1]["ts"] + stack[-1]["dur"]:
            wrong.append(f"{track}: {one['name']} at {one['ts']} outlasts {stack[-1]['name']}")
        one["depth"], one["parent"] = len(stack), stack[-1] if stack else None
        stack.append(one)
    return wrong


# ---- speedscope ----

def speedscope(text):
    top = json.loads(text)
    wrong = [f"{name} is not as the schema has it" for name, good in shape(top) if not good]
    found = {}
    for profile in top["profiles"]:
        if profile["type"] == "evented":
            wrong += evented(profile, len(top["shared"]["frames"]))
        else:
            wrong += sampled(profile, len(top["shared"]["frames"]))
        found[profile["name"]] = profile
    if len(found) != len(top["profiles"]):
        wrong.append("two profiles have one name")
    return wrong, found


def shape(top):
    yield "$schema", top.get("$schema") == SCHEMA
    yield "exporter", isinstance(top.get("exporter", ""), str)
    yield "name", isinstance(top.get("name", ""), str)
    yield "activeProfileIndex", number(top.get("activeProfileIndex", 0))
    yield "profiles", isinstance(top.get("profiles"), list)
    for frame in top["shared"]["frames"]:
        good = isinstance(frame.get("name"), str) and isinstance(frame.get("file", ""), str)
        good = good and number(frame.get("line", 0)) and number(frame.get("col", 0))
        yield f"frame {frame}", good
    for profile in top["profiles"]:
        yield "profile type", profile.get("type") in ("evented", "sampled")
        yield "profile name", isinstance(profile.get("name"), str)
        yield "profile unit", profile.get("unit") in UNITS
        yield "profile range", number(profile.get("startValue")) and number(profile.get("endValue"))


def evented(profile, frames):
    """What is wrong with frames that open and close."""
    wrong, stack, time = [], [], profile["startValue"]
    for event in profile["events"]:
        if event.get("type") not in ("O", "C") or not number(event.get("at")):
            wrong.append(f"{profile['name']}: no event: {event}")
            continue
        if event["at"] < time:
            wrong.append(f"{profile['name']}: back in time: {event}")
        time = event["at"]
        if not isinstance(event.get("frame"), int) or not 0 <= event["frame"] < frames:
            wrong.append(f"{profile['name']}: no such frame: {event}")
        if event["type"] == "O":
            stack.append(event["frame"])
        elif not stack or stack.pop() != event["frame"]:
            wrong.append(f"{profile['name']}: not the innermost one closes: {event}")
    if stack or time > profile["endValue"]:
        wrong.append(f"{profile['name']}: {len(stack)} open at its end, last at {time}")
    return wrong


def sampled(profile, frames):
    wrong = []
    if len(profile["samples"]) != len(profile["weights"]):
        wrong.append(f"{profile['name']}: samples without weights")
    for stack, weight in zip(profile["samples"], profile["weights"]):
        known = all(isinstance(frame, int) and 0 <= frame < frames for frame in stack)
        if not known or not number(weight):
            wrong.append(f"{profile['name']}: {stack} weighs {weight}")
    return wrong

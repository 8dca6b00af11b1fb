#!/usr/bin/env python3
# needs: system record web programs
# long: only
"""A recorded stretch as events (web/model/story.js): what it tells of six mallocs and frees is what
the program asked for and what the kernel's own events say."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import Plan  # noqa: E402
from told import told  # noqa: E402

plan = Plan()
SIZES = [40, 100, 3000, 24, 96 * 1024, 700000]
recording, events, trouble = told("six")


def of(kind, **wanted):
    return [
        e for e in events if e["kind"] == kind and all(e.get(k) == v for k, v in wanted.items())
    ]


plan.true(
    100 < len(events) < 200, f"{recording.count} instructions are {len(events)} events", trouble
)
plan.true(
    [e["n"] for e in events] == sorted(e["n"] for e in events), "in the order of instructions"
)

# ---- the program's own calls ----
malloc = of("call", module="msvcrt", name="malloc")
plan.equal(
    [call["words"][0] for call in malloc], SIZES, "six calls of malloc, with the sizes asked for"
)
given = [e["value"] for e in of("return", module="msvcrt", name="malloc")]
freed = [call["words"][0] for call in of("call", module="msvcrt", name="free")]
plan.true(len(given) == 6 and given == freed, "what malloc gave is what free is called with")

# ---- the heap ----
made = {block["data"]: block for e in of("block") for block in e["made"] if block["kind"] == "busy"}
plan.equal(
    [made.get(at, {}).get("size") for at in given], SIZES, "each block is made with its size"
)
gone = {block["data"] for e in of("block") for block in e["gone"] if block["kind"] == "busy"}
plan.equal([at in gone for at in given], [True] * 6, "and each is gone after its free")
plan.equal(made[given[5]]["where"], "large", "the sixth is a large block")

# ---- the kernel ----
touched = [e["address"] for e in of("fault")]
told = [e.fields["Address"] for e in recording.events() if e.name == "PageFault"]
plan.true(
    len(touched) >= 5 and all(at in told for at in touched),
    f"{len(touched)} page faults, which the kernel tells of, too",
)
pages = {e["address"]: e for e in of("entry") if int(e["after"], 16) & 1 and e["level"] == "PTE"}
plan.equal(
    [pages[given[i] & ~0xFFF].get("promised") for i in (4, 5)],
    [None, 4],
    "a large block's first page: nothing in its entry, promised by the region; not so a segment's",
)
plan.equal(
    [at & ~0xFFF in pages for at in touched],
    [True] * len(touched),
    "each ends with an entry for its page",
)
given_pages = [e["value"] for e in of("return", module="nt", name="PageAlloc")]
shown = {int(e["after"], 16) >> 12 & 0xFFFFF for e in of("entry")}
plan.true(set(given_pages) <= shown, "each page of PageAlloc is then in an entry")
folded = [e for e in of("entry") + of("loop") if e["count"] > 5]
plan.true(len(folded) >= 1, f"a loop over entries is one event: {[e['count'] for e in folded]}")
regions = [[one["base"] for one in e["made"]] for e in of("region") if e["made"]]
released = [[one["base"] for one in e["gone"]] for e in of("region") if e["gone"]]
plan.true(
    regions and sorted(regions) == sorted(released), "regions come and go with the large blocks"
)
plan.equal(len(of("down")), len(of("up")), "each way down has its way up")
plan.done()

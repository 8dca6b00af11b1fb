"""Read by gdb on a recording: ask the words at every STRIDE-th instruction.  A line for each place
where they say what is not so; at the end, how many places there were."""
import os

import gdb

STRIDE = int(os.environ["STRIDE"])
WORDS = ("analyze", "heap", "vad", "process", "threads", "handles", "lm", "exc", "address")


def wrong(word, text):
    """Whether a text claims damage, though a sound program is only being served."""
    if "command failed" in text or "Trace" in text or not text.strip():
        return True
    if word == "heap":
        return "(H" in text and "holds the heap's lock" not in text
    claims = [claim for claim in ("damaged", "broken", "circle", "overlap") if claim in text]
    return bool(claims) and "is changing it" not in text


def end():
    return int(gdb.execute("goto", to_string=True).split(" of ")[1])


places = under_way = 0
for n in range(0, end(), STRIDE):
    gdb.execute(f"goto {n}", to_string=True)
    places += 1
    for word in WORDS:
        text = gdb.execute(word, to_string=True)
        under_way += word == "heap" and "holds the heap's lock" in text
        if wrong(word, text):
            print(f"WRONG {n} {word}: {text[-300:]}")
print(f"PLACES {places} {under_way}", flush=True)

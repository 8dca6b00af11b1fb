#!/usr/bin/env python3
# long: only
# needs: system
"""The pictures of labs 1, 3 and 5 show the machine as it is: drawn anew, they say the same.

The size of an image moves by a page with almost any edit, so the length of what has one colour may
differ by a twentieth, and numbers are not compared; what is there, and how many of it, is."""
import collections
import itertools
import os
import re
import sys
import xml.dom.minidom

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import pictures  # noqa: E402

plan = Plan()
CLOSE, LEAST = 0.05, 24  # of a length; a length in the picture's units


def told(text):
    """({colour: length}, {words: how many labels have them})."""
    picture, lengths = xml.dom.minidom.parseString(text), collections.Counter()
    for box in picture.getElementsByTagName("rect"):
        lengths[box.getAttribute("fill")] += float(box.getAttribute("width"))
    labels = (label.firstChild.data for label in picture.getElementsByTagName("text"))
    return lengths, collections.Counter(re.sub(r"[0-9A-F,]+", "#", label) for label in labels)


def differences(kept, drawn):
    """What a reader of the kept picture would be told wrongly."""
    (was, said), (now, says) = told(kept), told(drawn)
    for colour in was | now:
        if abs(was[colour] - now[colour]) > max(LEAST, CLOSE * now[colour]):
            yield f"{colour}: {was[colour]:.0f} long in the picture, {now[colour]:.0f} now"
    for label in said | says:
        if said[label] != says[label]:
            yield f"{said[label]} labels {label!r} in the picture, {says[label]} now"


for path, drawn in pictures.drawings():
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        stale = list(differences(file.read(), drawn))
    plan.equal(stale, [], f"{path} is fresh (make lab-pictures)")
    count = itertools.count()
    less = re.sub(r"<rect.*", lambda box: "" if next(count) % 3 == 0 else box[0], drawn)
    plan.true(list(differences(less, drawn)), f"{path}: without a third of its boxes it is stale")
plan.done()

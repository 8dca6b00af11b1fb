#!/usr/bin/env python3
# needs: nothing
"""What a report advises: by the function that is missing, by the way a test ended, by a result's
name."""
import os
import subprocess
import sys
import tempfile
from resource import RLIMIT_CPU, setrlimit

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import codes  # noqa: E402
from grade import lab as labs  # noqa: E402
from grade.result import Outcome, Result  # noqa: E402
from grade.words import Teller  # noqa: E402
from handout import handout  # noqa: E402

plan = Plan()
lab = labs.load("3")
READS = """import sys
sys.path.insert(0, sys.argv[1])
from types import SimpleNamespace as Is
from grade import hosted, written
found = hosted.Places(Is(source=sys.argv[2], lab=Is(file="vad.c"))).function(sys.argv[3])
print(sys.argv[3] in written.of_file(sys.argv[2]) and ":" in found)
"""
FINDS = next(test for test in lab.tests if test.name == "finds")
SKELETON = os.path.join(TOP, "labs", "3-region", "skeleton", "vad.c")


def told(path, chinese=False, **what):
    """The rows of a failed test, as one text."""
    outcome = Outcome(FINDS, **{"kind": "wrong value", "detail": "MiFindVad, tree.h:82", **what})
    return "\n".join(Teller(chinese).explain(outcome, Result(lab, path)))


plan.true(
    "MiFindVad is still the skeleton's" in told(SKELETON) and FINDS.hint not in told(SKELETON),
    "a function that is the skeleton's is to be written: no hint at a mistake in it",
    told(SKELETON),
)
plan.true("MiFindVad 还是骨架里的样子" in told(SKELETON, True), "and so in Chinese", told(SKELETON, True))
with open(SKELETON) as file:
    text = file.read()
with tempfile.TemporaryDirectory(prefix="fathom-hints-") as scratch:
    begun = os.path.join(scratch, "vad.c")
    body = "(void)space, (void)vpn;\n    return NULL;"
    with open(begun, "w") as file:
        file.write(text.replace(body, "return vpn ? MiFindVadFrom(space, vpn) : NULL;", 1))
    plan.true(FINDS.hint in told(begun), "one that was begun has the test's hint", told(begun))
    for kind, word in (("hang", "lock"), ("crash", "pointer"), ("bug check", "pointer")):
        said = told(begun, kind=kind, where="kernel/mm/vad.c:14")
        plan.true(word in said and FINDS.hint in said, f"{kind}: a hint by the way it ended", said)
    seen = [told(begun, kind="hang", stack=stack) for stack in ([], ["nt!MiFindVad at vad.c:9"])]
    asked = ["in the stack?" in one for one in seen]
    plan.equal(asked, [False, True], "a hang without a stack: no line of one is asked for")
    said = told(begun, kind="bug check", stack=["nt!MiFreeSpace+d1"])
    plan.true("pointer" not in said, "a stack without the student's lines: none is asked for", said)
    said = told(begun, kind="crash", seen="member access within address 0xa5a5a5a5a5a5a5a5")
    plan.true("read before it is written" in said, "an address of A5h bytes is explained", said)

    # Stars that no comment holds, and all that a file may be long: the grader reads on.
    stars = os.path.join(scratch, "stars.c")
    with open(stars, "w") as file:
        file.write("#if 0\n" + "*" * 60 + "\n#endif\n" + text.replace(") {", ") /* mine */\n{"))
    limited = subprocess.run(
        [sys.executable, "-c", READS, os.path.join(TOP, "tools"), stars, "MiFindVad"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: setrlimit(RLIMIT_CPU, (20, 20)),
    )
    plan.true(limited.stdout == "True\n", "a file of stars is read at once", limited)

    # A course's seeds: while a lab has rules that were not handed out yet, they are drawn.
    had = []
    for _ in range(4):
        seed = handout.seed_of(None, ["3"], scratch)
        had.append(labs.chosen(lab.variants, seed, lab.label))
        with open(os.path.join(scratch, "handouts.tsv"), "a") as file:
            file.write(f"{lab.label}\t1.0\t{seed}\tid\n")
    plan.equal(len(set(had)), 4, "seeds that a course draws have the rules of no earlier handout")
    last = labs.chosen(lab.variants, handout.seed_of(None, ["3"], scratch), lab.label)
    plan.true(last != had[-1], "when each was had, those of the last handout are left out")

    # Two labs in one handout: lab 3 has had all of its four sets, lab 8 one of its 24.
    eight = labs.load("8")
    with open(os.path.join(scratch, "handouts.tsv"), "a") as file:
        file.write(f"{eight.label}\t1.0\t2\tid\n{eight.label}\t1.0\t3\tid\n")
    first = labs.chosen(eight.variants, 2, eight.label)
    both = [handout.seed_of(None, ["3", "8"], scratch) for _ in range(100)]
    again = [seed for seed in both if labs.chosen(eight.variants, seed, eight.label) == first]
    plan.equal(again, [], "that one lab's sets were all had does not bring another's again")

named = codes.named("80070057, C0000374, 800706BE, CCCCCCCC at 80102239")
wanted = (
    "80070057 (E_INVALIDARG), C0000374 (STATUS_HEAP_CORRUPTION), "
    "800706BE (HRESULT_FROM_WIN32(RPC_S_CALL_FAILED)), CCCCCCCC at 80102239"
)
plan.equal(named, wanted, "a result has its name, an address has none")
plan.done()

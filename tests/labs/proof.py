#!/usr/bin/env python3
"""Is the grader of a lab right?  proof.py NUMBER... shows it, as TAP.

  skeleton      0 points, also under other seeds
  reference     all points, twice with the same result; at most 60 under other seeds
  second        all points, also under other seeds
  each bug      loses exactly the tests of bugs/bugs.toml, and the points of no other
  each forgery  0 points, and the grader lives on

Of a lab's bugs eight, evenly taken, are planted, so that all labs have their time; FATHOM_BUGS=all
plants each (`make test-labs FATHOM_BUGS=all`).
--table prints what each bug loses now, as bugs.toml has it; read it before you believe it.
--sample: skeleton, reference, the first bug and four forgeries.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import texts  # noqa: E402
from grade.grader import Grader  # noqa: E402
from grade.lab import load  # noqa: E402
from grade.words import Teller  # noqa: E402

SEEDS = (1, 2)
MOST_OF_ANOTHER_SEED = 60
SAMPLE = 4  # forgeries
BUGS = 8  # of a lab, without FATHOM_BUGS=all


def some(entries):
    """Every one, or BUGS of them with equal distances."""
    if os.environ.get("FATHOM_BUGS") == "all" or len(entries) <= BUGS:
        return entries
    return [entries[i * len(entries) // BUGS] for i in range(BUGS)]


def lost(result):
    """{test: "test", or "test:half" if it kept some points}."""
    found = {}
    for outcome in result.outcomes:
        if outcome.points != outcome.test.points:
            found[outcome.test.name] = outcome.test.name + (":half" if outcome.points else "")
    return set(found.values())


def told(result):
    return list(Teller(False).table(result))


def shape(result):
    """What must be the same the next time."""
    return [(o.test.name, o.kind, o.points, o.cost, o.worst) for o in result.outcomes]


class Proof:
    def __init__(self, word, plan):
        self.plan, self.lab = plan, load(word)
        self.skeleton = os.path.join(self.lab.folder, "skeleton")
        self.grader = self.of_seed(0)
        self.total = sum(test.points for test in self.lab.tests)

    def of_seed(self, seed):
        lab = load(self.lab.folder, None, seed)
        grader = Grader(lab, OUT, lab.tests)
        grader.prepare()
        return grader

    def name(self, what):
        return f"lab {self.lab.lab['number']}: {what}"

    def scores(self, what, result, points):
        self.plan.true(
            result.points == points, self.name(f"{what}: {points} points"), *told(result)
        )

    def solutions(self):
        self.scores("the skeleton", self.grader.grade(self.skeleton), 0)
        first = self.grader.grade(self.lab.reference)
        self.scores("the reference", first, self.total)
        return first

    def seconds(self, first):
        again = self.grader.grade(self.lab.reference)
        self.plan.equal(shape(again), shape(first), self.name("the reference, again: the same"))
        for path in self.lab.seconds_solutions:
            what = f"a second solution ({os.path.relpath(path, TOP)})"
            self.scores(what, self.grader.grade(path), self.total)

    def seeds(self):
        if not self.lab.variants:
            return
        for seed in SEEDS:
            grader = self.of_seed(seed)
            nothing = grader.grade(self.skeleton)
            self.scores(f"the skeleton, seed {seed}", nothing, 0)
            result = grader.grade(self.lab.reference)
            self.plan.true(
                result.points <= MOST_OF_ANOTHER_SEED,
                self.name(f"the reference under seed {seed}: at most {MOST_OF_ANOTHER_SEED}"),
                *told(result),
            )
        for path in self.lab.seconds_solutions:
            self.scores(f"a second solution, seed {seed}", grader.grade(path, True), self.total)

    def bugs(self):
        """(name, what bugs.toml says, the Result)."""
        table, patches = self.listed(), self.patches()
        self.plan.equal(set(table), set(patches), self.name("bugs.toml has each patch"))
        for name, entry in table.items():
            yield name, entry, lambda name=name: self.grade_bug(name)

    def listed(self):
        try:
            with open(os.path.join(self.lab.folder, "bugs", "bugs.toml"), "rb") as file:
                return tomllib.load(file)
        except FileNotFoundError:
            return {}

    def patches(self):
        found = glob.glob(os.path.join(self.lab.folder, "bugs", "*.patch"))
        return sorted(os.path.basename(path)[:-6] for path in found)

    def patched(self, base, patch):
        """The Result of base with the patch in it."""
        with tempfile.TemporaryDirectory(prefix="fathom-bug-") as folder:
            path = os.path.join(folder, self.lab.file)
            os.makedirs(os.path.dirname(path))
            shutil.copyfile(base, path)
            done = subprocess.run(
                ["patch", "-s", "-p1", "-i", patch], cwd=folder, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"Bail out!  {patch}: {done.stdout}{done.stderr}")
            return self.grader.grade(folder)

    def grade_bug(self, name):
        return self.patched(
            self.lab.reference, os.path.join(self.lab.folder, "bugs", name + ".patch")
        )

    def grade_forgery(self, path):
        """A file, or a patch to the skeleton; .ours.patch: to the tree's own file."""
        if not path.endswith(".patch"):
            return self.grader.grade(path)
        if path.endswith(".ours.patch"):
            return self.patched(self.lab.reference, path)
        skeleton = os.path.join(self.lab.folder, "skeleton", os.path.basename(self.lab.file))
        return self.patched(skeleton, path)

    def bug(self, name, entry, grade):
        result, wanted = grade(), set(entry["loses"])
        self.plan.true(
            lost(result) == wanted and wanted,
            self.name(f"bug {name} loses {' '.join(sorted(wanted))}"),
            f"it lost {' '.join(sorted(lost(result))) or 'nothing'}",
            *told(result),
        )
        return result

    def believed(self, name, path):
        """What the programs in the machine alone would give it: else nothing was caught outside."""
        self.grader.kept.inside = True
        result = self.grade_forgery(path)
        self.grader.kept.inside = False
        what = f"forgery {name}: points by the machine's own programs alone"
        self.plan.true(result.points > 0, self.name(what), *told(result))

    def forgeries(self, slow=True, most=None):
        for path in sorted(glob.glob(os.path.join(self.lab.folder, "forgeries", "*.*")))[:most]:
            name = os.path.splitext(os.path.basename(path))[0]
            if slow or not name.startswith("slow_"):
                result = self.grade_forgery(path)
                self.scores(f"forgery {name}", result, 0)
                with open(path, errors="replace") as file:
                    text = file.read()
                why = re.search(r"refused: (.*?) *(?:\*/)?$", text, re.M)
                if "inside alone" in text:
                    self.believed(name, path)
                if why and "not refused" not in why.string[why.start() - 4 : why.end()]:
                    found = why[1] in " ".join(result.refused.split())
                    self.plan.true(
                        found, self.name(f"forgery {name} is refused: {why[1]}"), result.refused
                    )

    def table(self):
        """Each patch, also one that bugs.toml does not have yet: its `what` is to be filled in."""
        listed = self.listed()
        for name in [*listed, *(n for n in self.patches() if n not in listed)]:
            names = [t.name for t in self.lab.tests]
            now = sorted(lost(self.grade_bug(name)), key=lambda n: names.index(n.split(":")[0]))
            what = listed.get(name, {}).get("what", "")
            print(f"[{name}]\nwhat = {what!r}\nloses = {now}\n".replace("'", '"'), flush=True)

    def translated(self):
        missing = texts.lacking(self.lab)
        self.plan.equal(missing, [], self.name("each text of its cases is in [chinese]"))

    def sample(self):
        """(the Result of the reference, that of a bug)."""
        self.translated()
        good = self.solutions()
        name, entry, grade = next(self.bugs())
        bad = self.bug(name, entry, grade)
        self.forgeries(slow=False, most=SAMPLE)
        return good, bad

    def whole(self):
        self.translated()
        self.seconds(self.solutions())
        self.seeds()
        for name, entry, grade in some(list(self.bugs())):
            self.bug(name, entry, grade)
        self.forgeries()


def main(words):
    plan, options = Plan(), [w for w in words if w.startswith("--")]
    for word in [w for w in words if not w.startswith("--")]:
        proof = Proof(word, plan)
        (
            proof.table
            if "--table" in options
            else proof.sample
            if "--sample" in options
            else proof.whole
        )()
    plan.done()


if __name__ == "__main__":
    main(sys.argv[1:])

#!/usr/bin/env python3
# long: too
# needs: system gdb record
"""A handout: it is a whole tree, and nothing of a solution is in it; under FATHOM_LONG=1 it is also
built, and its commands run."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from handout import handout, leaks, stamp  # noqa: E402

plan = Plan()
FATHOM = os.path.join(TOP, "tools", "fathom")
FORBIDDEN = re.compile(
    r"/(second(?!/labheap)|bugs|held|forgeries)/|teacher\.md$|(^|/)defence|CHANGELOG\.md$"
    r"|^tests/(second(?!/labheap)|labs|host/test_)"
)


def run(*words, where=TOP, **more):
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "FATHOM_OUT"
    }
    return subprocess.run(
        words,
        cwd=where,
        env={**environment, **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def made(*words):
    return run(FATHOM, "handout", *words)


def paths(folder):
    return sorted(
        os.path.relpath(os.path.join(at, n), folder)
        for at, _, names in os.walk(folder)
        for n in names
    )


def code_lines(path):
    """Lines of a solution that no file but it should have: statements of some length."""
    with open(os.path.join(TOP, path)) as file:
        for line in file:
            line = line.strip()
            if len(line) > 50 and line.endswith(";") and not line.startswith(("*", "/*")):
                yield line


def check_tree(folder, number, solution, secrets):
    """Another search than the tool's own: plain lines of the solution, in every byte of the
    tree."""
    held = [
        path for path in paths(folder) if FORBIDDEN.search(path) and not path.startswith(".git/")
    ]
    plan.equal(held, [], f"lab {number}: no second solution, bug, held-back test or teacher's page")
    plan.true(
        not os.path.exists(os.path.join(folder, "build")), f"lab {number}: no product of a build"
    )
    lines = list(code_lines(solution))
    text = "\n".join(
        leaks.text_of(os.path.join(folder, p)) for p in paths(folder) if not p.startswith(".git/")
    )
    quoted = [line for line in lines if line in text and not in_system(line, solution)]
    plan.true(
        len(lines) > 4 and not quoted,
        f"lab {number}: no line of {solution} ({len(lines)} tried)",
        *quoted,
    )
    plan.equal(
        leaks.search(folder, secrets),
        [],
        f"lab {number}: no characteristic line, no name of its own functions",
    )
    plan.equal(
        leaks.in_history(folder, secrets), [], f"lab {number}: and none in any object of git"
    )
    count = run("git", "rev-list", "--count", "--all", where=folder).stdout.strip()
    plan.equal(count, "1", f"lab {number}: git has one commit")


def in_tree(path):
    return os.path.isfile(os.path.join(TOP, path))


def in_system(line, solution):
    """Another file of the system has the same line."""
    found = run("git", "grep", "-lF", "--untracked", "-e", line, "--", *leaks.SYSTEM)
    return any(path != solution for path in found.stdout.splitlines())


with tempfile.TemporaryDirectory() as scratch:
    tree = os.path.join(scratch, "com")
    done = made("8", "--seed", "17", tree)
    plan.equal(done.returncode, 0, "a handout of lab 8 is made")
    [one] = handout.load([8], 17, None)
    secrets = handout.secrets_of([one], [p for p in paths(tree) if in_tree(p)])
    check_tree(tree, 8, "ole32/spy.c", secrets)
    plan.true(
        not os.path.exists(os.path.join(tree, "ole32", "spy.c")),
        "a file whose functions the student's file provides is gone",
    )
    text = leaks.text_of(os.path.join(tree, "ole32", "taskmem.c"))
    plan.true(
        "is missing" in text and "GetProcessHeap" not in text, "the student's file is the skeleton"
    )
    plan.equal(stamp.read(text), stamp.Stamp("8-com", "1.0", 17), "it says which handout it is of")
    rules = leaks.text_of(os.path.join(tree, "ole32", "taskmem.h")).partition("taskmem.h - ")[0]
    plan.true(
        len(one.rules()) == 3 and all(r in rules.replace("\n/*     ", " ") for r in one.rules()),
        "its contract begins with the rules of the seed",
        rules,
    )

    readme = leaks.text_of(os.path.join(tree, "README.md"))
    plan.true(readme.startswith("> **This is a handout: 8-com.**"), "its README says so first")
    helped = run("make", "help", where=tree).stdout
    plan.true("make record T=name" in helped, "make help lists a student's commands", helped)
    plan.equal(
        handout.without_links(
            "[a](../8-com/README.md) [b](../9-no/README.md)", f"{tree}/labs/8-com"
        ),
        "[a](../8-com/README.md) b",
        "a link to a lab that is not in the handout is its words",
    )
    asked = run(os.path.join(tree, "tools", "fathom"), "defence", "8", "taskmem.c", where=tree)
    plan.true("not in a handout" in asked.stdout, "fathom defence says that the teacher has it")
    plan.true(made("8", tree).returncode == 125, "a folder that holds something is refused")

    # The search finds what is put there: in a listing, in a file's name, in history.
    planted = os.path.join(scratch, "planted")
    os.makedirs(os.path.join(planted, "docs"))
    with open(os.path.join(planted, "docs", "page.md"), "w") as page:
        page.write(
            "Before.\n41:  By != NULL ? AllocSpied(By, Heap, Size) : PlainHeap.Alloc(Heap, "
            "Flags, Size);\n"
        )
    plan.equal(
        leaks.search(planted, secrets),
        ["docs/page.md:2: quotes ole32/spy.c"],
        "a line of a solution in a page is seen",
    )
    plan.equal(handout.cut(planted, secrets), ["docs/page.md: 1 lines"], "and is cut out of it")
    plan.equal(
        leaks.text_of(os.path.join(planted, "docs", "page.md")),
        f"Before.\n{handout.MARK}\n",
        "which says so",
    )
    shutil.copy(os.path.join(TOP, "ole32", "spy.c"), os.path.join(planted, "notes.txt"))
    plan.true(
        "notes.txt: is ole32/spy.c" in leaks.search(planted, secrets), "a whole file of it is seen"
    )
    run("git", "init", "-q", where=planted)
    run("git", "add", "-A", where=planted)
    os.remove(os.path.join(planted, "notes.txt"))
    plan.true(leaks.in_history(planted, secrets) != [], "and an object of git that has it")

    flags = run("make", "-f", "Makefile", "--eval", "show: ; @echo $(WARN)", "show", where=tree)
    plan.equal(flags.stdout.split(), ["-Wall", "-Wextra"], "there a warning stops no build")

    # The grader and the stamp.
    other = text.replace("seed 17, " + one.stamp.id, "seed 3, " + stamp.Stamp("8-com", "1.0", 3).id)
    plan.equal(stamp.refusal(text, "8-com", "1.4", 17), None, "a file of this handout is graded")
    plan.true(
        "seed 3" in (stamp.refusal(other, "8-com", "1.0", 17) or ""),
        "one of another seed is refused by name",
    )
    plan.true(
        stamp.refusal(text.replace("seed 17", "seed 18"), "8-com", "1.0", 18),
        "a changed line is refused",
    )
    plan.true(stamp.refusal(text, "8-com", "2.0", 17), "one of another major version is refused")

    # A course's list of handouts: a file of another one is refused, and the seed is the list's.
    course = os.path.join(scratch, "listed")
    os.mkdir(course)
    with open(os.path.join(course, "handouts.tsv"), "w") as ledger:
        ledger.write("8-com\t1.0\t3\t0\n1-page\t1.0\t17\t0\n")
    plan.true(
        "handouts.tsv does not list" in (stamp.unlisted(text, course) or ""),
        "a file whose line a course's list of handouts has not is refused",
    )
    plan.equal(stamp.unlisted(other, course), None, "one that it lists is graded")
    plan.equal(stamp.unlisted(text, scratch), None, "and any, where nothing was handed out")
    graded = lambda file, *more: run(
        FATHOM, "grade", "--overlay", course, "--test", "size0", *more, "8", file
    )
    skeleton = os.path.join(tree, "ole32", "taskmem.c")
    done = graded(skeleton, "--seed", "17")
    plan.true("lists lab 8-com 1.0, seed 3" in done.stdout, "the grader says what it lists", done)
    done = graded(skeleton)
    plan.true(
        "graded here is lab 8-com 1.0, seed 3" in done.stdout, "and grades by that seed", done
    )
    with open(os.path.join(course, "handouts.tsv"), "a") as ledger:
        ledger.write("8-com\t1.0\t17\t0\n")
    done = graded(skeleton)
    plan.true("with seeds 3 and 17: say which" in done.stdout, "of two it wants one", done)
    done = graded(skeleton, "--seed", "17")
    plan.true("does not list" not in done.stdout, "now it is listed", done)

    if LONG:
        # Every lab in one tree: each solution is searched for in what is left of the others'
        # layers.
        every = sorted(os.listdir(os.path.join(TOP, "labs")))
        every = [
            name for name in every if os.path.exists(os.path.join(TOP, "labs", name, "lab.toml"))
        ]
        done = made("--labs", ",".join(every), os.path.join(scratch, "every"))
        plan.true(
            done.returncode == 0 and done.stdout.count("the student's file is") == len(every) > 4,
            f"a handout of all {len(every)} labs is made, and shows no solution",
            done.stdout,
        )
        again = os.path.join(scratch, "again")
        made("8", "--seed", "17", again)
        heads = [run("git", "rev-parse", "HEAD", where=where).stdout for where in (tree, again)]
        plan.equal(heads[0], heads[1], "the same seed gives the same commit")
        overlay = os.path.join(scratch, "course")
        os.makedirs(os.path.join(overlay, "8-com", "held", "guest"))
        with open(os.path.join(overlay, "8-com", "held", "guest", "secret.c"), "w") as file:
            file.write(
                "int held_back_by_the_teacher(void)\n{\n    return 12345 + 67890 * 13 - 4711;\n}\n"
            )
        with open(os.path.join(overlay, "8-com", "held", "guest", "comheld.c"), "w") as file:
            file.write("int main(void)\n{\n    return 12345 + 67890 * 13 - 4712;\n}\n")
        done = made("8", "--overlay", overlay, os.path.join(scratch, "course-8"))
        with open(os.path.join(overlay, "handouts.tsv")) as ledger:
            row = ledger.read().split()
        plan.true(
            done.returncode == 0 and row[0] == "8-com" and int(row[2]) > 0,
            "an overlay keeps the seed that was drawn",
            done.stdout,
        )

        # The products of this tree but the student's make the first build short.
        shutil.copytree(
            OUT,
            os.path.join(again, "build"),
            symlinks=True,
            ignore=shutil.ignore_patterns(
                "tests",
                "labs",
                "host",
                "web",
                "book",
                "npm",
                "release",
                "*.img",
                "heap",
                "coverage",
            ),
        )
        first = run("make", where=again)
        plan.true(
            "0/86 points" in first.stdout and first.returncode == 2,
            "make builds it and runs the shown tests",
            *first.stdout.splitlines()[-20:],
        )
        plan.true(
            "CoTaskMemAlloc" in first.stdout and "hint" in first.stdout,
            "and each failure is explained",
        )
        source = leaks.text_of(os.path.join(TOP, "labs", "8-com", "second", "taskmem.c"))
        for name, index in (
            ("LAB_ZERO 0", "zero"),
            ("LAB_GRANULE 1", "granule"),
            ("LAB_FILL 256", "fill"),
        ):
            variant = next(v for v in one.lab.variants if v.name == index)
            source = source.replace(
                f"#define {name}", f"#define {variant.define} {variant.values[variant.chosen]}"
            )
        wrong = source.replace(
            "return Size ? Call.Pointer : NULL;", "return Call.Pointer;"
        ).replace("Size ? RESIZE : GIVE", "RESIZE")
        with open(os.path.join(again, "ole32", "taskmem.c"), "w") as file:
            file.write(wrong)
        before = os.times()
        second = run("make", where=again)
        after = os.times()
        spent = sum(after[2:4]) - sum(before[2:4])
        plan.true(
            "80/86 points" in second.stdout and "7 realloc0_frees   0/6" in second.stdout,
            "a file with one mistake loses that test alone",
            *second.stdout.splitlines()[-24:],
        )
        plan.true(
            spent < 10, f"make with a changed file takes {spent:.1f} CPU seconds, less than 10"
        )
        graded = run("make", "grade", "N=8", where=again)
        plan.true(
            "/100" not in graded.stdout
            and "refused" not in graded.stdout
            and re.search(r"\d+/\d+ points", graded.stdout),
            "make grade takes the handout's seed, and the tests that are shown",
            *graded.stdout.splitlines()[-12:],
        )
        script = os.path.join(scratch, "script")
        with open(script, "w") as file:
            file.write("backtrace 2\ninfo args\n")
        stopped = run("make", "gdb", "T=realloc0_frees", where=again, LAB_SCRIPT=script)
        plan.true(
            "#0 " in stopped.stdout
            and "ole32/taskmem.c" in stopped.stdout
            and "Size = 0" in stopped.stdout,
            "make gdb T=realloc0_frees stops in the student's function at the call that fails",
            *stopped.stdout.splitlines()[-20:],
        )
        recorded = run("make", "record", "T=realloc0_frees", where=again)
        target = os.path.join(again, "build", "recordings", "8-com-realloc0_frees.rec")
        plan.true(
            recorded.returncode == 0
            and os.path.exists(target)
            and "reverse-stepi" in recorded.stdout,
            "make record T=realloc0_frees records it",
            *recorded.stdout.splitlines()[-10:],
        )
plan.done()

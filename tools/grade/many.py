"""fathom grade-class: the submissions of a class, in parallel.

  fathom grade-class 1 DIR -o OUT          each folder NAME/ or file NAME.c of DIR is a student's
  fathom grade-class 1 DIR -o OUT --jobs 8
  fathom grade-class 1 DIR -o OUT --sshlogin server1,server2    see below
  fathom grade-class 1 DIR -o OUT --pages  only the pages again, from the records there
  fathom grade-class 1 DIR --similarity OUT2     no grading: the files as Dolos and MOSS want them

OUT gets points.csv, index.html, students/NAME.html and records/NAME.json.  A record that is of the
same file, lab, version and seed is not made again: after a break, or when some hand in later, the
same command goes on.  GNU parallel runs the jobs where it is installed (its log is OUT/joblog);
--sshlogin is passed on to it, for servers that see this folder, DIR and OUT under the same paths.
tools/grade/slurm.sh does the same as an array of Slurm.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys

from host import commands
from host.options import Parser, number, whole_number
from host.refused import Refused

from . import classpages, record, similar
from .command import guarded, loaded
from .grader import Grader
from .handed import submitted
from .lab import TOP

FATHOM = os.path.join(TOP, "tools", "fathom")


def parser():
    options = Parser(
        prog="fathom grade-class",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("lab", metavar="LAB")
    options.add_argument("folder", metavar="DIR", help="a folder or a file for each student")
    options.add_argument("-o", dest="output", metavar="OUT", help="where the results go")
    options.add_argument("--seed", type=number, metavar="N")
    options.add_argument("--overlay", metavar="DIR", help="a teacher's folder")
    options.add_argument(
        "--jobs", "-j", type=whole_number(1, 4096), default=os.cpu_count(), metavar="N"
    )
    options.add_argument("--sshlogin", metavar="HOSTS", help="for GNU parallel")
    options.add_argument("--pages", action="store_true", help="grade nothing, make the pages again")
    options.add_argument(
        "--list", action="store_true", help="print the jobs, one a line, and run none"
    )
    options.add_argument("--similarity", metavar="OUT2", help="copy the files for Dolos and MOSS")
    return options


def students(lab, folder):
    """{name: the student's file}, sorted."""
    if not os.path.isdir(folder):
        raise Refused(f"{folder}: no such folder")
    found, kind = {}, os.path.splitext(lab.file)[1]
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(os.path.abspath(folder), entry)
        if entry.startswith("."):
            continue
        if os.path.isdir(path):
            found[entry] = submitted(lab, path)
        elif entry.endswith(kind):
            found[entry[: -len(kind)]] = path
    if not found:
        raise Refused(
            f"{folder}: no submission; a folder or a file NAME{kind} for each student is expected"
        )
    return found


class Class:
    def __init__(self, options, lab):
        self.options, self.lab = options, lab
        self.files = students(lab, options.folder)
        self.out = os.path.abspath(options.output)
        os.makedirs(os.path.join(self.out, "records"), exist_ok=True)

    def path(self, name):
        return os.path.join(self.out, "records", name + ".json")

    def record(self, name):
        return record.read(self.path(name), self.lab, self.files[name])

    def left(self):
        return [name for name in self.files if self.record(name) is None]

    def words(self, name):
        """The command that grades one."""
        more = ["--seed", str(self.lab.seed)]
        more += ["--overlay", os.path.abspath(self.options.overlay)] if self.options.overlay else []
        more += ["--format", "record", "-o", self.path(name), self.options.lab]
        return [FATHOM, "grade", *more, self.files[name]]

    def parallel(self, names):
        """By GNU parallel.  Its exit code, how many had not all points, does not matter."""
        words = ["parallel", "--will-cite", "--jobs", str(self.options.jobs), "--colsep", "\t"]
        words += ["--joblog", os.path.join(self.out, "joblog")]
        words += ["--sshlogin", self.options.sshlogin] if self.options.sshlogin else []
        for name in names:
            if any("\t" in word or "\n" in word for word in self.words(name)):
                raise Refused(f"{name!r}: a name with a tab or an end of line")
        count = len(self.words(names[0]))
        line = ["FATHOM_BUILT=1", *(f"{{{n}}}" for n in range(1, count + 1))]
        jobs = "".join("\t".join(self.words(name)) + "\n" for name in names)
        subprocess.run(
            [*words, " ".join(line)], input=jobs.encode(errors="surrogateescape"), cwd=TOP
        )

    def pool(self, names):
        environment = {**os.environ, "FATHOM_BUILT": "1"}
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            run = lambda name: subprocess.run(
                self.words(name), env=environment, stdin=subprocess.DEVNULL
            )
            list(pool.map(run, names))

    def grade(self):
        names = self.left()
        if self.options.sshlogin and not shutil.which("parallel"):
            raise Refused("--sshlogin: GNU parallel is missing (apt-get install parallel)")
        if names and not self.options.pages:
            grader = Grader(self.lab, commands.out_folder(), self.lab.tests)
            grader.prepare()
            (self.parallel if shutil.which("parallel") else self.pool)(names)

    def finish(self):
        records = {name: self.record(name) for name in self.files}
        classpages.write(self.lab, {n: r for n, r in records.items() if r}, self.out)
        missing = [name for name, one in records.items() if not one]
        print(f"{self.out}/index.html: {len(records) - len(missing)} of {len(records)} graded")
        if missing:
            print(
                f"fathom: not graded: {', '.join(missing)}; run the same command again",
                file=sys.stderr,
            )
        return 2 if missing else 0


def run(options):
    lab, _ = loaded(options.lab, options.overlay, options.seed)
    if options.similarity:
        return similar.lay_out(lab, students(lab, options.folder), options.similarity)
    if not options.output:
        raise Refused("-o OUT says where the results go")
    whole = Class(options, lab)
    if options.list:
        sys.stdout.reconfigure(errors="surrogateescape")
        for name in whole.left():
            print("\t".join(whole.words(name)))
        return 0
    whole.grade()
    return whole.finish()


def main(arguments):
    goes_on = "; the same command goes on"
    return guarded(lambda: run(parser().parse_args(arguments)), goes_on)

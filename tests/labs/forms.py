"""The published forms of a report, each as a function (text, result) -> what is wrong, in
sentences.

  tap          TAP 13: version, plan, test lines in order, YAML blocks indented, directives
  junit        junit-10.xsd of Jenkins' xUnit plugin: elements, their attributes and order
  gradescope   "Autograder Specifications": results.json
  classroom50  classroom50/result/v1: the fields that the runner validates
"""
import json
import re
import xml.etree.ElementTree as ElementTree


def text(report, result):
    if f"{result.points}/{result.most}" not in report:
        yield "the sum is missing"
    for outcome in result.outcomes:
        if not re.search(
            rf"^ +{outcome.test.number} {outcome.test.name} +{outcome.points}/", report, re.M
        ):
            yield f"{outcome.test.name} has no line"


def tap(report, result):
    lines = report.splitlines()
    if lines[:2] != ["TAP version 13", f"1..{len(result.outcomes)}"]:
        yield f"it begins with {lines[:2]}"
    number, block = 0, False
    for line in lines[2:]:
        if block:
            block = line != "  ..."
            if not line.startswith("  "):
                yield f"a YAML block goes on with {line!r}"
        elif line == "  ---":
            block = True
        elif match := re.match(r"(not )?ok (\d+)( - [^#]*)?( # (SKIP|TODO)\b.*)?$", line):
            number += 1
            if int(match[2]) != number:
                yield f"number {match[2]} comes at place {number}"
            if bool(match[1]) == result.outcomes[number - 1].good:
                yield f"{line!r} is not what came of it"
        elif line and not line.startswith("#"):
            yield f"no line of TAP: {line!r}"
    if block or number != len(result.outcomes):
        yield f"{number} tests of {len(result.outcomes)}"


SUITE = {
    "name",
    "tests",
    "failures",
    "errors",
    "skipped",
    "time",
    "timestamp",
    "hostname",
    "id",
    "package",
}
CASE = {"name", "classname", "time", "assertions", "status", "class", "file", "line", "group"}
IN_CASE = ("skipped", "error", "failure", "system-out", "system-err", "properties", "rerunFailure")
IN_SUITE = ("properties", "testcase", "system-out", "system-err")
COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit(report, result):
    top = ElementTree.fromstring(report)
    if top.tag != "testsuites":
        yield f"the root is {top.tag}"
    for suite in top:
        if suite.tag != "testsuite" or not set(suite.attrib) <= SUITE or "name" not in suite.attrib:
            yield f"{suite.tag} with {sorted(suite.attrib)}"
        counts = dict.fromkeys(COUNTED.values(), 0)
        for child in suite:
            if child.tag not in IN_SUITE:
                yield f"{child.tag} in a testsuite"
            if child.tag != "testcase":
                continue
            if not set(child.attrib) <= CASE or "name" not in child.attrib:
                yield f"testcase with {sorted(child.attrib)}"
            for inner in child:
                if inner.tag not in IN_CASE or not set(inner.attrib) <= {"message", "type"}:
                    yield f"{inner.tag} in a testcase"
                if inner.tag in COUNTED:
                    counts[COUNTED[inner.tag]] += 1
        for name, count in counts.items():
            if suite.get(name) != str(count):
                yield f"{name} is {suite.get(name)}, and there are {count}"
        if suite.get("tests") != str(len(suite.findall("testcase"))):
            yield "tests is not the number of testcase"


VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}
FORMATTED = {"text", "html", "simple_format", "md", "ansi"}
WHOLE = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "test_name_format": str,
    "visibility": str,
    "stdout_visibility": str,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
ONE_TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": str,
    "name": str,
    "name_format": str,
    "number": str,
    "output": str,
    "output_format": str,
    "tags": list,
    "visibility": str,
    "extra_data": dict,
}


def typed(form, known, what):
    for key, value in form.items():
        if key not in known or not isinstance(value, known[key]) or isinstance(value, bool):
            yield f"{what}: {key} is {value!r:.60}"
        if "visibility" in key and value not in VISIBLE:
            yield f"{what}: {key} is {value}"
        if key.endswith("_format") and value not in FORMATTED:
            yield f"{what}: {key} is {value}"


def gradescope(report, result):
    form = json.loads(report)
    yield from typed(form, WHOLE, "results.json")
    if (
        form.get("score") != result.points
        or sum(t["score"] for t in form["tests"]) != result.points
    ):
        yield "score is not the sum"
    for test in form["tests"]:
        yield from typed(test, ONE_TEST, test.get("name"))
        if test.get("status") not in ("passed", "failed") or test["score"] > test["max_score"]:
            points = f"{test['score']}/{test['max_score']}"
            yield f"{test.get('name')}: {test.get('status')} with {points}"
        if not all(isinstance(tag, str) for tag in test["tags"]):
            yield f"{test['name']}: tags are words"


def classroom50(report, result):
    form = json.loads(report)
    words = "classroom assignment submission commit release review datetime".split()
    if set(form) != {"schema", "score", "max-score", "tests", *words}:
        yield f"its fields are {sorted(form)}"
    if form["schema"] != "classroom50/result/v1":
        yield f"schema is {form['schema']}"
    for word in words:
        if not isinstance(form[word], str) or not form[word]:
            yield f"{word} is {form[word]!r}"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", form["datetime"]):
        yield f"datetime is {form['datetime']}"
    for key in ("score", "max-score"):
        if not isinstance(form[key], int) or sum(test[key] for test in form["tests"]) != form[key]:
            yield f"{key} is not the sum"
    for test in form["tests"]:
        if set(test) != {"test-name", "passed", "score", "max-score"} or not isinstance(
            test["passed"], bool
        ):
            yield f"a test has {sorted(test)}"


def record(report, result):
    form = json.loads(report)
    if form["points"] != result.points or len(form["tests"]) != len(result.outcomes):
        yield "it is not of this result"


FORMS = {
    name: (lambda report, result, check=check: list(check(report, result)))
    for name, check in dict(
        text=text,
        tap=tap,
        junit=junit,
        gradescope=gradescope,
        classroom50=classroom50,
        record=record,
    ).items()
}

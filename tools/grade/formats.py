"""The report of a submission for other programs: TAP, JUnit, Gradescope, Classroom 50.

Forms as they are published; tests/labs/formats.t holds each against its form:
  tap          Test Anything Protocol 13, points as `points: 8/8` in the YAML block
  junit        the XML of JUnit as Jenkins' junit-10.xsd has it
  gradescope   results.json of Gradescope's autograder specification
  classroom50  result.json, classroom50/result/v1
"""
import datetime
import json
import os
import re
import xml.etree.ElementTree as ElementTree

from host import tap

from .record import as_record


def lines_of(outcome, result, teller):
    return [] if outcome.good else teller.explain(outcome, result)


def as_tap(results, teller):
    yield "TAP version 13"
    outcomes = [(result, outcome) for result in results for outcome in result.outcomes]
    yield f"1..{len(outcomes)}"
    for number, (result, outcome) in enumerate(outcomes, 1):
        name = (
            outcome.test.name
            if len(results) == 1
            else f"{os.path.basename(result.path)}: {outcome.test.name}"
        )
        yield f"{'ok' if outcome.good else 'not ok'} {number} - {tap.description(name)}"
        yield "  ---"
        yield f"  points: {tap.quoted(f'{outcome.points}/{outcome.test.points}')}"
        yield f"  kind: {tap.quoted(outcome.kind)}"
        yield f"  layer: {tap.quoted(outcome.test.layer)}"
        yield "  ..."
        lines = lines_of(outcome, result, teller)
        yield from tap.comment_lines(
            result.refused.splitlines() if number == 1 and result.refused else []
        )
        yield from tap.comment_lines(lines)


def xml_text(text):
    """What XML 1.0 can hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def as_junit(results, teller):
    suites = ElementTree.Element("testsuites")
    for result in results:
        bad = sum(
            not o.good and o.kind not in ("not run", "grading machine") for o in result.outcomes
        )
        errors = sum(o.kind == "grading machine" for o in result.outcomes)
        skipped = sum(o.kind == "not run" for o in result.outcomes)
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=xml_text(f"{result.lab.label} {os.path.basename(result.path)}"),
            tests=str(len(result.outcomes)),
            failures=str(bad),
            errors=str(errors),
            skipped=str(skipped),
            time=f"{result.seconds:.3f}",
        )
        for outcome in result.outcomes:
            case = ElementTree.SubElement(
                suite, "testcase", classname=result.lab.label, name=outcome.test.name, time="0"
            )
            text = xml_text("\n".join(lines_of(outcome, result, teller)) or result.refused)
            if outcome.kind == "not run":
                ElementTree.SubElement(case, "skipped", message=xml_text(outcome.seen))
            elif not outcome.good:
                tag = "error" if outcome.kind == "grading machine" else "failure"
                ElementTree.SubElement(
                    case, tag, type=outcome.kind, message=xml_text(teller.sentence(outcome))
                ).text = text
        ElementTree.SubElement(suite, "system-out").text = xml_text(
            f"{result.points}/{result.most}"
        )
    ElementTree.indent(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield ElementTree.tostring(suites, encoding="unicode")


def gradescope_test(outcome, result, teller):
    test = outcome.test
    shown = [result.refused] if result.refused else []
    return {
        "name": test.name,
        "number": str(test.number),
        "score": outcome.points,
        "max_score": test.points,
        "status": "passed" if outcome.good else "failed",
        "output": "\n".join([*shown, *lines_of(outcome, result, teller)]) or teller.says(test),
        "output_format": "text",
        "tags": [test.stage, test.layer],
        "visibility": "visible" if test.shown else "after_published",
        "extra_data": {"kind": outcome.kind, "cost": outcome.cost, "where": outcome.where},
    }


def as_gradescope(results, teller):
    (result,) = results
    said = [result.refused, result.warnings, *result.notes]
    form = {
        "score": result.points,
        "execution_time": int(result.seconds),
        "output": "\n".join(filter(None, said)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "lab": result.lab.label,
            "version": result.lab.lab["version"],
            "seed": result.lab.seed,
        },
        "tests": [gradescope_test(outcome, result, teller) for outcome in result.outcomes],
    }
    yield json.dumps(form, indent=2, ensure_ascii=False)


def as_classroom50(results, teller):
    """What the runner says of the submission comes in the environment."""
    (result,) = results
    of = lambda *names: next((os.environ[n] for n in names if os.environ.get(n)), "local")
    form = {
        "schema": "classroom50/result/v1",
        "classroom": of("CLASSROOM"),
        "assignment": of("ASSIGNMENT"),
        "submission": of("SUBMISSION_TAG"),
        "commit": of("COMMIT_URL"),
        "release": of("RELEASE_URL"),
        "review": of("REVIEW_URL", "COMMIT_URL"),
        "datetime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": result.points,
        "max-score": result.most,
        "tests": [
            {
                "test-name": outcome.test.name
                if outcome.good
                else f"{outcome.test.name}: {teller.kind(outcome.kind)}",
                "passed": outcome.good,
                "score": outcome.points,
                "max-score": outcome.test.points,
            }
            for outcome in result.outcomes
        ],
    }
    yield json.dumps(form, indent=2, ensure_ascii=False)


def as_text(results, teller):
    for result in results:
        yield from teller.table(result)


FORMATS = {
    "text": as_text,
    "tap": as_tap,
    "junit": as_junit,
    "gradescope": as_gradescope,
    "classroom50": as_classroom50,
    "record": as_record,  # for grade-class
}
ONE = ("gradescope", "classroom50", "record")  # for one submission at a time

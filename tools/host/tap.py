"""The report of a batch in TAP (version 13): what a program printed or is called can end neither a
line nor a block, and adds no directive.

A report is made piece by piece, so that it needs no memory beside what was kept of the output.
"""
import codecs
import json

LONGEST_TEXT = 4000  # characters; prove's YAML reader gives up on lines of 64 KiB
LONGEST_NAME = 300
SHOWN_LINES, SHOWN_WIDTH = 40, 300  # of each stream, in the comments of a failed test


def escaped(text):
    """Every character that is not to be seen (control, C1, line separators, surrogates, what
    changes direction) as \\uNNNN or \\UNNNNNNNN, which YAML's quoted strings know as well."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"
        for c in text
    )


def description(text):
    """A test's name: neither a second # nor a backslash before one makes a directive of it."""
    if len(text) > LONGEST_NAME:
        text = text[:LONGEST_NAME] + "..."
    return escaped(text).replace("\\", "\\\\").replace("#", "\\#")


def quoted(text):
    """A YAML string in one line."""
    return escaped(json.dumps(text, ensure_ascii=False))


def texts(name, data):
    """The lines of one text; a long one goes on as NAME_2, NAME_3, ..."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    for number, at in enumerate(range(0, len(data), LONGEST_TEXT), 1):
        piece = decoder.decode(bytes(data[at : at + LONGEST_TEXT]), at + LONGEST_TEXT >= len(data))
        yield f"  {name}{f'_{number}' if number > 1 else ''}: {quoted(piece)}"


def cut_words(name, kept):
    return (
        f"{name} was cut: {len(kept.data)} bytes are kept, {kept.cut} are not "
        "(--output MB keeps more)"
    )


def tail(name, kept):
    """The last lines of a stream."""
    part = bytes(kept.data[-SHOWN_LINES * SHOWN_WIDTH :])
    said = part.decode("utf-8", "replace").rstrip().splitlines()
    if not said:
        return
    before = kept.data.count(b"\n", 0, len(kept.data) - len(part)) + max(len(said) - SHOWN_LINES, 0)
    yield f"{name}:" + (f" ({before} lines before these)" if before else "")
    yield from ("  " + line for line in said[-SHOWN_LINES:])


def comments(job, faults):
    """Why a job is not ok, and the end of what it printed, as TAP comments; what was shown as
    leaks is not shown as part of its log again."""
    lines = [job.verdict.line() or f"exit code {job.verdict.status}", *faults]
    shown = {"  " + line for line in job.verdict.leaks}
    for name, kept in job.streams:
        lines += (line for line in tail(name, kept) if line not in shown)
    return comment_lines(lines)


def comment_lines(lines):
    return (
        "# " + "".join(c if c.isprintable() else "?" for c in line[:SHOWN_WIDTH]) for line in lines
    )


def audit_faults(audit):
    """What an audit found wrong, in words; empty when nothing."""
    if audit is None:
        return ["no audit came"]
    failures, before, after, regions, handles, _, text = audit
    wrong = []
    if failures:
        wrong.append(f"memory manager: invariant {failures} broken: {text}")
    if after != before:
        wrong.append(f"free pages: {before} before, {after} after")
    if regions:
        wrong.append(f"{regions} regions left")
    if handles:
        wrong.append(f"{handles} handles left")
    if text and not failures:
        wrong.append(text)
    return wrong


def ending(verdict):
    """How it ended, for the block."""
    if verdict.kind in ("exited", "larger"):
        yield f"  exit: {verdict.status}"
    else:
        yield f"  end: {quoted(verdict.line().removeprefix('fathom: '))}"
    if verdict.kind == "crashed":
        yield f"  exception: 0x{verdict.status:08X}"
        yield f"  address: {quoted(verdict.where or hex(verdict.address))}"


def judge(job):
    """(ok, what the audit found, which streams were cut)."""
    verdict = job.verdict
    ended = verdict.kind in ("exited", "larger", "crashed", "unstarted")
    faults = audit_faults(job.audit) if ended else []
    cuts = [cut_words(name, kept) for name, kept in job.streams if kept.cut]
    zero = verdict.kind == "exited" and verdict.status == 0
    faults += [verdict.leaked] if verdict.leaked else []
    return (zero or (job.any_end and ended)) and not faults and not cuts, faults, cuts


def report(number, job):
    """The TAP lines of one job, one after the other; the first says if it is ok."""
    good, faults, cuts = judge(job)
    yield f"{'ok' if good else 'not ok'} {number} - {description(job.name)}"
    yield "  ---"
    yield from ending(job.verdict)
    if job.audit:
        yield f"  allocations: {job.audit[5]}"
    yield from (f"  audit: {quoted(fault)}" for fault in faults if fault != job.verdict.leaked)
    yield from (f"  cut: {quoted(cut)}" for cut in cuts)
    for name, kept in job.streams:
        yield from texts(name, kept.data)
    yield "  ..."
    yield from comment_lines(job.verdict.leaks)
    if not good:
        audit = [fault if fault == job.verdict.leaked else f"audit: {fault}" for fault in faults]
        yield from comments(job, audit + cuts)

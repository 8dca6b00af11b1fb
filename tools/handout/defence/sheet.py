"""The questions of a defence, and how they are printed.

defence.toml has [[question]] entries in the order of their importance, each with `kind`, `count`
and what the kind wants.  They are taken round by round until there are QUESTIONS; of what a run has
not (no page table entry changed, say) the next entries give more.
"""
import random
import re
import zlib

from host.refused import Refused

from .kinds import KINDS

QUESTIONS = 10
TEXT = {
    "title": ("Defence of lab {label}", "实验 {label} 的答辩"),
    "of": (
        "File {path}, seed {seed}, recording of {count:,} instructions.",
        "文件 {path}，种子 {seed}，记录共 {count:,} 条指令。",
    ),
    "key": ("Key for the teacher", "教师用答案"),
    "how": (
        "This is what a program did with your file. You have your file before you, and five "
        "minutes.",
        "下面是一个程序用你的文件所做的事。你面前有你的文件，时间五分钟。",
    ),
    "steps": ("The steps", "步骤"),
    "questions": ("Questions", "问题"),
    "step": ("step {number}, `{what}`", "第 {number} 步，`{what}`"),
    "answer": ("Answer", "答案"),
    "look": ("Look at", "见"),
}


# What the teacher looks at, as kinds.py says it.
WHERE = (
    (
        r"recording steps ([\d,]+) to ([\d,]+) \(step (\d+) begins at ([\d,]+)\)",
        r"记录的第 \1 到 \2 步（第 \3 步从 \4 开始）",
    ),
    (
        r"step (\d+) begins at ([\d,]+), step (\d+) at ([\d,]+)",
        r"第 \1 步从 \2 开始，第 \3 步从 \4 开始",
    ),
    (r"recording step ([\d,]+), address (\w+)", r"记录的第 \1 步，地址 \2"),
    (r"the defence's program with the words (\d+) (\d+)", r"答辩程序，命令行参数 \1 \2"),
    (r"- \(it is not called\)", "-（没有调用）"),
)


def in_chinese(text):
    for english, chinese in WHERE:
        text = re.sub(english, chinese, text)
    return text


def entries(model):
    given = model.run.table.get("question", [])
    unknown = [entry.get("kind") for entry in given if entry.get("kind") not in KINDS]
    if unknown or not given:
        raise Refused(f"defence.toml: question kind {unknown}: there are {' '.join(KINDS)}")
    return given


def chosen(model, label):
    """QUESTIONS of them; the same for the same seed and recording."""
    streams = []
    for place, entry in enumerate(entries(model)):
        chance = random.Random(zlib.crc32(f"{label}/{model.seed}/{place}".encode()))
        streams.append([KINDS[entry["kind"]](model, entry, chance), entry.get("count", 1)])
    found, seen = [], set()
    for most in (True, False):  # first as many as each entry wants, then what is left
        for stream in streams:
            left = stream[1] if most else QUESTIONS
            while left and len(found) < QUESTIONS:
                one = next(stream[0], None)
                if one is None:
                    break
                if (one.kind, one.step, one.text[0]) not in seen:
                    seen.add((one.kind, one.step, one.text[0]))
                    found.append(one)
                    left -= 1
    return sorted(found, key=lambda one: (one.step, one.kind))


def lines(model, questions, label, path, chinese, with_answers):
    text = {key: pair[chinese] for key, pair in TEXT.items()}
    yield f"# {text['title'].format(label=label)}" + (f": {text['key']}" if with_answers else "")
    yield ""
    yield text["of"].format(path=path, seed=model.seed, count=model.recording.count)
    yield from ("", text["how"], "", f"## {text['steps']}", "")
    for step in model.steps:
        yield f"{step.number}. `{step.what_zh if chinese else step.what}`"
    yield from ("", f"## {text['questions']}", "")
    by_number = {step.number: step for step in model.steps}
    for number, one in enumerate(questions, 1):
        about = by_number[one.step]
        what = about.what_zh if chinese else about.what
        step = text["step"].format(number=one.step, what=what)
        yield f"**{number}.** ({step}) {one.text[chinese]}"
        yield ""
        if with_answers:
            said = in_chinese if chinese else str
            yield f"   - {text['answer']}: {said(one.answer[chinese])}"
            yield f"   - {text['look']}: {said(one.where)}"
            yield ""

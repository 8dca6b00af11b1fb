"""The text that a student reads, in English or, with LANG=zh_CN, in Chinese."""
import os
import re
import shlex
import unicodedata

from . import codes, written
from .lab import HANDOUT, TOP
from .result import KINDS

ENGLISH = {
    "points": "points",
    "expected": "expected",
    "seen": "seen",
    "where": "where",
    "stack": "stack",
    "layer": "layer",
    "hint": "hint",
    "again": "again",
    "said": "it said",
    "warnings": "the compiler warns (no points lost):",
    "held": "held back",
    "nobody": "Some tests could not be judged on this machine. Grade again; no points are lost by "
              "it.",
    "rules": "rules of seed",
    "costs": "instructions",
    "none": "No test was run",
    "band": "{points} of {most} points: all up to {full}, half of them up to {half}",
    "dearest": "in the dearest operation: all up to {0}, half of them up to {1}",
    "and": ", the dearest operation {0}",
}
CHINESE = {
    "points": "分",
    "expected": "应为",
    "seen": "实际",
    "where": "位置",
    "stack": "调用栈",
    "layer": "层",
    "hint": "提示",
    "again": "重试",
    "said": "输出",
    "warnings": "编译器警告（不扣分）：",
    "held": "未公开",
    "nobody": "有些测试在这台机器上无法评判。请重新评分；不会因此扣分。",
    "rules": "规则，种子",
    "costs": "条指令",
    "none": "没有运行任何测试",
    "band": "{points}/{most} 分：不超过 {full} 得满分，不超过 {half} 得一半",
    "dearest": "（最贵的一次操作）：不超过 {0} 得满分，不超过 {1} 得一半",
    "and": "，最贵的一次操作 {0} 条",
}


# What the grader itself says of a case; program output and the machine's words stay as they are.
SAID = [
    (
        r"it still ran after (\d+) s of processor; others take milliseconds",
        r"用了 \1 秒处理器时间仍未结束；正常只需几毫秒",
    ),
    (r"the process ended with 0 before the case was over", "测试尚未结束，进程就以 0 退出"),
    (r"the program ended with 0 before the case was over", "测试尚未结束，程序就以 0 退出"),
    (r"no page at boot: PageAlloc had none to give", "启动时没有页：PageAlloc 给不出页"),
    (r"the machine went down in (.*)", r"机器在 \1 中停下"),
    (r"it hung in (.*)", r"它在 \1 中停住不动"),
    (r"free pages: (\d+) before, (\d+) after", r"空闲页：之前 \1，之后 \2"),
    (r"(\d+) instructions or fewer \(half the points up to (\d+)\)", r"不超过 \1 条指令（不超过 \2 条得一半分）"),
    (
        r"(\d+) instructions in the dearest operation or fewer \(half the points up to (\d+)\)",
        r"最贵的一次操作不超过 \1 条指令（不超过 \2 条得一半分）",
    ),
    (r"(\d+) instructions in the dearest operation", r"最贵的一次操作 \1 条指令"),
    (r"(\d+) instructions", r"\1 条指令"),
    (r"exit code (\d+)", r"退出码 \1"),
    (r"the host program has no case (\w+)", r"主机程序没有 \1 这个测试"),
    (r"the call did not come back", "调用没有返回"),
    (r": the kernel could not make its first process", "：内核无法建立第一个进程"),
]

# A hint by the way it ended, beside the test's own: that one is of a wrong value.
ENDED = {
    "hang": (
        "A loop without an end, or a lock that is held already or was never initialised: which "
        "line of yours is in the stack?",
        "是无休止的循环，还是已被持有或从未初始化的锁？看调用栈中属于你的那一行。",
    ),
    "hang without a stack": (
        "A loop without an end, or a lock that is held already or was never initialised.",
        "是无休止的循环，还是已被持有或从未初始化的锁。",
    ),
    "crash": (
        "Look at the first line of the stack that is yours: where did its pointer come from?",
        "看调用栈中属于你的第一行：它的指针从哪里来？",
    ),
}
ENDED["bug check"] = ENDED["triple fault"] = ENDED["crash"]
UNWRITTEN = (
    "{0} is still the skeleton's: write it first.",
    "{0} 还是骨架里的样子：先写它。",
)
# Labs fill what a file is given with A5h: who reads that, reads before it wrote.
FILLED = re.compile(r"0x(?:a5){4,8}\b", re.I)
READ_FIRST = (
    "The address is A5h bytes, with which the test fills what you have not written yet: which "
    "field is read before it is written?",
    "这个地址由 A5h 字节组成，测试用它填满你还没有写过的内存：哪个字段未写先读？",
)


def in_chinese(text):
    for pattern, words in SAID:
        text = re.sub(pattern, words, text)
    return text


def is_chinese(environment=os.environ):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return value.lower().startswith("zh")
    return False


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def clean(text):
    """No control characters: a student's output is only data."""
    return "".join(c if c.isprintable() else "?" for c in text)


class Teller:
    """Puts a Result into words."""

    def __init__(self, chinese, secret=False):
        self.chinese, self.secret = chinese, secret
        self.words = CHINESE if chinese else ENGLISH

    def kind(self, name):
        return KINDS[name][1 if self.chinese else 0]

    def says(self, test):
        return test.says_zh if self.chinese else test.says

    def hints(self, outcome, result):
        """What to look at: the function that is missing, or the test's hint, and one by its end."""
        test, tongue = outcome.test, 1 if self.chinese else 0
        function = outcome.detail.partition(",")[0]
        if result and written.is_skeletons(result.lab, result.path, function):
            return [UNWRITTEN[tongue].format(function)]
        if FILLED.search(outcome.seen):
            return [READ_FIRST[tongue]]
        own = test.hint_zh if self.chinese else test.hint
        more = outcome.kind in ENDED and (outcome.kind == "hang" or ":" in outcome.where)
        bare = " without a stack" if outcome.kind == "hang" and not outcome.stack else ""
        return [own, *([ENDED[outcome.kind + bare][tongue]] if more else [])]

    def again(self, result, test):
        if HANDOUT:
            return f"make test T={test.name}"
        path = os.path.relpath(result.path)
        path = os.path.abspath(result.path) if path.startswith("../..") else path
        seed = f" --seed {result.lab.seed}" if result.lab.seed else ""
        return f"tools/fathom grade --test {test.name}{seed} {result.lab.word} {shlex.quote(path)}"

    def sentence(self, outcome):
        """What is wrong, in one line."""
        text = f"{self.kind(outcome.kind)}: {self.says(outcome.test)}"
        return text + (f" ({outcome.detail})" if outcome.detail else "")

    def rows(self, outcome, result):
        """(word, text) of a failed test."""
        words = self.words
        for key, text in (
            ("expected", outcome.expected),
            ("seen", outcome.seen),
            ("where", outcome.where),
        ):
            if text:
                text = codes.named(text)
                yield words[key], clean(in_chinese(text) if self.chinese else text)
        for number, frame in enumerate(outcome.stack[:6]):
            yield words["stack"] if number == 0 else "", clean(frame)
        if outcome.kind in ("crash", "wrong value") and not outcome.expected and not outcome.stack:
            for number, line in enumerate(outcome.log[-4:]):
                yield words["said"] if number == 0 else "", clean(line)[:160]
        layer = outcome.test.layer
        yield words["layer"], result.lab.chinese.get(layer, layer) if self.chinese else layer
        for number, hint in enumerate(self.hints(outcome, result)):
            yield words["hint"] if number == 0 else "", hint
        if outcome.test.shown or self.secret:
            yield words["again"], self.again(result, outcome.test)

    def explain(self, outcome, result):
        lines = [self.sentence(outcome)]
        for word, text in self.rows(outcome, result):
            lines.append(f"  {word}{' ' * max(9 - width(word), 0)}{text}")
        return lines

    def table(self, result):
        """The whole report of one submission."""
        lab, words = result.lab, self.words
        title = lab.lab["title_zh" if self.chinese else "title"]
        name = os.path.relpath(result.path, TOP) if result.path.startswith(TOP) else result.path
        yield f"{title} ({lab.label} {lab.lab['version']}): {name}"
        if lab.seed:
            yield f"  {words['rules']} {lab.seed}:"
            for variant in lab.variants:
                yield "    " + (variant.text_zh if self.chinese else variant.text)[variant.chosen]
        if result.refused:
            kind = "no-build" if any(o.kind == "no-build" for o in result.outcomes) else "refused"
            yield f"  {self.kind(kind)}:"
            yield from ("    " + clean(line)[:200] for line in result.refused.splitlines()[:25])
        if result.warnings.strip():
            yield "  " + words["warnings"]
            yield from ("    " + clean(line)[:200] for line in result.warnings.splitlines()[:12])
        for note in result.notes:
            yield "  " + note
        yield from self.tests(result)
        yield f"  {result.points}/{result.most} {words['points']}"
        if result.machines_fault:
            yield "  " + words["nobody"]

    def costs(self, result):
        """What each test of stage icount counted, beside its band, and the figures behind it."""
        if result.refused:
            yield from self.table(result)
            return
        longest, told = max(len(o.test.name) for o in result.outcomes), set()
        for outcome in result.outcomes:
            test = outcome.test
            if not outcome.cost:
                yield f"{test.name:{longest}}  {self.sentence(outcome)}"
                yield from ("    " + line for line in self.explain(outcome, result)[1:])
                continue
            band = self.words["band"].format(
                points=outcome.points, most=test.points, full=test.full, half=test.half
            )
            yield f"{test.name:{longest}} {outcome.cost:>8} {self.words['costs']}; {band}"
            if test.worst:
                dearest = self.words["dearest"].format(*test.worst)
                yield f"{'':{longest}} {outcome.worst:>8} {self.words['costs']} {dearest}"
            yield from ("    " + clean(line) for line in outcome.figures if line not in told)
            told.update(outcome.figures)

    def tests(self, result):
        longest = max((len(o.test.name) for o in result.outcomes), default=0)
        whole = bool(result.refused)
        for outcome in result.outcomes:
            test = outcome.test
            held = "" if test.shown else f"  [{self.words['held']}]"
            cost = (
                f"  {outcome.cost} {self.words['costs']}"
                if test.stage == "icount" and outcome.cost
                else ""
            )
            cost += self.words["and"].format(outcome.worst) if outcome.worst else ""
            head = f"  {test.number:2} {test.name:{longest}} {outcome.points:3}/{test.points:<3}"
            yield f"{head} {self.kind(outcome.kind)}{cost}{held}"
            if not outcome.good and not whole and outcome.kind not in ("not run",):
                yield from ("        " + line for line in self.explain(outcome, result))
            elif outcome.kind == "not run" and outcome.seen and not whole:
                yield f"        {clean(in_chinese(outcome.seen) if self.chinese else outcome.seen)}"

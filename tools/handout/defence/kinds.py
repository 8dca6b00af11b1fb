"""The kinds of questions.  Each computes its answer; defence.toml says which are asked.

A kind is a generator: kind(model, entry, chance) yields Question, in an order that chance (seeded)
decides; the sheet takes as many as entry["count"] says, one a step where it can.  A kind that finds
nothing in this run yields nothing, and another takes its place.
"""
from dataclasses import dataclass

from record.recording import REGISTERS

NOTHING = "nothing is done"  # what some programs do instead of a step
PRESENT, WRITE, USER, ACCESSED, DIRTY, NX = 1, 2, 4, 0x20, 0x40, 1 << 63
TRANSITION, DECOMMIT = 0x800, 0x10  # of an entry that is not present
BITS = (
    (PRESENT, "present", "存在"),
    (WRITE, "writable", "可写"),
    (USER, "user", "用户"),
    (ACCESSED, "accessed", "已访问"),
    (DIRTY, "dirty", "脏"),
    (NX, "no-execute", "不可执行"),
)


@dataclass
class Question:
    kind: str
    step: int
    text: tuple  # (English, Chinese)
    answer: tuple
    where: str  # for the teacher: what to look at in the recording


def shown(value):
    """A word of the machine: small ones as numbers, others as addresses."""
    if value is None:
        return "- (it is not called)"
    if value >= 0xFFFFF000:
        return f"{value - (1 << 32)} ({value:08X}h)"
    return f"{value}" if value < 0x10000 else f"{value:08X}h"


def with_arguments(call):
    return ", ".join(f"{name} = {shown(value)}" for name, value in call.arguments.items())


def at(step, begin, end):
    return f"recording steps {begin:,} to {end:,} (step {step.number} begins at {step.begin:,})"


def mixed(items, chance):
    items = list(items)
    chance.shuffle(items)
    return items


def own_calls(model, names):
    """(step, call) of finished calls of these functions; of any of the file's if none is named."""
    return [
        (step, call)
        for step in model.steps
        for call in step.calls
        if call.result is not None
        and (call.own or call.inside)
        and (call.name in names if names else call.own)
    ]


def result(model, entry, chance):
    """What did this call return, and from which line?"""
    for step, call in mixed(own_calls(model, entry.get("functions")), chance):
        line = model.code.line(call.last) if call.last else "?"
        yield Question(
            "result",
            step.number,
            (
                f"`{call.name}` was called with {with_arguments(call) or 'no arguments'}. What "
                f"did it return, and which of its ways did it take?",
                f"`{call.name}` 被调用，参数为 {with_arguments(call) or '无'}。它返回了什么？走的是哪条路径？",
            ),
            (
                f"{shown(call.result)}; its last instruction is of {line}",
                f"{shown(call.result)}；它的最后一条指令属于 {line}",
            ),
            at(step, call.begin, call.end),
        )


def passed_on(model, entry, chance):
    """What did the file ask of another function?"""
    for step, call in mixed(own_calls(model, entry["functions"]), chance):
        words = entry.get("arguments") or list(call.arguments)
        given = ", ".join(f"{word} = {shown(call.arguments.get(word))}" for word in words)
        asked = ", ".join(words)
        yield Question(
            "passed_on",
            step.number,
            (
                f"In this step `{call.name}` was called. With which {asked}, and where do the "
                f"values come from?",
                f"在这一步中调用了 `{call.name}`。{asked} 各是多少？这些值从哪里来？",
            ),
            (f"{given}; it returned {shown(call.result)}", f"{given}；它返回 {shown(call.result)}"),
            at(step, call.begin, call.end),
        )


def count(model, entry, chance):
    """How often was a function called in a step?"""
    for step in mixed(model.steps, chance):
        for name in entry["functions"]:
            number = len([call for call in step.calls if call.name == name])
            if number > 1 or (number == 0 and chance.randrange(3) == 0):
                why = "; ".join(with_arguments(call) for call in step.calls if call.name == name)
                yield Question(
                    "count",
                    step.number,
                    (
                        f"How often was `{name}` called in this step, and why so often?",
                        f"这一步中 `{name}` 被调用了几次？为什么？",
                    ),
                    (f"{number}. {why}".strip(), f"{number} 次。{why}".strip()),
                    at(step, step.begin, step.end),
                )


def path(model, entry, chance):
    """Which functions of the file ran, in order?"""
    for step in mixed(model.steps, chance):
        if len(step.entered) > 1:
            names = " → ".join(f"`{name}`" for name in step.entered)
            yield Question(
                "path",
                step.number,
                (
                    "Which functions of your file ran in this step? Name them in the order in "
                    "which they were entered.",
                    "这一步运行了你文件中的哪些函数？按进入的次序说出。",
                ),
                (
                    f"{names} ({step.own} instructions of your file)",
                    f"{names}（你的文件共 {step.own} 条指令）",
                ),
                at(step, step.begin, step.end),
            )


def cost(model, entry, chance):
    """Which of two steps took more instructions of the file, and why?"""
    steps = [step for step in model.steps if step.own]
    pairs = [
        (a, b)
        for a in steps
        for b in steps
        if a.number < b.number
        and a.own >= 1.3 * b.own
        or b.own >= 1.3 * a.own
        and a.number < b.number
    ]
    for a, b in mixed(pairs, chance):
        more, less = (a, b) if a.own > b.own else (b, a)
        only = [name for name in more.entered if name not in less.entered]
        by = ", ".join(f"`{name}`" for name in only) or "-"
        yield Question(
            "cost",
            b.number,
            (
                f"Compare step {a.number} with this one. In which did your file run more "
                f"instructions, and what did it do there that it did not do in the other?",
                f"把第 {a.number} 步和这一步比较。哪一步中你的文件执行了更多指令？它在那里多做了什么？",
            ),
            (
                f"In step {more.number}: {more.own} against {less.own}. Functions that ran only "
                f"there: {by}",
                f"第 {more.number} 步：{more.own} 条，另一步 {less.own} 条。只在那里运行的函数：{by}",
            ),
            f"step {a.number} begins at {a.begin:,}, step {b.number} at {b.begin:,}",
        )


def state(model, entry, chance):
    """Which variables of the file did the step change?"""
    for step in mixed(model.steps, chance):
        if step.changes:
            changed = "; ".join(
                f"{name}: {shown(old)} → {shown(new)}" for name, (old, new) in step.changes.items()
            )
            yield Question(
                "state",
                step.number,
                (
                    "Which variables of your file have another value after this step than "
                    "before, and why those?",
                    "这一步之后，你文件中的哪些变量的值变了？为什么是它们？",
                ),
                (changed, changed),
                at(step, step.begin, step.end),
            )


def reuse(model, entry, chance):
    """A result that an earlier step had had: which, and how did it become free?"""
    given, taken = entry["gives"], entry["takes"]
    word, history = entry["argument"], {}
    found = []
    for step in model.steps:
        for call in step.calls:
            if call.name == given and word in call.arguments:
                history[call.arguments[word]] = step.number
            elif call.name == taken and call.result in history and (call.own or call.inside):
                found.append((step, call, history.pop(call.result)))
    for step, call, freed in mixed(found, chance):
        yield Question(
            "reuse",
            step.number,
            (
                f"`{taken}` returned {shown(call.result)} here. In which step had that become "
                f"free, and why was it taken now rather than another?",
                f"这里 `{taken}` 返回 {shown(call.result)}。它是在哪一步变为空闲的？为什么现在取它而不是别的？",
            ),
            (f"in step {freed}, by `{given}`", f"在第 {freed} 步，由 `{given}` 归还"),
            at(step, call.begin, call.end),
        )


def results_of(model, name):
    """{step: what it returned}: the step itself, or the first call of a function in it."""
    if not name:
        return {step.number: step.result for step in model.steps}
    return {step.number: step.of(name)[0].result for step in model.steps if step.of(name)}


def other_results(model, entry, changed):
    """The same of a run in which one step is another one."""
    if not entry.get("function"):
        return model.run.results(model.seed, changed)
    other = type(model)(model.run, model.run.record(model.seed, changed), model.seed)
    return results_of(other, entry["function"])


def whatif(model, entry, chance):
    """The program runs once more with another step; what is different then is the answer."""
    name = entry.get("function")
    for step in mixed([step for step in model.steps if step.otherwise], chance):
        now, then = results_of(model, name), other_results(model, entry, step.number)
        first = step.number + (step.otherwise == NOTHING)  # of nothing there is no result
        moved = [n for n in now if n >= first and now[n] != then.get(n)]
        if not moved and entry.get("changes", True):
            continue
        asked = moved[0] if moved else step.number
        who = (f"`{name}`" if name else "the call") + (
            " here" if asked == step.number else f" in step {asked}"
        )
        who_zh = ("这一步" if asked == step.number else f"第 {asked} 步") + (
            f"的 `{name}`" if name else ""
        )
        old, new = shown(now.get(asked)), shown(then.get(asked))
        yield Question(
            "whatif",
            step.number,
            (
                f"What if this step had been: {step.otherwise}? What would {who} have returned, "
                f"instead of {old}, and why?",
                f"如果这一步是：{step.otherwise_zh}？{who_zh}会返回什么（现在是 {old}）？为什么？",
            ),
            (new + (" (the same)" if old == new else ""), new + ("（不变）" if old == new else "")),
            f"the defence's program with the words {model.seed} {step.number}",
        )


def says(pte, chinese):
    """What an entry says (kernel/mm/range.h): only one that is present has the processor's bits."""
    page, code = (pte >> 12) & 0xFFFFFF, pte >> 5 & 0x1F
    if pte & PRESENT:
        names = (", ", "、")[chinese].join(row[1 + chinese] for row in BITS if pte & row[0])
        return (f"page {page:X}h; {names}", f"页 {page:X}h；{names}")[chinese]
    if pte & TRANSITION:
        texts = "page {:X}h, not present: every access traps", "页 {:X}h，不存在：每次访问都陷入"
        return texts[chinese].format(page)
    if pte & 0xFFFFFFFF == 0:
        return ("nothing: the region decides", "什么也没说：由区域决定")[chinese]
    if code == DECOMMIT:
        return ("no page: reserved again", "没有页：重新成为保留")[chinese]
    texts = "no page: committed with MM_ code {:X}h", "没有页：已提交，MM_ 码 {:X}h"
    return texts[chinese].format(code)


def pte(model, entry, chance):
    """The page table entry of the address that a step is about, before and after."""
    for step in mixed(model.steps, chance):
        old, new = step.pte
        if step.about and old != new:
            yield Question(
                "pte",
                step.number,
                (
                    f"Before this step the page table entry of {step.about:08X}h was {old:X}h. "
                    f"What is in it afterwards: which page, which bits, and who set each of them?",
                    f"这一步之前，{step.about:08X}h 的页表项是 {old:X}h。之后其中是什么：哪一页、哪些位、各由谁设置？",
                ),
                (
                    f"{new:X}h: {says(new, 0)}. {step.faults} page fault(s) in this step",
                    f"{new:X}h：{says(new, 1)}。这一步有 {step.faults} 次页面错误",
                ),
                at(step, step.begin, step.end),
            )


def way(model, entry, chance):
    """Which of two ways out did a call take?"""
    slow, quick = entry["slow"], entry["quick"]
    for step in mixed(model.steps, chance):
        if not step.own:
            continue
        taken = slow if any(c.name == slow and c.inside for c in step.calls) else quick
        parts = " → ".join(f"`{name}`" for name in step.entered)
        yield Question(
            "way",
            step.number,
            (
                f"Did this call leave the kernel by `{quick}` or by `{slow}`, and which "
                "instruction of your file decided it?",
                f"这次调用是由 `{quick}` 还是由 `{slow}` 离开内核的？由你文件中的哪条指令决定？",
            ),
            (f"by `{taken}`, after {parts}", f"由 `{taken}`，经过 {parts}"),
            at(step, step.begin, step.end),
        )


def field(model, entry, chance):
    """What lies in a structure whose address a register has when a function begins?"""
    every = ((step, call) for step in model.steps for call in step.calls)
    calls = [(s, c) for s, c in every if c.name in entry["functions"] and c.inside]
    for step, call in mixed(calls, chance):
        name, offset = chance.choice(sorted(entry["fields"].items()))
        model.recording.go(call.begin)
        base = model.recording.registers()[REGISTERS.index(entry["register"])]
        value = model.word(base + offset)
        register = entry["register"].upper()
        yield Question(
            "field",
            step.number,
            (
                f"When `{call.name}` begins, {register} is {base:08X}h. Which value has "
                f"`{entry['structure']}.{name}` there, and which instruction put it there?",
                f"`{call.name}` 开始时 {register} 为 {base:08X}h。"
                f"那里的 `{entry['structure']}.{name}` 是什么值？由哪条指令写入？",
            ),
            (f"{value:08X}h", f"{value:08X}h"),
            f"recording step {call.begin:,}, address {base + offset:08X}h",
        )


OF_CALLS = (result, passed_on, count, path, cost, reuse, way)
KINDS = {f.__name__: f for f in (*OF_CALLS, state, whatif, pte, field)}

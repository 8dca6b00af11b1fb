"""What became of each test of one submission."""
from dataclasses import dataclass, field

# How a test can end, in both languages.
KINDS = {
    "ok": ("passed", "通过"),
    "refused": ("refused", "被拒绝"),
    "no-build": ("does not build", "无法编译"),
    "no-boot": ("does not boot", "无法启动"),
    "bug check": ("bug check", "蓝屏（bug check）"),
    "triple fault": ("triple fault", "三重故障"),
    "hang": ("hang", "停住不动"),
    "crash": ("crash", "崩溃"),
    "wrong value": ("wrong value", "结果错误"),
    "leak": ("leak", "泄漏"),
    "too slow": ("too slow", "太慢"),
    "no report": ("no report", "没有报告"),
    "forged": ("forged report", "报告系伪造"),
    "too much output": ("too much output", "输出太多"),
    "not run": ("not run", "未运行"),
    "grading machine": ("the grading machine", "评分机"),
}


@dataclass
class Outcome:
    """One test.  points: what it earned."""

    test: object
    kind: str = "not run"
    points: int = 0
    expected: str = ""
    seen: str = ""
    where: str = ""  # file:line of the student's
    stack: list = field(default_factory=list)
    log: list = field(default_factory=list)  # last lines of what it or the machine said
    cost: int | None = None
    worst: int | None = None  # instructions of the dearest operation, where that has a band
    detail: str = ""  # more words: which machine, which signal
    figures: list = field(default_factory=list)  # lines "trace ..." that the case printed

    @property
    def good(self):
        return self.kind == "ok" and self.points == self.test.points

    def by_bands(self, cost, worst):
        """Points of a case that passed: of two bands all want both, half of them both halves."""
        self.cost, self.worst, self.kind, self.points = cost, worst, "ok", self.test.points
        over = [band for band in self._bands() if band[0] > band[1]]
        if self.test.stage != "icount" or not over:
            return
        self.kind = "too slow"
        self.points = self.points // 2 if all(cost <= half for cost, _, half, _ in over) else 0
        cost, full, half, what = max(over, key=lambda band: band[0] / band[1])
        self.expected = f"{full} {what} or fewer (half the points up to {half})"
        self.seen = f"{cost} {what}"

    def _bands(self):
        """(what was counted, full, half, of what)."""
        yield self.cost or 0, self.test.full, self.test.half, "instructions"
        if self.test.worst:
            dearest = "instructions in the dearest operation"
            yield self.worst or 1 << 32, *self.test.worst, dearest


@dataclass
class Result:
    """One submission."""

    lab: object
    path: str
    outcomes: list = field(default_factory=list)
    warnings: str = ""
    refused: str = ""
    notes: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def points(self):
        return sum(outcome.points for outcome in self.outcomes)

    @property
    def most(self):
        return sum(outcome.test.points for outcome in self.outcomes)

    @property
    def machines_fault(self):
        """Some test could not be judged here: nobody's points."""
        return any(outcome.kind == "grading machine" for outcome in self.outcomes)

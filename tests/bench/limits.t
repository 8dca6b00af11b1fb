#!/usr/bin/env python3
# long: only
# needs: system bench
"""What make bench measures of the kernel, once: services, ranges, boots within their limits."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import all_counts, too_much  # noqa: E402
from tap import OUT, Plan  # noqa: E402

plan = Plan()
figures = all_counts(
    *(os.path.join(OUT, "tests", "bench", f"{name}.exe") for name in ("bench", "boot", "ranges"))
)
figures["null_service_sysenter"] = figures.pop("null_service")
wrong = list(too_much(figures))
plan.true(not wrong, f"{len(figures)} figures, the same twice, are within their limits", *wrong)
plan.done()

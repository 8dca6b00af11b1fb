#!/usr/bin/env python3
"""make bench: one line `name value unit` each.

Instructions come from bench.exe under icount, run twice; both runs must agree to the
instruction.  ntdll's stub takes int 2Eh where the processor has no SEP: that run gives
the other price of a null service.  boot.exe is a first program: its main prints the TSC, which
counts from the processor's reset, so firmware, QEMU's Multiboot loader and the kernel's start are
in it (boot_N: on a machine of N MiB). Seconds are from the start of QEMU to the end of
hello.exe, by each way in: reported, not judged.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, compiler  # noqa: E402

FATHOM = os.path.join(TOP, "tools", "fathom")


def counts(program, cpu="max", mem=256):
    """{name: instructions} of one run."""
    machine = ["--icount", "--cpu", cpu, "--mem", str(mem), "--timeout", "120"]
    done = subprocess.run(
        [FATHOM, "run", *machine, program],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if done.returncode:
        sys.exit(f"bench: {program} ended with {done.returncode}")
    return {
        name: int(value)
        for name, value in (line.split() for line in done.stdout.splitlines())
    }


def lines(program):
    """What a program says of itself under icount, which must be the same twice."""
    said = [
        subprocess.run(
            [FATHOM, "run", "--icount", "--timeout", "300", program],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(2)
    ]
    if any(run.returncode for run in said) or said[0].stdout != said[1].stdout:
        sys.exit(f"bench: {program} failed, or two runs differ")
    return said[0].stdout


def judged(plan, name, limits, patience):
    """{line: figure} of a program under icount, once; a statement of plan for each limit."""
    program = os.path.join(OUT, "tests", "bench", name)
    run = subprocess.run(
        [FATHOM, "run", "--icount", "--timeout", str(patience), program],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    plan.equal(run.returncode, 0, f"{name} runs under icount")
    figures = {line.split()[0]: float(line.split()[1]) for line in run.stdout.splitlines()}
    for row, limit in limits.items():
        got = figures.get(row)
        plan.true(got is not None and got <= limit, f"{row} is at most {limit}", f"it is {got}")
    return figures


def seconds(boot):
    start = time.monotonic()
    done = subprocess.run(
        [FATHOM, "run", "--boot", boot, os.path.join(OUT, "archive", "hello.exe")],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        sys.exit(f"bench: hello.exe by {boot} ended with {done.returncode}")
    return time.monotonic() - start


# What a figure may be, and how much more it may be among 10,000 regions than among 10.
LIMITS = {
    "null_service_sysenter": 60,
    "first_touch": 1300,
    "first_touch_zeroed": 350,
    "reserve_release_64k": 2800,  # both together
    "thread_create_exit": 19500,
    "thread_create_exit_anywhere": 19500,  # at the dearest place of its stack
    "thread_create_exit_t1000": 65000,  # among 1,000 threads
    "process_create_exit": 400000,
    "boot_256": 9500000,
    "boot_4096": 50000000,
}
# For each page table of a range: untouched; with a page that is there (range_used_...).
RANGE, RANGE_USED = 100, 3000
GROWTH = 2
# The same for the lines of heap.exe.
HEAP_LIMITS = {
    "heap_pair_16": 90,
    "heap_pair_32": 90,
    "heap_pair_64": 90,
    "heap_churn_1e2": 110,
    "heap_churn_1e3": 110,
    "heap_churn_1e4": 110,
    "heap_churn_1e5": 110,
    "heap_growth_1e3_1e5": 1.13,  # the dearest of 10^3 to 10^5 over 10^3
    "heap_overhead_1e4": 1.146,
    "heap_realloc_append": 445 if compiler() == 12 else 450,  # GCC 14's code: 445.3
    "heap_large": 8000,
    "heap_back_end_20k_1e1": 2450,
    "heap_back_end_20k_1e4": 2600,
    "heap_overhead_1e5": 1.08,
    "heap_batch_same": 245,
    "heap_batch_reverse": 245,
    "heap_batch_random": 245,
    "heap_cross_thread": 225,
    "heap_check": 2700,  # HeapValidate, as at exit: a heap without a block
    "heap_check_front": 52,  # each block
    "heap_check_back": 110,
}
# And for those of waits.exe: among 810 as among 30.
WAIT_LIMITS = {f"set_event_waiter_{n}": 200 for n in (30, 90, 270, 810)}


def too_much(figures):
    """The figures that pass their limits."""
    for name, limit in LIMITS.items():
        if figures[name] > limit:
            yield f"{name} is {figures[name]}, more than {limit}"
    for name, value in figures.items():
        limit = RANGE_USED if name.startswith("range_used_") else RANGE
        if name.startswith("range_") and value > limit:
            yield f"{name} is {value} a page table, more than {limit}"
        few = figures.get(name.replace("_r10000", "_r10"), value)
        if name.endswith("_r10000") and value > GROWTH * few:
            yield f"{name} is {value}, {name[:-3]} {few}"


def lines_too_much(said, limits):
    """The same for what heap.exe or waits.exe said."""
    figures = {line.split()[0]: float(line.split()[1]) for line in said.splitlines()}
    for name, limit in limits.items():
        if figures[name] > limit:
            yield f"{name} is {figures[name]}, more than {limit}"


def all_counts(program, boot, ranges):
    """What they say, each the same twice."""
    first, second = (
        counts(program)
        | counts(ranges, mem=1024)
        | {f"boot_{mem}": counts(boot, mem=mem)["boot"] for mem in (256, 4096)}
        for _ in range(2)
    )
    if first != second:
        sys.exit(f"bench: two runs differ: {first} {second}")
    return first | {"reserve_release_64k": first["reserve_64k"] + first["release_64k"]}


def main(program, boot, ranges, heap, waits):
    first = all_counts(program, boot, ranges)
    sysenter = first.pop("null_service")
    print(f"null_service_sysenter {sysenter} instructions")
    print(
        f"null_service_int2e {counts(program, 'max,-sep')['null_service']} instructions"
    )
    for name, value in first.items():
        print(f"{name} {value} instructions", flush=True)
    said = lines(heap)
    print(said, end="", flush=True)
    waited = lines(waits)
    print(waited, end="", flush=True)
    first["null_service_sysenter"] = sysenter
    for way in ("multiboot", "ia32", "x64"):
        print(f"boot_{way} {seconds(way):.2f} seconds", flush=True)
    wrong = [
        *too_much(first),
        *lines_too_much(said, HEAP_LIMITS),
        *lines_too_much(waited, WAIT_LIMITS),
    ]
    if wrong:
        sys.exit("bench: " + "; ".join(wrong))


if __name__ == "__main__":
    main(*sys.argv[1:6])

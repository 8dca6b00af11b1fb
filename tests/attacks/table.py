#!/usr/bin/env python3
"""make attacks-table: malloc.c's attacks under each allocator, one row an attack, written into
docs/attacks.md between its two marks.  With --check: nothing is written; exit status 1 if the
column of Fathom's own heap is not what stands there (the others' versions differ from place to
place)."""
import glob
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.abspath(os.environ.get("FATHOM_OUT") or os.path.join(TOP, "build"))
PAGE = os.path.join(TOP, "docs", "attacks.md")
BEGIN, END = "<!-- make attacks-table writes from here -->", "<!-- to here -->"
SCUDO = "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so"

# column: (library, environment, Debian package)
ALLOCATORS = {
    "Fathom": (os.path.join(OUT, "host", "libstrictheap.so"), {}, None),
    "glibc": ("", {}, "libc6"),
    "glibc, checked": (
        "libc_malloc_debug.so.0",
        {"GLIBC_TUNABLES": "glibc.malloc.check=3"},
        "libc6",
    ),
    "jemalloc": ("libjemalloc.so.2", {}, "libjemalloc2"),
    "mimalloc": ("libmimalloc.so.2", {}, "libmimalloc2.0"),
    "tcmalloc": ("libtcmalloc_minimal.so.4", {}, "libtcmalloc-minimal4"),
    "tcmalloc, debug": ("libtcmalloc_minimal_debug.so.4", {}, "libtcmalloc-minimal4"),
    "Scudo": (max(glob.glob(SCUDO), default="scudo"), {}, "libclang-rt-14-dev"),
    "Electric Fence": ("libefence.so.0", {"EF_DISABLE_BANNER": "1"}, "electric-fence"),
}
CAUGHT = ("stops", "faults", "refused")


def run(library, environment):
    """{attack: [(what, said) for each size]}, or None if the library cannot be loaded."""
    done = subprocess.run(
        [os.path.join(OUT, "host", "attacks")],
        env={**os.environ, **environment, "LD_PRELOAD": library},
        capture_output=True,
        timeout=300,
    )
    if b"cannot be preloaded" in done.stderr:
        return None
    found = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        name, _, what, said = line.split("\t", 3)
        found.setdefault(name, []).append((what, said))
    return found


def cell(outcomes):
    small, large = (what for what, _ in outcomes)
    words = small if small == large else f"{small} (100 B), {large} (2,000 B)"
    return f"**{words}**" if all(what in CAUGHT for what, _ in outcomes) else words


def version(package):
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True
    )
    return done.stdout if done.returncode == 0 else "?"


def table(results):
    names = list(results)
    lines = ["| attack | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for attack in results["Fathom"]:
        cells = (cell(results[name][attack]) for name in names)
        lines.append(f"| {attack} | " + " | ".join(cells) + " |")
    counts = (
        sum(all(w in CAUGHT for w, _ in rows) for rows in results[name].values())
        for name in names
    )
    lines.append(
        f"| *caught, of {len(results['Fathom'])}* | " + " | ".join(map(str, counts)) + " |"
    )
    packages = ", ".join(
        f"{package} {version(package)}"
        for package in dict.fromkeys(p for _, _, p in ALLOCATORS.values() if p)
    )
    return "\n".join([*lines, "", f"Run with Debian's {packages}."])


def main():
    results = {}
    for name, (library, environment, _) in ALLOCATORS.items():
        if "--check" in sys.argv and name != "Fathom":
            continue
        found = run(library, environment)
        if found:
            results[name] = found
        else:
            print(f"# {name}: not here", file=sys.stderr)
    with open(PAGE, encoding="utf-8") as page:
        before, _, rest = page.read().partition(BEGIN)
    old, _, after = rest.partition(END)
    if "--check" in sys.argv:
        own = {a: cell(rows) for a, rows in results["Fathom"].items()}
        shown = dict(
            [part.strip() for part in line.split("|")][1:3]
            for line in old.splitlines()
            if line.startswith("| ") and not line.startswith(("| attack", "| *"))
        )
        for attack in sorted(own.keys() | shown.keys()):
            if own.get(attack) != shown.get(attack):
                print(f"{attack}: {own.get(attack)}, the page says {shown.get(attack)}")
        return own != shown
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}")
    return 0


sys.exit(main())

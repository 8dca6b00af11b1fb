#!/usr/bin/env python3
# needs: system
"""Every input is a dependency: a change of one builds what it touches, and nothing else."""
import os

from copied import Copy
from tap import Plan

plan = Plan()
KERNEL = ["kernel/pass1.exe", "gen/ksym.o", "kernel/ntoskrnl.exe"]
VAD, PAGE = "build/kernel/mm/vad.o", "build/kernel/mm/page.o"


with Copy() as copy:
    made, said = copy.make()
    plan.equal(made, [], "a copy of a built tree is built")
    plan.equal(copy.make()[0], [], "make twice does nothing")

    def after(change, *goals):
        """What make builds after a change to a file: (path, text added)."""
        copy.add(*change)
        return copy.make(*goals)[0]

    plan.equal(
        after(("kernel/ke/ke.inc", "; more\n"), "build/kernel/mm/copy.asm.o", VAD),
        ["kernel/mm/copy.asm.o"],
        "what NASM includes",
    )
    plan.equal(
        after(("kernel/mm/vad.h", "/* more */\n"), "build/kernel/rtl/avl.o", VAD),
        ["kernel/mm/vad.o"],
        "a header",
    )
    copy.make("kernel")
    plan.equal(after(("kernel/kernel.ld", "/* more */\n")), KERNEL, "the linker's script")
    plan.equal(after(("Makefile", "# more\n")), [], "a comment in the Makefile is no news")
    plan.equal(after(("mk/kernel.mk", "# more\n")), [], "nor in mk/")
    plan.equal(
        after(("mk/kernel.mk", "KERNEL_LDFLAGS += -Wl,--stats\n")),
        KERNEL,
        "a flag: what was made with it",
    )
    plan.equal(
        after(("include/services.tbl", "# more\n")), ["gen/services.made"], "a comment in the services"
    )
    copy.write("include/services.tbl", copy.read("include/services.tbl").replace("ZeroBits", "Zeros", 1))
    plan.equal(
        copy.make()[0],
        ["gen/services.made", "gen/services_gen.o", *KERNEL],
        "an argument's name: the kernel's table alone",
    )
    copy.write("include/events.tbl", copy.read("include/events.tbl").replace("# ", "#  ", 1))
    plan.equal(copy.make()[0], ["gen/events.made"], "a comment in the events")
    plan.equal(
        after(("kernel32/kernel32.def", "; more\n")),
        ["lib/kernel32.made"],
        "a .def whose exports are as before: no DLL is linked again",
    )
    made = after(("kernel32/kernel32.def", "OneMore = GetTickCount\n"))
    plan.true(
        made and {"bin/kernel32.dll", "lib/libkernel32.a", "bin/msvcrt.dll"} < set(made) and not any(n.endswith(".o") for n in made),
        "one export more: the DLL and those that import from it",
        made,
    )
    made = after(("fathom/fathom.c", "int more;\n"))
    plan.true(
        made and sum(name.startswith("bin/") for name in made) == 1,
        "a file of a DLL: it alone is linked again",
        made,
    )
    os.remove(copy.path("build/gen/services_gen.h"))
    plan.equal(copy.make()[0], ["gen/services.made"], "a generated file that is gone comes again")

    copy.make(PAGE, "DEBUG=1")
    with open(copy.path(PAGE), "rb") as checked:
        plan.true(b"KdAssertFailed" in checked.read(), "DEBUG=1 on a built tree is a debug build")
    plan.equal(copy.make(PAGE, "DEBUG=1")[0], [], "once")
    plan.equal(copy.make(PAGE)[0], ["kernel/mm/page.o"], "and back again")
    with open(copy.path(PAGE), "rb") as plain:
        plan.true(b"KdAssertFailed" not in plain.read(), "without the checks")

    os.rename(copy.path("user/shell.c"), copy.path("user/other.c"))
    made, said = copy.make("build/archive.tar")
    plan.equal(
        made,
        ["user/other.o", "bin/other.exe", "archive/other.exe", "archive.tar"],
        "a source that has another name",
    )
plan.done()

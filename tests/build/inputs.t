#!/usr/bin/env python3
# long: only
# needs: system
"""Every input is a dependency: a change of one builds what it touches, and nothing else."""
import os
import re
import shlex
import shutil

from copied import ENVIRONMENT, SYSTEM, Copy
from tap import Plan

plan = Plan()
LINKED = "build/kernel/pass1.exe"
KERNEL = ["kernel/pass1.exe"]
DLLS = ["build/bin/kernel32.dll", "build/bin/cw3220.dll", "build/bin/fathom.dll"]
NEWER_NASM = '#!/bin/sh\n[ "$1" = -v ] && echo NASM version 99 || exec %s "$@"\n'
KILLED = '''#!/bin/sh
case "$*" in *" -c "*) ;; *) PATH=%s exec i686-w64-mingw32-gcc "$@" ;; esac
while [ "$1" != -o ]; do shift; done
echo half >"$2"
kill -9 0
'''
VAD, PAGE = "build/kernel/mm/vad.o", "build/kernel/mm/page.o"


with Copy() as copy:
    made, said = copy.make(*SYSTEM)
    plan.equal(made, [], "a copy of a built tree is built")
    plan.equal(copy.make(*SYSTEM)[0], [], "make twice does nothing")

    def asked():
        """What `make -q` says: 0, nothing is to do, or 1."""
        return copy.run("make", "-q", *SYSTEM).returncode

    plan.equal(asked(), 0, "and `make -q` says so")

    def shown():
        """The products whose commands `make -n` shows."""
        said = copy.run("make", "-n", *SYSTEM).stdout
        return re.findall(r"^printf .* > build/(\S+)\.cmd$", said, re.M)

    plan.equal(shown(), [], "and `make -n` shows nothing")

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
    plan.equal(asked(), 1, "`make -q` says that there is something to do")
    said = shown()
    plan.true(
        {"kernel/mm/free.o", "kernel/ntoskrnl.exe"} < set(said)
        and not {"kernel/mm/vad.o", "kernel/rtl/avl.o", "bin/ntdll.dll"} & set(said),
        "`make -n` shows what that is, with what is made of it, and no more",
        *said,
    )
    copy.make(LINKED)
    plan.equal(after(("kernel/kernel.ld", "/* more */\n"), LINKED), KERNEL, "the linker's script")
    plan.equal(
        after(("Makefile", "# more\n"), LINKED, *DLLS), [], "a comment in the Makefile is no news"
    )
    plan.equal(after(("mk/kernel.mk", "# more\n"), LINKED, *DLLS), [], "nor in mk/")
    plan.equal(
        after(("mk/kernel.mk", "KERNEL_LDFLAGS += -Wl,--stats\n"), LINKED),
        KERNEL,
        "a flag: what was made with it",
    )
    plan.equal(
        after(("include/services.tbl", "# more\n"), LINKED, *DLLS),
        ["gen/services.made"],
        "a comment in the services",
    )
    copy.write("include/events.tbl", copy.read("include/events.tbl").replace("# ", "#  ", 1))
    plan.equal(copy.make(VAD)[0], ["gen/events.made"], "a comment in the events")
    plan.equal(
        after(("kernel32/kernel32.def", "; more\n"), *DLLS),
        ["lib/kernel32.made"],
        "a .def whose exports are as before: no DLL is linked again",
    )
    made = after(("kernel32/kernel32.def", "OneMore = GetTickCount\n"), *DLLS)
    plan.true(
        made
        and {"bin/kernel32.dll", "lib/libkernel32.a", "bin/cw3220.dll"} < set(made)
        and not any(n.endswith(".o") for n in made),
        "one export more: the DLL and those that import from it",
        made,
    )
    made = after(("fathom/fathom.c", "int more;\n"), *DLLS)
    plan.true(
        made and sum(name.startswith("bin/") for name in made) == 1,
        "a file of a DLL: it alone is linked again",
        made,
    )
    os.remove(copy.path("build/gen/services_gen.h"))
    plan.equal(
        copy.make(VAD)[0], ["gen/services.made"], "a generated file that is gone comes again"
    )

    def put_back(name, text, *goals):
        """What make builds when a file with this text, as old as the one before, comes there."""
        path = copy.path(name)
        shutil.copy2(path, path + ".bak")
        copy.write(name, text)
        copy.make(*goals)
        os.rename(path + ".bak", path)
        return copy.make(*goals)[0]

    vad = put_back("kernel/mm/vad.c", copy.read("kernel/mm/vad.c") + "int more;\n", VAD)
    plan.equal(vad, ["kernel/mm/vad.o"], "a file that is put back with its old date")
    vad = put_back("kernel/mm/vad.h", copy.read("kernel/mm/vad.h") + "\n", VAD)
    plan.equal(vad, ["kernel/mm/vad.o"], "a header, too")
    tables = put_back("include/events.tbl", copy.read("include/events.tbl") + "\n", VAD)
    plan.equal(tables, ["gen/events.made"], "a table, too")
    other = copy.mine("vad.c", copy.read("kernel/mm/vad.c") + "int more;\n")
    os.utime(other, (1e9, 1e9))
    os.rename(copy.path("kernel/mm/vad.c"), copy.path("vad.bak"))
    plan.equal(copy.make(VAD)[0], None, "a file that is gone")
    os.rename(other, copy.path("kernel/mm/vad.c"))
    plan.equal(copy.make(VAD)[0], ["kernel/mm/vad.o"], "another that comes, older")
    os.rename(copy.path("vad.bak"), copy.path("kernel/mm/vad.c"))
    plan.equal(copy.make(VAD)[0], ["kernel/mm/vad.o"], "and the first again")
    before = os.stat(copy.path(VAD)).st_mtime_ns - 1
    copy.add("kernel/mm/vad.c", "\n")
    os.utime(copy.path("kernel/mm/vad.c"), ns=(before, before))
    plan.equal(asked(), 1, "a file that is edited while it is compiled: `make -q` knows it")
    plan.equal(copy.make(VAD)[0], ["kernel/mm/vad.o"], "and make builds")
    ENVIRONMENT["CCACHE_DISABLE"] = "1"  # it does not see a header that hides another
    os.mkdir(copy.path("kernel/mm/rtl"))
    copy.write("kernel/mm/rtl/avl.h", '#include "../../rtl/avl.h"\n')
    plan.true("kernel/mm/vad.o" in copy.make(VAD)[0], "a new header that hides another")
    shutil.rmtree(copy.path("kernel/mm/rtl"))
    plan.true("kernel/mm/vad.o" in copy.make(VAD)[0], "and that no longer does")
    plan.equal(copy.make(VAD)[0], [], "once")
    tools = os.path.join(copy.folder, "killed")
    os.mkdir(tools)
    compiler = os.path.join(tools, "i686-w64-mingw32-gcc")
    with open(compiler, "w") as script:
        script.write(KILLED % shlex.quote(os.environ["PATH"]))
    os.chmod(compiler, 0o755)
    copy.add("kernel/mm/vad.c", "\n")
    copy.run("setsid", "-w", "make", VAD, PATH=f"{tools}:{os.environ['PATH']}")
    plan.equal(copy.read(VAD), "half\n", "a compiler is killed, and its make, in the middle of")
    plan.equal(copy.make(VAD)[0], ["kernel/mm/vad.o"], "a file: it is compiled again")

    copy.make(PAGE, "DEBUG=1")
    with open(copy.path(PAGE), "rb") as checked:
        plan.true(b" -Og " in checked.read(), "DEBUG=1 on a built tree is a debug build")
    plan.equal(copy.make(PAGE, "DEBUG=1")[0], [], "once")
    plan.equal(copy.make(PAGE)[0], ["kernel/mm/page.o"], "and back again")
    with open(copy.path(PAGE), "rb") as plain:
        plan.true(b" -Og " not in plain.read(), "optimized again")

    newer = os.path.dirname(copy.mine("nasm", NEWER_NASM % shutil.which("nasm")))
    os.chmod(os.path.join(newer, "nasm"), 0o755)
    again = ["gen/services.made", "gen/events.made", "kernel/mm/vad.o"]
    with_newer = copy.run("make", VAD, PATH=f"{newer}:{os.environ['PATH']}").stdout.split()
    plan.equal(with_newer, again, "another version of a tool: what is made is made again")
    plan.equal(copy.make(VAD)[0], again, "and again with the one before")

    # The environment: what changes a product is in its command, the rest reaches no tool.
    hello, stop = "build/user/hello.o", "build/kernel/kd/stop.asm.o"
    mine = copy.mine("stdio.h", "#error another stdio.h\n")
    copy.add("user/hello.c", "\n")
    copy.add("kernel/kd/stop.asm", "\n")
    done = copy.run(
        "make", hello, stop, CPATH=os.path.dirname(mine), NASMENV="-p no_such_file.inc"
    )
    plan.equal((done.returncode, done.stderr), (0, ""), "CPATH and NASMENV change nothing")
    image = copy.run("make", "-n", "build/fathom.img", SOURCE_DATE_EPOCH="5").stdout
    wanted = "SOURCE_DATE_EPOCH=5 tools/mkimage.sh"
    plan.true(wanted in image, "SOURCE_DATE_EPOCH is in the disk image's command", image[-500:])

    os.rename(copy.path("user/hello.c"), copy.path("user/other.c"))
    made, said = copy.make("build/bin/other.exe")
    plan.equal(
        made,
        ["user/other.o", "bin/other.exe"],
        "a source that has another name",
    )

    services = copy.read("include/services.tbl")
    goals = [
        "build/kernel/mm/allocate.o",
        "build/dll/stubs_gen.o",
        "build/dll/crt/borland/heap.o",
        VAD,
    ]
    copy.write("include/services.tbl", services.replace("ZeroBits", "Zeros"))
    plan.equal(
        copy.make(*goals)[0],
        ["gen/services.made", "kernel/mm/allocate.o"],
        "an argument's name: who reads the prototypes, and no stub",
    )
    copy.write("include/services.tbl", services.replace("ULONG_PTR ZeroBits", "BOOLEAN ZeroBits"))
    made, said = copy.make(*goals)
    plan.true(
        made is None and "conflicting types for ‘NtAllocateVirtualMemory’" in said,
        "an argument's type: the definition does not compile",
        said,
    )

    to_come = os.stat(copy.path(VAD)).st_mtime + 3600
    for made in (VAD, VAD + ".cmd"):
        os.utime(copy.path(made), (to_come, to_come))
    copy.add("kernel/mm/vad.c", "\n")
    made, said = copy.make(VAD)
    plan.true("kernel/mm/vad.o" in made, "a change after the clock has gone back", made)
    plan.true("the clock has gone back" in said, "which make says", said)
plan.done()

"""gdb's own commands that would look at this computer instead of the machine.

For gdb the machine is process 1 of a Linux; `info proc` would read /proc/1 here.
"""
import gdb

import where

ASKED = "describes processes of this computer; Fathom's own:"


class InfoProc(gdb.Command):
    """The process that is stopped; `vad` shows its regions, `process` and `lm` the rest."""

    def __init__(self):
        super().__init__("info proc", gdb.COMMAND_STATUS)

    def invoke(self, text, from_tty):
        found = where.ask()
        print(f"info proc: gdb's command {ASKED}")
        if found is None or not found[1]:
            print("no process runs yet")
            return
        print(f"process {found[1]}, {found[0]}, in ring {found[2]}")
        gdb.execute("vad" if text.strip() in ("mappings", "all") else "process")


def refuse(name, instead):
    """name explains itself."""

    class Refused(gdb.Command):
        __doc__ = f"It {ASKED} {instead}."

        def invoke(self, text, from_tty):
            print(f"{name}: gdb's command {ASKED} {instead}")

    Refused(name, gdb.COMMAND_STATUS)


def begin():
    InfoProc()
    refuse("info os", "process, handles, peb")
    refuse("info auxv", "peb")
    refuse("info inferiors", "process lists all processes")
    refuse("attach", "a breakpoint in that process stops there")
    refuse("generate-core-file", "tools/fathom record writes down every instruction")

"""Which process and ring one is in: in the prompt, and a line at a stop in another process.

    host.exe r3 (gdb)       the program's own code       r0: the kernel, working for host.exe

The stub knows it (tools/stub/commands.py, `where`): CR3 and the kernel's list of processes.
"""
import gdb

last = None  # the process of the last stop
shown = ""  # what the prompt begins with: gdb takes the hook's answer for the prompt itself


def told():
    """`monitor fathom where`, without a command of gdb's, which within a stop shows the frame."""
    send = getattr(gdb.selected_inferior().connection, "send_packet", None)
    if send is None:
        return gdb.execute("monitor fathom where", to_string=True)
    return bytes.fromhex(send("qRcmd," + b"fathom where".hex()).decode()).decode()


def ask():
    """(name, id, ring) of this stop; None: there is no machine."""
    if gdb.selected_inferior().pid == 0:
        return None
    try:
        row = told().split("\n")[0].rsplit(" ", 2)
        return row[0], int(row[1]), int(row[2])
    except (gdb.error, ValueError, IndexError):
        return None


def prompt(current):
    """gdb's prompt_hook: what is shown in place of current."""
    global shown
    found = ask()
    plain = gdb.parameter("prompt").removeprefix(shown)
    shown = ""
    if found is not None:
        name, number, ring = found
        shown = f"{name if number else 'no process'} r{ring} "
    return shown + plain


def tell(_):
    """At a stop in another process than the last one was in."""
    global last
    found = ask()
    if found is None or not found[1]:
        return
    if last and last[1] != found[1]:
        print(f"[now in {found[0]}, process {found[1]}]")
    last = found


def begin():
    gdb.prompt_hook = prompt
    gdb.events.stop.connect(tell)

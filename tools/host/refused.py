"""What the tool refuses, and what of the host it takes: one sentence each, exit code 125."""
import os
import stat

KINDS = (  # what a path can be instead of a file
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
NOT_ON_C = '<>:"/\\|?*'  # characters that no name on C: has
KERNELS_OWN = ("ntdll.dll",)  # mapped into every process before anything is run
FOLDERS = ("windows", "temp")


class Refused(Exception):
    """The tool cannot do what was asked; says why."""


def reason(wrong):
    """An OSError as a sentence."""
    said = (wrong.strerror or str(wrong)).lower()
    return f"{wrong.filename}: {said}" if wrong.filename else said


def file_size(path):
    """Bytes of a regular file; anything else is refused before it is opened."""
    try:
        facts = os.stat(path)
    except (OSError, ValueError) as wrong:
        said = reason(wrong) if isinstance(wrong, OSError) else f"{path!r}: {wrong}"
        raise Refused(said) from None
    for test, words in KINDS:
        if test(facts.st_mode):
            raise Refused(f"{path}: {words}, not a file")
    return facts.st_size


def text_of(text, what):
    """text, which came from the command line or a list; refused if it is not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(f"{what} {text!r}: not UTF-8") from None
    return text


def name_on_c(path):
    """The name on C: of a file of the host: its own."""
    name = text_of(os.path.basename(path), "the name")
    wrong = [c for c in name if c in NOT_ON_C or ord(c) < 32]
    if wrong:
        raise Refused(f"{path}: no name on C: has the character {wrong[0]!r}")
    if not name or name[-1] in " .":
        raise Refused(f"{path}: no name on C: ends so")
    if name.lower() in FOLDERS:
        raise Refused(f"{path}: C: has a folder of that name")
    if name.lower() in KERNELS_OWN:
        raise Refused(
            f"{path}: the kernel loads its own {name} when it starts; build a system with yours"
        )
    return name

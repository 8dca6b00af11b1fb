"""What programs/moments.c printed, moment by moment, and what a page has of the same memory."""
import re


def printed(text):
    """For each moment of it {"block": [line], "pages": ..., "view": ..., "page": ...}."""
    moments = []
    for line in text.replace("\r", "").split("\n"):
        kind = line.split(" ", 1)[0]
        if re.fullmatch(r"moment \d+", line):
            moments.append({"block": [], "pages": [], "view": [], "page": []})
        elif moments and kind in moments[-1]:
            moments[-1][kind].append(line)
    return moments


def differ(said, shown, kind):
    """What only one of two lists of lines has."""
    mine = [line for line in shown if line.startswith(kind + " ")]
    if kind == "view":  # the program does not say of which type
        mine = [line.rsplit(" ", 1)[0] for line in mine]
    only = sorted(set(said) - set(mine)), sorted(set(mine) - set(said))
    return [f"- {line}" for line in only[0]][:4] + [f"+ {line}" for line in only[1]][:4]

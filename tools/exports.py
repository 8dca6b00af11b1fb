"""Make the list of exports that the linker and dlltool take, from a .def for people.

usage: exports.py OUT.def NM FILE.def ... -- OBJECT-OR-LIBRARY ...

A .def here may name functions as Windows does (`NtClose`), without the stdcall decoration.
The linker would find `_NtClose@4` by itself, but the import library must say `_NtClose@4`
too, or no C program links against it.  So each name gets the decoration that its symbol
has in the objects; a forwarder gets that of the function it leads to, from the import
libraries.  What no object defines is taken as it stands: a library of the linker's may
have it.  Several .def files are one list: the LIBRARY line comes from the first; from a file
with a LIBRARY line of another name, and those after it, only names that are new are taken.
"""
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import settled

LINE = re.compile(r'^(?P<name>"[^"]+"|[^\s=]+)\s*'
                  r'(?:=\s*(?P<target>"[^"]+"|[^\s@]+(?:@\d+)?))?\s*(?P<rest>.*)$')


def symbols(nm, files):
    """Map the plain name of each defined symbol to its C name (Name@bytes if stdcall)."""
    found = {}
    listing = subprocess.run([nm, "-g", *files], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        words = line.split()
        if len(words) != 3 or words[1] not in "TDBRICW":
            continue
        name = words[2]
        if name.startswith("__imp_"):
            name = name[len("__imp_"):]
        if name.startswith("@"):  # fastcall: the decoration stays in the object alone
            found.setdefault(re.sub(r"@\d+$", "", name[1:]), name)
        elif name.startswith("_"):
            plain = name[1:]
            found.setdefault(re.sub(r"@\d+$", "", plain), plain)
        found.setdefault(name, name)
    return found


def entry(line, found):
    match = LINE.match(line)
    name, target, rest = (match[key] or "" for key in ("name", "target", "rest"))
    plain, aim = name.strip('"'), target.strip('"')
    if not plain.startswith("?"):
        plain = re.sub(r"@\d+$", "", plain)
    forwarded = "." in aim
    wanted = aim.rsplit(".", 1)[1] if forwarded else re.sub(r"@\d+$", "", aim) or plain
    decorated = found.get(wanted)
    given = re.search(r"@\d+$", name.strip('"'))
    if decorated is None and forwarded and given:
        decorated = wanted + given[0]
    if decorated is None and not forwarded:
        decorated = wanted  # from a library of the linker's; if not, it says so
    suffix = re.search(r"@\d+$", decorated or "")
    shown = plain + suffix[0] if suffix and not plain.startswith("?") else plain
    if (decorated or "").startswith("@"):
        return f'"{plain}" = {decorated} {rest}'.rstrip()
    if aim:
        goal = aim if forwarded else decorated
        return f'"{shown}" = {goal} {rest}'.rstrip()
    return f'"{shown}" {rest}'.rstrip()


def main(out, nm, *rest):
    split = rest.index("--")
    found = symbols(nm, rest[split + 1:])
    library, lines, seen, based = None, [], {}, False
    for path in rest[:split]:
        with open(path) as source:
            for number, line in enumerate(source, 1):
                line = line.split(";")[0].strip()
                if line.upper().startswith("LIBRARY"):
                    library = library or line
                    based |= library != line
                elif line and line.upper() != "EXPORTS":
                    name = LINE.match(line)["name"]
                    first = seen.get(name)
                    if based and first and first.split(":")[0] == rest[0]:
                        continue
                    if first:
                        raise SystemExit(f"{path}:{number}: {name}: first {first}")
                    seen[name] = f"{path}:{number}"
                    lines.append(entry(line, found))
    settled.write(out, "\n".join([library, "EXPORTS", *lines]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Make the kernel's own symbol table (section .ksym) from `nm -n` of the first link.

KdKernelSymbols: DWORD count; then count pairs of DWORD address, DWORD offset of the name; then
the names, NUL-ended, without the leading underscore of i386 PE and without @bytes.
"""
import re
import sys

LOCAL = re.compile(r"\.\.@|\.(?!(part|constprop|isra|cold)\b)")  # NASM's local labels


def main(listing, output):
    symbols = {}
    with open(listing) as lines:
        for line in lines:
            address, kind, name = line.split()
            if (
                kind in "tT"
                and not name.startswith((".", "__nm_", "___"))
                and not LOCAL.search(name)
            ):
                symbols.setdefault(
                    int(address, 16), name.removeprefix("_").removeprefix("@").split("@")[0]
                )
    with open(output, "w") as out:
        out.write("section .ksym data align=4\nglobal _KdKernelSymbols\n_KdKernelSymbols:\n")
        out.write(f"    dd {len(symbols)}\n")
        offset = 0
        for address, name in sorted(symbols.items()):
            out.write(f"    dd {address:#x}, {offset}\n")
            offset += len(name) + 1
        for _, name in sorted(symbols.items()):
            out.write(f"    db '{name}', 0\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

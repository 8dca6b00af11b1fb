#!/usr/bin/env python3
"""hints.py DEF LIB: give each import of an import library the hint that hits.

A hint is an index into the DLL's table of export names, which the linker sorts by their bytes.
dlltool counts from one, so the loader would look at the wrong name first, for each import.  An
object of the archive keeps hint and name in its section .idata$6.
"""
import re
import struct
import sys


def exported(path):
    """The DLL's table of names: those of the .def without the stdcall decoration."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("EXPORTS", 1)[1].splitlines()
    words = (re.match(r'\s*"?([^\s"=]+)', line) for line in lines)
    return sorted({re.sub(r"@\d+$", "", word[1]).encode() for word in words if word})


def members(data):
    """(offset, size) of each file of an ar archive."""
    at = 8
    while at + 60 <= len(data):
        size = int(data[at + 48 : at + 58])
        yield at + 60, size
        at += 60 + size + (size & 1)


def names_of(data, at):
    """Offset of each .idata$6 of the COFF object at an offset, if it is one."""
    machine, sections = struct.unpack_from("<HH", data, at)
    for i in range(sections if machine == 0x14C else 0):
        header = at + 20 + 40 * i
        if data[header : header + 8] == b".idata$6":
            size, raw = struct.unpack_from("<II", data, header + 16)
            if size > 2:
                yield at + raw


def main(definition, library):
    index = {name: i for i, name in enumerate(exported(definition))}
    with open(library, "r+b") as file:
        data = bytearray(file.read())
        for at, size in members(data):
            for place in names_of(data, at) if size > 20 else ():
                name = bytes(data[place + 2 : data.index(0, place + 2)])
                struct.pack_into("<H", data, place, index[name])
        file.seek(0)
        file.write(data)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Line tables of the NASM code of a module that is not moved, object by object: their names are
those of the code's parts (entrycfi.py, unwind.py)."""
import gdb

from symbolfiles.kept import quoted
from symbolfiles.lines import line_objects, strip_names
from symbolfiles.mapfile import sections


def add_assembler(path, out):
    """Add the line tables of all NASM objects in the map at path.  Returns [(object, (start, end))]
    of their code."""
    sizes = {(address, name): size for name, address, size, _ in sections(path)}
    code = []
    for debug, placed in line_objects(path, out).items():
        bare = strip_names(debug, out)
        where = " ".join(f"-s {name} {address:#x}" for name, address in placed.items())
        gdb.execute(f"add-symbol-file {quoted(bare)} {where}", to_string=True)
        code += [
            (debug, (at, at + sizes[at, name]))
            for name, at in placed.items()
            if name in (".text", ".boot")
        ]
    return code

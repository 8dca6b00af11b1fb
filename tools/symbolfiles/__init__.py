"""What gdb reads instead of a PE file: copies in ELF, and what is changed in them.  No gdb in here.

    elfcopy.py    the copy of a module: plain names, thunks, frames      elf.py  the file format
    qualified.py  module!name, sizes, names of one's own module first    kept.py where copies are
    lines.py      the lines of a module's NASM code                      mapfile.py  link maps
"""

"""Names of NTSTATUS values, from the headers that the system itself is built with."""
import glob
import re
import shutil

WHERE = ("/usr/i686-w64-mingw32/include/ntstatus.h", "/usr/share/mingw-w64/include/ntstatus.h")
LINE = re.compile(r"^#define\s+(STATUS_\w+|DBG_\w+)\s+\(\(NTSTATUS\)(?:0x|)([0-9A-Fa-f]+)L?\)")
NAMES = {}


def paths():
    """ntstatus.h beside the compiler, wherever a distribution has put it."""
    compiler = shutil.which("i686-w64-mingw32-gcc") or ""
    beside = compiler.rsplit("/bin/", 1)[0] + "/i686-w64-mingw32/**/ntstatus.h"
    return [*WHERE, *(glob.glob(beside, recursive=True) if compiler else [])]


def read():
    for path in paths():
        try:
            with open(path, errors="replace") as lines:
                for line in lines:
                    if match := LINE.match(line):
                        NAMES.setdefault(int(match[2], 16), match[1])
            return
        except OSError:
            continue


def ntstatus(value):
    """STATUS_ACCESS_VIOLATION; "" where the value has no name."""
    if not NAMES:
        read()
        NAMES.setdefault(0, "STATUS_SUCCESS")
    return NAMES.get(value & 0xFFFFFFFF, "")

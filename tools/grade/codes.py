"""The names of results: 80070057 is E_INVALIDARG.  The cross compiler's headers have them all."""
import functools
import re
import subprocess

CODE = re.compile(r"\b[89A-F][0-9A-F]{7}\b")
# Of HRESULTs only the families that a lab can answer with: others have addresses' numbers.
DEFINED = re.compile(
    r"^#define ((?:E|CO_E|RPC_E|STATUS)_\w+) "
    r"(?:_HRESULT_TYPEDEF_\(|\(\(NTSTATUS\)\s*)0x([89A-Fa-f]\w{7})L?\)",
    re.M,
)
WIN32 = re.compile(r"^#define (RPC_S_\w+) __MSABI_LONG\((\d+)\)", re.M)
SOURCE = """#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
"""


@functools.cache
def names():
    """{number: name} of failures; empty where there is no compiler."""
    words = ["i686-w64-mingw32-gcc", "-E", "-dM", "-x", "c", "-"]
    try:
        done = subprocess.run(words, input=SOURCE, capture_output=True, text=True)
    except OSError:
        return {}
    found = {}
    for name, number in sorted(DEFINED.findall(done.stdout)):
        found.setdefault(int(number, 16), name)
    for name, number in WIN32.findall(done.stdout):
        found.setdefault(0x80070000 | int(number), f"HRESULT_FROM_WIN32({name})")
    return found


def named(text):
    """text with the name after each number that is a result; an address stays as it is."""

    def with_name(match):
        name = names().get(int(match[0], 16))
        return f"{match[0]} ({name})" if name else match[0]

    return CODE.sub(with_name, text)

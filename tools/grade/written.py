"""Which functions of a submission are still those of the lab's skeleton."""
import functools
import os
import re

from . import handed

# A student's file may be anything: nothing here can match in more than one way, or far on.
COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.S)
HEAD = re.compile(r"^(?=[A-Za-z_])[\w*\s]{1,100}?\b(\w{1,64})\s?\(([^;{}]{0,400})\)\s{0,9}\{", re.M)


@functools.lru_cache(8)
def bodies(text):
    """{function: its text} of a C file, without comments and spaces.  A function ends with the
    first line that begins with }.  Of a NASM file: none."""
    text = re.sub(r"[^\S\n]+", " ", COMMENT.sub("", text))
    found = {}
    for part in re.split(r"^\}", text, flags=re.M)[:-1]:
        if head := HEAD.search(part):
            found[head[1]] = re.sub(r"\s+", "", part[head.end() :])
    return found


def of_file(path):
    given = handed.content(path)
    return bodies((given or b"").decode("utf-8", "replace"))


def is_skeletons(lab, path, function):
    """Whether a function's body is the skeleton's; False for one that either file lacks."""
    skeleton = os.path.join(lab.folder, "skeleton", os.path.basename(lab.file))
    theirs = of_file(path).get(function)
    return theirs is not None and theirs == of_file(skeleton).get(function)

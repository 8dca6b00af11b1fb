"""Which functions of a submission are still those of the lab's skeleton."""
import functools
import os
import re

from . import handed


@functools.lru_cache(8)
def bodies(text):
    """{function: its text} of a C or NASM file, without comments and spaces."""
    text = re.sub(r"/\*.*?\*/|;[^\n]*(?=\n_?\w+:)", "", text, flags=re.S)
    found = re.finditer(r"^(?:[\w*]+[\s*]+)+(\w+)\s*\([^;{]*\)\s*\{(.*?)^\}", text, re.M | re.S)
    return {match[1]: re.sub(r"\s+", "", match[2]) for match in found}


def of_file(path):
    given = handed.content(path)
    return bodies((given or b"").decode("utf-8", "replace"))


def is_skeletons(lab, path, function):
    """Whether a function's body is the skeleton's; False for one that either file lacks."""
    skeleton = os.path.join(lab.folder, "skeleton", os.path.basename(lab.file))
    theirs = of_file(path).get(function)
    return theirs is not None and theirs == of_file(skeleton).get(function)

"""lm: the modules of the kernel and of a process, by its own lists."""
import fnmatch

from . import loader
from .colour import paint, table
from .command import Word
from .headers import number
from .names import symbol
from .trouble import Trouble


class Lm(Word):
    """The modules that are loaded: where, and whether their symbols are known."""

    name, group, windbg = "lm", "code and data", "lm, !dlls"
    usage = (
        "lm                    of the kernel and of the current process",
        "lm PROCESS            of another one",
        "lm PATTERN            those whose name matches: lm k*",
        "lm -v                 also paths, entry points, load counts",
    )
    detail = """
The list is the loader's own (PEB.Ldr).  An image that is mapped but not in it is said too."""

    def run(self, arguments):
        verbose = "v" in arguments.only("v")
        look, pattern = self.split(arguments)
        rows = [kernel_row(look)]
        wrong = ""
        if look.process is not None:
            space = look.user_space()
            modules, wrong = loader.modules(space, look.process.record.Peb)
            rows += [row(m, verbose) for m in modules] + unlisted(look, modules)
        rows = [row for row in rows if fnmatch.fnmatch(row[2][0].lower(), pattern)]
        print(look.process.title if look.process else "no process runs yet: the kernel alone")
        head = ["start", "end", "module", "symbols"] + ["entry", "count", "path"] * verbose
        print("\n".join(table(rows, head)))
        if wrong:
            print(paint(wrong, "bad"))


    def split(self, arguments):
        """(Look, pattern): the argument is a process, or a pattern of modules' names."""
        try:
            return arguments.look_by_rest(), "*"
        except Trouble:
            look, pattern = arguments.look(), arguments.rest.lower()
            names = ["nt"]
            if look.process is not None:
                peb = look.process.record.Peb
                names += [m.short.lower() for m in loader.modules(look.user_space(), peb)[0]]
            if not fnmatch.filter(names, pattern):
                raise
            return look, pattern


def kernel_row(look):
    start, end = number("kernel/mm/layout.h", "MI_KERNEL_BASE"), look.symbol("_kernel_end")
    return [*bounds(start, end), ("nt", "name"), "ntoskrnl.exe"]


def bounds(start, end):
    return (f"{start:08X}", "address"), (f"{end:08X}", "address")


def row(module, verbose):
    name, _, file = symbol(module.base + 0x1000)
    known = file.lower().startswith(module.name.lower()) and name
    cells = [*bounds(module.base, module.end), (module.short, "name")]
    cells.append(module.name if known else "none here")
    if verbose:
        cells += [f"{module.record.EntryPoint:08X}", str(module.record.LoadCount), module.path]
    return cells


def unlisted(look, modules):
    images = loader.unlisted(look.kernel, look.process.record.Space, modules)
    why = "not in the loader's list"
    return [(*bounds(image.base, image.end), (image.short, "bad"), why) for image in images]

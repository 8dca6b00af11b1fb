"""address: what is at an address, from the region down to the page and its name."""
import re

from . import heaps, regions
from .colour import address as shown
from .colour import paint
from .command import Word
from .names import Names
from .owners import control_lines
from .pages import protection
from .places import area, table_text
from .processes import threads
from .pte import page_of
from .purposes import Purposes
from .survey import Survey

KERNEL, PAGE = 0x80000000, 4096
HIGHEST = 0x7FFEFFFF


def stack_of(look, where):
    """Whose stack it is, user's or kernel's; "" for none."""
    for process in look.processes:
        for thread in threads(look.kernel, process)[0]:
            tcb = thread.tcb
            if tcb.StackLimit <= where < tcb.InitialStack:
                return f"the kernel stack of thread {thread.id} of {process.title}"
    return ""


def object_of(look, where):
    """Which process, thread or space of the kernel's holds the address; "" for none."""
    for process in look.processes:
        if 0 <= where - process.address < process.record.bytes:
            return f"the EPROCESS of {process.title}"
        if 0 <= where - process.record.Space < PAGE:
            return f"the MMSPACE of {process.title}"
        for thread in threads(look.kernel, process)[0]:
            if 0 <= where - thread.address < thread.record.bytes:
                return f"the ETHREAD of thread {thread.id} of {process.title}"
    return ""


def owner_of(look, where, region):
    """What a user region is for, where a structure says it: PEB, TEB, a stack."""
    process = look.process
    if where // PAGE == process.record.Peb // PAGE:
        return "the PEB"
    for thread in threads(look.kernel, process)[0]:
        if thread.tcb.Teb and where // PAGE == thread.tcb.Teb // PAGE:
            return f"the TEB of thread {thread.id}"
        teb = look.space.record("TEB", thread.tcb.Teb) if thread.tcb.Teb else None
        if teb and region.base == teb.DeallocationStack:
            used = f"{teb.NtTib.StackLimit:08X} to {teb.NtTib.StackBase:08X}"
            return f"the stack of thread {thread.id}, in use from {used}"
    return ""


def heap_of(look, where, region):
    """The heap's block that holds the address, or what the region is for; "" for neither."""
    words = Purposes(look).of(region)
    match = re.search(r"heap (\d+)", words)
    peb = look.space.record("PEB", look.process.record.Peb) if match else None
    if not peb:
        return words
    heap = heaps.every(look.space, peb)[0][int(match[1]) - 1]
    block = Survey(heap).at(where)[0]
    if block is None:
        return words
    size = block.end - block.pointer if block.kind == "free" else block.size  # as heap -x has them
    what = f"{block.where} block {shown(block.pointer)}, {size} bytes, {block.kind}"
    return f"{words}: {what}  (heap -x {where:08X})"


class Address(Word):
    """What is at an address: region, page, module and name."""

    name, group, windbg = "address", "where am I", "!address"
    usage = (
        "address ADDR             what is there",
        "address                  what the program counter is in",
        "address ADDR @PROCESS    in another process",
    )
    detail = "`vad` lists all regions, `pte ADDR` shows the tables."

    def run(self, arguments):
        arguments.only()
        look = arguments.look()
        where = arguments.address("$pc")
        name = Names(look).name(where)
        title = look.process.title if where < KERNEL and look.process else "the kernel"
        print(f"{shown(where)} in {title}" + (f"  {paint(name, 'name')}" if name else ""))
        lines = kernel_lines(look, where) if where >= KERNEL else user_lines(look, where)
        print("\n".join("  " + line for line in lines))


def kernel_lines(look, where):
    place = area(where)
    if place is None:
        return ["no part of the kernel's address map: nothing is ever here"]
    lines = [f"{place[2]}, {shown(place[0])} to {shown(place[1] - 1)}"]
    if text := table_text(where) or stack_of(look, where) or object_of(look, where):
        lines.append(text)
    walked, page, _ = page_of(look, where)
    lines.append(page_line(walked, page) if page.valid else "no page is there")
    return lines


def page_line(walked, page):
    large = ", a large page" if walked.large else ""
    return f"page {walked.frame:X}{large}" if walked.frame is not None else page.text()


def user_lines(look, where):
    look.user_space()
    found, wrong = regions.walk(look.kernel, look.process.record.Space)
    region, before, after = regions.around(found, where)
    if region is None:
        return free_lines(where, before, after, wrong)
    lines = [region_line(region)]
    if owner := owner_of(look, where, region) or heap_of(look, where, region):
        lines.append(owner)
    walked, page, _ = page_of(look, where)
    state = page.text() + (f", page {walked.frame:X}" if walked.frame is not None else "")
    lines.append(state)
    if walked.frame is not None and region.record.Control:
        lines += control_lines(look, walked.frame) or ["a copy of its own: the process wrote to it"]
    return lines + ([paint(wrong, "bad")] if wrong else [])


def why(look, where):
    """One line for an access that was refused: what is there."""
    if where >= KERNEL:
        return "a kernel address; a program may not touch it"
    if look.process is None or look.process.has_ended:
        return "no process has this memory"
    region = regions.around(regions.walk(look.kernel, look.process.record.Space)[0], where)[0]
    if region is None:
        return user_lines(look, where)[0]
    return f"{page_of(look, where)[1].text()}; {region_line(region)}"


def region_line(region):
    what = f"{region.pages * 4} KiB, {protection(region.record.Protection)}"
    name = f", {region.name}" if region.name else ""
    return f"{region.kind} region {shown(region.base)} to {shown(region.end - 1)}, {what}{name}"


def free_lines(where, before, after, wrong):
    if wrong:
        return [f"no region that can be read holds it; {wrong}"]
    if where < 0x10000:
        return ["the first 64 KiB: never mapped, so that a null pointer traps"]
    if where > HIGHEST:
        return ["between the user's half and the kernel's: never mapped, but for the shared page"]
    lines = ["free: no region holds it, an access is an access violation"]
    for region, what in ((before, "before it"), (after, "after it")):
        if region:
            gap = where - region.end + 1 if region is before else region.base - where
            lines.append(f"{what}, {gap:#x} bytes away: {region_line(region)}")
    return lines

"""What `heap` prints: lines of text from a Survey, a Stacks and a Names."""
from .colour import address as shown
from .colour import paint
from .strip import LEGEND, STYLES, line, mask

KINDS = {
    "busy": "busy",
    "free": "free",
    "own": "the heap's own",
    "range": "not committed",
    "lost": "lost",
}
FLAGS = (  # winnt.h and gflags: those that a reader meets
    (0x00000001, "no serialize"),
    (0x00000002, "growable"),
    (0x00000004, "generate exceptions"),
    (0x00000008, "zero memory"),
    (0x00000020, "tail checking"),
    (0x00000040, "free checking"),
    (0x00000080, "no coalesce"),
    (0x00010000, "aligned to 16"),
    (0x00040000, "executable"),
    (0x08000000, "stacks"),
    (0x01000000, "page heap"),
    (0x20000000, "validate all"),
    (0x40000000, "validate parameters"),
)

MOST_SHOWN = 16


def totals(survey):
    """The row of one heap in the list of them: as the prompt's `heap` counts."""
    heap = survey.heap
    name = (str(heap.number), None), (f"{heap.address:08X}", "address")
    if heap.wrong:
        return [*name, heap.wrong]
    busy, busy_bytes = survey.sums("busy")
    free, free_bytes = survey.sums("free")
    away = survey.sums("range")[1]
    front = f"{len(survey.regions)} regions" if survey.regions else "none"
    return [*name, str(busy), str(busy_bytes), str(free), str(free_bytes), str(away), front]


def flags(heap):
    return ", ".join(words for bit, words in FLAGS if heap.record.Flags & bit) or "none"


def statistics(heap):
    """The heap's own counters: HEAP.Counters."""
    yield paint(f"heap {heap.number} at {heap.address:08X}", "title")
    if heap.wrong:
        yield f"  {heap.wrong}"
        return
    count = heap.record.Counters
    yield f"  flags {heap.record.Flags:08X}: {flags(heap)}"
    reserved, committed = count.TotalMemoryReserved >> 10, count.TotalMemoryCommitted >> 10
    yield f"  reserved {reserved} KiB, committed {committed} KiB"
    yield f"  {count.TotalSegments} segments, {count.TotalUCRs} uncommitted ranges"
    large = count.TotalSizeInVirtualBlocks
    yield f"  {heap.record.TotalFreeSize * 8} bytes free, {large} in large blocks"
    failed = count.CommitFailures
    yield f"  {count.CommittOps} commits, {count.DeCommitOps} decommits, {failed} commits failed"


def piece_line(block):
    size = f"{block.size} bytes" + (f" of {block.bytes}" if block.bytes != block.size else "")
    kind = paint(KINDS[block.kind].ljust(14), STYLES.get(block.kind) or "dim")
    return f"    {shown(block.data)}  {kind}  {size}"


def all_blocks(survey):
    """Every block, part by part, in order of address."""
    yield paint(f"heap {survey.heap.number} at {survey.heap.address:08X}", "title")
    for title, home, blocks in survey.parts:
        yield f"  {title}" + (f", {shown(home.base)} to {shown(home.end - 1)}" if home else "")
        for block in blocks:
            yield piece_line(block)
    for damage in survey.said():
        yield paint(f"  {damage}", "bad")


def picture(survey):
    """One heap at a glance: a strip for each segment's committed part, masks of the front end."""
    yield from statistics(survey.heap)
    if survey.heap.wrong:
        return
    for title, home, blocks in survey.parts:
        if home is None:
            yield f"  {title}"
            for block in blocks[:MOST_SHOWN]:
                yield f"    {shown(block.data)}, {block.size} bytes"
            if len(blocks) > MOST_SHOWN:
                yield f"    and {len(blocks) - MOST_SHOWN} others: heap -a {survey.heap.number}"
        elif hasattr(home, "index"):
            yield from segment_lines(survey, title, home, blocks)
        else:
            busy = sum(b.kind == "busy" for b in blocks)
            yield f"  {title} at {shown(home.base)}: {busy} of {len(blocks)} busy, {home.state}"
            yield from ("    " + row for row in mask(home, blocks))
    yield from free_lines(survey)
    for damage in survey.said():
        yield paint(f"  {damage}", "bad")
    yield paint(f"  {LEGEND}", "dim")


def segment_lines(survey, title, home, blocks):
    count = f"{len(blocks)} pieces, {home.uncommitted >> 10} KiB not committed"
    yield f"  {title}, {shown(home.base)} to {shown(home.end - 1)}: {count}"
    if not blocks:
        return
    kept = [b for b in blocks if b.kind != "range"]
    bad = next((d.where for d in survey.damages if hasattr(d, "where")), None)
    for start, end in runs(kept, bad):
        shown_strip, each = line(blocks, start, end, bad)
        yield f"    {shown(start)} {shown_strip} a character is {each} bytes"


def runs(blocks, bad):
    """(start, end) of each committed run, up to the damaged entry."""
    start = end = None
    for block in blocks:
        if block.start != end:
            if start is not None:
                yield start, end
            start = block.start
        end = block.end
    if start is not None:
        yield start, end + 8 if bad == end else end


def free_lines(survey):
    """The free list: how many entries of which size."""
    if survey.free.other:
        yield "  free list: in another index than freelist.c's, not shown"
        return
    counts = {}
    for _, size in survey.free.sizes:
        counts[size] = counts.get(size, 0) + 1
    text = ", ".join(f"{n} of {size}" if n > 1 else str(size) for size, n in counts.items())
    yield f"  free list: {text} bytes" if text else "  free list: empty"


# ---- where is an address ----
def stack_lines(stacks, names, what, number):
    """The frames of a stack of gflags' ust, named."""
    frames = stacks.frames(number)
    if frames:
        yield f"  {what} by"
    for at in frames:
        name, line_ = names.name(at) or f"{at:08X}", names.line(at - 1)
        yield f"    {shown(at)} {paint(name, 'name')}" + (f"  {line_}" if line_ else "")


def record_lines(stacks, names, record):
    """Who allocated a block, and who freed it."""
    if record is None:
        return
    if record.Pages:
        yield f"  page heap: its own pages from {shown(record.Pages)}; a touch after them traps"
    yield from stack_lines(stacks, names, "allocated", record.Allocated)
    if not record.Busy:
        yield from stack_lines(stacks, names, "freed", record.Freed)


def where_is(word, where):
    """`heap -x`: the block that holds an address."""
    for heap in word.all:
        survey = word.survey(heap)
        block, before = survey.at(where)
        if block is not None:
            yield from block_lines(word, survey, block, before, where)
            return
    record = word.stacks.around(where)
    if record is not None:
        state = "busy" if record.Busy else "freed"
        inside = f"{where - record.Block:+d}" if where != record.Block else "its start"
        what = f"{record.Size} bytes, {state} ({inside})"
        yield f"{shown(where)}: block {shown(record.Block)}, {what}"
        yield from record_lines(word.stacks, word.names(), record)
        return
    yield f"{shown(where)}: no block of the process's heaps holds it; `address` says what does"


def block_lines(word, survey, block, before, where):
    heap = survey.heap
    record = word.stacks.of(block.pointer)
    state = "freed, not in use" if block.kind == "free" and record else KINDS[block.kind]
    inside = f"byte {where - block.pointer} of it" if where >= block.pointer else "its header"
    size = block.end - block.pointer if block.kind == "free" else block.size
    what = f"block {shown(block.pointer)}, {size} bytes, {state}; {inside}"
    yield f"{shown(where)}: heap {heap.number}, {block.where}: {what}"
    if before is not None:
        yield f"  before it: {shown(before.pointer)}, {before.size} bytes, {KINDS[before.kind]}"
    for damage in survey.damages:
        yield paint(f"  {near(damage, block, before)}", "bad")
    yield from record_lines(word.stacks, word.names(), record)
    if record is None and not word.stacks.known:
        yield paint("  who allocated it is not kept: run with --gflags ust", "dim")


def near(damage, block, before):
    """A damage, said to be elsewhere if it is not this block's or its neighbour's."""
    its = {id(block), id(before)} - {id(None)}
    if {id(getattr(damage, "block", None)), id(getattr(damage, "before", None))} & its:
        return str(damage)
    return f"elsewhere in this heap: {damage}"


def page_heap(word):
    """`heap -p`: what gflags keeps."""
    stacks = word.stacks
    if not stacks.known:
        yield "nothing is kept of blocks; tools/fathom gdb --gflags ust (or hpa) PROGRAM.exe does"
        return
    records = list(stacks.every())
    busy = [r for r in records if r.Busy]
    pages = sum(bool(r.Pages) for r in records)
    own = f"{pages} have pages of their own"
    yield f"{len(records)} blocks are known, {len(busy)} of them in use; {own}"

"""What the panes of a page show, and how it differs from what a program printed (moments.py)."""
import re

# The lines of the staircase; each strip of the heaps as its words; the rows of the tables.
PICTURE = (
    "const box = (title) => document.querySelector(`section[aria-label='${title}']`);"
    "const rows = (title) => [...box(title).querySelectorAll('tbody tr')].map((row) => "
    "[...row.cells].map((c) => c.innerText));"
    "return { said: document.getElementById('said').textContent,"
    " stairs: [...box('Who called whom').querySelectorAll('li')].map((one) => one.innerText),"
    " heap: [...box('The heap, block by block').querySelectorAll('h3, .strip')]"
    "  .map((one) => one.getAttribute('aria-label') ?? one.innerText),"
    " entries: rows('From an address to its page'), regions: rows('The address space') };"
)
FLAGS = {"busy": 4, "range": 2, "free": 0}


def heaps(said, picture):
    """Blocks that only one of them has."""
    heap, found = None, set()
    for line in picture["heap"]:
        if line.startswith("heap "):
            heap = line.split()[1]
            continue
        for one in filter(None, line.split("; ")):
            data, size, kind = one.split()
            if kind in FLAGS:
                found.add(f"block {heap} {data} {size} {FLAGS[kind]}")
    return [f"- {line}" for line in sorted(set(said["block"]) - found)] + [
        f"+ {line}" for line in sorted(found - set(said["block"]))
    ]


def counts(words):
    """{state: pages} of `3 present, 13 reserved`."""
    return {state: int(count) for count, state in re.findall(r"(\d+) (\w+)", words)}


def regions(said, picture):
    """Regions whose size or committed pages are not those that VirtualQuery told."""
    wrong = []
    views = {line.split()[1]: int(line.split()[2], 16) // 4096 for line in said["view"]}
    pages = [[int(word, 16) for word in line.split()[1:]] for line in said["pages"]]
    known = set()
    for addresses, kind, _, _, words in picture["regions"]:
        start, end = (int(word, 16) for word in addresses.split("-"))
        here, all_pages = counts(words), (end + 1 - start) // 4096
        if kind != "private":
            if views.get(f"{start:08X}") != all_pages:
                wrong.append(f"{addresses}: {views.get(f'{start:08X}')} pages of a view, {words}")
            continue
        mine = [row for row in pages if start <= row[0] <= end]
        known.update(row[0] for row in mine)
        committed = sum(size for _, size, state, *_ in mine if state == 0x1000) // 4096
        reserved = sum(size for _, size, state, *_ in mine if state == 0x2000) // 4096
        if (committed, reserved) != (all_pages - here.get("reserved", 0), here.get("reserved", 0)):
            wrong.append(f"{addresses}: {committed} committed and {reserved} reserved, {words}")
    wrong += [f"{row[0]:08X} is in no region shown" for row in pages if row[0] not in known]
    return wrong

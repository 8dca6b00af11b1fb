"""What lab.toml may hold, table by table, and whether a table is so (labs/FORMAT.md)."""

TEXT, NUMBER, BOOL, TEXTS, NUMBERS = (
    "a text",
    "a whole number",
    "true or false",
    "a list of texts",
    "a list of numbers",
)
MUST = object()
# {table: {key: (type, default)}}
SCHEMA = {
    "lab": {
        **{key: (TEXT, MUST) for key in "name title title_zh version file contract kind".split()},
        "number": (NUMBER, MUST),
        "provides": (TEXTS, MUST),
        "product": (TEXT, ""),
        "object": (TEXT, ""),
        "also": (TEXTS, []),
        "make": (TEXTS, []),
        "strips": (TEXTS, []),
        "second": (TEXTS, []),
    },
    "vet": {
        "size": (NUMBER, 65536),
        "symbols": (TEXTS, MUST),
        "headers": (TEXTS, MUST),
        "opcodes": (TEXTS, []),
        "allow": (TEXTS, []),
        "sections": (TEXTS, []),
        "asm": (BOOL, False),
        "indirect": (BOOL, False),
    },
    "host": {"sources": (TEXTS, []), "flags": (TEXTS, []), "include": (TEXTS, [])},
    "machine": {
        "mem": (NUMBERS, [256]),
        "seed": (NUMBER, 1),
        "seconds": (NUMBER, 6),
        "add": (TEXTS, []),
    },
    "variant": {
        "define": (TEXT, MUST),
        "values": (NUMBERS, MUST),
        "text": (TEXTS, MUST),
        "text_zh": (TEXTS, MUST),
    },
    "test": {
        **{key: (TEXT, MUST) for key in "name stage layer says says_zh hint hint_zh".split()},
        "points": (NUMBER, MUST),
        "shown": (BOOL, True),
        "case": (TEXT, ""),
        "program": (TEXT, ""),
        "outside": (TEXT, ""),
        "args": (TEXTS, []),
        "report": (BOOL, True),
        "mem": (NUMBERS, []),
        "boot": (TEXTS, []),
        "add": (TEXTS, []),
        "poolfail": (NUMBER, 0),
        "full": (NUMBER, 0),
        "half": (NUMBER, 0),
        "worst": (NUMBERS, []),
    },
}


def is_a(kind, value):
    if kind in (TEXTS, NUMBERS):
        inner = TEXT if kind is TEXTS else NUMBER
        return isinstance(value, list) and all(is_a(inner, one) for one in value)
    if kind is TEXT:
        return isinstance(value, str)
    if kind is BOOL:
        return isinstance(value, bool)
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def taken(table, name, given, mistakes):
    """The keys of one table with their defaults; mistakes grows."""
    found = {}
    if not isinstance(given, dict):
        mistakes.append(f"{name} is no table")
        given = {}
    for key in given:
        if key not in SCHEMA[table]:
            mistakes.append(
                f"{name} has {key}, which it does not know; it knows "
                f"{' '.join(sorted(SCHEMA[table]))}"
            )
    for key, (kind, default) in SCHEMA[table].items():
        if key not in given and default is MUST:
            mistakes.append(f"{name} lacks {key}: {kind}")
        elif key in given and not is_a(kind, given[key]):
            mistakes.append(f"{name}: {key} is {given[key]!r}, and must be {kind}")
        value = given.get(key, default)
        found[key] = (
            value
            if is_a(kind, value)
            else ([] if kind in (TEXTS, NUMBERS) else 0 if kind is NUMBER else "")
        )
    return found

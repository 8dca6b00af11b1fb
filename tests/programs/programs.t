#!/usr/bin/env python3
# needs: system
# long: only
"""The programs of `make programs`, which nobody here wrote: SQLite, Lua, jq and the tests of two
allocators, unmodified.  Expected is what their documentation says, never what another system
printed.  Without `make programs` (it wants the network) everything here is skipped."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
BUILT = os.path.join(OUT, "programs")
FOLDER = tempfile.TemporaryDirectory()


def program(name):
    return os.path.join(BUILT, name + ".exe")


def fathom(*words, stdin=""):
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), *words],
        input=stdin.encode(),
        capture_output=True,
    )
    return done.returncode, done.stdout.decode().replace("\r\n", "\n"), done.stderr.decode()


def runs(name, *words, stdin="", options=(), out=None, holds=(), what=""):
    """It ends with 0, prints exactly out, if there is one, and all of holds."""
    if not os.path.exists(program(name)):
        plan.skip(f"{name}: not built (make programs)")
        return ""
    command = ["run", "--timeout", "300", *options, program(name), *words]
    code, printed, said = fathom(*command, stdin=stdin)
    good = code == 0 and (out is None or printed == out) and all(text in printed for text in holds)
    plan.true(good, f"{name}: {what}", f"exit code {code}", printed[-2000:], said[-2000:])
    return printed


def file(name, text):
    path = os.path.join(FOLDER.name, name)
    with open(path, "w", newline="\n") as out:
        out.write(text)
    return path


# SQL, and a database file of C: with its locks.
SQL = """create table t(a integer primary key, b text);
begin;
with recursive c(n) as (select 1 union all select n+1 from c where n<2000)
  insert into t(b) select 'row '||n from c;
commit;
create index i on t(b);
select count(*), sum(a), min(b), max(b) from t;
select a from t where b = 'row 77';
pragma integrity_check;
"""
ANSWER = "2000|2001000|row 1|row 999\n77\nok\n"
runs("sqlite3", ":memory:", stdin=SQL, out=ANSWER, what="a database in memory")
runs(
    "sqlite3",
    "C:\\Temp\\a.db",
    stdin=SQL + ".databases\n",
    holds=(ANSWER, "main: C:\\Temp\\a.db r/w"),
    what="a database file of C:",
)
runs(
    "sqlite3",
    "C:\\Temp\\a.db",
    stdin="pragma journal_mode=wal;\n" + SQL,
    out="wal\n" + ANSWER,
    what="write-ahead log: a mapped file beside the database",
)
runs(
    "sqlite3",
    "C:\\Temp\\a.db",
    stdin=SQL + "attach 'C:\\Temp\\b.db' as b;\nbegin exclusive;\n"
    "create table b.u(x);\ninsert into b.u select a from t;\ncommit;\nselect sum(x) from b.u;\n",
    out=ANSWER + "2001000\n",
    what="two files in one transaction",
)

LUA = file(
    "show.lua",
    """print(_VERSION, 10 // 3, 7 % -3, 2^10, "3" + 4)
local t = {} for i = 1, 1000 do t[i] = i * i end
print(#t, t[1000], select('#', table.unpack(t, 1, 50)))
print(string.format("%5.2f|%q|%x", 3.14159, "a\\nb", 255), ("x"):rep(3, ","))
print(pcall(error, {1}), pcall(function() return nil + 1 end))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(co(), co(), co())
local f = assert(io.open("C:\\\\Temp\\\\x", "w")) f:write("line 1\\n", 2, "\\n") f:close()
for line in io.lines("C:\\\\Temp\\\\x") do io.write("[", line, "]") end print()
local gone = os.remove("C:\\\\Temp\\\\x")
print(os.getenv("SystemRoot"), gone, os.rename("C:\\\\none", "C:\\\\n") == nil)
""",
)
LUA_PRINTS = """Lua 5.4\t3\t-2\t1024.0\t7
1000\t1000000\t50
 3.14|"a\\
b"|ff\tx,x,x
"""
LUA_HOLDS = (
    LUA_PRINTS,
    "1\t2\t3\n[line 1][2]\nC:\\Windows\ttrue\ttrue\n",
    "attempt to perform arithmetic on a nil value",
)
runs("lua", "show.lua", options=("--add", LUA), holds=LUA_HOLDS, what="tables, files, errors")

JSON = '{"a":[1,2.5,{"b":"\\u00e9"}],"n":null}'
for words, out in (
    (("-c", ".a|map(type)"), '["number","number","object"]\n'),
    (("-r", ".a[2].b"), "\u00e9\n"),
    (("-S", "-c", "[paths]|length"), "6\n"),
    (
        ("-c", '[range(0;10;3)], ([1,2,3]|add), ("x-y"|split("-")), ({} | .a.b = 1)'),
        '[0,3,6,9]\n6\n["x","y"]\n{"a":{"b":1}}\n',
    ),
    (("-c", 'reduce .a[] as $x (0; . + 1), (try error("no") catch .)'), '3\n"no"\n'),
):
    runs("jq", *words, stdin=JSON, out=out, what=" ".join(words))

# Allocators with a layer of their own on VirtualAlloc, by their own tests.
runs("mimalloc-api", what="mimalloc's test-api")
runs("mimalloc-fill", what="mimalloc's test-api-fill")
runs("mimalloc-stress", options=("--mem", "1024"), what="mimalloc's test-stress, 32 threads")
runs("gctest", what="Boehm's gctest")

# What shows memory works on them: where, walk, record, and gdb's chain.  Lua's l_alloc jumps to
# realloc, so that lua_newstate is the caller.
CHAIN = file("chain.gdb", "chain\n")
for name, words, stdin, door, place, caller in (
    ("lua", ("show.lua",), "", "realloc", "lauxlib.c", "lstate.c"),
    ("sqlite3", (":memory:",), SQL, "malloc", "sqlite3.c", "sqlite3.c"),
    ("jq", ("-c", ".a"), JSON, "malloc", "jv_alloc.c", "jv_alloc.c"),
):
    if not os.path.exists(program(name)):
        plan.skip(f"{name}: where, walk, record, chain: not built (make programs)")
        continue
    run = ("--add", LUA, program(name), *words)
    code, table, said = fathom("where", "--top", "5", *run, stdin=stdin)
    told = (table, said[-2000:])
    plan.true(code == 0 and place in table, f"where: {name} allocates in {place}", *told)
    code, told, said = fathom("walk", *run, stdin=stdin)
    down = re.search(f"!RtlAllocateHeap\n(?s:.*)=> heap: (re)?allocate", told)
    plan.true(
        code == 0 and down and place in told, f"walk: {name}'s first allocation", told, said[-2000:]
    )
    recording = os.path.join(FOLDER.name, name + ".rec")
    call = ("--door", door + ":1", "-o", recording)
    code, printed, said = fathom("record", *call, *run, stdin=stdin)
    whole = code == 0 and os.path.getsize(recording) > 1000
    plan.true(whole, f"record: {name}'s first {door}", printed, said[-2000:])
    code, printed, said = fathom("gdb", "--icount", "--script", CHAIN, *run, stdin=stdin)
    layers = re.search(f"called by .*/{caller}:.*\n(?s:.*)heap +ntdll!RtlAllocateHeap\\(", printed)
    plan.true(layers, f"chain: {name}'s first allocation, from {caller} to the heap", printed, said)
plan.done()

# run.mk - make run, walk, gdb, bench.

# heap.mk - the heap's core on the host: fuzzer, coverage, benchmark, malloc for any program.
#
# What is built here is ntdll/heap as it is, but for its doors to the system (doors.c, os.c, probe.c,
# report.c, surroundings.c, leaks.c), which tests/host/heap_os.c replaces.
HEAP_DOORS := $(addprefix ntdll/heap/,core/doors.c core/os.c core/probe.c check/fault.c check/report.c check/surroundings.c \
  gflags/leaks.c)
HEAP_HOST := $(filter-out $(HEAP_DOORS),$(call files,ntdll/heap/*/*.c)) tests/host/heap_os.c

# The fuzzer, as long as one likes: make fuzz SECONDS=3600.  What it finds is left in $(O)/fuzz.
SECONDS ?= 60
FUZZ_CC := clang $(filter-out -O1,$(HOST_CFLAGS)) -O2 -fno-strict-aliasing -fsanitize=fuzzer -fno-sanitize-coverage=trace-cmp
$(eval $(call flavour,fuzz,$(FUZZ_CC)))
FUZZ_OBJ := $(call objects,fuzz,tests/host/fuzz_heap.c $(HEAP_HOST))
fuzz_ld = $(FUZZ_CC) -o $@ $(FUZZ_OBJ) -lpthread
$(O)/host/fuzz_heap: $(FUZZ_OBJ) FORCE
	$(call product,fuzz_ld)
fuzz: $(O)/host/fuzz_heap ## the heap's fuzzer, SECONDS=60
	@mkdir -p $(O)/fuzz/corpus
	$< -max_total_time=$(SECONDS) -max_len=4096 -artifact_prefix=$(O)/fuzz/ $(O)/fuzz/corpus
.PHONY: fuzz

# The heap as malloc for programs of the host: LD_PRELOAD=build/host/libfathomheap.so git log
# libstrictheap.so commits what it needs and no more, as in the system.
LIBRARY_CC := $(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -fvisibility=hidden -fno-strict-aliasing \
  -Iinclude -Itests/host -I$(O)/gen -I. -Intdll
$(eval $(call flavour,preload,$(LIBRARY_CC) -DHEAP_LAZY=1))
$(eval $(call flavour,strict,$(LIBRARY_CC)))
library_ld = $(LIBRARY_CC) -shared -o $@ $(filter %.o,$^) -lpthread
$(O)/host/libfathomheap.so: $(call objects,preload,$(HEAP_HOST) tests/host/preload.c) FORCE
	$(call product,library_ld)
$(O)/host/libstrictheap.so: $(call objects,strict,$(HEAP_HOST) tests/host/preload.c) FORCE
	$(call product,library_ld)
preload: $(O)/host/libfathomheap.so ## the heap as malloc for programs of the host
.PHONY: preload

# What malloc costs, whoever's it is.
host_bench = $(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fno-builtin-malloc -o $@ $< -lpthread -ldl
$(O)/host/bench: tests/bench/host.c FORCE
	$(call product,host_bench)
ROUNDS ?= 8
bench-host: $(O)/host/bench $(O)/host/libfathomheap.so ## the heap on the host beside glibc, jemalloc, mimalloc, tcmalloc
	@$(PYTHON) tests/bench/host.py --rounds $(ROUNDS)
bench-preload: $(O)/host/libfathomheap.so $(O)/host/bench ## python3, gcc and git with the heap under them, beside glibc's
	@$(PYTHON) tests/bench/host.py --rounds $(ROUNDS) --commands
.PHONY: bench-host bench-preload

# Which of the heap's lines the host tests run through.
coverage: $(GEN) ## how much of the heap the host tests run through; the rest named
	@$(PYTHON) tests/heap/coverage.py $(O)/coverage $(HOST_CC) -- -std=gnu11 -g -O0 -fno-strict-aliasing \
	  $(addprefix -I,include tests/host . kernel ntdll $(O)/gen) -- $(HEAP_HOST) -- $(call files,tests/host/test_heap*.c)
.PHONY: coverage

# The search for damage that nothing tells (tests/host/corrupt_heap.c), as long as one likes.
SEED ?= 1
TRIALS ?= 100000
corrupt: $(O)/tests/host/test_heap_corruption ## damages tried on the heap, SEED=1 TRIALS=100000
	$< $(SEED) $(TRIALS)
.PHONY: corrupt

# docs/heap-cost.md and its plot, made again.
heap-cost: $(SYSTEM) $(O)/host/bench $(O)/host/libfathomheap.so $(O)/tests/bench/heap.exe ## docs/heap-cost.md and its plot, from the benches
	tools/fathom run --icount --timeout 300 $(O)/tests/bench/heap.exe > $(O)/heap-cost.txt
	$(PYTHON) tests/bench/host.py --rounds $(ROUNDS) >> $(O)/heap-cost.txt
	$(PYTHON) tests/bench/host.py --rounds $(ROUNDS) --commands >> $(O)/heap-cost.txt
	$(PYTHON) tools/heapcost.py $(O)/heap-cost.txt docs/heap-cost.md docs/heap-cost.svg
.PHONY: heap-cost

# The attacks on malloc, whoever's it is; what each does to them is written into docs/attacks.md.
host_attacks = $(HOST_CC) -std=gnu11 -O0 -fno-builtin -w -o $@ $<
$(O)/host/attacks: tests/attacks/malloc.c FORCE
	$(call product,host_attacks)
# The programs of docs/attacks.md by kind, for the host.
host_kinds = $(patsubst %gcc,%g++,$(HOST_CC)) -std=gnu++11 -O0 -fno-builtin -w -o $@ $<
$(O)/host/kinds: tests/attacks/programs/kinds.cpp FORCE
	$(call product,host_kinds)
attacks-table: $(O)/host/attacks $(O)/host/libstrictheap.so ## docs/attacks.md's table of allocators, by running them
	@$(PYTHON) tests/attacks/table.py
.PHONY: attacks-table

# The heap as a DLL of its own beside ntdll's, for heaps that a program makes there and no others
# (tests/second/labheap): with our free list, with a second one, and with ours that forgets that a
# class has become empty.
LABHEAPS := $(foreach name,ours second broken,$(O)/tests/second/$(name)/labheap.dll)
ours_FREELIST := $(O)/dll/ntdll/heap/core/freelist.o
second_FREELIST := $(O)/tests/second/freelist.o
broken_FREELIST := $(O)/tests/second/broken/freelist.o
CFLAGS_second_freelist := $(CFLAGS_ntdll)
CFLAGS_second_labheap/doors := $(CFLAGS_ntdll)
broken_freelist = sed 's/= Same ? Next : NULL;/= Next;/' $< > $@ && ! cmp -s $< $@
$(O)/tests/second/broken/freelist.c: ntdll/heap/core/freelist.c FORCE
	$(call product,broken_freelist)
$(O)/tests/second/broken/%.o: $(O)/tests/second/broken/%.c FORCE | $(GEN)
	$(call product,broken_cc)
broken_cc = $(CC_PE) $(USER_CFLAGS) $(CFLAGS_ntdll) -c $< -o $@
labheap_ld = $(CC_PE) -shared -nostdlib -Wl,--kill-at -Wl,--wrap,RtlpHeapPeb -Wl,-e,_DllMain@12 -o $@ $(filter-out FORCE,$^) -lgcc
$(LABHEAPS): $(O)/tests/second/%/labheap.dll: $$($$*_FREELIST) $(O)/tests/second/labheap/doors.o \
  $(filter-out $(ours_FREELIST),$(filter $(O)/dll/ntdll/heap/%,$(ntdll_OBJ))) tests/second/labheap/labheap.def $(O)/lib/libntdll.a FORCE
	$(call product,labheap_ld)

# heap.mk - the heap's core on the host: fuzzer, coverage, benchmark, malloc for any program.
#
# What is built here is ntdll/heap as it is, but for its doors to the system (os.c, probe.c,
# report.c, surroundings.c), which tests/host/heap_os.c stands for.
HEAP_DOORS := $(addprefix ntdll/heap/,core/os.c core/probe.c check/report.c check/surroundings.c)
HEAP_HOST := $(filter-out $(HEAP_DOORS),$(call files,ntdll/heap/*/*.c)) tests/host/heap_os.c
HEAP_FILES = $(foreach f,$(HEAP_HOST),$(call src,$(f)))
HEAP_BESIDE = $(foreach f,$(HEAP_HOST),$(call beside,$(f)))
HEAP_HEADERS := $(wildcard $(addprefix $(S)/,include/*.h ntdll/*.h ntdll/heap/*.h ntdll/heap/*/*.h tests/host/*.h))

# The fuzzer, as long as one likes: make fuzz SECONDS=3600.  What it finds is left in $(O)/fuzz.
SECONDS ?= 60
$(O)/host/fuzz_heap: $(S)/tests/host/fuzz_heap.c $(HEAP_FILES) $(HEAP_HEADERS) $(GEN)
	$(product)
	clang $(filter-out -O1,$(HOST_CFLAGS)) -O2 $(HEAP_BESIDE) -fno-strict-aliasing \
	  -fsanitize=fuzzer -fno-sanitize-coverage=trace-cmp -o $@ $< $(HEAP_FILES) -lpthread
fuzz: $(O)/host/fuzz_heap ## the heap's fuzzer, SECONDS=60
	@mkdir -p $(O)/fuzz/corpus
	$< -max_total_time=$(SECONDS) -max_len=4096 -artifact_prefix=$(O)/fuzz/ $(O)/fuzz/corpus
.PHONY: fuzz

# The heap as malloc for programs of the host: LD_PRELOAD=build/host/libfathomheap.so git log
$(O)/host/libfathomheap.so: $(S)/tests/host/preload.c $(HEAP_FILES) $(HEAP_HEADERS) $(GEN)
	$(product)
	$(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -fno-strict-aliasing -DHEAP_LAZY=1 \
	  -I$(S)/include -I$(S)/tests/host -I$(O)/gen -I$(S) -I$(S)/ntdll $(HEAP_BESIDE) -o $@ $(HEAP_FILES) $< -lpthread
preload: $(O)/host/libfathomheap.so ## the heap as malloc for programs of the host
.PHONY: preload
$(O)/tests/host/test_heap_programs: $(S)/tests/host/fuzz_heap.c
$(O)/tests/host/test_heap_corruption: $(S)/tests/host/corrupt_heap.c $(S)/tests/host/corrupt_heap.h

# What malloc costs, whoever's it is.
$(O)/host/bench: $(S)/tests/bench/host.c
	$(product)
	$(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fno-builtin-malloc -o $@ $< -lpthread -ldl
ROUNDS ?= 8
bench-host: $(O)/host/bench $(O)/host/libfathomheap.so ## the heap on the host beside glibc, jemalloc, mimalloc, tcmalloc
	@FATHOM_OUT=$(abspath $(O)) $(PYTHON) $(S)/tests/bench/host.py --rounds $(ROUNDS)
bench-preload: $(O)/host/libfathomheap.so ## python3, gcc and git with the heap under them, beside glibc's
	@FATHOM_OUT=$(abspath $(O)) $(PYTHON) $(S)/tests/bench/host.py --rounds $(ROUNDS) --commands
.PHONY: bench-host bench-preload

# Which of the heap's lines the host tests run through.
COVERED_BY := $(call files,tests/host/test_heap*.c)
coverage: $(GEN) ## how much of the heap the host tests run through; the rest named
	@$(PYTHON) $(S)/tests/heap/coverage.py $(abspath $(O))/coverage $(HOST_CC) -- -std=gnu11 -g -O0 -fno-strict-aliasing \
	  $(addprefix -I$(abspath $(S))/,include tests/host . kernel ntdll) -I$(abspath $(O))/gen $(HEAP_BESIDE) -- \
	  $(abspath $(HEAP_FILES)) -- $(addprefix $(abspath $(S))/,$(COVERED_BY))
.PHONY: coverage

# The search for damage that nothing tells (tests/host/corrupt_heap.c), as long as one likes.
SEED ?= 1
TRIALS ?= 100000
corrupt: $(O)/tests/host/test_heap_corruption ## damages tried on the heap, SEED=1 TRIALS=100000
	$< $(SEED) $(TRIALS)
.PHONY: corrupt

# docs/heap-cost.md and its plot, made again.
heap-cost: $(SYSTEM) $(O)/host/bench $(O)/host/libfathomheap.so $(O)/tests/bench/heap.exe ## docs/heap-cost.md and its plot, from the benches
	$(S)/tools/fathom run --icount --timeout 300 $(O)/tests/bench/heap.exe > $(O)/heap-cost.txt
	FATHOM_OUT=$(abspath $(O)) $(PYTHON) $(S)/tests/bench/host.py --rounds $(ROUNDS) >> $(O)/heap-cost.txt
	FATHOM_OUT=$(abspath $(O)) $(PYTHON) $(S)/tests/bench/host.py --rounds $(ROUNDS) --commands >> $(O)/heap-cost.txt
	$(PYTHON) $(S)/tools/heapcost.py $(O)/heap-cost.txt $(S)/docs/heap-cost.md $(S)/docs/heap-cost.svg
.PHONY: heap-cost

# The attacks on malloc, whoever's it is; what each does to them is written into docs/attacks.md.
$(O)/host/attacks: $(S)/tests/attacks/malloc.c
	$(product)
	$(HOST_CC) -std=gnu11 -O0 -fno-builtin -w -o $@ $<
# The heap as malloc again, committing what it needs and no more, as in the system.
$(O)/host/libstrictheap.so: $(S)/tests/host/preload.c $(HEAP_FILES) $(HEAP_HEADERS) $(GEN)
	$(product)
	$(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -fno-strict-aliasing \
	  -I$(S)/include -I$(S)/tests/host -I$(O)/gen -I$(S) -I$(S)/ntdll $(HEAP_BESIDE) -o $@ $(HEAP_FILES) $< -lpthread
attacks-table: $(O)/host/attacks $(O)/host/libstrictheap.so ## docs/attacks.md's table of allocators, by running them
	@FATHOM_OUT=$(abspath $(O)) $(PYTHON) $(S)/tests/attacks/table.py
.PHONY: attacks-table

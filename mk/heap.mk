# heap.mk - the heap's core on the host: fuzzer, coverage, benchmark, malloc for any program.
#
# What is built here is ntdll/heap as it is, but for its doors to the system (HEAP_DOORS), which
# tests/host/heap_os.c replaces.
HEAP_DOORS := $(addprefix ntdll/heap/,core/doors.c core/os.c core/probe.c gflags/batch.c \
  check/fault.c check/report.c check/surroundings.c \
  gflags/leaks.c)
HEAP_ROOMS := $(addprefix ntdll/heap/,api check core gflags)
heap_host = $(filter-out $(HEAP_DOORS),$(call files,$(HEAP_ROOMS:=/*.c)) \
  $(call files,$1/*.c)) tests/host/heap_os.c
HEAP_HOST := $(call heap_host,$(FRONT_FOLDER))
# What includes front.h; with windows7 only these are compiled again (test_heap_windows7).
FRONT_USERS := $(addprefix ntdll/heap/,api/info api/walk check/around check/validate core/allocate \
  core/call core/create core/find \
  core/free core/realloc gflags/batch gflags/events)
LFH_BOTH := $(call heap_host,ntdll/heap/front/windows7)
LFH_HOST := $(filter $(FRONT_USERS:=.c) ntdll/heap/front/% tests/host/%,$(LFH_BOTH))
LFH_SHARED := $(filter-out $(LFH_HOST),$(LFH_BOTH))

# The fuzzer, as long as one likes: make fuzz SECONDS=3600.  What it finds is left in $(O)/fuzz.
SECONDS ?= 60
FUZZ_CC := clang $(filter-out -O1,$(HOST_CFLAGS)) -O2 -fno-strict-aliasing -fsanitize=fuzzer \
  -fno-sanitize-coverage=trace-cmp
$(eval $(call flavour,fuzz,$(FUZZ_CC)))
FUZZ_OBJ := $(call objects,fuzz,tests/host/fuzz_heap.c $(HEAP_HOST))
fuzz_ld = $(FUZZ_CC) -o $@ $(FUZZ_OBJ) -lpthread
$(O)/host/fuzz_heap: $(FUZZ_OBJ) FORCE
	$(call product,fuzz_ld)
fuzz: $(O)/host/fuzz_heap ## the heap's fuzzer, SECONDS=60
	$(done)
	@mkdir -p $(O)/fuzz/corpus
	$< -max_total_time=$(SECONDS) -max_len=4096 -artifact_prefix=$(O)/fuzz/ $(O)/fuzz/corpus
.PHONY: fuzz

# The heap as malloc for programs of the host: LD_PRELOAD=build/host/libfathomheap.so git log
# libstrictheap.so commits what it needs and no more, as in the system.
LIBRARY_CC := $(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -fvisibility=hidden \
  -fno-strict-aliasing \
  -Iinclude -Itests/host -I$(O)/gen -I. -Intdll $(FRONT_FLAGS)
$(eval $(call flavour,preload,$(LIBRARY_CC) -DHEAP_LAZY=1))
$(eval $(call flavour,strict,$(LIBRARY_CC)))
library_ld = $(LIBRARY_CC) -shared -o $@ $(filter %.o,$^) -lpthread
$(O)/host/libfathomheap.so: $(call objects,preload,$(HEAP_HOST) tests/host/preload.c) FORCE
	$(call product,library_ld)
$(O)/host/libstrictheap.so: $(call objects,strict,$(HEAP_HOST) tests/host/preload.c) FORCE
	$(call product,library_ld)
preload: $(O)/host/libfathomheap.so ## the heap as malloc for programs of the host
.PHONY: preload

# What malloc costs, ours and others.
host_bench = $(HOST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -fno-builtin-malloc -o $@ $< \
  -lpthread -ldl
$(O)/host/bench: tests/bench/host.c FORCE
	$(call product,host_bench)
ROUNDS ?= 8
bench-host: $(O)/host/bench $(O)/host/libfathomheap.so
bench-host: ## the heap on the host beside glibc, jemalloc, mimalloc, tcmalloc
	@$(PYTHON) tests/bench/host.py --rounds $(ROUNDS)
bench-preload: $(O)/host/libfathomheap.so $(O)/host/bench
bench-preload: ## python3, gcc and git with the heap under them, beside glibc's
	@$(PYTHON) tests/bench/host.py --rounds $(ROUNDS) --commands
.PHONY: bench-host bench-preload

# Which of the heap's lines the host tests run through.
coverage: $(GEN) ## how much of the heap the host tests run through; the rest named
	@$(PYTHON) tests/heap/coverage.py $(O)/coverage $(HOST_CC) -- -std=gnu11 -g -O0 \
	  -fno-strict-aliasing $(addprefix -I,include tests/host . kernel ntdll $(O)/gen) \
	  $(FRONT_FLAGS) -- $(HEAP_HOST) -- \
	  $(filter-out %_windows7.c,$(call files,tests/host/test_heap*.c))
.PHONY: coverage

# The search for damage that nothing tells (tests/host/corrupt_heap.c), as long as one likes.
SEED ?= 1
TRIALS ?= 100000
corrupt: $(O)/tests/host/test_heap_corruption ## damages tried on the heap, SEED=1 TRIALS=100000
	$(done)
	$< $(SEED) $(TRIALS)
.PHONY: corrupt

# docs/heap-cost.md and its plot, made again.
heap-cost: $(SYSTEM) $(O)/host/bench $(O)/host/libfathomheap.so $(O)/tests/bench/heap.exe
heap-cost: ## docs/heap-cost.md and its plot, from the benches
	tools/fathom run --icount --timeout 300 $(O)/tests/bench/heap.exe > $(O)/heap-cost.txt
	$(PYTHON) tests/bench/host.py --rounds $(ROUNDS) >> $(O)/heap-cost.txt
	$(PYTHON) tests/bench/host.py --rounds $(ROUNDS) --commands >> $(O)/heap-cost.txt
	$(PYTHON) tools/heapcost.py $(O)/heap-cost.txt docs/heap-cost.md docs/heap-cost.svg
	$(IN_CHINESE)
heap-cost-guest: $(SYSTEM) $(O)/tests/bench/heap.exe ## its table of the guest alone
	tools/fathom run --icount --timeout 300 $(O)/tests/bench/heap.exe > $(O)/heap-cost-guest.txt
	$(PYTHON) tools/heapcost.py $(O)/heap-cost-guest.txt docs/heap-cost.md
	$(IN_CHINESE)
.PHONY: heap-cost heap-cost-guest

# The attacks on malloc, ours and others; what each does to them is written into docs/attacks.md.
host_attacks = $(HOST_CC) -std=gnu11 -O0 -fno-builtin -w -o $@ $<
$(O)/host/attacks: tests/attacks/malloc.c FORCE
	$(call product,host_attacks)
# The programs of docs/attacks.md by kind, for the host.
host_kinds = $(patsubst %gcc,%g++,$(HOST_CC)) -std=gnu++11 -O0 -fno-builtin -w -o $@ $<
$(O)/host/kinds: tests/attacks/programs/kinds.cpp FORCE
	$(call product,host_kinds)
attacks-table: $(O)/host/attacks $(O)/host/libstrictheap.so
attacks-table: ## docs/attacks.md's table of allocators, by running them
	@$(PYTHON) tests/attacks/table.py
.PHONY: attacks-table

# What docs/attacks.md shows of runs: the sample report and the check's costs; with SEED and TRIALS
# the search's table, too.
attacks-captured: $(SYSTEM) $(O)/tests/bench/heap.exe $(O)/tests/host/test_heap_corruption
attacks-captured: ## what docs/attacks.md shows of runs
	@$(PYTHON) tests/attacks/captured.py report
	@$(PYTHON) tests/attacks/captured.py cost
	@nice -n 19 $(PYTHON) tests/attacks/captured.py corrupt $(SEED) $(TRIALS)
.PHONY: attacks-captured

# docs/front-ends.md's tables: the other front end is built beside this one.
FRONTS_CORRUPT = SEED=$(SEED) TRIALS=$(TRIALS)
front-ends: $(SYSTEM) $(O)/tests/bench/heap.exe $(O)/tests/host/test_heap_corruption
front-ends: ## docs/front-ends.md's tables, SEED=1 TRIALS=100000
	+$(MAKE) O=$(O)/windows7 FRONT=windows7 all \
	  $(O)/windows7/tests/bench/heap.exe $(O)/windows7/tests/host/test_heap_corruption
	tools/fathom run --icount --timeout 300 $(O)/tests/bench/heap.exe > $(O)/front-cost.txt
	FATHOM_OUT=$(O)/windows7 tools/fathom run --icount --timeout 300 \
	  $(O)/windows7/tests/bench/heap.exe > $(O)/windows7/front-cost.txt
	$(PYTHON) tests/attacks/fronts.py cost $(O)/front-cost.txt $(O)/windows7/front-cost.txt
	-nice -n 19 $(O)/tests/host/test_heap_corruption $(SEED) $(TRIALS) > $(O)/front-corrupt.txt
	-nice -n 19 $(O)/windows7/tests/host/test_heap_corruption $(SEED) $(TRIALS) \
	  > $(O)/windows7/front-corrupt.txt
	$(PYTHON) tests/attacks/fronts.py corrupt \
	  $(O)/front-corrupt.txt $(O)/windows7/front-corrupt.txt $(FRONTS_CORRUPT)
.PHONY: front-ends

# The heap as a DLL of its own beside ntdll's, for heaps that a program makes there and no others
# (tests/second/labheap): with our free list, with a second one, and with ours that forgets that a
# class has become empty.
LABHEAPS := $(foreach name,ours second broken,$(O)/tests/second/$(name)/labheap.dll)
ours_FREELIST := $(O)/dll/ntdll/heap/core/freelist.o
second_FREELIST := $(O)/tests/second/freelist.o
broken_FREELIST := $(O)/tests/second/broken/freelist.o
CFLAGS_second_freelist := $(CFLAGS_ntdll)
$(O)/tests/second/freelist.o: $(O)/tests/second/%.o: labs/5-backend/second/%.c FORCE | $(GEN)
	$(call product,second_cc)
CFLAGS_second_labheap/doors := $(CFLAGS_ntdll)
broken_freelist = sed 's/= Same ? Next : NULL;/= Next;/' $< > $@ && ! cmp -s $< $@
$(O)/tests/second/broken/freelist.c: ntdll/heap/core/freelist.c FORCE
	$(call product,broken_freelist)
$(O)/tests/second/broken/%.o: $(O)/tests/second/broken/%.c FORCE | $(GEN)
	$(call product,broken_cc)
broken_cc = $(CC_PE) $(USER_CFLAGS) $(CFLAGS_ntdll) -c $< -o $@
labheap_ld = $(CC_PE) -shared -nostdlib -Wl,--kill-at -Wl,--wrap,RtlpHeapPeb \
  -Wl,-e,_DllMain@12 -o $@ $(filter-out FORCE,$^) -lgcc
$(LABHEAPS): $(O)/tests/second/%/labheap.dll: $$($$*_FREELIST) $(O)/tests/second/labheap/doors.o \
  $(filter-out $(ours_FREELIST),$(filter $(O)/dll/ntdll/heap/%,$(ntdll_OBJ))) \
  tests/second/labheap/labheap.def $(O)/lib/libntdll.a FORCE
	$(call product,labheap_ld)

# Lab 6 (labs/6-frontend): the same DLL with a front end in one file (ntdll/heap/front/lab), which
# the grader puts in place of the first objects here.  Only what includes front.h is compiled again.
LAB_FRONT := $(O)/labs/front
LAB_FRONT_OURS := $(LAB_FRONT)/lab.o $(patsubst %.c,$(O)/dll/%.o,$(call files,ntdll/heap/front/*.c))
LAB_FRONT_REST := \
  $(patsubst %.c,$(O)/dll/%.o,$(filter-out $(FRONT_USERS:=.c),$(call files,$(HEAP_ROOMS:=/*.c))))
lab_front_cc = $(CC_PE) $(USER_CFLAGS) $(CFLAGS_ntdll) -DFRONT_FILE='"heap/front/lab/lab.h"' \
  -c $< -o $@ $(may_go)
$(LAB_FRONT)/%.o: CFLAGS_ntdll += -mno-accumulate-outgoing-args -mno-stack-arg-probe \
  -mpreferred-stack-boundary=2
$(LAB_FRONT)/ntdll/heap/core/call.o: CFLAGS_ntdll += -Os -ffixed-ebx -ffixed-esi -ffixed-edi
$(LAB_FRONT)/lab.o: ntdll/heap/front/lab/lab.c FORCE | $(GEN)
	$(call product,lab_front_cc)
$(LAB_FRONT)/%.o: %.c FORCE | $(GEN)
	$(call product,lab_front_cc)
$(LAB_FRONT)/labheap.dll: $(LAB_FRONT_OURS) $(FRONT_USERS:%=$(LAB_FRONT)/%.o) $(LAB_FRONT_REST) \
  $(O)/tests/second/labheap/doors.o \
  tests/second/labheap/labheap.def $(O)/lib/libntdll.a FORCE
	$(call product,labheap_ld)

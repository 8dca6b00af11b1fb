# test.mk - make test: every test through prove.
#
# A test is found by where it lies; its first lines may say what it needs:
#   tests/host/NAME.c       /* sources: kernel/rtl/avl.c ... */   built for the host, ASan + UBSan;
#                           /* cflags: -I... */ on a line of its own for more flags; HEAP is the
#                           heap (heap.mk), LFH the heap with front/windows7; a line `sources:`
#                           that grows too long is two
#   tests/guest/SET/NAME.c  (or .cpp)  /* link: -lole32 */  built as any Win32 program; all of a SET
#                           run in one boot (tools/fathom batch), exit code 0 is success;
#                           tests/guest/SET/runs, if there is one, says how (lines for batch),
#                           tests/guest/SET/options gives options for batch
#   tests/*/NAME.t          an executable that speaks TAP; # needs: WORD ... (NEEDS_WORD below;
#                           without that line, system programs)
# What takes long is apart, so that `make test` stays within its budget of CPU seconds:
#   # long: only            in the first lines of a .t: it runs in `make test-long` alone
#   # long: too             in make test it does a part, under FATHOM_LONG=1 (make test-long) all;
#                           also /* long: too */ of a host test
#   # tools: GROUP          packages beside those of group check (tools/setup.sh)
#   # long tools: GROUP     those of the long form of a test that is long: too
#   tests/guest/SET/long    as SET/runs, but for make test-long
# `make test-NAME` builds and runs what has NAME in its path.  MEM=64: the guest programs with
# 64 MiB.
HOST_C := $(call files,tests/host/test_*.c)
HOST_TESTS := $(HOST_C:%.c=$(O)/%)
GUEST_SRC := $(call files,tests/guest/*/*.c tests/guest/*/*.cpp)
GUEST_EXES := $(addprefix $(O)/,$(addsuffix .exe,$(basename $(GUEST_SRC))))
GUEST_SETS := $(sort $(patsubst tests/guest/%/,%,$(dir $(GUEST_SRC))))
GUEST_LISTS := $(GUEST_SETS:%=$(O)/tests/guest/%.list)
TOOL_SRC := $(call files,tests/*/programs/*.c tests/*/programs/*.cpp)
TOOL_EXES := $(addprefix $(O)/,$(addsuffix .exe,$(basename $(TOOL_SRC))))
TAP_TESTS := $(filter-out tests/host/%,$(call files,tests/*/*.t tests/*.t))
LONG_LISTS := \
  $(patsubst tests/guest/%/long,$(O)/tests/guest/%-long.list,$(call files,tests/guest/*/long))

# What the heads of all of them say, read by one awk: sources_PATH, cflags_PATH, link_PATH,
# needs_PATH and long_PATH, PATH being the file's without its kind.
define newline


endef
READ_HEADS := FNR > 6 { nextfile } \
  match($$0, /^(\/\* |\# )(sources|cflags|link|needs|long): [^*]*/) { \
    text = substr($$0, RSTART, RLENGTH); sub(/^(\/\*|\#) /, "", text); \
    path = FILENAME; sub(/\.[a-z]+$$/, "", path); \
    sub(/: /, "_" path " += ", text); printf "%s;", text }
$(eval $(subst ;,$(newline),$(shell awk '$(READ_HEADS)' \
  $(HOST_C) $(GUEST_SRC) $(TOOL_SRC) $(TAP_TESTS) $(call files,user/*.cpp) /dev/null)))

has_long = $(foreach test,$(TAP_TESTS),$(if $(filter $1,$(long_$(basename $(test)))),$(test)))
ONLY_LONG := $(call has_long,only)
TESTS := $(HOST_TESTS) $(GUEST_LISTS) $(filter-out $(ONLY_LONG),$(TAP_TESTS))
LONG_HOST := $(foreach test,$(HOST_C:%.c=%),$(if $(filter too,$(long_$(test))),$(O)/$(test)))
LONG_TESTS := $(LONG_HOST) $(LONG_LISTS) $(ONLY_LONG) $(call has_long,too)

# $(call flavour,NAME,COMPILER AND FLAGS): $(O)/host/NAME/PATH.o from PATH.c.
# $(call objects,NAME,FILE.c ...): the objects of these files in that flavour.
define flavour
host_cc_$1 = $2 -MMD -MP -c $$< -o $$@ $$(may_go)
$(O)/host/$1/%.o: %.c FORCE | $(GEN)
	$$(call product,host_cc_$1)
endef
objects = $(patsubst %.c,$(O)/host/$1/%.o,$2)

# Host tests: objects are shared by the tests of one flavour: plain, heap, or the test's own.
HOST_CC ?= gcc
HOST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined \
  -fno-sanitize-recover=all -fno-omit-frame-pointer $(if $(DEBUG),-DDEBUG=1) \
  -Iinclude -Itests/host -I$(O)/gen -I. -Ikernel -Ikernel/executive \
  -Intdll$(addprefix $(space),$(FRONT_FLAGS))
cflags_plain :=
cflags_heap := -fno-strict-aliasing
host_flavour = \
  $(if $(filter-out $(cflags_heap),$(cflags_$1)),$(notdir $1),$(if $(cflags_$1),heap,plain))
host_objects = \
  $(call objects,$(call host_flavour,$1),$1.c \
  $(subst LFH,$(LFH_HOST),$(subst HEAP,$(HEAP_HOST),$(sources_$1)))) \
  $(if $(filter LFH,$(sources_$1)),$(call objects,heap,$(LFH_SHARED)))
$(foreach test,$(HOST_C:%.c=%),$(eval cflags_$(notdir $(test)) := $(cflags_$(test))))
$(foreach name,$(sort $(foreach test,$(HOST_C:%.c=%),$(call host_flavour,$(test)))),\
  $(eval $(call flavour,$(name),$(HOST_CC) $(HOST_CFLAGS) $(cflags_$(name)))))
host_ld = $(HOST_CC) $(HOST_CFLAGS) $(cflags_tests/host/$*) -o $@ \
  $(call host_objects,tests/host/$*) -lcmocka -lpthread
$(HOST_TESTS): $(O)/tests/host/%: $$(call host_objects,tests/host/$$*) FORCE
	$(call product,host_ld)

# Guest programs.  Those of tests/guest/crtd are of the debug runtime.  They read the TEB at fs:0
# and touch page 0 on purpose: for the compiler such an address is no null pointer.
GUEST_CFLAGS = -O2 -g $(WARN_PROGRAM) --param=min-pagesize=0 $(PREFIX_MAP) -MMD -MP \
  -Iinclude -Itests/guest -I$(O)/gen -Icrt/include
$(O)/tests/guest/crtd/%.o: CRT_FLAGS := -D_DEBUG
$(addprefix $(O)/tests/gdb/programs/,steps.o raises.o crossings.o ever.o): CRT_FLAGS := -O0
$(O)/tests/guest/crtd/%.exe: CRT_LIB := -L$(O)/lib/debug
$(filter $(O)/tests/guest/crtd/%,$(GUEST_EXES)): $(DEBUG_LIB)
uses_crt = $(foreach path,$1,$(if $(filter -lfathomcrt -lcw3220,$(link_$(path))),$(O)/$(path).exe))
$(call uses_crt,$(basename $(GUEST_SRC) $(TOOL_SRC))): $(CRT_LIBS)
guest_cc = $(MINGW)gcc $(GUEST_CFLAGS) $(CRT_FLAGS) -c $< -o $@ $(may_go)
guest_cxx = $(MINGW)g++ $(GUEST_CFLAGS) $(CRT_FLAGS) -c $< -o $@ $(may_go)
guest_ld = $(MINGW)$(if $(wildcard tests/$*.cpp),g++ -static,gcc) $< -o $@ $(CRT_LIB) -L$(@D) \
  -L$(O)/lib/crt $(link_tests/$*)
$(O)/tests/%.o: tests/%.c FORCE | $(GEN)
	$(call product,guest_cc)
$(O)/tests/%.o: tests/%.cpp FORCE | $(GEN)
	$(call product,guest_cxx)
$(GUEST_EXES) $(TOOL_EXES) $(BENCH_EXES): $(O)/tests/%.exe: $(O)/tests/%.o FORCE
	$(call product,guest_ld)
guest_names = printf '%s\n' $(patsubst $(O)/tests/guest/%,%,$(filter %.exe,$^)) > $@
$(GUEST_LISTS): $(O)/tests/guest/%.list: \
  $$(filter $(O)/tests/guest/$$*/$$(PERCENT),$(GUEST_EXES)) $$(wildcard tests/guest/$$*/runs) FORCE
	$(call product,$(if $(filter %/runs,$^),guest_runs,guest_names))
guest_runs = cp $(filter %/runs,$^) $@
$(LONG_LISTS): $(O)/tests/guest/%-long.list: tests/guest/%/long \
  $$(filter $(O)/tests/guest/$$*/$$(PERCENT),$(GUEST_EXES)) FORCE
	$(call product,copied)
PERCENT := %

PROVE := $(PYTHON) tests/run.py
# CPU seconds, as tests/run.py counts them: 4 minutes of two cores with nothing else to do.
BUDGET := 340
export FATHOM_MEM := $(MEM)

# A second implementation of a contract, in its DLL beside ours, for --add (tests/second/*.t):
# NAME.dll with tests/second/NAME_SECOND.c in place of our NAME_FIRST.c.
SECOND_DLLS := $(addprefix $(O)/tests/second/,cw3220.dll ole32.dll)
cw3220_SECOND := heap
cw3220_FIRST := crt/borland/heap
CFLAGS_second_heap := $(CFLAGS_crt)
ole32_SECOND := taskmem
ole32_FIRST := ole32/taskmem
CFLAGS_second_taskmem := $(CFLAGS_ole32)
second_cc = $(CC_PE) $(USER_CFLAGS) $(CFLAGS_second_$*) -c $< -o $@ $(may_go)
$(O)/tests/second/%.o: tests/second/%.c FORCE | $(GEN)
	$(call product,second_cc)
$(O)/tests/second/heap.o: $(O)/tests/second/%.o: labs/7-malloc/second/%.c FORCE | $(GEN)
	$(call product,second_cc)
second_objects = $(O)/tests/second/$($1_SECOND).o $(filter-out $(O)/dll/$($1_FIRST).o,$($1_OBJ))
second_ld = $(CC_PE) -shared -nostdlib -Wl,--image-base,$($*_BASE) -Wl,--kill-at -o $@ \
  $(filter-out FORCE,$^) $($*_LINK) -lgcc
$(SECOND_DLLS): $(O)/tests/second/%.dll: $$(call second_objects,$$*) \
  $(O)/lib/%.def $$($$*_LIBS) FORCE
	$(call product,second_ld)

# The same in the kernel, for FATHOM_KERNEL: tests/second/NAME/ntoskrnl.exe with the objects
# NAME_SECOND of tests/second in place of NAME_FIRST of kernel.
SECOND_KERNELS := $(patsubst %,$(O)/tests/second/%/ntoskrnl.exe,kernel nopages open closed overflow)
kernel_SECOND := page.o vad.o
kernel_FIRST := mm/page.o mm/vad.o
nopages_SECOND := nopages.o
nopages_FIRST := mm/page.o
overflow_SECOND := overflow.o
overflow_FIRST := dispatch/service.o
open_SECOND := open.asm.o
closed_SECOND := closed.asm.o
open_FIRST := dispatch/sysenter.asm.o
closed_FIRST := $(open_FIRST)
second_kernel_cc = $(CC_PE) $(KERNEL_CFLAGS) -c $< -o $@ $(may_go)
$(addprefix $(O)/tests/second/,$(kernel_SECOND) $(nopages_SECOND) $(overflow_SECOND)): \
  $(O)/tests/second/%.o: tests/second/%.c FORCE | $(GEN)
	$(call product,second_kernel_cc)
second_kernel_objects = \
  $(filter-out $($1_FIRST:%=$(O)/kernel/%),$(KERNEL_OBJ)) $($1_SECOND:%=$(O)/tests/second/%)
$(O)/tests/second/%.asm.o: tests/second/%.asm FORCE | $(ASM_OFFSETS)
	$(call product,kernel_asm)
second_kernel_ld = $(CC_PE) $(KERNEL_LDFLAGS) -o $(@D)/pass1.exe $(filter %.o,$^) -lgcc && \
  $(MINGW)nm -n $(@D)/pass1.exe | grep -i ' t ' > $(@D)/ksym.txt && \
  $(PYTHON) tools/ksym.py $(@D)/ksym.txt $(@D)/ksym.asm && \
  $(NASM_PE) -o $(@D)/ksym.o $(@D)/ksym.asm && \
  $(CC_PE) $(KERNEL_LDFLAGS) -o $@ $(filter-out $(O)/gen/ksym0.o,$(filter %.o,$^)) \
  $(@D)/ksym.o -lgcc
$(SECOND_KERNELS): $(O)/tests/second/%/ntoskrnl.exe: $$(call second_kernel_objects,$$*) \
  $(O)/gen/ksym0.o kernel/kernel.ld FORCE
	$(call product,second_kernel_ld)

# The EFI program that makes a firmware's state before our loader runs (tests/boot/firmware.py).
define state
state_cc_$1 = $(EFI_CC) -m$($1_BITS) $(EFI_CFLAGS) -I/usr/include/efi/$1 -c $$< -o $$@ $$(may_go)
$(O)/tests/boot/state/$1.o: tests/boot/state.c FORCE
	$$(call product,state_cc_$1)
state_ld_$1 = ld -m $($1_LD) -nostdlib -znocombreloc -z noexecstack \
  --no-warn-rwx-segments -T $($1_LIB)/elf_$1_efi.lds \
  -shared -Bsymbolic -o $$(basename $$@).so $($1_LIB)/crt0-efi-$1.o $$< \
  -L$($1_LIB) -lefi -lgnuefi && \
  objcopy $(addprefix -j ,$(EFI_SECTIONS)) --target efi-app-$1 --subsystem=10 \
  $$(basename $$@).so $$@
$(O)/tests/boot/state/$($1_EFI).EFI: $(O)/tests/boot/state/$1.o FORCE
	$$(call product,state_ld_$1)
endef
$(foreach arch,$(EFI_ARCHS),$(eval $(call state,$(arch))))

# What the words after `needs:` are; another (nothing) needs nothing.  Programs are those of
# tests/FOLDER/programs for tests/FOLDER/*.t.
NEEDS_system := $(SYSTEM)
NEEDS_loaders := $(LOADERS)
NEEDS_image := $(O)/fathom.img
NEEDS_state := $(EFI_ARCHS:%=$(O)/tests/boot/state/%.o) \
  $(foreach arch,$(EFI_ARCHS),$(O)/tests/boot/state/$($(arch)_EFI).EFI)
NEEDS_gdb := $(DEBUGGER)
NEEDS_lessons := $(LESSONS)
NEEDS_record := $(O)/record/recorder.so
NEEDS_web := $(O)/web/layouts.json
NEEDS_tab := $(O)/web/ready
NEEDS_picture := $(O)/book/cold.exe
NEEDS_lecture := $(O)/tests/boot/programs/machine.exe
NEEDS_site := $(LESSONS) $(DEBUGGER) $(O)/book/cold.exe $(O)/web/ready
NEEDS_guests := $(GUEST_EXES) $(GUEST_LISTS)
NEEDS_bench := $(BENCH_EXES)
NEEDS_attacks := $(O)/host/attacks $(O)/host/kinds $(O)/host/libstrictheap.so
NEEDS_second := \
  $(SECOND_DLLS) $(LABHEAPS) $(filter $(O)/tests/second/programs/%,$(TOOL_EXES)) $(SECOND_KERNELS) \
  $(O)/tests/guest/mm.list $(O)/tests/guest/dispatch.list \
  $(filter $(O)/tests/guest/crt/borland% $(O)/tests/guest/ole32/%,$(GUEST_EXES))
NEEDS_overflow := $(O)/tests/second/overflow/ntoskrnl.exe
NEEDS_preload := $(O)/host/libfathomheap.so $(O)/host/bench
NEEDS_fuzz := $(O)/host/fuzz_heap
NEEDS_programs = $(filter $(O)/$(dir $1)programs/%,$(TOOL_EXES))
needs = $(foreach word,$(or $(needs_$(basename $1)),system programs),$(call NEEDS_$(word),$1))
needed = $(sort $1 $(foreach test,$(filter %.t,$1),$(call needs,$(test))) \
  $(if $(filter %.list,$1),$(SYSTEM)))
chosen = $(or $(strip $(foreach test,$(TESTS) $(ONLY_LONG),\
  $(if $(findstring $1,$(test)),$(test)))),$(error no test has $1 in its path))

test: $(call needed,$(TESTS)) ## every test, through prove; about 4 minutes
	@$(PROVE) --budget $(BUDGET) $(TESTS)
test-long: $(call needed,$(LONG_TESTS)) ## what takes longer: all boots, coverage, fuzzers
	@FATHOM_LONG=1 $(PROVE) $(LONG_TESTS)
test-host: $(HOST_TESTS) ## the tests that run on the host
	@$(PROVE) $(HOST_TESTS)
test-%: $$(call needed,$$(call chosen,$$*)) FORCE
	@$(PROVE) $(call chosen,$*)
.PHONY: test test-long test-host

# A program that needs a DLL of its own, for --add; and one that lacks a function of ours.
PROGRAMS_OUT := $(O)/tests/tools/programs
needed_dll = $(MINGW)gcc -shared -O2 $< -o $@ -Wl,--out-implib,$(@D)/libneeded.a
$(PROGRAMS_OUT)/needed.dll: private MAKES := $(PROGRAMS_OUT)/libneeded.a
$(PROGRAMS_OUT)/needed.dll: tests/tools/dll/needed.c FORCE
	$(call product,needed_dll)
$(PROGRAMS_OUT)/libneeded.a: $(PROGRAMS_OUT)/needed.dll ;
$(PROGRAMS_OUT)/needs.exe: $(PROGRAMS_OUT)/libneeded.a

events: ## docs/events.md from include/events.tbl
	$(PYTHON) tools/events/document.py
	$(IN_CHINESE)
.PHONY: events

behaviour: ## docs/behaviour.md from the tests
	$(PYTHON) tools/behaviour.py
	$(IN_CHINESE)
.PHONY: behaviour

order: $(SYSTEM) ## who calls whom: rooms, circles of files and the symbols that make them
	$(PYTHON) tools/order.py $(O)
.PHONY: order

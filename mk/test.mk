# test.mk - make test: every test through prove.
#
# A test is found by where it lies; its first line may say what it needs:
#   tests/host/NAME.c       /* sources: kernel/rtl/avl.c ... */   built for the host, ASan + UBSan;
#                           /* cflags: -I... */ on a second line for more flags; HEAP: the heap (heap.mk)
#   tests/guest/SET/NAME.c  (or .cpp)  /* link: -lole32 */  built as any Win32 program; all of a SET
#                           run in one boot (tools/fathom batch), exit code 0 is success;
#                           tests/guest/SET/runs, if there is one, says how (lines for batch),
#                           tests/guest/SET/options gives options for batch
#   tests/*/NAME.t          an executable that speaks TAP
# What takes long is apart, so that `make test` stays within its budget of CPU seconds:
#   # long: only            in the first four lines of a .t: it runs in `make test-long` alone
#   # long: too             in make test it does a part, under FATHOM_LONG=1 (make test-long) all
#   tests/guest/SET/long    as SET/runs, but for make test-long
# `make test-NAME` runs what has NAME in its path; MEM=64: the guest programs with 64 MiB.
HOST_CC ?= gcc
HOST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer $(if $(DEBUG),-DDEBUG=1) -I$(S)/include -I$(S)/tests/host -I$(O)/gen -I$(S) -I$(S)/kernel -I$(S)/kernel/executive -I$(S)/ntdll
HOST_TESTS := $(patsubst tests/host/%.c,$(O)/tests/host/%,$(call files,tests/host/test_*.c))
HOST_HEADERS := $(wildcard $(addprefix $(S)/,include/*.h kernel/*/*.h kernel/*/*/*.h ntdll/*.h ntdll/*/*.h ntdll/*/*/*.h tests/host/*.h))
GUEST_C := $(call files,tests/guest/*/*.c)
GUEST_CPP := $(call files,tests/guest/*/*.cpp)
GUEST_EXES := $(GUEST_C:%.c=$(O)/%.exe) $(GUEST_CPP:%.cpp=$(O)/%.exe)
GUEST_SETS := $(sort $(patsubst tests/guest/%/,%,$(dir $(GUEST_C) $(GUEST_CPP))))
GUEST_LISTS := $(GUEST_SETS:%=$(O)/tests/guest/%.list)
TOOL_EXES := $(patsubst %.c,$(O)/%.exe,$(call files,tests/*/programs/*.c)) \
  $(patsubst %.cpp,$(O)/%.exe,$(call files,tests/*/programs/*.cpp))
TAP_TESTS := $(filter-out tests/host/%,$(call files,tests/*/*.t tests/*.t))
long = $(shell cd "$(S)" && grep -lx '. long: $(1)' $(TAP_TESTS))
ONLY_LONG := $(call long,only)
TOO_LONG := $(call long,too)
LONG_LISTS := $(patsubst tests/guest/%/long,$(O)/tests/guest/%-long.list,$(call files,tests/guest/*/long))
said = $$(sed -n '1,4s,.*$(1): \([^*]*\)\*/.*,\1,p' $(2))

host_files = $(subst HEAP,$(HEAP_HOST),$(shell sed -n '1,4s,.*sources: \([^*]*\)\*/.*,\1,p' $(S)/tests/host/$(1).c))
host_sources = $(foreach f,$(call host_files,$(1)),$(call src,$(f)))
host_beside = $(foreach f,$(call host_files,$(1)),$(call beside,$(f)))
.SECONDEXPANSION:
$(HOST_TESTS): $(O)/tests/host/%: $(S)/tests/host/%.c $$(call host_sources,$$*) $(HOST_HEADERS) $(GEN)
	$(product)
	$(HOST_CC) $(HOST_CFLAGS) $(call host_beside,$*) $(call said,cflags,$<) -o $@ $< $(call host_sources,$*) $(call said,link,$<) -lcmocka -lpthread
# The programs of tests/guest/crtd are those of the debug runtime.
$(O)/tests/guest/crtd/%.exe: CRT_FLAGS := -D_DEBUG -L$(O)/lib/debug
$(O)/tests/%.exe: $(S)/tests/%.c $(O)/gen/services_list.h $(wildcard $(S)/tests/guest/*.h $(S)/tests/guest/*/*.h $(S)/crt/include/*.h) | $(CRT_LIBS)
	$(product)
	$(MINGW)gcc -O2 -g -Wall -Wextra -I$(S)/include -I$(S)/tests/guest -I$(O)/gen -I$(S)/crt/include $(CRT_FLAGS) $< -o $@ \
	  -L$(@D) -L$(O)/lib/crt $(call said,link,$<)
$(O)/tests/%.exe: $(S)/tests/%.cpp $(wildcard $(S)/tests/guest/*.h $(S)/crt/include/*.h) | $(CRT_LIBS)
	$(product)
	$(MINGW)g++ -O2 -g -Wall -Wextra -I$(S)/include -I$(S)/tests/guest -I$(S)/crt/include $(CRT_FLAGS) -static $< -o $@ $(call said,link,$<)
$(GUEST_LISTS): $(O)/tests/guest/%.list: $(GUEST_EXES) $(S)/mk/test.mk $(wildcard $(S)/tests/guest/*/runs)
	@if [ -f $(S)/tests/guest/$*/runs ]; then cat $(S)/tests/guest/$*/runs; else for exe in $(sort $(filter $(O)/tests/guest/$*/%,$(GUEST_EXES))); do \
	  name=$$(basename $$exe .exe); src=$$(ls $(S)/tests/guest/$*/$$name.c* | head -n 1); \
	  echo "$*/$$name.exe $(call said,args,$$src)"; done; fi > $@

$(LONG_LISTS): $(O)/tests/guest/%-long.list: $(S)/tests/guest/%/long $(GUEST_EXES)
	@cp $< $@

TESTS := $(HOST_TESTS) $(GUEST_LISTS) $(addprefix $(S)/,$(filter-out $(ONLY_LONG),$(TAP_TESTS)))
LONG_TESTS := $(LONG_LISTS) $(addprefix $(S)/,$(ONLY_LONG) $(TOO_LONG))
PROVE := $(PYTHON) $(S)/tests/run.py
BUDGET := 340# CPU seconds, as tests/run.py counts them: 4 minutes of two cores with nothing else to do
SECOND_DLLS := $(O)/tests/second/cw3220.dll $(O)/tests/second/ole32.dll
SECOND_KERNELS := $(O)/tests/second/kernel/ntoskrnl.exe $(O)/tests/second/nopages/ntoskrnl.exe
TEST_NEEDS := $(SYSTEM) $(LOADERS) $(O)/fathom.img $(O)/gdb/ready $(TOOL_EXES) $(O)/tests/bench/bench.exe $(O)/tests/bench/heap.exe \
  $(O)/host/attacks $(O)/host/libstrictheap.so $(SECOND_DLLS) $(SECOND_KERNELS)

export FATHOM_MEM := $(MEM)
test: $(TESTS) $(TEST_NEEDS) ## every test, through prove; about 4 minutes
	@$(PROVE) --budget $(BUDGET) $(TESTS)
test-long: $(LONG_TESTS) $(TEST_NEEDS) ## what takes longer: every boot, coverage, the fuzzers at length
	@FATHOM_LONG=1 $(PROVE) $(LONG_TESTS)
test-host: $(HOST_TESTS) ## the tests that run on the host
	@$(PROVE) $(HOST_TESTS)
test-%: $(TESTS) $(TEST_NEEDS)
	@$(PROVE) $(foreach t,$(TESTS) $(addprefix $(S)/,$(ONLY_LONG)),$(if $(findstring $*,$(t)),$(t)))
.PHONY: test test-long test-host

# A program that needs a DLL of its own, for --add; and one that lacks a function of ours.
PROGRAMS_OUT := $(O)/tests/tools/programs
$(PROGRAMS_OUT)/needed.dll $(PROGRAMS_OUT)/libneeded.a &: $(S)/tests/tools/dll/needed.c
	$(product)
	$(MINGW)gcc -shared -O2 $< -o $(PROGRAMS_OUT)/needed.dll -Wl,--out-implib,$(PROGRAMS_OUT)/libneeded.a
$(PROGRAMS_OUT)/needs.exe: $(PROGRAMS_OUT)/libneeded.a

behaviour: ## docs/behaviour.md from the tests
	$(PYTHON) $(S)/tools/behaviour.py
.PHONY: behaviour

order: $(SYSTEM) ## who calls whom: rooms, circles of files and the symbols that make them
	$(PYTHON) $(S)/tools/order.py $(O)
.PHONY: order

# A second implementation of a contract, in its DLL beside ours, for --add (tests/second/*.t).
$(O)/tests/second/%.o: $(S)/tests/second/%.c $(GEN)
	$(product)
	$(CC_PE) $(USER_CFLAGS) $(CFLAGS_second_$*) -c $< -o $@
CFLAGS_second_malloc := $(CFLAGS_crt)
$(O)/tests/second/cw3220.dll: $(O)/tests/second/malloc.o $(filter-out %/borland/heap.o,$(cw3220_OBJ)) $(O)/lib/cw3220.def $(O)/lib/libkernel32.a
	$(product)
	$(CC_PE) -shared -nostdlib -Wl,--image-base,0x32600000 -Wl,--kill-at -Wl,-e,_DllMain@12 -o $@ $^ -lgcc
CFLAGS_second_taskmem := $(CFLAGS_ole32)
$(O)/tests/second/ole32.dll: $(O)/tests/second/taskmem.o $(filter-out %/ole32/taskmem.o,$(ole32_OBJ)) $(O)/lib/ole32.def $(O)/lib/libkernel32.a $(O)/lib/libntdll.a
	$(product)
	$(CC_PE) -shared -nostdlib -Wl,--image-base,0x774E0000 -Wl,--kill-at -Wl,-e,_DllMain@12 -o $@ $^ -luuid -lgcc
# The same in the kernel, linked with our other objects, for FATHOM_KERNEL:
# $(call second_kernel,FOLDER,FILES OF kernel/mm,FILES OF tests/second IN THEIR PLACE)
define second_kernel
$(O)/tests/second/$(1)/ntoskrnl.exe: $(filter-out $(2:%=$(O)/kernel/mm/%.o),$(KERNEL_OBJ)) $(3:%=$(O)/tests/second/%.o) | $(O)/kernel/ntoskrnl.exe
	$$(product)
	$$(CC_PE) $$(KERNEL_LDFLAGS) -o $$(@D)/pass1.exe $$^ $(O)/gen/ksym0.o -lgcc
	$$(MINGW)nm -n $$(@D)/pass1.exe | grep -i ' t ' > $$(@D)/ksym.txt
	$$(PYTHON) $(S)/tools/ksym.py $$(@D)/ksym.txt $$(@D)/ksym.asm && cd $$(@D) && nasm -f win32 -o ksym.o ksym.asm
	$$(CC_PE) $$(KERNEL_LDFLAGS) -o $$@ $$^ $$(@D)/ksym.o -lgcc
$(3:%=$(O)/tests/second/%.o): $(O)/tests/second/%.o: $(S)/tests/second/%.c $$(GEN)
	$$(product)
	$$(CC_PE) $$(KERNEL_CFLAGS) -c $$< -o $$@
endef
$(eval $(call second_kernel,kernel,page vad,page vad))
$(eval $(call second_kernel,nopages,page,nopages))

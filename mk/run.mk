# run.mk - make run, walk, gdb, bench: the built system started by tools/fathom.
#
#   BOOT=multiboot|ia32|x64   the way in (make run; x64, multiboot where no UEFI loader is built: setup.mk)
#   MEM=MB  CPU=MODEL         the machine
#   ADD="FILE ..."            more files on C: (programs for the prompt, DLLs)
export FATHOM_OUT := $(or $(realpath $(O)),$(CURDIR)/$(O))
export FATHOM_BUILT := yes # what a recipe of ours runs is built: tools/fathom need not ask make
MACHINE := $(if $(MEM),--mem $(MEM)) $(if $(CPU),--cpu $(CPU)) $(foreach f,$(ADD),--add $(f))
FATHOM := tools/fathom
SYSTEM := $(O)/kernel/ntoskrnl.exe $(O)/archive.tar
COLOUR := $$(test -t 1 && echo --env FATHOM_COLOR=1)

run: $(SYSTEM) $(if $(filter multiboot,$(BOOT)),,$(LOADERS)) $(CRT_LIBS) $(DEBUG_LIB) ## boot a disk image by UEFI: the walk, then (on a terminal) the prompt
	@$(FATHOM) boot --boot $(BOOT) $(MACHINE)
walk: $(SYSTEM) ## only the walk, instructions counted
	@$(FATHOM) run --icount $(MACHINE) $(COLOUR) $(O)/archive/walk.exe
readme: $(SYSTEM) ## the door that README.md shows, captured anew
	$(FATHOM) run --icount $(O)/archive/walk.exe > $(O)/walk.txt
	tools/excerpt.py $(O)/walk.txt
gdb: $(SYSTEM) $(O)/gdb/ntoskrnl.elf ## the walk halted under gdb, symbols of every module (GDB_SCRIPT=FILE: no terminal; RECORDING=FILE)
	@$(FATHOM) gdb $(MACHINE) $(if $(RECORDING),--recording "$(RECORDING)") $(if $(GDB_SCRIPT),--script $(GDB_SCRIPT)) \
	  $(or $(PROGRAM),$(if $(RECORDING),,$(O)/bin/walk.exe)) $(ARGS)
BENCH_EXES := $(addprefix $(O)/tests/bench/,bench.exe boot.exe ranges.exe heap.exe waits.exe)
bench: $(SYSTEM) $(LOADERS) $(BENCH_EXES) ## what things cost: one line `name value unit` each
	@$(PYTHON) tests/bench/bench.py $(BENCH_EXES)
.PHONY: run walk readme gdb bench

# What gdb reads: an ELF copy of the kernel (it mis-reads DWARF of a PE above 2 GiB), and NASM's
# line tables, which tools/gdb/ adds at the addresses of the link maps.  A local label of NASM is no
# function's start: names with a dot that end in a letter go (GCC's .part.0 stays), and those of macros (..@).
kernel_elf = $(MINGW)objcopy --remove-leading-char --wildcard --strip-symbol='_*.*[a-z]' --strip-symbol='..@*' --strip-symbol=_text_start -O elf32-i386 $< $@
$(O)/gdb/ntoskrnl.elf: $(O)/kernel/ntoskrnl.exe FORCE
	$(call product,kernel_elf)

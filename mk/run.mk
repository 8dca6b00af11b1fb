# run.mk - make run, walk, gdb, bench: the built system started by tools/fathom.
#
#   BOOT=multiboot|ia32|x64   the way in, for make run: x64, or multiboot where no UEFI loader is
#                             built (setup.mk)
#   MEM=MB  CPU=MODEL         the machine
#   SCREEN=gtk|sdl|vnc        make run: its framebuffer in a window, or for a VNC viewer
#   ADD="FILE ..."            more files on C: (programs for the prompt, DLLs)
export FATHOM_OUT := $(or $(realpath $(O)),$(CURDIR)/$(O))
export FATHOM_BUILT := yes # what a recipe of ours runs is built: tools/fathom need not ask make
MACHINE := $(if $(MEM),--mem $(MEM)) $(if $(CPU),--cpu $(CPU)) $(foreach f,$(ADD),--add $(f))
FATHOM := tools/fathom
SYSTEM := $(O)/kernel/ntoskrnl.exe $(O)/archive.tar
DEBUGGER := $(O)/gdb/ntoskrnl.elf $(O)/gdb/offsets
# On a terminal: colour, and lines folded at its width.
ON_TERMINAL := on=; if test -t 1; then \
  { on="--env FATHOM_COLOR=1 --env COLUMNS=$$(stty size <&3 | cut -d' ' -f2)"; } 3>&1; fi;

run: $(SYSTEM) $(if $(filter multiboot,$(BOOT)),,$(LOADERS)) $(CRT_LIBS) $(DEBUG_LIB)
run: ## boot a disk image by UEFI: the walk; on a terminal one screen of it, then the prompt
	$(done)
	@$(FATHOM) boot --boot $(BOOT) $(if $(SCREEN),--screen $(SCREEN)) $(MACHINE) $(SHOWPIECES)
walk: $(SYSTEM) ## only the walk, instructions counted
	$(done)
	@$(ON_TERMINAL) $(FATHOM) run --icount $(MACHINE) $$on $(O)/archive/walk.exe
readme: $(SYSTEM) ## the door that README.md shows, captured anew
	$(FATHOM) run --icount $(O)/archive/walk.exe > $(O)/walk.txt
	tools/excerpt.py $(O)/walk.txt
gdb: $(SYSTEM) $(DEBUGGER) $(LESSONS)
gdb: ## the walk halted under gdb, with symbols (GDB_SCRIPT=FILE: no terminal; RECORDING=FILE)
	$(done)
	@$(FATHOM) gdb --icount $(MACHINE) $(if $(RECORDING),--recording "$(RECORDING)") \
	  $(if $(GDB_SCRIPT),--script $(GDB_SCRIPT)) \
	  $(or $(PROGRAM),$(if $(RECORDING),,$(O)/bin/walk.exe)) $(ARGS)
sessions: $(SYSTEM) $(DEBUGGER) $(O)/record/recorder.so $(LESSONS)
sessions: $(O)/tests/gdb/programs/fault.exe
sessions: ## what the pages of docs/debugging show, captured anew
	$(PYTHON) tools/sessions.py \
	  $(call files,docs/debugging/[0-9]-*.md docs/debugging/stepping.md)
	$(IN_CHINESE)
editor: ## npm's debug adapter for editors, below build/npm (docs/debugging/editors.md)
	timeout 180 npm install --fetch-timeout=30000 --fetch-retries=1 --silent --no-audit \
	  --no-fund --ignore-scripts --prefix $(O)/npm cdt-gdb-adapter@1.7.0
.PHONY: editor
BENCH_EXES := $(addprefix $(O)/tests/bench/,bench.exe boot.exe ranges.exe heap.exe waits.exe)
bench: $(SYSTEM) $(LOADERS) $(BENCH_EXES) ## what things cost: one line `name value unit` each
	@$(PYTHON) tests/bench/bench.py $(BENCH_EXES)
.PHONY: run walk readme gdb sessions bench

# What gdb reads: an ELF copy of the kernel (it mis-reads DWARF of a PE above 2 GiB), and NASM's
# line tables, which tools/gdb/ adds at the addresses of the link maps.  A local label of NASM is no
# function's start: names with a dot that end in a letter go (GCC's .part.0 stays), and those of
# macros (..@).
kernel_elf = $(MINGW)objcopy --remove-leading-char --wildcard --strip-symbol='_*.*[a-z]' \
  --strip-symbol='..@*' --strip-symbol=_text_start -O elf32-i386 $< $@ && \
  PYTHONPATH=tools $(PYTHON) -B -m symbolfiles.elfcopy $@
$(O)/gdb/ntoskrnl.elf: $(O)/kernel/ntoskrnl.exe $(call files,tools/symbolfiles/*.py) FORCE
	$(call product,kernel_elf)
# What tools/stub reads of the kernel's structures: NAME OFFSET a line.
debugger_offsets = $(CC_PE) $(KERNEL_CFLAGS) -MMD -MT $@ -MF $@.d -S $< -o $@.s $(may_go) && \
  sed -n 's/^->//p' $@.s > $@
$(O)/gdb/offsets: tools/offsets/debugger.c FORCE | $(GEN)
	$(call product,debugger_offsets)

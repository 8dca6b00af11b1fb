# Fathom: `make run` boots it and shows the walk, `make test` runs every test.  `make help` lists
# the rest.
#
# One make over the whole tree: each fragment in mk/ knows one part of the house.  Paths are
# relative to the top, and nothing is written outside build/.
#   O=DIR   build in DIR; this tree may be read-only (mk/tree.mk)
#   REPLACE="kernel/mm/page.c=MINE.c ..."   build with another file in place of one of ours
#   DEBUG=1                        -Og and every checker on
#   POISON=1                       fill the kernel stack before each service, pool blocks when freed
#   FRONT=windows7                 the heap's front end in Windows 7's shape (docs/front-ends.md)
#   V=1                            the whole commands, not one short line for each product
#
# How make knows what is old:
#   X.d     the compiler lists there the files that it read for X; make reads it the next time
#   X.cmd   the command that made X and a number for the tools and headers of the system that it
#           used; `product` runs it again if either is another (flags, names, a new compiler), or if
#           none is there: the command was killed in the middle
#   older/X@  the time when make saw that X is another file, though its date is old (tools/older.sh)
#   X.made  the date of what a generator wrote: it leaves a file alone whose text is as before,
#           so that only the readers of what changed are built again
O ?= build
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.PHONY: all help clean FORCE
all: # the first target; the fragments say what it is
ifeq ($(wildcard mk/gen.mk),)
$(error run make in the top folder of Fathom, or make -C FOLDER)
endif
# $(call quoted,TEXT): one word for the shell.
quoted = '$(subst ','\'',$1)'
# $(call path,NAME): the same; the shell finds the home folder.
path = $(if $(filter ~%,$(firstword $1)),$1,$(call quoted,$1))
# To `make -q` and `make -n` all that has a recipe is new: then the dates are compared.  With -B
# all is new.
flags := $(filter-out --%,$(firstword $(MAKEFLAGS)))
asked := $(if $(findstring B,$(flags)),,$(or $(findstring q,$(flags)),$(findstring n,$(flags))))
# The second make in a build folder waits for the first.  $(done): this one has built what it will.
ifeq ($(or $(asked),$(filter help hooks,$(MAKECMDGOALS)),$(findstring n,$(flags))),)
$(shell tools/turn.sh $(call quoted,$(O)) $$PPID >&2)
endif
done = @tools/turn.sh --done $(call quoted,$(O)) $$PPID $(IN_TREE)

include mk/setup.mk mk/tree.mk
# A make that a recipe starts is asked anew.
unexport IN_TREE AGAIN O REPLACE DEBUG POISON FRONT BACK V
ifndef ELSEWHERE

# $(call product,NAME): the recipe of everything that is built; the variable NAME is the command.
# It runs if a prerequisite is newer or has changed since, if it is not the command in X.cmd, or if
# one of MAKES is gone.
product = $(if $(or $(newer),$(call aged,$(filter $(older),$^)),$(other_command),\
  $(call gone,$(MAKES))),$(call build,$(strip $($1))))
other_command = $(call differ,$(strip $($1)) \# $(TOOLS),$(file <$@.cmd))
gone = $(filter-out $(wildcard $1),$1)
newer = $(if $(filter-out FORCE,$?),$(if $(asked),$(filter $(shown),$^)$(by_date),new))
by_date = $(shell find $(filter-out FORCE,$^) -prune -newer $@ 2>&1)
older := $(if $(filter help clean hooks,$(MAKECMDGOALS)),,$(shell tools/older.sh $(O)))
aged = $(if $1,$(shell find $(patsubst %,$(O)/older/%@,$1) -newer $@ 2>&1))
define build
$(if $(asked),$(eval shown += $@))
@mkdir -p $(@D) && rm -f $@.cmd$(if $(V)$(said_nothing),,; echo '  $(@:$(O)/%=%)')
$1
@printf %s '$(subst ','\'',$1) \# $(TOOLS)' > $@.cmd
endef
# Asked once, and not before the first product: what is missing has been installed then.
TOOLS = $(eval TOOLS := $(subst $(space),-,$(strip $(shell $(tools_said) 2>/dev/null))))$(TOOLS)
tools_said = $(MINGW)gcc -dumpfullversion; nasm -v; \
  ls -lL --time-style=+%s /usr/$(MINGW:-=)/include/_mingw.h
space := $(subst x,,x x)
# A source that goes away is no missing prerequisite: what it made is no longer asked for.
may_go = && echo '$<:' >> $(basename $@).d

# One short line for each thing that is built; V=1 shows the whole commands, -s nothing.
ifndef V
.SILENT:
said_nothing := $(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS))))
endif

# $(call files,PATTERN ...): what there is, in the same order everywhere.
files = $(sort $(wildcard $1))
comma := ,

# The same sources give the same bytes wherever they lie and whenever they are built.
PREFIX_MAP := -ffile-prefix-map="$$PWD"=.
export SOURCE_DATE_EPOCH ?= 1577836800
# Nor does it matter what else the tools take from the environment: no command here shows it.
unexport NASMENV CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH \
  GCC_EXEC_PREFIX GNUTARGET TAR_OPTIONS

PYTHON ?= python3
MINGW := i686-w64-mingw32-
CC_PE := $(MINGW)gcc
# In a handout a warning stops nothing: the grader shows it, too, and goes on.
WARN := -Wall -Wextra $(if $(wildcard handout.toml),,-Werror)
# Programs, tests too: each gcc finds other things in what they do on purpose, so that a warning
# stops the build with Debian 12's alone.
WARN_PROGRAM = -Wall -Wextra $(if $(filter 12%,$(TOOLS)),$(filter -Werror,$(WARN)))
OPT := $(if $(DEBUG),-Og -DDEBUG=1,-O2)
# Frame pointers, set up at a function's start, and no tail calls: a walk of EBP must find every
# function of the chain.  Variables are tracked without assignments, or gdb would call arguments
# optimized out from the prologue on, though they lie in their stack slots.
CFLAGS_OURS := -std=gnu11 $(OPT) -g $(WARN) -march=i686 -mtune=generic -mno-sse \
  -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-shrink-wrap -fno-partial-inlining \
  -fno-strict-aliasing -fno-asynchronous-unwind-tables \
  -fno-var-tracking-assignments -fno-ident -MMD -MP \
  $(PREFIX_MAP) -Iinclude -I$(O)/gen
# NASM twice: the second object has the same bytes and a DWARF line table, which gdb adds by
# address.  (-MD of NASM 2.16 forgets what is included; -M does not.)
NASM_PE := nasm --reproducible -f win32
nasm_all = nasm -M -MP -MT $@ -MF $(basename $@).d $1 $< && $(NASM_PE) $1 -o $@ $< && \
  nasm -f elf32 -g -F dwarf $1 -o $(@:.o=.dbg.o) $<

include $(addprefix mk/,gen.mk kernel.mk user.mk image.mk run.mk programs.mk book.mk record.mk \
  web.mk site.mk test.mk labs.mk heap.mk style.mk release.mk handout.mk)
# An X.d without an X.cmd may be half written, and X is made anew in any case.
whole_d := '/\.d$$/ { d[$$0]; next } \
  { sub(/\.cmd$$/, ""); made[$$0 ".d"]; sub(/\.[^.\/]*$$/, ""); made[$$0 ".d"] } \
  END { for (file in d) if (file in made) print file }'
-include $(shell find $(O)/ -name tree -prune -o -path $(O)/programs -prune \
  -o \( -name '*.d' -o -name '*.cmd' \) -print 2>/dev/null | awk $(whole_d))
endif

help: ## this list
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' Makefile mk/*.mk | sort | \
	  sed -E 's/^([a-z0-9-]+):.*## /  \1\t/' | expand -t 16
	@echo '  test-NAME     the tests with NAME in their path'
	@echo 'with: O=DIR (build there)  DEBUG=1  POISON=1  FRONT=windows7  V=1 (whole commands)'
	@echo '      REPLACE="kernel/mm/page.c=MINE.c ..."'
	@echo '      run, walk, gdb: MEM=MB  CPU=MODEL  ADD="FILE ..." (more on C:)'
	@echo '      run: BOOT=multiboot|ia32|x64'
	@echo '      gdb: PROGRAM=FILE.exe  ARGS="..."  RECORDING=FILE'

clean: ## remove what was built
	rm -rf $(call quoted,$(O))
